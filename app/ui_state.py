"""What one browser session remembers, in one typed object under one key."""

from dataclasses import dataclass, field

import streamlit as st

from handwriting_ai.reader import Reading

_KEY = "ui"


@dataclass
class UiState:
    """Lost with the session; what must last is on disk."""

    canvas_version: int = 0
    """Part of the canvas's key: a new one empties it."""
    drawing: "dict[str, object] | None" = None
    """The canvas's own description of the drawing, as it last reported it."""
    shown_at_entry: "dict[str, object] | None" = None
    """What the canvas of the present version starts with."""
    reading: Reading | None = None
    """The answer to the drawing on the canvas."""
    saved_ids: list[str] = field(default_factory=list)
    """Drawings saved from this canvas version, so that one is not saved twice."""
    test_index: int | None = None
    """The test picture on show."""


def ui_state() -> UiState:
    """This session's state, made at first use."""
    state: object = st.session_state.get(_KEY)
    if not isinstance(state, UiState):
        state = UiState()
        st.session_state[_KEY] = state
    return state
