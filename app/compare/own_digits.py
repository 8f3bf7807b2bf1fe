"""Digits of one's own as a test set on the Compare page: saved drawings and photographs, read by every model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd
import streamlit as st

from compare.table import PERCENT
from handwriting_ai.data.drawings import SavedDrawing
from handwriting_ai.data.own_digits import of_saved
from handwriting_ai.evaluation.scoreboard import Entry
from handwriting_ai.prediction import DIGIT_NAMES, EnsembleChoice, TtaMode
from handwriting_ai.reading.own_scores import OwnScore, PreparedDigits, missed_by, prepare_digits, score_own_digits
from handwriting_ai.registry.presets import default_first, read_presets
from shared import controls, explanations, pictures, resources, troubles, wording

_RESULT_KEY: Final = "own_digits_result"
_PICTURE_PX: Final = 88
_MOST_PICTURES: Final = 60
_DRAWINGS, _PHOTOGRAPHS = "Drawings", "Photographs"


@dataclass(frozen=True, kw_only=True, eq=False)
class _Result:
    """What was read, and of what: another selection or other models make it out of date."""

    asked: tuple[object, ...]
    digits: PreparedDigits
    scores: tuple[OwnScore, ...]
    refused: tuple[str, ...]


def show(entries: Sequence[Entry], tta: TtaMode) -> None:
    """A selection of what was saved, a button, and how each preset and model reads it."""
    with st.expander("Your own digits as a test set", icon=":material/person_edit:"):
        saved = resources.drawings().all()
        controls.say_reasons("Not shown:", saved.unreadable, warn=True, thing="file")
        if not saved.drawings:
            st.caption("Nothing saved yet. Draw or photograph digits on the page *Draw*, then choose what they were.")
            return
        with troubles.said():
            _show(_choose(saved.drawings), _choices(entries, tta), tta)


def _choose(drawings: Sequence[SavedDrawing]) -> list[SavedDrawing]:
    """By writer, kind and digit; nothing chosen means all."""
    writers = sorted({drawing.writer or "" for drawing in drawings})
    chosen_writers = (
        st.pills(
            "Writers",
            writers,
            selection_mode="multi",
            format_func={name: name or "without a name" for name in writers}.__getitem__,
            key="own_writers",
            persist_state="session",
        )
        if len(writers) > 1
        else []
    )
    with st.container(horizontal=True):
        kinds = st.pills(
            "Kinds", (_DRAWINGS, _PHOTOGRAPHS), selection_mode="multi", key="own_kinds", persist_state="session"
        )
        labels = st.pills("Digits", DIGIT_NAMES, selection_mode="multi", key="own_labels", persist_state="session")
    return [
        drawing
        for drawing in drawings
        if (not chosen_writers or (drawing.writer or "") in chosen_writers)
        and (not kinds or (_PHOTOGRAPHS if drawing.is_photograph else _DRAWINGS) in kinds)
        and (not labels or str(drawing.label) in labels)
    ]


def _choices(entries: Sequence[Entry], tta: TtaMode) -> dict[str, EnsembleChoice]:
    """Each preset, `default` first, then each model whose weights are here; all in the same views."""
    presets = default_first(read_presets(resources.settings().digits.model_dir))
    choices = {f"preset {name}": EnsembleChoice(members=each.members, tta=tta) for name, each in presets.items()}
    for entry in entries:
        if entry.manifest.not_shipped is None:
            choices[entry.model_id] = EnsembleChoice(members=(entry.model_id,), tta=tta)
    return choices


def _show(drawings: Sequence[SavedDrawing], choices: Mapping[str, EnsembleChoice], tta: TtaMode) -> None:
    if not drawings or not choices:
        st.info("Nothing is chosen." if not drawings else "There are no models to read it.", icon=":material/info:")
        return
    asked = (tuple(drawing.drawing_id for drawing in drawings), tuple(choices.items()))
    label = f"Read {wording.counted(len(drawings), 'digit')} with {wording.counted(len(choices), 'choice')} of models"
    if st.button(label, icon=":material/fact_check:", help=f"In {controls.views_in_words(tta)}.", key="own_read"):
        st.session_state[_RESULT_KEY] = _read(drawings, choices, asked)
    result: object = st.session_state.get(_RESULT_KEY)
    if isinstance(result, _Result) and result.asked == asked:
        _show_result(result)


def _read(
    drawings: Sequence[SavedDrawing], choices: Mapping[str, EnsembleChoice], asked: tuple[object, ...]
) -> _Result:
    reader, bar = resources.reader(), st.progress(0.0, text="Preparing the digits …")
    digits = prepare_digits(of_saved(drawings), reader.limits)

    def on_step(done: int, total: int) -> None:
        bar.progress(done / total, text=f"{done} of {total} choices of models have read them")

    scores, refused = score_own_digits(reader.engine, digits, choices, on_step) if len(digits) else ([], [])
    bar.empty()
    return _Result(asked=asked, digits=digits, scores=tuple(scores), refused=tuple(refused))


def _show_result(result: _Result) -> None:
    controls.say_reasons("Left out:", [*result.digits.refused, *result.refused], warn=True, thing="reason")
    if not result.scores:
        return
    first = result.scores[0].title
    st.dataframe(
        _frame(result.scores),
        hide_index=True,
        width="stretch",
        column_config={
            "accuracy": st.column_config.NumberColumn(format="%.1f%%"),
            "p": st.column_config.NumberColumn(
                format="%.2g",
                help=f"McNemar's exact test against {first}: above 0.05 the difference may be chance.",
            ),
        },
    )
    st.caption(
        f"{wording.counted(len(result.digits), 'digit')} of your own. The fewer they are, the wider the 95 % interval; "
        f"p compares with {first}, digit by digit.",
        help=explanations.WILSON,
    )
    _show_misread(result)


def _frame(scores: Sequence[OwnScore]) -> pd.DataFrame:
    intervals = [score.figures.wilson95 for score in scores]
    return pd.DataFrame(
        {
            "read by": [score.title for score in scores],
            "errors": [score.figures.errors for score in scores],
            "accuracy": [score.figures.accuracy * PERCENT for score in scores],
            "95 % interval": [f"{low:.1%} to {high:.1%}" for low, high in intervals],
            "only the first reads": [score.against_first.only_first_right for score in scores],
            "only this one reads": [score.against_first.only_second_right for score in scores],
            "p": [score.against_first.p_value for score in scores],
        }
    )


def _show_misread(result: _Result) -> None:
    """Pictures of what one choice misreads, or anybody."""
    missed = missed_by(result.scores)
    if not missed:
        st.success("Every choice of models reads all of them.", icon=":material/check:")
        return
    titles = [score.title for score in result.scores if score.misread]
    whose = st.selectbox("Misread by", ["anybody", *titles], key="own_misread_by")
    rows = {row: by for row, by in missed.items() if whose == "anybody" or whose in {score.title for score in by}}
    with st.container(horizontal=True, gap="small"):
        for row, by in list(rows.items())[:_MOST_PICTURES]:
            shown = next((score for score in by if score.title == whose), by[0])
            answer = next(each for each in shown.misread if each.row == row)
            label = int(result.digits.labels[row])
            st.image(
                pictures.thumbnail(pictures.on_paper(result.digits.pictures[row]), _PICTURE_PX),
                caption=f"{label} as {answer.answer}, {answer.confidence:.0%}  \nby {len(by)} of {len(result.scores)}",
                width=_PICTURE_PX,
                alt=f"A {label} that is read as {answer.answer}",
            )
