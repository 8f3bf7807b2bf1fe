"""What the tabs of the Compare page share: the ticked models, and their scores on validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from compare.table import validation_errors
from handwriting_ai.data.split import VALIDATION_COUNT
from handwriting_ai.evaluation.scoreboard import Entry, EvaluationPart, Score, Scoreboard
from handwriting_ai.evaluation.statistics import wilson_interval
from handwriting_ai.plots import ModelAccuracy
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from shared import controls, troubles

_BY_MANIFEST: Final = "1 view, by its manifest"


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The models that the charts show."""

    board: Scoreboard
    tta: TtaMode
    chosen: tuple[Entry, ...]
    """The ticked ones, the most accurate by its manifest first."""
    scores: Mapping[str, Score]
    """On validation, of those of them that have predictions, in the same order."""
    scorable: tuple[str, ...]
    """Every model that has predictions, ticked or not."""

    @property
    def names(self) -> list[str]:
        """The ticked models, in the order of their colours."""
        return [entry.model_id for entry in self.chosen]

    @property
    def views(self) -> str:
        """How many views a scored model reads, in words."""
        return controls.views_in_words(self.tta)

    @property
    def trials(self) -> dict[str, int]:
        """The ticked models that have read the first digits alone, and how many these are."""
        every = len(self.board.pictures(EvaluationPart.VALIDATION))
        return {name: score.figures.n for name, score in self.scores.items() if score.figures.n < every}

    def views_of(self, entry: Entry) -> int:
        """How many views the figure of a model rests on."""
        return controls.view_count(self.tta) if entry.model_id in self.scores else 1

    def accuracy(self, entry: Entry) -> ModelAccuracy:
        """A model's accuracy on validation: of these views, or else of one by its manifest."""
        score = self.scores.get(entry.model_id)
        if score is not None:
            figures, basis = score.figures, self.views
            if entry.model_id in self.trials:
                basis = f"{basis}, {figures.n:,} digits"
            accuracy, errors, (low, high) = figures.accuracy, figures.errors, figures.wilson95
        else:
            basis, accuracy, errors = _BY_MANIFEST, entry.manifest.val_acc, validation_errors(entry.manifest)
            low, high = wilson_interval(VALIDATION_COUNT - errors, VALIDATION_COUNT)
        return ModelAccuracy(model=entry.model_id, accuracy=accuracy, low=low, high=high, errors=errors, basis=basis)


def alone(model_id: str, tta: TtaMode) -> EnsembleChoice:
    """One model, at its own temperature."""
    return EnsembleChoice(members=(model_id,), tta=tta)


def score_all(board: Scoreboard, names: Sequence[str], tta: TtaMode) -> dict[str, Score]:
    """Each model's scores on validation; one that cannot be scored after all is named on the page and left out."""
    scores: dict[str, Score] = {}
    for name in names:
        with troubles.said():
            scores[name] = board.score(alone(name, tta), EvaluationPart.VALIDATION)
    return scores
