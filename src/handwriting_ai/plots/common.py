"""What all charts share: colours, axes, sizes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import altair as alt
import pandas as pd

PALETTE: Final = ("#3B82E0", "#DD7A2C", "#2A9D76", "#B8599F", "#97912E", "#D1495B", "#2E9DB5", "#8574D1")
"""One colour a model, in their order; of middling lightness, so that they stand out on white and on dark alike."""
ERROR_COLOR: Final = "#C2334A"
GREY: Final = "#8A93A3"
HEIGHT_PX: Final = 360
SQUARE_PX: Final = 440
"""A page takes axes and legend off these heights."""
MOST_NAMED: Final = len(PALETTE)
"""With more models colours repeat, so that a legend would mislead: only the tooltips name them."""
SHARE: Final = ".2%"
"""How a tooltip writes a share."""
_LABEL_LIMIT_PX: Final = 320
_LEGEND_ROW_PX: Final = 22
_KEY_PX: Final = 8
_LEGEND_COLUMNS: Final = alt.ExprRef("max(1, floor(width / 240))")
"""As many names beside each other as the window is wide enough for."""


def distinct(values: Iterable[str]) -> list[str]:
    """Each value once, in the order of their first appearance."""
    seen: dict[str, None] = {}
    for value in values:
        seen[value] = None
    return list(seen)


def by_model(models: Sequence[str], shown: Sequence[str] | None = None) -> alt.Color:
    """A colour a model, in their order, with a legend of those that are shown, where they are several but not many."""
    return color_of("model", models, models if shown is None else shown)


def color_of(field: str, values: Sequence[str], shown: Sequence[str]) -> alt.Color:
    """A colour for each of these values of a field, in their order, with a legend as `by_model`."""
    colors = [PALETTE[place % len(PALETTE)] for place in range(len(values))]
    legend = alt.Legend(
        orient="bottom",
        title=None,
        columns=_LEGEND_COLUMNS,
        labelLimit=_LABEL_LIMIT_PX,
        symbolOpacity=1,
        values=list(shown),
    )
    scale = alt.Scale(domain=list(values), range=colors)
    return alt.Color(f"{field}:N", scale=scale, legend=legend if _has_legend(shown) else None)


def _has_legend(shown: Sequence[str]) -> bool:
    return 1 < len(shown) <= MOST_NAMED


def with_legend(height_px: int, shown: Sequence[str]) -> int:
    """The height of a chart that keeps room for its legend, should the names stand below each other."""
    return height_px + (_LEGEND_ROW_PX * len(shown) if _has_legend(shown) else 0)


def tooltip(fields: Mapping[str, tuple[str, str | None]]) -> list[alt.Tooltip]:
    """What a pointer on a mark shows: each title with its field and the field's format."""
    return [
        alt.Tooltip(field, title=title, format=style) if style else alt.Tooltip(field, title=title)
        for title, (field, style) in fields.items()
    ]


def accuracy_axis() -> alt.Axis:
    """Few ticks, in per cent, to two places where they are needed."""
    return alt.Axis(format=".2~%", tickCount=5)


def finish(encoded: alt.Chart, description: str, height_px: int = HEIGHT_PX) -> alt.Chart:
    """A chart with its height and its description."""
    chart: alt.Chart = encoded.properties(height=height_px, description=description)
    return chart


def layered(layers: Sequence[alt.Chart], description: str, *, height_px: int = HEIGHT_PX) -> alt.LayerChart:
    """Charts above each other, the last on top, with height and description."""
    layer = list(layers)
    together: alt.LayerChart = alt.LayerChart(layer=layer)
    sized: alt.LayerChart = together.properties(height=height_px, description=description)
    return sized


def model_key(models: Sequence[str], shown: Sequence[str]) -> alt.LayerChart:
    """A legend of its own, for several charts: each shown model's colour and name, below each other."""
    frame = pd.DataFrame({"model": list(shown)})
    y = alt.Y("model:N", sort=list(shown), axis=None)
    base: alt.Chart = alt.Chart(frame)
    circles: alt.Chart = base.mark_circle(size=90, opacity=1, x=_KEY_PX)
    points: alt.Chart = circles.encode(y=y, color=by_model(models, []))
    text: alt.Chart = base.mark_text(align="left", fontSize=13, color=GREY, x=2 * _KEY_PX)
    names: alt.Chart = text.encode(y=y, text="model:N")
    return layered([points, names], f"Colours of {', '.join(shown)}.", height_px=_LEGEND_ROW_PX * (len(shown) + 1))
