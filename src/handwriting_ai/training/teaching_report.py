"""What a teaching run reports: what was read before and after, and what that is worth."""

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from handwriting_ai.data.lessons import LessonDigit
from handwriting_ai.errors import DataCorrupt, DataMissing
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.support.files import MOST_JSON_BYTES, read_regular_file

REPORT_NAME: Final = "teaching.json"
MOST_LOST: Final = 2
"""A model that misreads more of validation's 5,000 digits than so many beyond its parent's is not recommended."""
USUAL_NEED: Final = 3
"""Drawings of each digit that teaching was measured with."""
NEED_OF_MISREAD: Final = 6
"""Of a digit that is still misread."""
MANY_SUSPECTS: Final = 0.1
"""From this share of odd labels on, the labels are said to look wrong, and these drawings are left out."""
FEWEST_SUSPECTS: Final = 2


class Reading(BaseModel):
    """The likeliest digit, and how likely."""

    model_config = ConfigDict(frozen=True)

    digit: int
    confidence: float


class TaughtDigit(BaseModel):
    """One drawing of the lesson."""

    model_config = ConfigDict(frozen=True)

    drawing: LessonDigit
    before: Reading
    after: Reading | None
    """By a network that was not taught this drawing; None where there is none."""
    looks_like: int | None
    """The digit that it is by parent and by the other drawings alike, where its label is another."""


class Errors(BaseModel):
    """Misread digits of so many, before and after."""

    model_config = ConfigDict(frozen=True)

    name: str
    n: int
    before: int
    after: int


class TeachingReport(BaseModel):
    """All that a teaching run reports."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    name: str
    model_id: str
    parent_model_id: str
    rounds: int
    """Networks that were taught to measure; 0 where nothing could be kept back."""
    digits: tuple[TaughtDigit, ...]
    validation: Errors
    strangers: tuple[Errors, ...]
    """Held-out writers of the project's files of strokes."""

    @property
    def kept_back(self) -> tuple[TaughtDigit, ...]:
        """Drawings that were read by a network that was not taught them."""
        return tuple(each for each in self.digits if each.after is not None)

    @property
    def own(self) -> Errors:
        """Of the drawings kept back."""
        kept = self.kept_back
        before = sum(each.before.digit != each.drawing.label for each in kept)
        after = sum(each.after is not None and each.after.digit != each.drawing.label for each in kept)
        return Errors(name=self.name, n=len(kept), before=before, after=after)

    @property
    def suspects(self) -> tuple[TaughtDigit, ...]:
        """Drawings whose label looks wrong."""
        return tuple(each for each in self.digits if each.looks_like is not None)

    @property
    def labels_look_wrong(self) -> bool:
        """Whether so many labels are odd that something is wrong with them."""
        return are_many(len(self.suspects), len(self.digits))

    def _is_left_out(self, digit: TaughtDigit) -> bool:
        return self.labels_look_wrong and digit.looks_like is not None

    @property
    def hindrances(self) -> tuple[str, ...]:
        """Why the model is not recommended, a sentence each; none if it is."""
        found: list[str] = []
        lost, own = self.validation.after - self.validation.before, self.own
        if lost > MOST_LOST:
            found.append(f"It misreads {lost} more of MNIST's {self.validation.n:,} validation digits than before.")
        if own.after > own.before:
            found.append(f"It misreads {own.after} of the {own.n} drawings kept back, {own.before} before.")
        if self.labels_look_wrong:
            found.append(f"{len(self.suspects)} of {len(self.digits)} labels look wrong. Check them, and teach again.")
        if own.n == 0:
            found.append("Nothing could be kept back to measure it: draw each digit twice at least.")
        return tuple(found)

    @property
    def recommended(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.hindrances

    @property
    def more(self) -> dict[int, int]:
        """How many more drawings would help, of which digits."""
        wrong = {each.drawing.label for each in self.kept_back if each.after and each.after.digit != each.drawing.label}
        needed: dict[int, int] = {}
        for digit in range(N_CLASSES):
            have = sum(each.drawing.label == digit for each in self.digits if not self._is_left_out(each))
            lacking = (NEED_OF_MISREAD if digit in wrong else USUAL_NEED) - have
            if lacking > 0:
                needed[digit] = lacking
        return needed


def are_many(odd: int, drawings: int) -> bool:
    """Whether so many labels are odd that they are left out; the odd one may be the very hand that is to be learnt."""
    return odd >= max(FEWEST_SUSPECTS, MANY_SUSPECTS * drawings)


def read_report(folder: Path) -> TeachingReport:
    """The report in a run's or a model's folder.

    Raises:
        DataMissing: there is none.
        DataCorrupt: it is damaged.
    """
    path = folder / REPORT_NAME
    try:
        return TeachingReport.model_validate_json(read_regular_file(path, MOST_JSON_BYTES))
    except FileNotFoundError as error:
        raise DataMissing(f"{path} is missing: no teaching run has ended there.") from error
    except ValidationError as error:
        raise DataCorrupt(f"{path} is damaged: {error.error_count()} problems. Teach again.") from error
