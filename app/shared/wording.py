"""Answers and runs in words."""

import math
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from handwriting_ai.evaluation.metrics import Figures
from handwriting_ai.jobs.types import Job, JobStatus
from handwriting_ai.prediction import EnsembleChoice, Prediction, TtaMode

_SCRIBBLE_SHARE: Final = 0.7
"""From this share of the largest possible entropy on, no digit stands out at all."""
_DISAGREEMENT_SHARE: Final = 0.5
_SURE: Final = 0.95
_LIKELY: Final = 0.5
_EIGHT: Final = 8
_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600


def describe(prediction: Prediction) -> str:
    """One sentence on how sure the answer is, and what else it may be."""
    first, second = (an(digit) for digit in runners_up(prediction))
    if prediction.confidence >= _SURE:
        return f"This is {first}."
    if not prediction.uncertain:
        return f"Probably {first}, perhaps {second}."
    if is_nothing(prediction):
        return "**This does not look like a digit.** None of the ten stands out."
    if prediction.disagreement > _DISAGREEMENT_SHARE * prediction.total_entropy:
        return f"**Not sure:** perhaps {first}, perhaps {second}. The models disagree."
    return f"**Not sure:** perhaps {first}, perhaps {second}."


def an(digit: int) -> str:
    """`an **8**`, `a **7**`."""
    return f"{'an' if digit == _EIGHT else 'a'} **{digit}**"


def is_nothing(prediction: Prediction) -> bool:
    """Whether no digit stands out at all: the answer is undecided, and its likeliest digit less likely than not."""
    undecided = prediction.total_entropy > _SCRIBBLE_SHARE * math.log(len(prediction.probs))
    return prediction.uncertain and undecided and prediction.confidence < _LIKELY


def left_out(share: float) -> str:
    """That ink was left out, and where one sees it."""
    return (
        f"**{share:.0%} of the ink was left out** as no part of this digit; *Specks dropped* below shows what is read. "
        "One digit a picture, on clean paper, is read best."
    )


def runners_up(prediction: Prediction) -> tuple[int, int]:
    """The two digits with the largest probabilities, the larger first."""
    order = sorted(range(len(prediction.probs)), key=prediction.probs.__getitem__, reverse=True)
    return order[0], order[1]


def test_report(figures: Figures) -> str:
    """How a choice does on the test set, as a report."""
    low, high = figures.wilson95
    return (
        f"**{figures.errors} errors** of {figures.n:,} test digits, {figures.accuracy:.2%} (95 % interval {low:.2%} to "
        f"{high:.2%}); {figures.errors_without_disputed} without the 15 digits whose label people dispute. "
        f"NLL {figures.nll:.4f}, ECE {figures.ece:.2%}."
    )


def shortened(names: Sequence[str]) -> dict[str, str]:
    """Each name without what all of them begin with, up to an underscore: it need not be read each time."""
    beginnings = [name.split("_")[:-1] for name in names] if len(names) > 1 else [[]]
    pairs = zip(min(beginnings), max(beginnings), strict=False)  # what these two share, all share
    shared = sum(1 for _ in takewhile(_are_alike, pairs))
    return {name: "_".join(name.split("_")[shared:]) for name in names}


def _are_alike(parts: tuple[str, str]) -> bool:
    return parts[0] == parts[1]


def counted(count: int, thing: str) -> str:
    """`1 view`, `17 views`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def spread_of_errors(figures: Figures) -> str:
    """By how much a count of errors varies by chance: one standard deviation of a binomial count."""
    share = max(figures.errors, 1) / figures.n
    deviation = max(1, round(math.sqrt(figures.n * share * (1 - share))))
    return f"On other digits of this kind the count would vary by about {deviation}, one standard deviation."


def named(choice: EnsembleChoice) -> str:
    """The members, and their temperature if it is not their own."""
    scale = "" if choice.temperature is None else f" at temperature {choice.temperature:.3f}"
    return f"{', '.join(choice.members)}{scale}"


def environment_lines(choice: EnsembleChoice) -> list[str]:
    """The variables that make every start read with this choice."""
    lines = [
        f"DIGITS__ACTIVE_MODEL={','.join(choice.members)}",
        f"DIGITS__TTA={str(choice.tta is TtaMode.BASIC).lower()}",
        f"DIGITS__TTA_ADVANCED={str(choice.tta is TtaMode.ADVANCED).lower()}",
    ]
    own = "" if choice.temperature is None else f"{choice.temperature:.4f}"
    return [*lines, f"DIGITS__TEMPERATURE_OVERRIDE={own}"]


def ranking(combined: int, models: int) -> str:
    """What the table of ensembles shows, and what it leaves out."""
    left_out = f" Of {models} models {combined} are combined, the chosen ones first." if combined < models else ""
    return (
        f"All {(1 << combined) - 1:,}, ranked by validation NLL at the models' own temperatures; ✓ for the best of "
        "all that cost no more. Differences in the fourth place are chance, and the best of so many looks better than "
        "it is. "
        f"Select a row to choose its members.{left_out}"
    )


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`."""
    if seconds < 2 * _MINUTE_S:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE_S:.0f} min" if seconds < 2 * _HOUR_S else f"{seconds / _HOUR_S:.1f} h"


def standing(job: Job) -> str:
    """How a run stands, and how long it still takes."""
    state = job.state
    if state.status is not JobStatus.RUNNING:
        return f"{state.status.capitalize()} after {state.current_epoch} of {counted(job.config.epochs, 'epoch')}"
    left = f" · {duration(state.seconds_left)} left" if state.seconds_left is not None else ""
    return f"{(state.activity or 'running').capitalize()}{left}"
