"""Results → Altair charts."""

from collections.abc import Collection, Sequence
from typing import Final, Literal

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from handwriting_ai.evaluation.search import RankedSubset
from handwriting_ai.prediction import DIGIT_NAMES, Prediction, ViewPrediction
from handwriting_ai.training.progress import TrainingMetrics
from shared.pictures import data_url

_DIGITS: Final = list(DIGIT_NAMES)
_INPUT_COLUMN: Final = "input"
_BAR_HEIGHT_PX: Final = 26
_ROW_HEIGHT_PX: Final = 30
_PICTURE_PX: Final = 26
_CURVE_HEIGHT_PX: Final = 260
_SCATTER_HEIGHT_PX: Final = 400
_FEW_POINTS: Final = 40
_STRONG: Final = "#2F6FDE"
_WEAK: Final = "#9DB4D6"
_MARKED: Final = "#E07A1F"
_MILLION: Final = 1_000_000
_CHOSEN, _BEST, _OTHER = "the present choice", "best for its cost", "others"
_NONE: Final = "#2F6FDE00"
"""Nothing, on light and on dark ground."""


def probability_bars(prediction: Prediction) -> alt.Chart:
    """Ten bars, the answer's in a stronger colour."""
    answer = [digit == str(prediction.digit) for digit in _DIGITS]
    frame = pd.DataFrame({"digit": _DIGITS, "probability": list(prediction.probs), "answer": answer})
    color = alt.Color("answer:N", scale=alt.Scale(domain=[True, False], range=[_STRONG, _WEAK]), legend=None)
    base: alt.Chart = alt.Chart(frame)
    marks: alt.Chart = base.mark_bar(cornerRadiusEnd=3)
    encoded: alt.Chart = marks.encode(
        x=alt.X("probability:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"), title=None),
        y=alt.Y(
            "digit:N", sort=_DIGITS, title=None, axis=alt.Axis(labelFontSize=14, labelOverlap=False, labelFlush=False)
        ),
        color=color,
        tooltip=alt.Tooltip("probability:Q", format=".2%"),
    )
    bars: alt.Chart = encoded.properties(height=_BAR_HEIGHT_PX * len(_DIGITS))
    return bars


def view_heat_map(views: Sequence[ViewPrediction], pictures: "Sequence[NDArray[np.uint8]]") -> alt.LayerChart:
    """View × digit, each row led by the view's picture."""
    names = [view.name for view in views]
    cells = pd.DataFrame(
        {
            "view": [view.name for view in views for _ in _DIGITS],
            "digit": _DIGITS * len(views),
            "probability": [share for view in views for share in view.probs],
        }
    )
    urls = [data_url(picture) for picture in pictures]
    rows = pd.DataFrame({"view": names, "digit": [_INPUT_COLUMN] * len(urls), "picture": urls})
    x = alt.X("digit:N", sort=[_INPUT_COLUMN, *_DIGITS], title=None, axis=alt.Axis(orient="top", labelAngle=0))
    y = alt.Y("view:N", sort=names, title=None, axis=alt.Axis(labelLimit=200))
    cell_base: alt.Chart = alt.Chart(cells)
    cell_marks: alt.Chart = cell_base.mark_rect(cornerRadius=2)
    heat: alt.Chart = cell_marks.encode(
        x=x,
        y=y,
        color=alt.Color("probability:Q", scale=alt.Scale(range=[_NONE, _STRONG], domain=[0, 1]), legend=None),
        tooltip=alt.Tooltip("probability:Q", format=".2%"),
    )
    row_base: alt.Chart = alt.Chart(rows)
    row_marks: alt.Chart = row_base.mark_image(width=_PICTURE_PX, height=_PICTURE_PX)
    images: alt.Chart = row_marks.encode(x=x, y=y, url="picture:N")
    layered: alt.LayerChart = alt.LayerChart(layer=[heat, images])
    sized: alt.LayerChart = layered.properties(height=_ROW_HEIGHT_PX * len(names))
    return sized


