"""Accuracy over epochs, and under damage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import altair as alt
import pandas as pd

from handwriting_ai.plots.common import (
    HEIGHT_PX,
    SHARE,
    accuracy_axis,
    by_model,
    distinct,
    finish,
    tooltip,
    with_legend,
)

_FEW_EPOCHS: Final = 40
_FACET_PX: Final = (210, 150)
_FACETS_A_ROW: Final = 3
_SMALL_PX: Final = 260


@dataclass(frozen=True, kw_only=True)
class DamageResult:
    """One model's accuracy on pictures damaged in one way."""

    model: str
    damage: str
    severity: int
    """0 for undamaged pictures, then ever harder."""
    accuracy: float


def learning_curves(series: Mapping[str, Sequence[tuple[int, float]]], *, title: str, share: bool = False) -> alt.Chart:
    """A figure over the epochs, one line for each model.

    Args:
        series: each model's epochs and values; a model without any is not shown, but keeps its colour.
        title: of the figure.
        share: write it in per cent, on a linear scale; other figures stand on a logarithmic one.
    """
    points = [(model, epoch, value) for model, curve in series.items() for epoch, value in curve]
    frame = pd.DataFrame(
        {
            "model": [model for model, _, _ in points],
            "epoch": [epoch for _, epoch, _ in points],
            "value": [value for _, _, value in points],
        }
    )
    shown = [model for model, curve in series.items() if curve]
    longest = max((len(curve) for curve in series.values()), default=0)
    base: alt.Chart = alt.Chart(frame)
    marks: alt.Chart = base.mark_line(strokeWidth=2, point=longest < _FEW_EPOCHS)
    encoded: alt.Chart = marks.encode(
        x=alt.X("epoch:Q", title="Epoch", scale=alt.Scale(zero=False), axis=alt.Axis(tickMinStep=1)),
        y=alt.Y(
            "value:Q",
            title=title,
            scale=alt.Scale(zero=False) if share else alt.Scale(type="log", nice=False),
            axis=accuracy_axis() if share else alt.Axis(tickCount=5),
        ),
        color=by_model(list(series), shown),
        tooltip=tooltip(
            {"Model": ("model:N", None), "Epoch": ("epoch:Q", None), title: ("value:Q", SHARE if share else ".4f")}
        ),
    )
    return finish(encoded, f"{title} over the epochs, for {len(shown)} models.", with_legend(HEIGHT_PX, shown))


def damage_curves(
    rows: Sequence[DamageResult], *, models: Sequence[str], columns: int = _FACETS_A_ROW
) -> alt.FacetChart:
    """Accuracy against severity, one line for each model, a small chart for each damage; they share their axes.

    Args:
        rows: of any damages and models.
        models: in the order of their colours.
        columns: charts in a row.
    """
    lines = _damage_lines(rows, by_model(models))
    width, height = _FACET_PX
    sized: alt.Chart = lines.properties(width=width, height=height)
    order = distinct(row.damage.capitalize() for row in rows)
    facets: alt.FacetChart = sized.facet(facet=alt.Facet("damage:N", sort=order, title=None), columns=columns)
    described: alt.FacetChart = facets.properties(description="Accuracy against severity, for each damage and model.")
    return described


def damage_curve(rows: Sequence[DamageResult], *, models: Sequence[str]) -> alt.Chart:
    """One damage's part of `damage_curves`, as wide as its place; `model_key` of the same models explains its colours.

    Args:
        rows: of one damage, at least one.
        models: in the order of their colours.
    """
    name = rows[0].damage.capitalize()
    lines = _damage_lines(rows, by_model(models, []))
    titled: alt.Chart = lines.properties(title=name)
    return finish(titled, f"Accuracy against severity of {name.lower()}.", _SMALL_PX)


def _damage_lines(rows: Sequence[DamageResult], color: alt.Color) -> alt.Chart:
    frame = pd.DataFrame(
        {
            "model": [row.model for row in rows],
            "damage": [row.damage.capitalize() for row in rows],
            "severity": [row.severity for row in rows],
            "accuracy": [row.accuracy for row in rows],
        }
    )
    base: alt.Chart = alt.Chart(frame)
    marks: alt.Chart = base.mark_line(strokeWidth=2, point=True)
    lines: alt.Chart = marks.encode(
        x=alt.X("severity:O", title="Severity", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("accuracy:Q", title="Accuracy", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=5)),
        color=color,
        tooltip=tooltip(
            {
                "Model": ("model:N", None),
                "Damage": ("damage:N", None),
                "Severity": ("severity:O", None),
                "Accuracy": ("accuracy:Q", SHARE),
            }
        ),
    )
    return lines
