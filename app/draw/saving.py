"""“Was it right?”: keep what was read, with its label."""

import streamlit as st

from handwriting_ai.data.drawings import SavedDrawing
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.preprocess.cutting import cut_out
from handwriting_ai.reading.reader import Reading
from shared import resources, troubles, wording
from shared.sheet import CANVAS_PX, Strokes
from shared.ui_state import Saving, ui_state


def offer(item: Strokes | str, reading: Reading) -> None:
    """Ask what it was; keep it with its label.

    Args:
        item: the strokes of a drawing, or the id of a photograph.
        reading: what was read in it.
    """
    saved = ui_state().saving
    if saved is not None and saved.item == item:
        st.success(f"Saved as {wording.an(saved.label)}. You find it under *Saved drawings*.", icon=":material/check:")
        st.button("Do not keep it", icon=":material/undo:", on_click=_forget_saved)
        return
    key = _label_key(item)
    of = "the photograph's ink, not the whole picture," if isinstance(item, str) else "the drawing"
    st.pills(
        "Was it right? It was a …",
        list(range(N_CLASSES)),
        key=key,
        help=f"Saves {of} with the digit you choose, so that you can score models with it and train on it.",
        on_change=_save,
        args=(key, item, reading),
    )


def _label_key(item: Strokes | str) -> str:
    """Another one for another drawing."""
    return f"label_{item}" if isinstance(item, str) else f"label_{ui_state().sheet.version}_{len(item)}"


def _save(key: str, item: Strokes | str, reading: Reading) -> None:
    label: object = st.session_state.get(key)
    last = ui_state().saving
    if not isinstance(label, int) or (last is not None and last.item == item):  # the browser may report a click twice
        return
    st.session_state[key] = None  # until it is saved; then a message stands in the pills' place
    with troubles.toasted():
        saved = _save_photograph(label, reading) if isinstance(item, str) else _save_drawing(item, label, reading)
        ui_state().saving = Saving(item=item, drawing_id=saved.drawing_id, label=label)


def _save_drawing(strokes: Strokes, label: int, reading: Reading) -> SavedDrawing:
    prediction = reading.prediction
    return resources.drawings().save(
        [stroke.points for stroke in strokes],
        canvas_px=CANVAS_PX,
        pens_px=[stroke.pen_px for stroke in strokes],
        label=label,
        read_as=prediction.digit,
        confidence=prediction.confidence,
        model_id=prediction.model_id,
        writer=ui_state().writer or None,
    )


def _save_photograph(label: int, reading: Reading) -> SavedDrawing:
    prediction = reading.prediction
    return resources.drawings().save_photograph(
        cut_out(reading.steps),
        reading.steps[-1].picture,
        label=label,
        read_as=prediction.digit,
        confidence=prediction.confidence,
        model_id=prediction.model_id,
        writer=ui_state().writer or None,
    )


def _forget_saved() -> None:
    """Take the saving back: the digit can be chosen again."""
    state = ui_state()
    if state.saving is not None:
        with troubles.toasted():
            resources.drawings().delete(state.saving.drawing_id)
            state.saving = None
