"""Controls that several pages have."""

from typing import Final

import streamlit as st

import resources
from handwriting_ai.inference.views import views_for
from handwriting_ai.prediction import TtaMode

_LABELS: Final = {TtaMode.NONE: "1 view", TtaMode.BASIC: "5 views", TtaMode.ADVANCED: "17 views"}


def opening_views() -> TtaMode:
    """How many views the pages open with: as configured, or all of them where nothing was."""
    digits = resources.settings().digits
    return digits.tta_mode if digits.tta_was_chosen else TtaMode.ADVANCED


def choose_views(key: str, default: TtaMode) -> TtaMode:
    """How many copies of a digit the models read."""
    chosen = st.segmented_control(
        "Views the models read",
        list(_LABELS),
        default=default,
        format_func=_LABELS.__getitem__,
        help="Test-time augmentation: slightly shifted, turned, scaled and slanted copies are read as well, "
        "and the probabilities averaged.",
        key=key,
        required=True,
        persist_state="session",
    )
    return chosen or default


def view_count(tta: TtaMode) -> int:
    """How many views a mode has."""
    return len(views_for(tta))
