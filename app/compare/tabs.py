"""Tabs of the Compare page that show charts: accuracy, cost, calibration, digits, learning, damage."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from compare.compared import Compared
from compare.rows import Row
from compare.table import IN_PERCENT, PERCENT
from handwriting_ai import plots
from handwriting_ai.data.split import VALIDATION_COUNT
from handwriting_ai.errors import PredictionsError, WeightsError
from handwriting_ai.evaluation.damage import Damage
from handwriting_ai.evaluation.robustness import read_damage
from handwriting_ai.evaluation.scoreboard import EvaluationPart
from handwriting_ai.plots import DamageResult, ModelCost
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.progress import TrainingMetrics, read_metrics
from shared import explanations, resources, troubles
from shared.controls import say_reasons
from shared.ui_state import ui_state

_DAMAGES_A_ROW: Final = 3
NO_SCORES: Final = "None of the ticked models has predictions; the note above says what makes them."


def show_accuracy(compared: Compared) -> None:
    """Accuracy with its interval."""
    st.caption(
        f"The share of MNIST's {VALIDATION_COUNT:,} validation digits that is read, with its 95 % interval. Models "
        "whose intervals overlap may still differ: the tab *Two models* tests it digit by digit.",
        help=explanations.WILSON,
    )
    rows = [row.accuracy for row in compared.chosen]
    st.altair_chart(plots.accuracy_intervals(rows), width="stretch")


def show_cost(compared: Compared) -> None:
    """Accuracy against multiply-adds, parameters, and the time a picture takes here."""
    adds, parameters = st.columns(2)
    with adds:
        st.markdown("**Multiply-adds of a picture, all its views**", help=explanations.MULTIPLY_ADDS)
        costs = [ModelCost(result=row.accuracy, cost=row.multiply_adds) for row in compared.chosen]
        st.altair_chart(plots.accuracy_against(costs, title="Multiply-adds"), width="stretch")
    with parameters:
        st.markdown("**Parameters**", help=explanations.PARAMETERS)
        sizes = [ModelCost(result=row.accuracy, cost=row.parameters) for row in compared.chosen]
        _show_known(sizes, title="Parameters", unknown="The manifests of the ticked models do not say.")
    _show_latency(compared)


def _show_known(costs: Sequence[ModelCost], *, title: str, unknown: str, log_scale: bool = True) -> None:
    """The models whose cost is known; those whose is not are named."""
    lacking = [f"`{each.result.model}`" for each in costs if each.cost is None]
    if len(lacking) == len(costs):
        st.caption(unknown)
        return
    st.altair_chart(plots.accuracy_against(costs, title=title, log_scale=log_scale), width="stretch")
    if lacking:
        st.caption(f"Not known of {', '.join(lacking)}.")


def _show_latency(compared: Compared) -> None:
    """Measured when asked for; kept for the session."""
    st.markdown("**Time for a picture on this machine**")
    known = ui_state().latency_ms
    here = [row for row in compared.chosen if row.has_weights]
    asked = st.button(
        "Measure latency here",
        icon=":material/timer:",
        disabled=not here,
        help="A second or so for each ticked row whose weights are here.",
    )
    if asked:
        with st.spinner("Measuring …"):
            for row in here:
                _measure(row)
    times = [ModelCost(result=row.accuracy, cost=known.get(row.choice)) for row in compared.chosen]
    unknown = f"Not measured yet in {compared.views}."
    _show_known(times, title="Milliseconds for a picture, all its views", unknown=unknown, log_scale=False)


def _measure(row: Row) -> None:
    with troubles.said():
        ui_state().latency_ms[row.choice] = resources.reader().latency_ms(row.choice.members, row.choice.tta)


def show_calibration(compared: Compared) -> None:
    """Whether confidence can be trusted: figures of all, the reliability diagram of one, coverage of all."""
    if not compared.scored:
        st.info(NO_SCORES)
        return
    frame = _calibration_frame(compared)
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        placeholder="–",
        column_config={
            "ECE": st.column_config.NumberColumn(format=IN_PERCENT, help=explanations.ECE),
            "ECE, equal counts": st.column_config.NumberColumn(format=IN_PERCENT, help=explanations.ECE_EQUAL_COUNTS),
            "NLL": st.column_config.NumberColumn(format="%.4f", help=explanations.NLL),
            "Brier": st.column_config.NumberColumn(format="%.4f", help=explanations.BRIER),
            "AUROC of misreads": st.column_config.NumberColumn(format="%.4f", help=explanations.AUROC),
        },
    )
    explanations.show(frame.columns)
    reliability, coverage = st.columns(2)
    with reliability:
        name = st.selectbox(
            "Reliability of",
            list(compared.scored),
            format_func=compared.label,
            key="reliability_of",
            persist_state="session",
        )
        st.altair_chart(plots.reliability_diagram(compared.scored[name][1].reliability), width="stretch")
        st.caption(explanations.RELIABILITY)
    with coverage:
        st.markdown("Accuracy when the least sure answers are withheld")
        part = EvaluationPart.VALIDATION
        curves = {
            row.label: () if row.score is None else compared.board.coverage(row.choice, part) for row in compared.chosen
        }
        st.altair_chart(plots.coverage_chart(curves), width="stretch")


def _calibration_frame(compared: Compared) -> pd.DataFrame:
    figures = [score.figures for _, score in compared.scored.values()]
    return pd.DataFrame(
        {
            "model": [row.label for row, _ in compared.scored.values()],
            "ECE": [each.ece * PERCENT for each in figures],
            "ECE, equal counts": [each.ece_equal_mass * PERCENT for each in figures],
            "NLL": [each.nll for each in figures],
            "Brier": [each.brier for each in figures],
            "AUROC of misreads": [each.misread_auroc for each in figures],
        }
    )


def show_digits(compared: Compared) -> None:
    """Accuracy on each digit."""
    if not compared.scored:
        st.info(NO_SCORES)
        return
    st.caption("About 500 validation digits each: one more or less read moves a point by 0.2 %.")
    shares = {row.label: () if row.score is None else row.score.per_digit for row in compared.chosen}
    st.altair_chart(plots.per_digit_accuracy(shares), width="stretch")


def show_learning(compared: Compared) -> None:
    """How validation went over the epochs."""
    store = _store()
    histories = {row.label: read_metrics(store.companions(row.name)) for row in compared.models}
    without = [f"`{name}`" for name, history in histories.items() if not history]
    if without:
        st.caption(f"No learning curve was kept for {', '.join(without)}.")
    if len(without) == len(histories):
        return
    losses = {name: _losses(history) for name, history in histories.items()}
    accuracies = {name: _accuracies(history) for name, history in histories.items()}
    left, right = st.columns(2)
    left.altair_chart(plots.learning_curves(losses, title="Validation loss"), width="stretch")
    left.caption(explanations.LEARNING)
    right.altair_chart(plots.learning_curves(accuracies, title="Validation accuracy", share=True), width="stretch")


def _losses(history: Sequence[TrainingMetrics]) -> list[tuple[int, float]]:
    return [(each.epoch, each.val_loss) for each in history]


def _accuracies(history: Sequence[TrainingMetrics]) -> list[tuple[int, float]]:
    return [(each.epoch, each.val_accuracy) for each in history]


def show_damage(compared: Compared) -> None:
    """Accuracy on damaged validation digits, for the models where it was measured."""
    store, rows, reasons = _store(), list[DamageResult](), list[str]()
    for row in compared.models:
        try:
            points = read_damage(store.companions(row.name), row.members[0].manifest)
        except (PredictionsError, WeightsError) as error:
            reasons.append(str(error))
            continue
        rows += [
            DamageResult(model=row.label, damage=point.damage, severity=point.severity, accuracy=point.accuracy)
            for point in points
        ]
    say_reasons("Damage was not measured for", reasons)
    if not rows:
        return
    st.caption("One view of MNIST's validation digits, undamaged (0) and damaged ever harder (1 to 5).")
    measured = [name for name in compared.labels if any(row.model == name for row in rows)]
    if len(measured) <= plots.MOST_NAMED:
        st.altair_chart(plots.model_key(compared.labels, measured), width="stretch")
    damages = list(Damage)
    for first in range(0, len(damages), _DAMAGES_A_ROW):
        places = st.columns(_DAMAGES_A_ROW)
        for place, damage in zip(places, damages[first : first + _DAMAGES_A_ROW], strict=False):
            of_this = [row for row in rows if row.damage == damage]
            place.altair_chart(plots.damage_curve(of_this, models=compared.labels), width="stretch")


def _store() -> ModelStore:
    return ModelStore(resources.settings().digits.model_dir)
