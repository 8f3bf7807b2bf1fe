"""Which digits are taken for which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import altair as alt
import pandas as pd

from handwriting_ai.plots.common import ERROR_COLOR, GREY, SQUARE_PX, layered, tooltip
from handwriting_ai.prediction import DIGIT_NAMES

CELL: Final = "cell"
"""The name of the heat map's selection; its fields are `label` and `answer`."""
_DIGITS: Final = list(DIGIT_NAMES)
_FONT_PX: Final = 13
_FAINTEST: Final = 0.6
_AXIS: Final = alt.Axis(
    labelAngle=0,
    labelOverlap=False,
    labelFontSize=_FONT_PX,
    domain=False,
    ticks=False,
    grid=True,
    gridColor=GREY,
    gridOpacity=0.2,
)
_SCALE: Final = alt.Scale(domain=_DIGITS, paddingInner=0.08)
_LABEL: Final = alt.Y("label:N", title="Label", scale=_SCALE, axis=_AXIS)
_ANSWER: Final = alt.X("answer:N", title="Read as", scale=_SCALE, axis=_AXIS)


@dataclass(frozen=True)
class _Cell:
    label: int
    answer: int
    count: int


def confusion_heat_map(confusion: Sequence[Sequence[int]], *, selectable: bool = False) -> alt.LayerChart:
    """Label × answer; what is read rightly is only a pale number, so that errors stand out.

    Args:
        confusion: a row for each label, a column for each answer.
        selectable: add the selection `CELL`, which `st.altair_chart(…, on_select="rerun")` reports.
    """
    cells = [_Cell(label, answer, count) for label, row in enumerate(confusion) for answer, count in enumerate(row)]
    misread = [cell for cell in cells if cell.count and cell.label != cell.answer]
    read = [cell for cell in cells if cell.count and cell.label == cell.answer]
    heat = _heat(misread)
    if selectable:
        heat = heat.add_params(alt.selection_point(name=CELL, fields=["label", "answer"], empty=False))
    pictures = sum(cell.count for cell in misread)
    return layered(
        [heat, _numbers(read, GREY), _numbers(misread, "white")],
        f"Label against answer: {pictures} misread pictures in {len(misread)} cells.",
        height_px=SQUARE_PX,
    )


def _heat(cells: Sequence[_Cell]) -> alt.Chart:
    largest = max((cell.count for cell in cells), default=1)
    base: alt.Chart = alt.Chart(_frame(cells))
    rects: alt.Chart = base.mark_rect(color=ERROR_COLOR, cornerRadius=4, cursor="pointer")
    heat: alt.Chart = rects.encode(
        x=_ANSWER,
        y=_LABEL,
        opacity=alt.Opacity("count:Q", scale=alt.Scale(domain=[0, largest], range=[_FAINTEST, 1]), legend=None),
        tooltip=_tooltip(),
    )
    return heat


def _numbers(cells: Sequence[_Cell], color: str) -> alt.Chart:
    base: alt.Chart = alt.Chart(_frame(cells))
    marks: alt.Chart = base.mark_text(fontSize=_FONT_PX, color=color)
    numbers: alt.Chart = marks.encode(x=_ANSWER, y=_LABEL, text=alt.Text("count:Q", format=","), tooltip=_tooltip())
    return numbers


def _tooltip() -> list[alt.Tooltip]:
    return tooltip({"Label": ("label:N", None), "Read as": ("answer:N", None), "Pictures": ("count:Q", ",")})


def _frame(cells: Sequence[_Cell]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": [str(cell.label) for cell in cells],
            "answer": [str(cell.answer) for cell in cells],
            "count": [cell.count for cell in cells],
        }
    )
