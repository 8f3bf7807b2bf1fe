"""Guess first: which test digit is on show, what was guessed, and the score."""

from dataclasses import dataclass, field

from handwriting_ai.evaluation.scoreboard import EvaluationPart


@dataclass
class Score:
    """How many were guessed, and by whom rightly."""

    asked: int = 0
    yours: int = 0
    models: int = 0


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A digit of MNIST."""

    part: EvaluationPart
    row: int
    """In its part."""


@dataclass
class Guessing:
    """Lost with the session."""

    shown: Shown | None = None
    guess: int | None = None
    """None until one has guessed: neither label nor answer is told before."""
    score: Score = field(default_factory=Score)

    def begin(self, shown: Shown) -> None:
        """Another digit."""
        self.shown, self.guess = shown, None

    def settle(self, guess: int, *, label: int, answer: int) -> None:
        """Count one guess; a digit counts once."""
        if self.guess is None:
            self.guess = guess
            self.score.asked += 1
            self.score.yours += guess == label
            self.score.models += answer == label
