"""What one browser session remembers, in one typed object under one key."""

from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from handwriting_ai.prediction import EnsembleChoice
from shared.guessing import Guessing
from shared.photos import Photos
from shared.sheet import Sheet, Strokes

_KEY = "ui"


@dataclass(frozen=True, kw_only=True)
class Saving:
    """What was saved last: what it was, so that it is not saved twice, and what it was saved as."""

    item: Strokes | str
    """The strokes of the drawing, or the id of the photograph."""
    drawing_id: str
    label: int


@dataclass
class UiState:
    """Lost with the session; what must last is on disk."""

    sheet: Sheet = field(default_factory=Sheet)
    """What is drawn on the page Draw."""
    saving: Saving | None = None
    """Of the drawing or photograph that was saved last."""
    writer: str = ""
    """Who draws, as they said themselves; kept with what is saved."""
    photos: Photos = field(default_factory=Photos)
    """The photographs on the page Draw."""
    guessing: Guessing = field(default_factory=Guessing)
    """The test digit on show."""
    reason: str = ""
    """The open tab of the reasons on the page Draw."""
    job_id: str | None = None
    """The run this session selected or started last."""
    picture: "bytes | NDArray[np.uint8] | None" = None
    """The picture on the Draw page, if it could be read, so that other pages can read it too."""
    choice: EnsembleChoice | None = None
    """The models this session reads with; None leaves it to the settings."""
    ranking_version: int = 0
    """Part of the key of the table of ensembles: a new one forgets the selected row."""
    latency_ms: dict[EnsembleChoice, float] = field(default_factory=dict)
    """What was measured on the Compare page."""
    places: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What `shared.place` keeps, by its name in the address."""
    page: str = ""
    """The page on show."""

    def enter(self, page: str) -> bool:
        """Note which page is on show; True if it is another one than before."""
        is_new, self.page = page != self.page, page
        return is_new


def ui_state() -> UiState:
    """This session's state, made at first use."""
    state: object = st.session_state.get(_KEY)
    if not isinstance(state, UiState):
        state = UiState()
        st.session_state[_KEY] = state
    return state
