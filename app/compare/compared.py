"""What the tabs of the Compare page share: the ticked rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from compare.rows import Row
from handwriting_ai.data.split import VALIDATION_COUNT
from handwriting_ai.evaluation.scoreboard import Score, Scoreboard
from handwriting_ai.prediction import TtaMode
from handwriting_ai.training.taught import TAUGHT
from shared import controls


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What the charts show."""

    board: Scoreboard
    tta: TtaMode
    """Of the models; a preset has its own."""
    chosen: tuple[Row, ...]
    """The ticked ones, in the order of the table."""
    scorable: tuple[str, ...]
    """Every model that has predictions, ticked or not."""

    @property
    def labels(self) -> list[str]:
        """The ticked ones, in the order of their colours."""
        return [row.label for row in self.chosen]

    @property
    def models(self) -> Sequence[Row]:
        """The ticked ones without the presets."""
        return [row for row in self.chosen if not row.is_preset]

    @cached_property
    def scored(self) -> dict[str, tuple[Row, Score]]:
        """Those of the ticked that have a score, by name."""
        return {row.name: (row, row.score) for row in self.chosen if row.score is not None}

    def label(self, name: str) -> str:
        """What a ticked row is called in charts and lists."""
        return next((row.label for row in self.chosen if row.name == name), name)

    @property
    def views(self) -> str:
        """How many views the models read, in words."""
        return controls.views_in_words(self.tta)

    @property
    def trials(self) -> dict[str, str]:
        """The ticked models that have read the first digits alone, by what they are called, and how many these are."""
        return {
            row.label: f"{_kind(row)}, scored by {score.figures.n:,} validation digits alone"
            for row, score in self.scored.values()
            if score.figures.n < VALIDATION_COUNT
        }


def _kind(row: Row) -> str:
    """Why a model has read few digits."""
    is_taught = row.manifest is not None and row.manifest.training_recipe == TAUGHT.name
    return "a taught model" if is_taught else "a quick trial"