def loss_against_cost(ranked: Sequence[RankedSubset], views: int, chosen: Collection[str]) -> alt.Chart:
    """A point for each ensemble, the present choice's large."""
    kinds = [_kind_of(subset, chosen) for subset in ranked]
    told = [alt.Tooltip("models:Q"), alt.Tooltip("errors:Q"), alt.Tooltip("loss:Q", format=".4f")]
    frame = pd.DataFrame(
        {
            "cost": [subset.multiply_adds * views / _MILLION for subset in ranked],
            "loss": [subset.nll for subset in ranked],
            "models": [len(subset.members) for subset in ranked],
            "errors": [subset.errors for subset in ranked],
            "ensemble": kinds,
        }
    )
    base: alt.Chart = alt.Chart(frame)
    marks: alt.Chart = base.mark_point(filled=True)
    encoded: alt.Chart = marks.encode(
        x=alt.X("cost:Q", scale=alt.Scale(type="log", nice=False), title="Million multiply-adds, all views"),
        y=alt.Y("loss:Q", scale=alt.Scale(zero=False), title="Validation NLL"),
        color=alt.Color(
            "ensemble:N",
            scale=alt.Scale(domain=[_CHOSEN, _BEST, _OTHER], range=[_MARKED, _STRONG, _WEAK]),
            legend=alt.Legend(orient="bottom", title=None),
        ),
        size=alt.Size("ensemble:N", scale=alt.Scale(domain=[_CHOSEN, _BEST, _OTHER], range=[260, 70, 24]), legend=None),
        tooltip=told,
    )
    chart: alt.Chart = encoded.properties(height=_SCATTER_HEIGHT_PX)
    return chart


def _kind_of(subset: RankedSubset, chosen: Collection[str]) -> str:
    if set(subset.members) == set(chosen):
        return _CHOSEN
    return _BEST if subset.is_best_for_its_cost else _OTHER


def loss_curves(history: Sequence[TrainingMetrics]) -> alt.Chart:
    """Training and validation loss over the epochs, on a logarithmic scale."""
    return _curves(
        history,
        {"training": [each.train_loss for each in history], "validation": [each.val_loss for each in history]},
        title="loss",
        axis=alt.Axis(tickCount=5),
        scale="log",
    )


def accuracy_curves(history: Sequence[TrainingMetrics]) -> alt.Chart:
    """Accuracy over the epochs: on the training digits, on MNIST's validation digits, on each set of drawn digits."""
    trained = [each.train_accuracy for each in history if each.train_accuracy is not None]
    series = {"training": trained} if len(trained) == len(history) else {}
    series["MNIST validation"] = [each.val_accuracy for each in history]
    for name in history[-1].drawn_accuracy:
        series[name] = [each.drawn_accuracy[name] for each in history]
    return _curves(history, series, title="accuracy", axis=alt.Axis(format=".1%"), scale="linear")


def _curves(
    history: Sequence[TrainingMetrics],
    series: dict[str, list[float]],
    *,
    title: str,
    axis: alt.Axis,
    scale: Literal["linear", "log"],
) -> alt.Chart:
    epochs = [each.epoch for each in history]
    frame = pd.DataFrame(
        {
            "epoch": epochs * len(series),
            title: [value for values in series.values() for value in values],
            "of": [name for name in series for _ in epochs],
        }
    )
    base: alt.Chart = alt.Chart(frame)
    marks: alt.Chart = base.mark_line(point=len(epochs) < _FEW_POINTS)
    encoded: alt.Chart = marks.encode(
        x=alt.X("epoch:Q", scale=alt.Scale(domain=[1, max(2, history[-1].epochs)]), axis=alt.Axis(tickMinStep=1)),
        y=alt.Y(f"{title}:Q", scale=alt.Scale(type=scale, zero=False), axis=axis),
        color=alt.Color("of:N", sort=list(series), legend=alt.Legend(orient="bottom", title=None)),
        tooltip=alt.Tooltip(f"{title}:Q", format=".4f"),
    )
    chart: alt.Chart = encoded.properties(height=_CURVE_HEIGHT_PX)
    return chart
