"""Controls of the Ensemble page: a preset, members, views, and the temperature of a choice."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import Final

import streamlit as st
from pydantic import TypeAdapter

from handwriting_ai.errors import ManifestError
from handwriting_ai.evaluation.scoreboard import Scoreboard
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from handwriting_ai.registry.presets import Preset, read_presets
from shared import controls, explanations, resources, wording
from shared.ui_state import ui_state

MEMBERS_KEY: Final = "ensemble_members"
_TTA_KEY: Final = "ensemble_tta"
_PRESET_KEY: Final = "ensemble_preset"
_MEMBERS_HELP: Final = "Their answers are averaged."
_TEMPERATURES: Final = (0.2, 3.0)
_STEP: Final = 0.01
_SLIDER_KEY: Final = "ensemble_slider"
_NAMES: Final = TypeAdapter(list[str])


class Scale(StrEnum):
    """Where the temperature comes from."""

    OWN = "Each model's own"
    FITTED = "Fitted to this choice"
    SLIDER = "Slider"


def members_at_start(names: Sequence[str]) -> list[str]:
    """The members chosen before this run; at first those that the dashboard reads with."""
    if MEMBERS_KEY in st.session_state:
        state: object = st.session_state[MEMBERS_KEY]
        chosen: Collection[str] = _NAMES.validate_python(state)
        return [name for name in names if name in chosen]
    active = resources.reader().engine.member_ids
    return [name for name in names if name in active] or list(names[:1])


def _views_at_start() -> TtaMode:
    state: object = st.session_state.get(_TTA_KEY)
    return TtaMode(state) if isinstance(state, str) else controls.opening_views()


def choose(names: Sequence[str]) -> tuple[tuple[str, ...], TtaMode]:
    """Which models answer, maybe none, and in how many views."""
    first = members_at_start(names)
    _set(MEMBERS_KEY, first)  # a model that has gone meanwhile is no longer chosen
    _offer_presets(names, first)
    return _choose_members(names), controls.choose_views(_TTA_KEY, controls.opening_views())


def _set(key: str, value: object) -> None:
    """Only what is not so already: the browser may be ahead of what is set here."""
    state: object = st.session_state.get(key)
    if key not in st.session_state or state != value:
        st.session_state[key] = value


def _offer_presets(names: Sequence[str], chosen: Collection[str]) -> None:
    """A list of the presets; it shows the one that the controls agree with."""
    try:
        presets = read_presets(resources.settings().digits.model_dir)
    except ManifestError as error:
        st.warning(str(error), icon=":material/warning:")
        return
    usable = {name: preset for name, preset in presets.items() if set(preset.members) <= set(names)}
    for name in presets.keys() - usable.keys():
        missing = ", ".join(f"`{member}`" for member in presets[name].members if member not in names)
        st.caption(f"The preset `{name}` cannot be chosen without {missing}.")
    if not usable:
        return
    tta = _views_at_start()
    same = [name for name, preset in usable.items() if set(preset.members) == set(chosen) and preset.tta is tta]
    _set(_PRESET_KEY, same[0] if same else None)
    st.selectbox(
        "Preset",
        list(usable),
        index=None,
        placeholder="None of them: a choice of your own",
        key=_PRESET_KEY,
        on_change=partial(_take_preset, usable),
        help="A named choice of models and views, from the models folder.",
    )


def _take_preset(presets: Mapping[str, Preset]) -> None:
    name: object = st.session_state.get(_PRESET_KEY)
    if isinstance(name, str):
        members: list[str] = list(presets[name].members)
        st.session_state[MEMBERS_KEY] = members
        st.session_state[_TTA_KEY] = presets[name].tta
        forget_row()


def forget_row() -> None:
    """The ranking's selected row no longer is what is chosen."""
    ui_state().ranking_version += 1


def _choose_members(names: Sequence[str]) -> tuple[str, ...]:
    chosen = st.pills(
        "Models",
        names,
        selection_mode="multi",
        format_func=wording.shortened(names).__getitem__,
        key=MEMBERS_KEY,
        help=_MEMBERS_HELP,
        on_change=forget_row,
        wrap=True,
        persist_state="session",
    )
    return tuple(chosen)


def with_temperature(board: Scoreboard, choice: EnsembleChoice) -> EnsembleChoice:
    """The choice at its models' own temperatures, at the best common one, or at one from the slider."""
    override = resources.settings().digits.temperature_override
    scale = st.segmented_control(
        "Temperature",
        list(Scale),
        default=Scale.OWN,
        key="ensemble_scale",
        required=True,
        wrap=True,
        persist_state="session",
        help=explanations.TEMPERATURE,
    )
    if scale is Scale.FITTED:
        fitted = board.fitted_temperature(choice)
        st.caption(f"Smallest validation NLL at temperature **{fitted:.3f}**.")
        return replace(choice, temperature=fitted)
    if scale is Scale.SLIDER:
        return replace(choice, temperature=_slide(override or board.fitted_temperature(choice)))
    if override is not None:
        st.caption(f"DIGITS__TEMPERATURE_OVERRIDE replaces the models' own temperatures: **{override:g}** for all.")
    return replace(choice, temperature=override)


def _slide(first: float) -> float:
    """One temperature; at first that of the settings or, without one, the fitted one."""
    low, high = _TEMPERATURES
    if _SLIDER_KEY not in st.session_state:  # no default: it would move the slider with each choice
        st.session_state[_SLIDER_KEY] = round(min(high, max(low, first)), 2)
    return st.slider("One temperature for all members", low, high, step=_STEP, key=_SLIDER_KEY, persist_state="session")
