"""The drawing canvas: the browser component, its size, and strokes out of what it reports."""

import io
from collections.abc import Sequence
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field
from streamlit_drawable_canvas import st_canvas

from draw import frame
from handwriting_ai.data.strokes import Stroke, render_each
from shared.freehand import PenStroke, read_stroke
from shared.pictures import on_paper
from shared.sheet import CANVAS_PX, Sheet

_SHARPNESS: Final = 2
"""Pixels of the component for each of ours: it does not draw finer on a fine screen by itself."""
INK: Final = "#111111"


class _Drawing(BaseModel):
    model_config = ConfigDict(extra="ignore")

    objects: list[dict[str, object]] = Field(default_factory=list)


def show_canvas(sheet: Sheet, *, pen_px: int, width_px: int = CANVAS_PX, name: str = "canvas") -> None:
    """Draw the canvas, and note on the sheet what it reports.

    Args:
        sheet: what is on it.
        pen_px: width of the pen.
        width_px: of the canvas; it is `CANVAS_PX` high.
        name: tells it from another canvas; begins with `canvas`.
    """
    result = st_canvas(
        stroke_width=pen_px * _SHARPNESS,
        stroke_color=INK,
        background_image=_png(
            picture(sheet.behind, width_px=width_px, enlarged=_SHARPNESS)
        ),  # always one: with and without, the canvas begins anew
        width=width_px * _SHARPNESS,
        height=CANVAS_PX * _SHARPNESS,
        drawing_mode="freedraw",
        key=f"{name}_{sheet.version}",
    )
    frame.show_frame()
    sheet.report(strokes_of(result.json_data))


def show_buttons(sheet: Sheet) -> None:
    """*Undo* and *Clear*: a press acts on the canvas in the browser at once, by these keys, then on the sheet."""
    with st.container(horizontal=True):
        st.button("Undo", icon=":material/undo:", disabled=not sheet.can_undo, on_click=sheet.undo, key="undo")
        st.button("Clear", icon=":material/delete:", disabled=not sheet.strokes, on_click=sheet.clear, key="clear")


def strokes_of(raw: "dict[str, object] | None") -> tuple[PenStroke, ...]:
    """The pen-down lines of a drawing, in pixels of ours; what is not a freehand line is passed over."""
    if raw is None:
        return ()
    lines = [read_stroke(described) for described in _Drawing.model_validate(raw).objects]
    return tuple(_scaled(line) for line in lines if line is not None)


def _scaled(line: PenStroke) -> PenStroke:
    return PenStroke(
        points=tuple((x / _SHARPNESS, y / _SHARPNESS) for x, y in line.points), pen_px=line.pen_px / _SHARPNESS
    )


def picture(strokes: Sequence[PenStroke], *, width_px: int = CANVAS_PX, enlarged: int = 1) -> "NDArray[np.uint8]":
    """The strokes as they look on the canvas: `uint8 (h, w)`, dark on light."""
    side_px = width_px * enlarged  # the canvas is the upper part of a square
    lines = [_enlarged(stroke, enlarged) for stroke in strokes]
    pens = [stroke.pen_px * enlarged for stroke in strokes]
    square = render_each(lines, pens, side_px=side_px) if lines else np.zeros((side_px, side_px), dtype=np.uint8)
    return on_paper(square[: CANVAS_PX * enlarged])


def _enlarged(stroke: PenStroke, factor: int) -> Stroke:
    points: Stroke = np.array(stroke.points, dtype=np.float64)
    larger: Stroke = np.multiply(points, factor)
    return larger


def _png(pixels: "NDArray[np.uint8]") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()
