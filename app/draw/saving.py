"""“Was it right?”: keep what was read, with its label."""

import streamlit as st

from handwriting_ai.prediction import N_CLASSES, Prediction
from shared import resources, troubles
from shared.sheet import CANVAS_PX
from shared.ui_state import Saving, UiState, ui_state


def offer(state: UiState, prediction: Prediction) -> None:
    """Ask what the drawing was; keep it with its label."""
    if state.saving is not None and state.saving.strokes == state.sheet.strokes:
        st.success(f"Saved as a **{state.saving.label}**. You find it under *Saved drawings*.", icon=":material/check:")
        st.button("Do not keep it", icon=":material/undo:", on_click=_forget_saved)
        return
    st.pills(
        "Was it right? It was a …",
        list(range(N_CLASSES)),
        key=_label_key(state),
        help="Saves the drawing with the digit you choose, so that you can score models with it and train on it.",
        on_change=_save,
        args=(prediction,),
    )


def _label_key(state: UiState) -> str:
    """Another one for another drawing."""
    return f"label_{state.sheet.version}_{len(state.sheet.strokes)}"


def _save(prediction: Prediction) -> None:
    state = ui_state()
    label: object = st.session_state.get(_label_key(state))
    strokes = state.sheet.strokes
    if not isinstance(label, int):
        return
    st.session_state[_label_key(state)] = None  # until it is saved; then a message stands in the pills' place
    with troubles.toasted():
        saved = resources.drawings().save(
            [stroke.points for stroke in strokes],
            canvas_px=CANVAS_PX,
            pens_px=[stroke.pen_px for stroke in strokes],
            label=label,
            read_as=prediction.digit,
            confidence=prediction.confidence,
            model_id=prediction.model_id,
        )
        state.saving = Saving(strokes=strokes, drawing_id=saved.drawing_id, label=label)


def _forget_saved() -> None:
    """Take the saving back: the digit can be chosen again."""
    state = ui_state()
    if state.saving is not None:
        with troubles.toasted():
            resources.drawings().delete(state.saving.drawing_id)
            state.saving = None
