"""How accurate models are: with their intervals, against their cost, digit by digit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import altair as alt
import pandas as pd

from handwriting_ai.plots.common import (
    GREY,
    HEIGHT_PX,
    SHARE,
    accuracy_axis,
    by_model,
    color_of,
    distinct,
    finish,
    layered,
    tooltip,
    with_legend,
)

_ROW_PX: Final = 44
_AXIS_PX: Final = 80
"""What a page takes off the height for axis and legend."""
_ACCURACY_FIELDS: Final[dict[str, tuple[str, str | None]]] = {
    "Model": ("model:N", None),
    "Accuracy": ("accuracy:Q", SHARE),
    "Low (95 %)": ("low:Q", SHARE),
    "High (95 %)": ("high:Q", SHARE),
    "Errors": ("errors:Q", None),
    "Read in": ("basis:N", None),
}


@dataclass(frozen=True, kw_only=True)
class ModelAccuracy:
    """How much of a set one model reads."""

    model: str
    accuracy: float
    low: float
    """Where its 95 % interval begins."""
    high: float
    """Where it ends."""
    errors: int
    basis: str
    """What the figure rests on, e.g. `17 views`."""


@dataclass(frozen=True, kw_only=True)
class ModelCost:
    """One model's accuracy beside what it costs."""

    result: ModelAccuracy
    cost: float | None
    """In the unit that the chart's axis names, above 0; where it is not known there is no point, but a colour."""


def accuracy_intervals(rows: Sequence[ModelAccuracy]) -> alt.LayerChart:
    """Each model's accuracy with its 95 % interval, the most accurate on top; its name stands above it."""
    frame = _accuracy_frame(rows)
    order = [row.model for row in sorted(rows, key=_accuracy, reverse=True)]
    y = alt.Y("model:N", sort=order, title=None, axis=None)
    x = alt.X("accuracy:Q", title="Accuracy", scale=alt.Scale(zero=False), axis=accuracy_axis())
    base: alt.Chart = alt.Chart(frame)
    rules: alt.Chart = base.mark_rule(strokeWidth=3, opacity=0.55)
    bases = distinct(row.basis for row in rows)
    color = color_of("basis", bases, bases)
    intervals: alt.Chart = rules.encode(
        x=alt.X("low:Q", title="Accuracy", scale=alt.Scale(zero=False)), x2="high:Q", y=y, color=color
    )
    circles: alt.Chart = base.mark_circle(size=110, opacity=1)
    points: alt.Chart = circles.encode(x=x, y=y, color=color, tooltip=tooltip(_ACCURACY_FIELDS))
    text: alt.Chart = base.mark_text(x=0, align="left", dy=-14, fontSize=12, color=GREY)
    names: alt.Chart = text.encode(y=y, text="model:N")
    return layered(
        [intervals, points, names],
        f"Accuracy with its 95 % interval of {len(rows)} models, the most accurate first.",
        height_px=with_legend(_AXIS_PX + _ROW_PX * len(rows), bases),
    )


def accuracy_against(rows: Sequence[ModelCost], *, title: str, log_scale: bool = True) -> alt.LayerChart:
    """Each model's accuracy, with its 95 % interval, against what it costs: `title` says what, and in which unit."""
    known = [(row.result, row.cost) for row in rows if row.cost is not None]
    costs = [cost for _, cost in known]
    frame = _accuracy_frame([result for result, _ in known]).assign(cost=costs)
    shown = [result.model for result, _ in known]
    color = by_model([row.result.model for row in rows], shown)
    scale = alt.Scale(type="log", nice=False, padding=30) if log_scale else alt.Scale(zero=True)
    x = alt.X("cost:Q", title=title, scale=scale, axis=alt.Axis(format=".3~s", tickCount=6))
    base: alt.Chart = alt.Chart(frame)
    rules: alt.Chart = base.mark_rule(strokeWidth=2, opacity=0.45)
    intervals: alt.Chart = rules.encode(
        x=x, y=alt.Y("low:Q", title="Accuracy", scale=alt.Scale(zero=False)), y2="high:Q", color=color
    )
    circles: alt.Chart = base.mark_circle(size=120, opacity=1)
    points: alt.Chart = circles.encode(
        x=x,
        y=alt.Y("accuracy:Q", title="Accuracy", scale=alt.Scale(zero=False), axis=accuracy_axis()),
        color=color,
        tooltip=tooltip(_ACCURACY_FIELDS | {title: ("cost:Q", ",.4~g")}),
    )
    description = f"Accuracy of {len(known)} models against {title.lower()}."
    return layered([intervals, points], description, height_px=with_legend(HEIGHT_PX, shown))


def per_digit_accuracy(series: Mapping[str, Sequence[float | None]]) -> alt.Chart:
    """Each digit's accuracy, the models side by side; a digit without pictures has no point.

    A model without any is not shown, but keeps its colour.
    """
    cells = [(model, digit, share) for model, shares in series.items() for digit, share in enumerate(shares)]
    frame = pd.DataFrame(
        {
            "model": [model for model, _, _ in cells],
            "digit": [str(digit) for _, digit, _ in cells],
            "accuracy": [share for _, _, share in cells],
        }
    )
    models = list(series)
    shown = [model for model, shares in series.items() if shares]
    base: alt.Chart = alt.Chart(frame)
    marks: alt.Chart = base.mark_circle(size=70, opacity=1)
    encoded: alt.Chart = marks.encode(
        x=alt.X("digit:N", title="Digit", axis=alt.Axis(labelAngle=0, grid=True, bandPosition=0, labelOverlap=False)),
        xOffset=alt.XOffset("model:N", sort=shown),
        y=alt.Y("accuracy:Q", title="Accuracy", scale=alt.Scale(zero=False), axis=accuracy_axis()),
        color=by_model(models, shown),
        tooltip=tooltip({"Model": ("model:N", None), "Digit": ("digit:N", None), "Accuracy": ("accuracy:Q", SHARE)}),
    )
    return finish(encoded, f"Accuracy on each of ten digits, for {len(shown)} models.", with_legend(HEIGHT_PX, shown))


def _accuracy(row: ModelAccuracy) -> float:
    return row.accuracy


def _accuracy_frame(rows: Sequence[ModelAccuracy]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "model": [row.model for row in rows],
            "accuracy": [row.accuracy for row in rows],
            "low": [row.low for row in rows],
            "high": [row.high for row in rows],
            "errors": [row.errors for row in rows],
            "basis": [row.basis for row in rows],
        }
    )
