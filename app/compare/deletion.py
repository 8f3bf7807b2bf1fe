"""Delete a model on the Compare page, unless a preset or the settings name it."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import streamlit as st

from handwriting_ai.errors import HandwritingError
from handwriting_ai.registry.presets import refuse_named
from handwriting_ai.registry.store import ModelStore
from shared import resources, troubles

_CHOSEN_KEY: Final = "doomed_model"


def offer(names: Sequence[str]) -> None:
    """One of these models to choose, and a button that deletes it if nothing names it."""
    with st.popover("Delete a model", icon=":material/delete:"):
        name = st.selectbox("Model", names, index=None, placeholder="Choose one", key=_CHOSEN_KEY)
        if name is None:
            st.caption("For trials that are no longer needed, and for models that cannot be used.")
            return
        reason = _reason_to_keep(name)
        st.caption(
            reason or "Its weights, learning curve and scores cannot be brought back; the run that made it stays."
        )
        st.button("Delete this model", disabled=bool(reason), on_click=partial(_delete, name), key="delete_model")


def _reason_to_keep(name: str) -> str:
    """Why a model must not be deleted; nothing if it may."""
    digits = resources.settings().digits
    try:
        refuse_named(name, digits.active_model, digits.model_dir)
    except HandwritingError as error:
        return str(error)
    return ""


def _delete(name: str) -> None:
    """Before the page is drawn again; what stood there may have changed meanwhile."""
    st.session_state[_CHOSEN_KEY] = None
    digits = resources.settings().digits
    with troubles.toasted():
        refuse_named(name, digits.active_model, digits.model_dir)
        ModelStore(digits.model_dir).delete(name)
        st.toast(f"`{name}` is deleted.", icon=":material/delete:")
