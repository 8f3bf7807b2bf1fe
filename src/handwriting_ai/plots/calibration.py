"""How far a model's confidence can be trusted."""

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from handwriting_ai.evaluation.metrics import CoveragePoint, ReliabilityBin
from handwriting_ai.plots.common import (
    GREY,
    HEIGHT_PX,
    PALETTE,
    SHARE,
    SQUARE_PX,
    accuracy_axis,
    by_model,
    finish,
    layered,
    tooltip,
    with_legend,
)


def reliability_diagram(bins: Sequence[ReliabilityBin]) -> alt.LayerChart:
    """Accuracy against confidence; the nearer to the diagonal, the better calibrated. Larger points: more pictures."""
    frame = pd.DataFrame(
        {
            "confidence": [each.confidence for each in bins],
            "accuracy": [each.accuracy for each in bins],
            "count": [each.count for each in bins],
            "gap": [each.accuracy - each.confidence for each in bins],
        }
    )
    x = alt.X("confidence:Q", title="Confidence", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    y = alt.Y("accuracy:Q", title="Accuracy", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    base: alt.Chart = alt.Chart(frame)
    rules: alt.Chart = base.mark_rule(color=PALETTE[1], strokeWidth=3, opacity=0.7)
    gaps: alt.Chart = rules.encode(x=x, y=y, y2="confidence:Q")
    marks: alt.Chart = base.mark_circle(color=PALETTE[0], opacity=1)
    points: alt.Chart = marks.encode(
        x=x,
        y=y,
        size=alt.Size(
            "count:Q",
            scale=alt.Scale(type="log", domain=[1, 10_000], range=[25, 500]),
            legend=alt.Legend(title="Pictures", orient="bottom", values=[1, 10, 100, 1_000], symbolFillColor=GREY),
        ),
        tooltip=tooltip(
            {
                "Pictures": ("count:Q", ","),
                "Mean confidence": ("confidence:Q", SHARE),
                "Accuracy": ("accuracy:Q", SHARE),
                "Accuracy − confidence": ("gap:Q", "+.2%"),
            }
        ),
    )
    return layered(
        [_diagonal(x, y), gaps, points],
        f"Accuracy against mean confidence in {len(bins)} bins of pictures; on the diagonal they are equal.",
        height_px=SQUARE_PX,
    )


def _diagonal(x: alt.X, y: alt.Y) -> alt.Chart:
    ends = pd.DataFrame({"confidence": [0.0, 1.0], "accuracy": [0.0, 1.0]})
    base: alt.Chart = alt.Chart(ends)
    marks: alt.Chart = base.mark_line(color=GREY, strokeDash=[5, 4], strokeWidth=1.5)
    line: alt.Chart = marks.encode(x=x, y=y)
    return line


def coverage_chart(series: Mapping[str, Sequence[CoveragePoint]]) -> alt.Chart:
    """Accuracy of what is answered against the share that is, as the least sure answers are withheld.

    A model whose curve is empty is not shown, but keeps its colour: so charts of several figures can agree.
    """
    shown = [model for model, curve in series.items() if curve]
    points = [(model, point) for model, curve in series.items() for point in curve]
    frame = pd.DataFrame(
        {
            "model": [model for model, _ in points],
            "coverage": [point.coverage for _, point in points],
            "accuracy": [point.accuracy for _, point in points],
            "threshold": [point.threshold for _, point in points],
        }
    )
    base: alt.Chart = alt.Chart(frame)
    marks: alt.Chart = base.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=20))
    encoded: alt.Chart = marks.encode(
        x=alt.X("coverage:Q", title="Share answered", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")),
        y=alt.Y("accuracy:Q", title="Accuracy", scale=alt.Scale(zero=False), axis=accuracy_axis()),
        color=by_model(list(series), shown),
        tooltip=tooltip(
            {
                "Model": ("model:N", None),
                "Smallest confidence": ("threshold:Q", SHARE),
                "Share answered": ("coverage:Q", SHARE),
                "Accuracy": ("accuracy:Q", ".3%"),
            }
        ),
    )
    description = f"Accuracy of the answers against the share of pictures answered, for {len(shown)} models."
    return finish(encoded, description, with_legend(HEIGHT_PX, shown))
