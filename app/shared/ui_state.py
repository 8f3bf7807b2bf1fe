"""What one browser session remembers, in one typed object under one key."""

from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from handwriting_ai.prediction import EnsembleChoice, TtaMode
from shared.freehand import PenStroke

_KEY = "ui"


@dataclass(frozen=True, kw_only=True)
class Saving:
    """A drawing that was saved: what it looked like, so that it is not saved twice, and what it was saved as."""

    strokes: tuple[PenStroke, ...]
    drawing_id: str
    label: int


@dataclass
class UiState:
    """Lost with the session; what must last is on disk."""

    canvas_version: int = 0
    """Part of the canvas's key: a new one empties it."""
    drawing: "dict[str, object] | None" = None
    """The canvas's own description of the drawing, as it last reported it."""
    shown_at_entry: "dict[str, object] | None" = None
    """What the canvas of the present version starts with."""
    saving: Saving | None = None
    """Of the drawing that was saved last."""
    test_index: int | None = None
    """The test picture on show."""
    job_id: str | None = None
    """The run this session selected or started last."""
    picture: "bytes | NDArray[np.uint8] | None" = None
    """The picture on the Draw page, if it could be read, so that other pages can read it too."""
    choice: EnsembleChoice | None = None
    """The models this session reads with; None leaves it to the settings."""
    ranking_version: int = 0
    """Part of the key of the table of ensembles: a new one forgets the selected row."""
    latency_ms: dict[tuple[str, TtaMode], float] = field(default_factory=dict)
    """What was measured on the Compare page, by model and views."""
    page: str = ""
    """The page on show."""

    def enter(self, page: str) -> bool:
        """Note which page is on show; True if it is another one than before."""
        is_new, self.page = page != self.page, page
        return is_new

    def start_canvas(self, drawing: "dict[str, object] | None") -> None:
        """A fresh canvas that begins with this drawing."""
        self.canvas_version += 1
        self.shown_at_entry = self.drawing = drawing
        self.saving = None

    def show_drawing_again(self) -> None:
        """The browser forgets the canvas when the page changes: begin a new one with what was on it."""
        if self.drawing is not None:
            self.canvas_version += 1
            self.shown_at_entry = self.drawing


def ui_state() -> UiState:
    """This session's state, made at first use."""
    state: object = st.session_state.get(_KEY)
    if not isinstance(state, UiState):
        state = UiState()
        st.session_state[_KEY] = state
    return state
