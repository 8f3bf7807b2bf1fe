"""The drawing canvas: pixels and strokes out of what the browser component reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from streamlit_drawable_canvas import st_canvas

from handwriting_ai.data.strokes import Stroke, render_each
from shared.freehand import PenStroke, read_stroke
from shared.pictures import on_paper

CANVAS_PX: Final = 280
TOOLBAR_PX: Final = 32
"""The component's toolbar covers the top of the canvas, so the canvas is this much taller than wide."""
PAPER: Final = "#FFFFFF"
INK: Final = "#111111"


class _Drawing(BaseModel):
    model_config = ConfigDict(extra="ignore")

    objects: list[dict[str, object]] = Field(default_factory=list)


@dataclass(frozen=True, kw_only=True, eq=False)
class Canvas:
    """What is on the canvas."""

    raw: "dict[str, object] | None"
    """The component's own description: hand it back to show the drawing again."""
    strokes: tuple[PenStroke, ...]
    pixels: "NDArray[np.uint8] | None"
    """`(h, w, 4)` as the browser drew it; None until the first stroke after a reload."""


def show_canvas(*, version: int, pen_px: int, initial: "dict[str, object] | None") -> Canvas:
    """Draw the canvas and return what is on it."""
    result = st_canvas(
        stroke_width=pen_px,
        stroke_color=INK,
        background_color=PAPER,
        width=CANVAS_PX,
        height=CANVAS_PX + TOOLBAR_PX,
        drawing_mode="freedraw",
        initial_drawing=initial,
        return_image_data=True,
        key=f"canvas_{version}",
    )
    raw = result.json_data
    return Canvas(raw=raw, strokes=strokes_of(raw), pixels=result.image_data if raw else None)


def strokes_of(raw: "dict[str, object] | None") -> tuple[PenStroke, ...]:
    """The pen-down lines of a drawing; what is not a freehand line is passed over."""
    if raw is None:
        return ()
    lines = [read_stroke(described) for described in _Drawing.model_validate(raw).objects]
    return tuple(line for line in lines if line is not None)


def without_last_stroke(raw: "dict[str, object]") -> "dict[str, object]":
    """The drawing with its newest object taken away."""
    drawing = _Drawing.model_validate(raw)
    return raw | {"objects": drawing.objects[:-1]}


def pixels_from_strokes(strokes: Sequence[PenStroke]) -> "NDArray[np.uint8]":
    """Draw strokes here, where the browser has not sent its picture yet: `uint8 (h, w)`, dark on light."""
    lines: list[Stroke] = [np.array(stroke.points, dtype=np.float64) for stroke in strokes]
    ink = render_each(lines, [stroke.pen_px for stroke in strokes], side_px=CANVAS_PX + TOOLBAR_PX)
    return on_paper(ink)
