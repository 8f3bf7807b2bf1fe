"""A freehand line out of what Fabric.js, which the canvas component draws with, says of it."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

_ALONG: Final = tuple(step / 16 for step in range(17))
"""Where a curve is looked at for its extent: to a hundredth of a pixel."""


@dataclass(frozen=True, kw_only=True)
class PenStroke:
    """One pen-down line."""

    points: tuple[tuple[float, float], ...]
    """In pixels of the canvas, y down."""
    pen_px: float
    """Width of the pen that drew it."""


class _FabricPath(BaseModel):
    """Commands `["M", x, y]`, `["Q", cx, cy, x, y]`, `["L", x, y]`, as drawn, and where *Edit* has put them since.

    Moving, turning or stretching a line changes the other fields alone. In Fabric's order: skew down, then across; flip
    and stretch; turn about the middle of the box; bring the middle to its place.
    """

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    path: list[list[str | float]] = Field(min_length=1)
    pen_px: float = Field(gt=0, validation_alias="strokeWidth")
    middle_x: float | None = Field(default=None, validation_alias="left")
    """None: where it was drawn."""
    middle_y: float | None = Field(default=None, validation_alias="top")
    origin_x: Literal["center"] = Field(default="center", validation_alias="originX")
    """What `left` is the place of."""
    origin_y: Literal["center"] = Field(default="center", validation_alias="originY")
    scale_x: float = Field(default=1.0, validation_alias="scaleX")
    scale_y: float = Field(default=1.0, validation_alias="scaleY")
    flip_x: bool = Field(default=False, validation_alias="flipX")
    flip_y: bool = Field(default=False, validation_alias="flipY")
    skew_x_deg: float = Field(default=0.0, validation_alias="skewX")
    skew_y_deg: float = Field(default=0.0, validation_alias="skewY")
    angle_deg: float = Field(default=0.0, validation_alias="angle")


def read_stroke(described: dict[str, object]) -> PenStroke | None:
    """The line where it now lies, with the pen as wide as it now looks; None for what is no freehand line."""
    try:
        line = _FabricPath.model_validate(described)
        commands = [[float(number) for number in command[1:]] for command in line.path]
    except ValueError:  # pydantic's ValidationError is one
        return None
    commands = [numbers for numbers in commands if len(numbers) >= 2]
    if not commands:
        return None
    old_x, old_y = _middle(commands, 0), _middle(commands, 1)
    a, b, c, d = _deformation(line)
    new_x = old_x if line.middle_x is None else line.middle_x
    new_y = old_y if line.middle_y is None else line.middle_y
    offsets = [(x - old_x, y - old_y) for x, y, *_ in commands]
    points = tuple((a * x + b * y + new_x, c * x + d * y + new_y) for x, y in offsets)
    return PenStroke(points=points, pen_px=line.pen_px * math.sqrt(abs(a * d - b * c)))


def _deformation(line: _FabricPath) -> tuple[float, float, float, float]:
    """The matrix, row by row, of all that *Edit* has done but moving."""
    across, down = math.tan(math.radians(line.skew_x_deg)), math.tan(math.radians(line.skew_y_deg))
    scale_x = -line.scale_x if line.flip_x else line.scale_x
    scale_y = -line.scale_y if line.flip_y else line.scale_y
    upper = scale_x * (1 + across * down), scale_x * across
    lower = scale_y * down, scale_y
    cos, sin = math.cos(math.radians(line.angle_deg)), math.sin(math.radians(line.angle_deg))
    return (
        cos * upper[0] - sin * lower[0],
        cos * upper[1] - sin * lower[1],
        sin * upper[0] + cos * lower[0],
        sin * upper[1] + cos * lower[1],
    )


def _middle(commands: list[list[float]], axis: int) -> float:
    """The middle of the box round the drawn line. Fabric takes a curve for a cubic with its control point twice."""
    places = [commands[0][axis]]
    for before, numbers in pairwise(commands):
        start, control, end = before[axis - 2], numbers[axis], numbers[axis - 2]
        places += [start * (1 - t) ** 3 + control * 3 * t * (1 - t) + end * t**3 for t in _ALONG]
    return (min(places) + max(places)) / 2
