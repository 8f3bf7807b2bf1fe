"""How accurate models are: with their intervals, against their cost, digit by digit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import altair as alt
import pandas as pd

from handwriting_ai.plots.common import (
    GREY,
    SHARE,
    accuracy_axis,
    by_model,
    color_of,
    distinct,
    finish,
    layered,
    tooltip,
)

_ROW_PX: Final = 44
_AXIS_PX: Final = 80
"""What a page takes off the height for axis and legend."""
_ACCURACY_FIELDS: Final[dict[str, tuple[str, str | None]]] = {
    "Model": ("model:N", None),
    "Accuracy": ("accuracy:Q", SHARE),
    "95 % interval from": ("low:Q", SHARE),
    "to": ("high:Q", SHARE),
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
    cost: float
    """In the unit that the chart's axis names; above 0."""


def accuracy_intervals(rows: Sequence[ModelAccuracy]) -> alt.LayerChart:
    """Each model's accuracy with its 95 % interval, the most accurate on top; its name stands above it."""
    frame = _accuracy_frame(rows)
    order = [row.model for row in sorted(rows, key=_accuracy, reverse=True)]
    y = alt.Y("model:N", sort=order, title=None, axis=None)
    x = alt.X("accuracy:Q", title="Accuracy", scale=alt.Scale(zero=False), axis=accuracy_axis())
    base: alt.Chart = alt.Chart(frame)
    rules: alt.Chart = base.mark_rule(strokeWidth=3, opacity=0.55)
    color = color_of("basis", distinct(row.basis for row in rows))
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
        height_px=_AXIS_PX + _ROW_PX * len(rows),
    )


def accuracy_against(rows: Sequence[ModelCost], *, title: str, log_scale: bool = True) -> alt.LayerChart:
    """Each model's accuracy, with its 95 % interval, against what it costs: `title` says what, and in which unit."""
    costs = [row.cost for row in rows]
    frame = _accuracy_frame([row.result for row in rows]).assign(cost=costs)
    models = [row.result.model for row in rows]
    x = alt.X(
        "cost:Q",
        title=title,
        scale=alt.Scale(type="log" if log_scale else "linear", zero=False, nice=False, padding=30),
        axis=alt.Axis(format=".3~s", tickCount=6),
    )
    base: alt.Chart = alt.Chart(frame)
    rules: alt.Chart = base.mark_rule(strokeWidth=2, opacity=0.45)
    intervals: alt.Chart = rules.encode(
        x=x, y=alt.Y("low:Q", title="Accuracy", scale=alt.Scale(zero=False)), y2="high:Q", color=by_model(models)
    )
    circles: alt.Chart = base.mark_circle(size=120, opacity=1)
    points: alt.Chart = circles.encode(
        x=x,
        y=alt.Y("accuracy:Q", title="Accuracy", scale=alt.Scale(zero=False), axis=accuracy_axis()),
        color=by_model(models),
        tooltip=tooltip(_ACCURACY_FIELDS | {title: ("cost:Q", ",.4~g")}),
    )
    return layered([intervals, points], f"Accuracy of {len(rows)} models against {title.lower()}.")


def per_digit_accuracy(series: Mapping[str, Sequence[float | None]]) -> alt.Chart:
    """Each digit's accuracy, the models side by side; a digit without pictures has no point."""
    cells = [(model, digit, share) for model, shares in series.items() for digit, share in enumerate(shares)]
    frame = pd.DataFrame(
        {
            "model": [model for model, _, _ in cells],
            "digit": [str(digit) for _, digit, _ in cells],
            "accuracy": [share for _, _, share in cells],
        }
    )
    models = list(series)
    base: alt.Chart = alt.Chart(frame)
    marks: alt.Chart = base.mark_circle(size=70, opacity=1)
    encoded: alt.Chart = marks.encode(
        x=alt.X("digit:N", title="Digit", axis=alt.Axis(labelAngle=0, grid=True, bandPosition=0, labelOverlap=False)),
        xOffset=alt.XOffset("model:N", sort=models),
        y=alt.Y("accuracy:Q", title="Accuracy", scale=alt.Scale(zero=False), axis=accuracy_axis()),
        color=by_model(models),
        tooltip=tooltip({"Model": ("model:N", None), "Digit": ("digit:N", None), "Accuracy": ("accuracy:Q", SHARE)}),
    )
    return finish(encoded, f"Accuracy on each of ten digits, for {len(models)} models.")


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
