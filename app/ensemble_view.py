"""The Ensemble page: choose members, views and temperature; see at once what that does on validation."""

from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from itertools import takewhile
from typing import Final

import pandas as pd
import streamlit as st
from pydantic import BaseModel, Field

import charts
import controls
import resources
import wording
from handwriting_ai import plots
from handwriting_ai.errors import HandwritingError
from handwriting_ai.evaluation.scoreboard import Entry, EvaluationPart, Score, Scoreboard
from handwriting_ai.evaluation.search import MOST_MEMBERS, RankedSubset
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from ui_state import ui_state

_MEMBERS_KEY: Final = "ensemble_members"
_TTA_KEY: Final = "ensemble_tta"
_RANKING_KEY: Final = "ranking"
_MOST_PILLS: Final = 12
_MEMBERS_HELP: Final = "Their answers are averaged."
_TEMPERATURES: Final = (0.2, 3.0)
_STEP: Final = 0.01
_MILLION: Final = 1_000_000


class Scale(StrEnum):
    """Where the temperature comes from."""

    OWN = "Each model's own"
    FITTED = "Fitted to this choice"
    SLIDER = "Slider"


def show() -> None:
    """Controls on the left, what they do on the right, every ensemble below."""
    board = resources.scoreboard()
    survey = board.scorable()
    with st.container():
        for refusal in survey.refused:
            st.warning(f"Model `{refusal.model_id}` is left out: {refusal.reason}", icon=":material/block:")
    if not survey.entries:
        st.info(
            "No model here can be scored. Train one on the page *Train*, or make the predictions of those there are "
            "with `handwriting-ai evaluate --refresh MODEL`.",
            icon=":material/groups:",
        )
        return
    settings, results = st.columns([2, 3], gap="large")
    with settings:
        members = _choose_members(survey.entries)
        tta = controls.choose_views(_TTA_KEY, controls.opening_views())
        if members:
            choice = _with_temperature(board, EnsembleChoice(members=members, tta=tta))
            _show_answer(choice)
            _offer(choice)
    with results:
        if members:
            _show_scores(board, choice, survey.entries)
        else:
            st.info("Choose at least one model.", icon=":material/touch_app:")
    _show_ranking(board, survey.entries, tta)


