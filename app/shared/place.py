"""One's place on a page, kept in the address and in the session.

A reload, or somebody who is sent the address, finds it again; so does who comes back from another page, where the
address is another one.
"""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from handwriting_ai.prediction import EnsembleChoice, TtaMode
from shared.ui_state import UiState, ui_state

TICKED: Final = "ticked"
"""The models whose rows are ticked on the page Compare."""
_MODELS: Final = "models"
_VIEWS: Final = "models_in"


def remember(name: str, values: Sequence[str]) -> None:
    """Keep values; none forgets the name."""
    ui_state().places[name] = tuple(values)
    if st.query_params.get_all(name) != list(values):
        if values:
            st.query_params[name] = list(values)
        else:
            del st.query_params[name]


def send_to(name: str, values: Sequence[str]) -> None:
    """Values that another page, which is about to be opened, is to recall."""
    ui_state().places[name] = tuple(values)


def recall(name: str) -> list[str]:
    """What the address says of that, or what was kept in this session."""
    return st.query_params.get_all(name) or list(ui_state().places.get(name, ()))


def recall_views(name: str) -> TtaMode | None:
    """How many views the address asks for; None if it does not, or for none that there are."""
    asked = recall(name)
    return TtaMode(asked[0]) if asked and asked[0] in list(TtaMode) else None


def keep_choice(state: UiState, *, is_new: bool) -> None:
    """The models that this session reads with: taken from the address at the start, put there afterwards."""
    if is_new and state.choice is None and recall(_MODELS):
        state.choice = EnsembleChoice(members=tuple(recall(_MODELS)), tta=recall_views(_VIEWS) or TtaMode.NONE)
    choice = state.choice
    remember(_MODELS, choice.members if choice else ())
    remember(_VIEWS, [choice.tta] if choice else ())
