"""A freehand line out of what Fabric.js, which the canvas component draws with, says of it."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

Points = NDArray[np.float64]
_BESIDES_LETTER: Final = slice(1, None)
_ALONG: Final[Points] = np.linspace(0.0, 1.0, 17)[:, np.newaxis]
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

    Moving, turning or stretching a line changes the other fields alone. In Fabric's order: skew across, then down; flip
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
        commands = [[float(number) for number in command[_BESIDES_LETTER]] for command in line.path]
    except ValueError:  # pydantic's ValidationError is one
        return None
    commands = [numbers for numbers in commands if len(numbers) >= 2]
    if not commands:
        return None
    drawn: Points = np.array([numbers[:2] for numbers in commands])
    drawn_middle = _middle(commands)
    middle: Points = np.array(
        [
            drawn_middle[0] if line.middle_x is None else line.middle_x,
            drawn_middle[1] if line.middle_y is None else line.middle_y,
        ]
    )
    deformation = _deformation(line)
    placed: Points = (drawn - drawn_middle) @ deformation.T + middle
    points: list[tuple[float, float]] = [(x, y) for x, y in placed.tolist()]
    area_scale: float = np.abs(np.linalg.det(deformation)).item()
    return PenStroke(points=tuple(points), pen_px=line.pen_px * math.sqrt(area_scale))


def _deformation(line: _FabricPath) -> Points:
    """The matrix `(2, 2)` of all that *Edit* has done but moving."""
    turn = math.radians(line.angle_deg)
    turned: Points = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    stretched: Points = np.diag(
        [-line.scale_x if line.flip_x else line.scale_x, -line.scale_y if line.flip_y else line.scale_y]
    )
    skewed_across: Points = np.array([[1.0, math.tan(math.radians(line.skew_x_deg))], [0.0, 1.0]])
    skewed_down: Points = np.array([[1.0, 0.0], [math.tan(math.radians(line.skew_y_deg)), 1.0]])
    deformation: Points = turned @ stretched @ skewed_across @ skewed_down
    return deformation


def _middle(commands: list[list[float]]) -> Points:
    """The middle of the box round the drawn line, `(2,)`. Fabric takes a curve for a cubic with its control twice."""
    outline: list[Points] = [np.array([commands[0][-2:]])]
    for before, numbers in pairwise(commands):
        start: Points = np.array(before[-2:])
        control: Points = np.array(numbers[:2])
        end: Points = np.array(numbers[-2:])
        rest: Points = 1 - _ALONG
        outline.append(start * rest**3 + control * 3 * _ALONG * rest + end * _ALONG**3)
    corners: Points = np.concatenate(outline)
    middle: Points = (corners.min(axis=0) + corners.max(axis=0)) / 2
    return middle
