"""What several pages have: controls, and words for what is missing."""

import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

import streamlit as st

from handwriting_ai.errors import ModelError
from handwriting_ai.inference.views import views_for
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from handwriting_ai.reading.reader import DigitReader
from handwriting_ai.registry.presets import choose_members, read_presets
from shared import explanations, place, resources, wording
from shared.ui_state import ui_state

VIEWS_KEY: Final = "tta"
"""Of the page Draw's choice of views."""
_FEW: Final = 3


def opening_views() -> TtaMode:
    """How many views the pages open with: as the switches say, else as a preset that is named; else all of them."""
    digits = resources.settings().digits
    if digits.tta_was_chosen:
        return digits.tta_mode
    try:
        named = choose_members(digits.active_model, digits.model_dir).tta
    except ModelError:  # the pages Ensemble and Compare say what is wrong with the presets
        named = None
    return named or TtaMode.ADVANCED


def choose_views(key: str, default: TtaMode) -> TtaMode:
    """How many copies of a digit the models read; the address remembers another choice than the default."""
    first = place.recall_views(key) or default
    chosen = st.segmented_control(
        "Views the models read",
        list(TtaMode),
        default=None if key in st.session_state else first,  # Streamlit complains of both
        format_func=views_in_words,
        help=explanations.VIEWS,
        key=key,
        required=True,
        persist_state="session",
    )
    mode = chosen or first
    place.remember(key, [mode] if mode is not default else ())
    return mode


def make_available(reader: DigitReader, choice: EnsembleChoice) -> bool:
    """Load the models of a choice that are not yet; False, and the reasons on the page, if one of them cannot be."""
    refused = reader.engine.make_available(choice.members).refused
    for refusal in refused:
        st.error(f"Model `{refusal.model_id}` cannot be loaded: {refusal.reason}", icon=":material/error:")
    return not refused


def in_words(choice: EnsembleChoice) -> str:
    """A choice by the name of its preset, or by how many models it has."""
    with suppress(ModelError):  # the pages Ensemble and Compare say what is wrong with the presets
        for name, preset in read_presets(resources.settings().digits.model_dir).items():
            if set(preset.members) == set(choice.members):
                return f"the preset *{name}*"
    count = len(choice.members)
    return f"{wording.counted(count, 'model')} of your choice"


def draw_with(model_id: str) -> None:
    """The page Draw reads with this model in this session, in as many views as the pages open with."""
    views = opening_views()
    ui_state().choice = EnsembleChoice(members=(model_id,), tta=views)
    st.session_state[VIEWS_KEY] = views
    st.switch_page("draw/page.py")


def offer_return() -> None:
    """A way back from a choice that is in use to what the settings say."""
    st.button("Back to default", icon=":material/undo:", on_click=_forget_choice)


def _forget_choice() -> None:
    ui_state().choice = None
    st.session_state[VIEWS_KEY] = opening_views()


def view_count(tta: TtaMode) -> int:
    """How many views a mode has."""
    return len(views_for(tta))


def views_in_words(tta: TtaMode) -> str:
    """How many views a mode has: `17 views`."""
    return wording.counted(view_count(tta), "view")


def rows_key(table: str, names: Iterable[str]) -> str:
    """A table's key, another one for other rows or another order: selections are kept by row, and would pass on."""
    return f"{table}_{zlib.crc32(' '.join(names).encode())}"


def say_reasons(summary: str, reasons: Sequence[str], *, warn: bool = False, thing: str = "model") -> None:
    """What is not there, and why: a few reasons stand open, many fold away."""
    text = "\n".join(f"- {reason}" for reason in reasons) if len(reasons) > 1 else "".join(reasons)
    icon = ":material/block:" if warn else ":material/info:"
    if len(reasons) > _FEW:
        with st.expander(f"{summary} {wording.counted(len(reasons), thing)}", icon=icon):
            st.markdown(text)
    elif reasons:
        (st.warning if warn else st.info)(text, icon=icon)
