"""What became of the models that were to be loaded."""

from dataclasses import dataclass

from handwriting_ai.errors import ModelRefused


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A model that was not loaded, and why."""

    model_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class LoadReport:
    """What a load brought: every model asked for is in one of the two."""

    loaded: tuple[str, ...]
    refused: tuple[Refusal, ...]

    def require_all(self) -> None:
        """Stop where one was refused.

        Raises:
            ModelRefused: one was; the message has the reason.
        """
        if self.refused:
            reasons = (f"Model {refusal.model_id!r} cannot be loaded: {refusal.reason}" for refusal in self.refused)
            raise ModelRefused(" ".join(reasons))
