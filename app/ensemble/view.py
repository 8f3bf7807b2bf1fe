"""The Ensemble page: choose members, views and temperature; see at once what that does on validation."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import streamlit as st

from ensemble import chooser
from ensemble.ranking import combined, show_ranking
from handwriting_ai import plots
from handwriting_ai.evaluation.scoreboard import Entry, EvaluationPart, Score, Scoreboard, Survey
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from shared import charts, controls, explanations, resources, troubles, wording
from shared.ui_state import ui_state

_MILLION: Final = 1_000_000


def show() -> None:
    """Controls on the left, what they do on the right, every ensemble below; what goes wrong is said in a sentence."""
    st.caption("Several models that answer together read better than one: choose which, and see at once what it does.")
    with troubles.said():
        board = resources.scoreboard()
        entries, ranked = _sound(board)
        if entries:
            _show(board, entries, ranked)
            return
        st.info(
            "No model here can be scored. Train one on the page *Train*: a run scores its model itself.",
            icon=":material/groups:",
        )
        _offer_return()


def _sound(board: Scoreboard) -> tuple[tuple[Entry, ...], list[str]]:
    """The models that can be scored, and the names of those to rank; the others are said."""
    survey = board.scorable(_without_withheld(board.survey()))
    names = [entry.model_id for entry in survey.entries]
    chosen = chooser.members_at_start(names)
    ranked = combined([name for name in names if board.is_whole(name)], chosen)
    survey = board.undamaged(survey, {*chosen, *ranked})
    left_out = [f"Model `{refusal.model_id}` is left out: {refusal.reason}" for refusal in survey.refused]
    controls.say_reasons("Left out:", left_out, warn=True)
    sound = {entry.model_id for entry in survey.entries}
    return survey.entries, [name for name in ranked if name in sound]


def _without_withheld(survey: Survey) -> Survey:
    """Whatever is chosen here can be used, so the models that are not shipped are only spoken of."""
    if any(entry.manifest.not_shipped for entry in survey.entries):
        st.caption("Models whose weights are not included stand on the page *Compare* only.")
    return replace(survey, entries=tuple(entry for entry in survey.entries if not entry.manifest.not_shipped))


def _show(board: Scoreboard, entries: Sequence[Entry], ranked: Sequence[str]) -> None:
    settings, results = st.columns([2, 3], gap="large")
    with settings:
        members, tta = chooser.choose([entry.model_id for entry in entries])
    if members:
        with settings:
            choice = chooser.with_temperature(board, EnsembleChoice(members=members, tta=tta))
        with results:
            _show_scores(board, choice, entries)
    else:
        results.info("Choose at least one model.", icon=":material/touch_app:")
    with settings:
        if members:
            _show_answer(choice)
            _offer(choice)
        _offer_return()
    if ranked:
        show_ranking(board, ranked, len(entries), tta, members)


def _show_scores(board: Scoreboard, choice: EnsembleChoice, entries: Sequence[Entry]) -> None:
    score = board.score(choice, EvaluationPart.VALIDATION)
    _show_figures(score)
    if score.figures.n < len(board.pictures(EvaluationPart.VALIDATION)):
        st.caption(
            f"Scored by {score.figures.n:,} digits alone: a quick trial, or a taught model, is among the models. The "
            "fewer, the less it says. Neither is ranked below."
        )
    cost = sum(entry.multiply_adds for entry in entries if entry.model_id in choice.members)
    st.caption(
        f"{cost / _MILLION:,.0f} million multiply-adds × {controls.views_in_words(choice.tta)}."
        f"{_effect_of_views(board, choice)}",
        help=explanations.MULTIPLY_ADDS,
    )
    st.altair_chart(plots.reliability_diagram(score.reliability), width="stretch")
    st.caption(explanations.RELIABILITY)
    # A key for each choice: another one closes the report, so that nobody turns the controls with test in view.
    if st.toggle("Report on the test set", help=explanations.TEST_REPORT, key=f"ensemble_test_{choice}"):
        test = board.score(choice, EvaluationPart.TEST)
        st.markdown(wording.test_report(test.figures))


def _effect_of_views(board: Scoreboard, choice: EnsembleChoice) -> str:
    if choice.tta is TtaMode.NONE:
        return ""
    changes = board.view_changes(choice)
    return (
        f" Against the original view alone, the views correct **{changes.corrected}** validation digits and break "
        f"**{changes.broken}**."
    )


def _show_figures(score: Score) -> None:
    figures = score.figures
    low, high = figures.wilson95
    numbers = [*st.columns(2), *st.columns(2)]
    numbers[0].metric(
        "Validation accuracy",
        f"{figures.accuracy:.2%}",
        border=True,
        help=f"On {figures.n:,} digits held out of MNIST's training part to compare models with; 95 % interval "
        f"{low:.2%} to {high:.2%}.",
    )
    numbers[1].metric("Errors", figures.errors, border=True, help=wording.spread_of_errors(figures))
    numbers[2].metric(
        "NLL",
        f"{figures.nll:.4f}",
        border=True,
        help=f"Choices go by it. {explanations.NLL}",
    )
    numbers[3].metric("ECE", f"{figures.ece:.2%}", border=True, help=explanations.ECE)


def _show_answer(choice: EnsembleChoice) -> None:
    """What this choice reads in the picture on the Draw page."""
    picture = ui_state().picture
    st.markdown("**Your drawing, read by this choice**")
    if picture is None:
        st.caption("Draw a digit on the page *Draw*; its answer then stands here.")
        return
    reader = resources.reader()
    if not controls.make_available(reader, choice):
        return
    with troubles.said():
        reading = reader.read(picture, tta=choice.tta, temperature=choice.temperature, members=choice.members)
        prediction = reading.prediction
        st.markdown(f"{wording.describe(prediction)} Confidence {prediction.confidence:.1%}.")
        st.altair_chart(charts.probability_bars(prediction), width="stretch")


def _offer(choice: EnsembleChoice) -> None:
    """Use the choice on the Draw page, or everywhere through the environment."""
    if ui_state().choice == choice:
        st.success("The page Draw reads with this choice in this session.", icon=":material/check:")
    elif st.button(
        "Use it in this session",
        icon=":material/check:",
        type="primary",
        help="The page Draw then reads with these models, views and temperature.",
    ):
        # Not in a callback: its arguments would be those of the run before, and the controls may have moved since.
        _use(choice)
        st.rerun()
    with st.expander("To keep it: lines for the environment or `.env`", icon=":material/terminal:"):
        st.code("\n".join(wording.environment_lines(choice)), language="bash")


def _offer_return() -> None:
    """While a choice is in use, whatever the controls say."""
    used = ui_state().choice
    if used is not None:
        st.caption(f"In use: {wording.named(used)}, {controls.views_in_words(used.tta)}.")
        controls.offer_return()


def _use(choice: EnsembleChoice) -> None:
    ui_state().choice = choice
    st.session_state[controls.VIEWS_KEY] = choice.tta