def _choose_members(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Which models answer; at first those that the dashboard reads with."""
    names = [entry.model_id for entry in entries]
    if _MEMBERS_KEY not in st.session_state:
        active = resources.reader().engine.member_ids
        first: list[str] = [name for name in names if name in active] or names[:1]
        st.session_state[_MEMBERS_KEY] = first
    if len(names) > _MOST_PILLS:
        many = st.multiselect("Models", names, key=_MEMBERS_KEY, help=_MEMBERS_HELP, persist_state="session")
        return tuple(many)
    few = st.pills(
        "Models",
        names,
        selection_mode="multi",
        format_func=partial(_short, prefix=_prefix(names)),
        key=_MEMBERS_KEY,
        help=_MEMBERS_HELP,
        wrap=True,
        persist_state="session",
    )
    return tuple(few)


def _prefix(names: Sequence[str]) -> str:
    """What all names begin with, up to an underscore: it need not be read each time."""
    pairs = zip(min(names), max(names), strict=False)  # what these two share, all share
    common = "".join(letter for letter, _ in takewhile(_are_same, pairs))
    return common[: common.rfind("_") + 1] if len(names) > 1 else ""


def _are_same(letters: tuple[str, str]) -> bool:
    return letters[0] == letters[1]


def _short(name: str, *, prefix: str) -> str:
    return name.removeprefix(prefix)


def _with_temperature(board: Scoreboard, choice: EnsembleChoice) -> EnsembleChoice:
    """The choice at its models' own temperatures, at the best common one, or at one from the slider."""
    scale = st.segmented_control(
        "Temperature",
        list(Scale),
        default=Scale.OWN,
        key="ensemble_scale",
        required=True,
        wrap=True,
        persist_state="session",
        help="Logits are divided by it: above 1 the answers become less confident, below 1 more.",
    )
    if scale is Scale.FITTED:
        fitted = board.fitted_temperature(choice)
        st.caption(f"Smallest validation NLL at temperature **{fitted:.3f}**.")
        return EnsembleChoice(members=choice.members, tta=choice.tta, temperature=fitted)
    if scale is Scale.SLIDER:
        temperature = st.slider(
            "One temperature for all members",
            *_TEMPERATURES,
            1.0,
            _STEP,
            key="ensemble_slider",
            persist_state="session",
        )
        return EnsembleChoice(members=choice.members, tta=choice.tta, temperature=temperature)
    return choice


def _show_scores(board: Scoreboard, choice: EnsembleChoice, entries: Sequence[Entry]) -> None:
    score = board.score(choice, EvaluationPart.VALIDATION)
    _show_figures(score)
    changes = board.view_changes(choice)
    cost = sum(entry.multiply_adds for entry in entries if entry.model_id in choice.members)
    views = controls.view_count(choice.tta)
    st.caption(
        f"{cost / _MILLION:,.0f} million multiply-adds × {views} views. Against the original view alone, the views "
        f"correct **{changes.corrected}** validation digits and break **{changes.broken}**."
    )
    st.altair_chart(plots.reliability_diagram(score.reliability), width="stretch")
    if st.toggle("Report on the test set", help="Reported only: nothing here is to be chosen by it."):
        test = board.score(choice, EvaluationPart.TEST)
        st.markdown(wording.test_report(test.figures))


def _show_figures(score: Score) -> None:
    figures = score.figures
    low, high = figures.wilson95
    numbers = [*st.columns(2), *st.columns(2)]
    numbers[0].metric(
        "Validation accuracy",
        f"{figures.accuracy:.2%}",
        border=True,
        help=f"On {figures.n:,} MNIST digits that no model was trained on; 95 % interval {low:.2%} to {high:.2%}.",
    )
    numbers[1].metric("Errors", figures.errors, border=True, help="Three more or fewer are within chance.")
    numbers[2].metric(
        "NLL", f"{figures.nll:.4f}", border=True, help="Negative log-likelihood, in nats: what choices go by."
    )
    numbers[3].metric("ECE", f"{figures.ece:.2%}", border=True, help="Expected calibration error, 15 equal bins.")


def _show_answer(choice: EnsembleChoice) -> None:
    """What this choice reads in the picture on the Draw page."""
    picture = ui_state().picture
    st.markdown("**Your drawing, read by this choice**")
    if picture is None:
        st.caption("Draw a digit on the page *Draw*; its answer then stands here.")
        return
    reader = resources.reader()
    try:
        for refusal in reader.engine.make_available(choice.members).refused:
            st.error(f"Model `{refusal.model_id}` cannot be loaded: {refusal.reason}", icon=":material/error:")
        prediction = reader.read(
            picture, tta=choice.tta, temperature=choice.temperature, members=choice.members
        ).prediction
    except HandwritingError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.markdown(f"{wording.describe(prediction)} Confidence {prediction.confidence:.1%}.")
    st.altair_chart(charts.probability_bars(prediction), width="stretch")


def _offer(choice: EnsembleChoice) -> None:
    """Use the choice on the Draw page, or everywhere through the environment."""
    state = ui_state()
    if state.choice == choice:
        st.success("The page Draw reads with this choice in this session.", icon=":material/check:")
        st.button("Back to the models of the settings", icon=":material/undo:", on_click=_forget)
    else:
        st.button(
            "Use it in this session",
            icon=":material/check:",
            type="primary",
            on_click=_use,
            args=(choice,),
            help="The page Draw then reads with these models, views and temperature.",
        )
    with st.expander("To keep it: lines for the environment or `.env`", icon=":material/terminal:"):
        st.code("\n".join(wording.environment_lines(choice)), language="bash")


def _use(choice: EnsembleChoice) -> None:
    ui_state().choice = choice
    st.session_state["tta"] = choice.tta


def _forget() -> None:
    ui_state().choice = None


def _show_ranking(board: Scoreboard, entries: Sequence[Entry], tta: TtaMode) -> None:
    """Every subset by validation NLL; a selected row chooses its members."""
    names = [entry.model_id for entry in entries][:MOST_MEMBERS]
    ranked = board.ranked(names, tta)
    st.subheader("Every ensemble of these models", anchor=False)
    st.caption(wording.ranking(len(ranked), len(names), len(entries)))
    st.dataframe(
        _ranking_table(ranked, controls.view_count(tta), _prefix(names)),
        hide_index=True,
        width="stretch",
        on_select=partial(_choose_ranked, ranked),
        selection_mode="single-row",
        key=_RANKING_KEY,
        column_config={"NLL": st.column_config.NumberColumn(format="%.5f")},
    )


class _Selection(BaseModel):
    rows: list[int] = Field(default_factory=list)


class _TableState(BaseModel):
    """What a table with a selection keeps in the session."""

    selection: _Selection = _Selection()


def _choose_ranked(ranked: Sequence[RankedSubset]) -> None:
    """Take over the members of the selected row."""
    state: object = st.session_state.get(_RANKING_KEY)
    for row in _TableState.model_validate(state).selection.rows:
        members: list[str] = list(ranked[row].members)
        st.session_state[_MEMBERS_KEY] = members


def _ranking_table(ranked: Sequence[RankedSubset], views: int, prefix: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "members": [", ".join(_short(name, prefix=prefix) for name in subset.members) for subset in ranked],
            "models": [len(subset.members) for subset in ranked],
            "NLL": [subset.nll for subset in ranked],
            "errors": [subset.errors for subset in ranked],
            "M multiply-adds": [round(subset.multiply_adds * views / _MILLION) for subset in ranked],
        }
    )
