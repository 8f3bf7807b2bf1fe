"""What the engine answers, in plain Python numbers, so that a page or a client needs no torch."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

N_CLASSES: Final = 10
"""The digits 0 to 9."""
DIGIT_NAMES: Final = tuple(str(digit) for digit in range(N_CLASSES))
SURE: Final = 0.70
"""The confidence from which an answer is shown without a caveat, unless `DIGITS__UNCERTAIN_THRESHOLD` is another."""


class TtaMode(StrEnum):
    """Test-time augmentation: how many views of the input are read."""

    NONE = "none"
    BASIC = "basic"
    ADVANCED = "advanced"


def check_temperature(temperature: float | None) -> None:
    """Let a positive, finite number or None pass.

    Raises:
        ValueError: it is something else.
    """
    if temperature is not None and not (math.isfinite(temperature) and temperature > 0):
        raise ValueError(f"The temperature must be a positive number, got {temperature}.")


@dataclass(frozen=True, kw_only=True)
class EnsembleChoice:
    """Which models answer together, and how."""

    members: tuple[str, ...]
    """Model ids, in order; at least one."""
    tta: TtaMode
    temperature: float | None = None
    """One temperature for all members; None takes each manifest's own."""

    def __post_init__(self) -> None:
        """Refuse what cannot be computed.

        Raises:
            ValueError: there are no members, or the temperature is not a positive, finite number.
        """
        check_temperature(self.temperature)
        if not self.members:
            raise ValueError("An ensemble needs at least one member.")


@dataclass(frozen=True, kw_only=True)
class ViewPrediction:
    """What all members together read in one view."""

    name: str
    probs: tuple[float, ...]
    """Mean over the members; ten numbers that sum to one."""


@dataclass(frozen=True, kw_only=True)
class MemberPrediction:
    """What one member read, over all views."""

    model_id: str
    temperature: float
    probs: tuple[float, ...]
    """Mean over the views; ten numbers that sum to one."""


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One digit, how sure the ensemble is, and why."""

    digit: int
    confidence: float
    """The largest merged probability."""
    probs: tuple[float, ...]
    """Merged over views, then over members; ten numbers that sum to one."""
    model_id: str
    """The member's id, or `ensemble_<n>_models`."""
    uncertain: bool
    """Whether the confidence is below the threshold."""
    views: tuple[ViewPrediction, ...]
    members: tuple[MemberPrediction, ...]
    total_entropy: float
    """Entropy of `probs`, in nats: `member_entropy` + `disagreement`."""
    member_entropy: float
    """Mean entropy of the members' own probabilities, in nats: the digit is ambiguous."""
    disagreement: float
    """Mutual information between answer and member, in nats: the members disagree."""
    latency_ms: float
    """From submission to answer, queueing included."""
