"""Geometry of pen strokes: parts of them, arcs, turns; y points down."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from handwriting_ai.data.strokes import Stroke

_ARC_POINTS: Final = 12


def curve(x: Stroke, y: Stroke) -> Stroke:
    """Two coordinates `(points,)` → `(points, 2)`."""
    both = [x, y]
    line: Stroke = np.stack(both, axis=1)
    return line


def points(*pairs: tuple[float, float]) -> Stroke:
    """A stroke through these points."""
    line: Stroke = np.array(pairs, dtype=np.float64)
    return line


def joined(*strokes: Stroke) -> Stroke:
    """One stroke after the other, without lifting the pen."""
    line: Stroke = np.concatenate(strokes)
    return line


def column(stroke: Stroke, axis: int) -> Stroke:
    """One coordinate of a stroke, `(points,)`."""
    values: Stroke = stroke[:, axis]
    return values


def point(stroke: Stroke, index: int) -> tuple[float, float]:
    """One point of a stroke."""
    x: float = stroke[index, 0]
    y: float = stroke[index, 1]
    return x, y


def spread(strokes: Sequence[Stroke], axis: int) -> tuple[float, float]:
    """The least and the largest of one coordinate."""
    values = column(np.concatenate(strokes), axis)
    least: float = values.min()
    largest: float = values.max()
    return least, largest


def height_at(strokes: Sequence[Stroke], share: float) -> float:
    """The y at this share of the way from the top of the strokes to their bottom."""
    top, bottom = spread(strokes, 1)
    return top + share * (bottom - top)


def rotated(stroke: Stroke, angle: float) -> Stroke:
    """Turned about the origin by an angle in radians, from x towards y."""
    cos, sin = math.cos(angle), math.sin(angle)
    rows = [[cos, sin], [-sin, cos]]
    turn: Stroke = np.array(rows)
    turned: Stroke = np.matmul(stroke, turn)
    return turned


def level_line(middle: tuple[float, float], length: float, tilt: float) -> Stroke:
    """A straight line of two points through its middle, tilted by radians."""
    across, down = math.cos(tilt) * length / 2, math.sin(tilt) * length / 2
    x, y = middle
    return points((x - across, y - down), (x + across, y + down))


def travelled(stroke: Stroke) -> Stroke:
    """How far the pen had come at each point, `(points,)`."""
    steps: Stroke = np.diff(stroke, axis=0)
    way: Stroke = np.cumsum(np.hypot(column(steps, 0), column(steps, 1)))
    return np.insert(way, 0, 0.0)


def part(stroke: Stroke, start: float, end: float) -> Stroke:
    """What the pen drew between two shares of its way."""
    way = travelled(stroke)
    total: float = way[-1]
    first, last = start * total, end * total
    inside: list[float] = way[np.logical_and(np.greater(way, first), np.less(way, last))].tolist()
    wanted = [first, *inside, last]
    return curve(np.interp(wanted, way, column(stroke, 0)), np.interp(wanted, way, column(stroke, 1)))


def crossing(stroke: Stroke, level: float) -> tuple[float, float] | None:
    """Where a stroke passes a height for the last time; None where it never does."""
    above = np.less(column(stroke, 1), level)
    rows: list[int] = np.flatnonzero(np.not_equal(above[1:], above[:-1])).tolist()
    if not rows:
        return None
    (x0, y0), (x1, y1) = point(stroke, rows[-1]), point(stroke, rows[-1] + 1)
    return x0 + (x1 - x0) * (level - y0) / (y1 - y0), level


def arc(start: tuple[float, float], across: float, down: float, turn: float) -> Stroke:
    """A part of an ellipse that leaves `start` downward and turns to the right; to the left if `across` is negative."""
    angles = np.linspace(0.0, turn, _ARC_POINTS)
    x, y = start
    return curve(
        np.add(x, np.multiply(across, np.subtract(1.0, np.cos(angles)))), np.add(y, np.multiply(down, np.sin(angles)))
    )
