"""How the answer came about: the steps, the views, the models, the time it took."""

from collections.abc import Callable
from typing import Final

import pandas as pd
import streamlit as st

from draw.answer import NO_DIGIT
from handwriting_ai.prediction import Prediction
from handwriting_ai.reading.reader import Reading
from handwriting_ai.reading.why import explain
from shared import charts, pictures, resources, wording
from shared.explanations import TEMPERATURE, WHY
from shared.ui_state import ui_state

_KEY: Final = "reasons"
STEP_WIDTH_PX: Final = 92
_WHY_PX: Final = 224
_ENLARGEMENT: Final = 8
_ALIKE: Final = 3
_STEP_TITLES: Final = {
    "grayscale": "Grey levels",
    "polarity": "Ink bright, paper dark",
    "paper": "Paper and shadow taken away",
    "threshold": "Ink or paper, black or white",
    "components": "Specks dropped",
    "straighten": "Cut out, scaled",
    "width": "Pen width evened",
    "center": "28 × 28, centred",
}


def show(reading: Reading) -> None:
    """The reasons, a tab each; only the open one is computed, and it stays open for the next digit."""
    state = ui_state()
    if _KEY not in st.session_state and state.reason:
        st.session_state[_KEY] = state.reason
    tabs = st.tabs(list(_TABS), key=_KEY, on_change="rerun")
    for tab, (name, show_tab) in zip(tabs, _TABS.items(), strict=True):
        if tab.open:
            state.reason = name
            with tab:
                show_tab(reading)


def _show_why(reading: Reading) -> None:
    choice = ui_state().choice
    members, temperature = (choice.members, choice.temperature) if choice else (None, None)
    why = explain(
        resources.reader().engine, reading.image, reading.prediction, members=members, temperature=temperature
    )
    answer, runner_up = wording.an(why.answer), wording.an(why.runner_up)
    ink = reading.steps[-1].picture
    with st.container(horizontal=True, gap="large"):
        with st.container(width=_WHY_PX):
            st.image(pictures.heat_on_ink(ink, why.heat, enlarged=_ENLARGEMENT), width=_WHY_PX)
            st.caption(
                f":blue[Blue] ink speaks for {answer}, :orange[orange] ink rather for {runner_up}, the likeliest other "
                "digit. Grey ink makes no difference.",
                help=WHY,
            )
        with st.container(width="content"):
            st.caption(f"The {_ALIKE} training digits most like it:")
            with st.container(horizontal=True):
                for alike in resources.alike_digits().find(ink, _ALIKE):
                    st.image(pictures.on_paper(alike.picture), caption=wording.an(alike.label), width=STEP_WIDTH_PX)


def _show_views(reading: Reading) -> None:
    st.caption("Each row is one view; the stronger a cell, the more probable its digit.")
    st.altair_chart(charts.view_heat_map(reading.prediction.views, reading.view_pictures), width="stretch")


def _show_models(reading: Reading) -> None:
    st.caption("Each model's probabilities, averaged over its views, after its temperature.", help=TEMPERATURE)
    st.dataframe(_member_table(reading.prediction), hide_index=True, width="stretch")


def _show_steps(reading: Reading) -> None:
    st.caption("Every step from your picture to the 28 × 28 pixels that the models read.")
    with st.container(horizontal=True):
        for step in reading.steps:
            st.image(step.picture, caption=_STEP_TITLES.get(step.name, step.name), width=STEP_WIDTH_PX)


def _show_details(reading: Reading) -> None:
    prediction = reading.prediction
    st.caption(
        f"Read in {reading.total_ms:.0f} ms ({reading.preprocess_ms:.1f} ms preprocessing, "
        f"{prediction.latency_ms:.0f} ms {wording.counted(len(prediction.views), 'view')} × "
        f"{wording.counted(len(prediction.members), 'model')}) · "
        f"entropy {prediction.total_entropy:.2f} nats = {prediction.member_entropy:.2f} ambiguity + "
        f"{prediction.disagreement:.2f} disagreement",
        help="Entropy says how undecided the answer is: 0 is certain, 2.3 a blind guess among ten. Ambiguity: each "
        "model hesitates. Disagreement: they contradict one another.",
    )
    st.caption(NO_DIGIT)


def _member_table(prediction: Prediction) -> pd.DataFrame:
    """Model × digit, as text."""
    columns: dict[str, list[str]] = {
        "model": [member.model_id for member in prediction.members],
        "temperature": [f"{member.temperature:.3f}" for member in prediction.members],
    }
    for digit in range(len(prediction.probs)):
        columns[str(digit)] = [f"{member.probs[digit]:.1%}" for member in prediction.members]
    return pd.DataFrame(columns)


_TABS: Final[dict[str, Callable[[Reading], None]]] = {
    "Why this digit": _show_why,
    "What the models see": _show_steps,
    "View by view": _show_views,
    "Model by model": _show_models,
    "Details": _show_details,
}
