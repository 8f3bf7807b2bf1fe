"""Deleting a model on the Compare page: trials pile up."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

import streamlit as st

import resources
from handwriting_ai.errors import HandwritingError, ManifestError
from handwriting_ai.registry.presets import read_presets
from handwriting_ai.registry.store import ModelStore

_CHOSEN_KEY: Final = "doomed_model"


def offer(names: Sequence[str]) -> None:
    """A model of these to choose, damaged ones too, and a button that deletes it unless somebody names it."""
    with st.popover("Delete a model", icon=":material/delete:"):
        name = st.selectbox("Model", names, index=None, placeholder="Choose one", key=_CHOSEN_KEY)
        if name is None:
            st.caption("Trials, say, or models that are refused.")
            return
        users = list(_users(name))
        st.caption(
            f"It stays: it is named by {' and by '.join(users)}."
            if users
            else "Its weights, learning curve and scores cannot be brought back; the run that made it stays."
        )
        st.button("Delete this model", type="primary", disabled=bool(users), on_click=partial(_delete, name))


def _users(name: str) -> Iterator[str]:
    """Who asks for a model by its name."""
    digits = resources.settings().digits
    try:
        presets = read_presets(digits.model_dir).values()
        names = [f"`{preset.name}`" for preset in presets if name in preset.members]
        if names:
            yield f"the presets {', '.join(names)}" if len(names) > 1 else f"the preset {names[0]}"
    except ManifestError:
        yield "a `presets.json`, perhaps, that cannot be read"
    if name in (part.strip() for part in digits.active_model.split(",")):
        yield "the setting `DIGITS__ACTIVE_MODEL`"


def _delete(name: str) -> None:
    """Before the page is drawn again; somebody else may have been faster."""
    st.session_state[_CHOSEN_KEY] = None
    try:
        ModelStore(resources.settings().digits.model_dir).delete(name)
    except (HandwritingError, OSError) as error:
        st.toast(str(error), icon=":material/error:")
    else:
        st.toast(f"`{name}` is deleted.", icon=":material/delete:")
