"""What the tabs of the Compare page share: the ticked models, and their scores on validation."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import streamlit as st

import controls
from compare_table import validation_errors
from handwriting_ai.data.split import VALIDATION_COUNT
from handwriting_ai.errors import HandwritingError
from handwriting_ai.evaluation.scoreboard import Entry, EvaluationPart, Score, Scoreboard
from handwriting_ai.evaluation.statistics import wilson_interval
from handwriting_ai.plots import ModelAccuracy
from handwriting_ai.prediction import EnsembleChoice, TtaMode

_FEW: Final = 3
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
        return in_words(self.tta)

    def views_of(self, entry: Entry) -> int:
        """How many views the figure of a model rests on."""
        return controls.view_count(self.tta) if entry.model_id in self.scores else 1

    def accuracy(self, entry: Entry) -> ModelAccuracy:
        """A model's accuracy on validation: of these views, or else of one by its manifest."""
        score = self.scores.get(entry.model_id)
        if score is not None:
            figures, basis = score.figures, self.views
            accuracy, errors, (low, high) = figures.accuracy, figures.errors, figures.wilson95
        else:
            basis, accuracy, errors = _BY_MANIFEST, entry.manifest.val_acc, validation_errors(entry.manifest)
            low, high = wilson_interval(VALIDATION_COUNT - errors, VALIDATION_COUNT)
        return ModelAccuracy(model=entry.model_id, accuracy=accuracy, low=low, high=high, errors=errors, basis=basis)


def in_words(tta: TtaMode) -> str:
    """How many views a mode has: `17 views`."""
    count = controls.view_count(tta)
    return f"{count} views" if count > 1 else "1 view"


def alone(model_id: str, tta: TtaMode) -> EnsembleChoice:
    """One model, at its own temperature."""
    return EnsembleChoice(members=(model_id,), tta=tta)


def score_all(board: Scoreboard, names: Sequence[str], tta: TtaMode) -> dict[str, Score]:
    """Each model's scores on validation; one that cannot be scored after all is named on the page and left out."""
    scores: dict[str, Score] = {}
    for name in names:
        with errors_said():
            scores[name] = board.score(alone(name, tta), EvaluationPart.VALIDATION)
    return scores


def say_reasons(summary: str, reasons: Sequence[str], *, warn: bool = False) -> None:
    """What is not there, and why: a few reasons stand open, many fold away."""
    text = "\n".join(f"- {reason}" for reason in reasons) if len(reasons) > 1 else "".join(reasons)
    icon = ":material/block:" if warn else ":material/info:"
    if len(reasons) > _FEW:
        with st.expander(f"{summary} {len(reasons)} models", icon=icon):
            st.markdown(text)
    elif reasons:
        (st.warning if warn else st.info)(text, icon=icon)


@contextmanager
def errors_said() -> Iterator[None]:
    """An error of ours, or of a folder that has become unreadable, becomes a sentence on the page."""
    try:
        yield
    except HandwritingError as error:
        st.error(str(error), icon=":material/error:")
    except OSError as error:
        path: object = error.filename
        st.error(
            f"`{path}` cannot be read: {error.strerror}. Restore the folder or its permissions, then reload this page.",
            icon=":material/folder_off:",
        )
