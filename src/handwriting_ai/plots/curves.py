"""Accuracy over epochs, and under damage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import altair as alt
import pandas as pd

from handwriting_ai.plots.common import SHARE, by_model, distinct, finish, tooltip

_FEW_EPOCHS: Final = 40
_FACET_PX: Final = (210, 150)
_FACETS_A_ROW: Final = 3


@dataclass(frozen=True, kw_only=True)
class DamageResult:
    """One model's accuracy on pictures damaged in one way."""

    model: str
    damage: str
    severity: int
    """0 for undamaged pictures, then ever harder."""
    accuracy: float


def learning_curves(
    series: Mapping[str, Sequence[tuple[int, float]]], *, title: str, scale: Literal["linear", "log"] = "linear"
) -> alt.Chart:
    """A figure of validation over the epochs, one line for each model; each point is an epoch and its value."""
    points = [(model, epoch, value) for model, curve in series.items() for epoch, value in curve]
    frame = pd.DataFrame(
        {
            "model": [model for model, _, _ in points],
            "epoch": [epoch for _, epoch, _ in points],
            "value": [value for _, _, value in points],
        }
    )
    longest = max((len(curve) for curve in series.values()), default=0)
    base: alt.Chart = alt.Chart(frame)
    marks: alt.Chart = base.mark_line(strokeWidth=2, point=longest < _FEW_EPOCHS)
    encoded: alt.Chart = marks.encode(
        x=alt.X("epoch:Q", title="Epoch", scale=alt.Scale(zero=False), axis=alt.Axis(tickMinStep=1)),
        y=alt.Y("value:Q", title=title, scale=alt.Scale(type=scale, zero=False), axis=alt.Axis(tickCount=5)),
        color=by_model(list(series)),
        tooltip=tooltip({"Model": ("model:N", None), "Epoch": ("epoch:Q", None), title: ("value:Q", ".4f")}),
    )
    return finish(encoded, f"{title} over the epochs, for {len(series)} models.")


def damage_curves(rows: Sequence[DamageResult], *, columns: int = _FACETS_A_ROW) -> alt.FacetChart:
    """Accuracy against severity, one line for each model, a small chart for each damage; they share their axes."""
    frame = pd.DataFrame(
        {
            "model": [row.model for row in rows],
            "damage": [row.damage for row in rows],
            "severity": [row.severity for row in rows],
            "accuracy": [row.accuracy for row in rows],
        }
    )
    base: alt.Chart = alt.Chart(frame)
    marks: alt.Chart = base.mark_line(strokeWidth=2, point=True)
    encoded: alt.Chart = marks.encode(
        x=alt.X("severity:O", title="Severity", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("accuracy:Q", title="Accuracy", scale=alt.Scale(zero=False), axis=alt.Axis(format="%", tickCount=4)),
        color=by_model(distinct(row.model for row in rows)),
        tooltip=tooltip(
            {
                "Model": ("model:N", None),
                "Damage": ("damage:N", None),
                "Severity": ("severity:O", None),
                "Accuracy": ("accuracy:Q", SHARE),
            }
        ),
    )
    width, height = _FACET_PX
    sized: alt.Chart = encoded.properties(width=width, height=height)
    order = distinct(row.damage for row in rows)
    facets: alt.FacetChart = sized.facet(facet=alt.Facet("damage:N", sort=order, title=None), columns=columns)
    described: alt.FacetChart = facets.properties(description="Accuracy against severity, for each damage and model.")
    return described
