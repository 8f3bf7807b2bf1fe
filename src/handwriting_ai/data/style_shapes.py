"""Shapes that others write, made from the strokes of writers who write plainly.

Each is geometry on one digit's strokes, their longer side about 1, and applies only where these have the shape that it
needs; what could be read as another digit is not made: a 1 with a level flag is a 7.
"""

import math
from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np

from handwriting_ai.data.curves import (
    arc,
    column,
    crossing,
    curve,
    height_at,
    joined,
    level_line,
    part,
    point,
    points,
    rotated,
    spread,
)
from handwriting_ai.data.strokes import Stroke, is_straight

Strokes: TypeAlias = "tuple[Stroke, ...]"
# Pairs are the least and the most, as shares of the digit's longer side, or angles in degrees.
_STEEP_DEG: Final = 35.0
_STRAY: Final = 0.08
_SHORT_FLAG: Final = (0.15, 0.35)
_SHORT_FLAG_DEG: Final = (25.0, 60.0)
_LONG_FLAG: Final = (0.35, 0.78)
_LONG_FLAG_DEG: Final = (24.0, 47.0)
_LONG_FLAGS: Final = 0.5
"""Share of the flags that are long."""
_FLATTEST_FLAG_DEG: Final = 60.0
"""Largest angle of a flag to the vertical: a flatter one, on a stem that leans, is the top of a 7."""
_LEAST_FLAG_DEG: Final = 20.0
_LEAST_LEAN_DEG: Final = -12.0
"""A stem that leans further to the left would be half of a roof."""
_FLAG_BULGE: Final = 0.12
_FOOT: Final = (0.25, 0.7)
_FOOT_BELOW_FLAG: Final = (0.2, 0.5)
_FOOT_TILT_DEG: Final = 5.0
_SEVEN_BAR: Final = (0.28, 0.6)
_SEVEN_BAR_LEVEL: Final = (0.42, 0.62)
_SEVEN_BAR_TILT_DEG: Final = 7.0
_SEVEN_FOOT: Final = (0.15, 0.32)
_SERIF: Final = (0.08, 0.22)
_HOOK_ACROSS: Final = (0.10, 0.23)
_HOOK_DOWN: Final = (0.06, 0.16)
_HOOK_TURN_DEG: Final = (80.0, 145.0)
_CURL: Final = (0.04, 0.10)
_CURL_TURN_DEG: Final = (80.0, 150.0)
_START_TURN_DEG: Final = (90.0, 220.0)
_START_CURL: Final = (0.04, 0.10)
_FOUR_STROKES: Final = 2
_FOUR_OPENING: Final = (0.2, 0.45)
_FOUR_BAR: Final = 0.08
"""How far the bar of a closed 4 reaches beyond its stem."""
_FOUR_MOVE: Final = 0.6
_FOUR_TOP: Final = 0.4
_FOUR_ANGLE: Final = 0.25
"""How far the angle of a 4 comes down at least."""
_SHIFT: Final = 0.08
"""Standard deviation of where a bar or a foot has its middle, as a share of its length."""
_SLASH_ACROSS: Final = (0.5, 1.1)
_SLASH_DOWN: Final = (0.55, 1.0)
_GAP: Final = (0.02, 0.07)
_ARC_POINTS: Final = 12
_END: Final = 0.15
"""A stroke ends at the top, or at the bottom, if it does so within this share of the digit's height."""


def flagged_one(generator: np.random.Generator, strokes: Strokes) -> "Strokes | None":
    """None unless it is a plain, steep 1 in one stroke."""
    stem = _plain_one(strokes)
    if stem is None:
        return None
    flag = _flag(generator, stem)
    return None if flag is None else (joined(flag, stem),)


def footed_one(generator: np.random.Generator, strokes: Strokes) -> "Strokes | None":
    """None as for `flagged_one`."""
    stem = _plain_one(strokes)
    return None if stem is None else (stem, _level(generator, point(stem, -1), _FOOT, _FOOT_TILT_DEG))


def flagged_and_footed_one(generator: np.random.Generator, strokes: Strokes) -> "Strokes | None":
    """None as for `flagged_one`."""
    flagged = flagged_one(generator, strokes)
    if flagged is None:
        return None
    return (*flagged, _level(generator, point(flagged[0], -1), _FOOT_BELOW_FLAG, _FOOT_TILT_DEG))


def crossed_seven(generator: np.random.Generator, strokes: Strokes) -> "Strokes | None":
    """None unless it is a 7 in one stroke, which ends at the bottom."""
    if len(strokes) != 1 or not _ends_low(strokes):
        return None
    middle = crossing(strokes[0], height_at(strokes, float(generator.uniform(*_SEVEN_BAR_LEVEL))))
    if middle is None:
        return None
    return (*strokes, _level(generator, middle, _SEVEN_BAR, _SEVEN_BAR_TILT_DEG))


def crossed_and_footed_seven(generator: np.random.Generator, strokes: Strokes) -> "Strokes | None":
    """A foot alone would make it look like a 2. None as for `crossed_seven`."""
    crossed = crossed_seven(generator, strokes)
    if crossed is None:
        return None
    return (*crossed, _level(generator, point(strokes[0], -1), _SEVEN_FOOT, _FOOT_TILT_DEG))


def hooked_seven(generator: np.random.Generator, strokes: Strokes) -> "Strokes | None":
    """None unless its first stroke begins at the upper left."""
    first = strokes[0]
    left, _ = spread(strokes, 0)
    x, y = point(first, 0)
    if y > height_at(strokes, 0.3) or x > left + _END:
        return None
    tip = points((x + float(generator.normal(0.0, 0.02)), y + float(generator.uniform(*_SERIF))))
    return (joined(tip, first), *strokes[1:])


def hooked_nine(generator: np.random.Generator, strokes: Strokes) -> "Strokes | None":
    """None unless its last stroke ends at the bottom."""
    if not _ends_low(strokes):
        return None
    return (*strokes[:-1], _with_hook(generator, strokes[-1], (_HOOK_ACROSS, _HOOK_DOWN), _HOOK_TURN_DEG, -1.0))


def curled_four(generator: np.random.Generator, strokes: Strokes) -> "Strokes | None":
    """None unless its last stroke ends at the bottom."""
    if not _ends_low(strokes):
        return None
    side = 1.0 if generator.uniform() < 1 / 2 else -1.0
    return (*strokes[:-1], _with_hook(generator, strokes[-1], (_CURL, _CURL), _CURL_TURN_DEG, side))


def open_four(generator: np.random.Generator, strokes: Strokes) -> "Strokes | None":
    """None unless it is two strokes, an angle and a stem, that begin at the top."""
    return _four_with_top(strokes, float(generator.uniform(*_FOUR_OPENING)))


def closed_four(_: np.random.Generator, strokes: Strokes) -> "Strokes | None":
    """None as for `open_four`, and where the bar does not cross the stem: closed, that would be a 9."""
    closed = _four_with_top(strokes, 0.0)
    if closed is None:
        return None
    angle, stem = closed
    end, y = point(angle, -1)
    met = crossing(stem, y)
    return closed if met is not None and end > met[0] + _FOUR_BAR else None


def slashed_zero(generator: np.random.Generator, strokes: Strokes) -> "Strokes | None":
    """None unless it is one stroke."""
    if len(strokes) != 1:
        return None
    left, right = spread(strokes, 0)
    top, bottom = spread(strokes, 1)
    across = (right - left) / 2 * float(generator.uniform(*_SLASH_ACROSS))
    down = (bottom - top) / 2 * float(generator.uniform(*_SLASH_DOWN))
    x, y = (left + right) / 2, (top + bottom) / 2
    return (*strokes, points((x + across, y - down), (x - across, y + down)))


def curled_start(generator: np.random.Generator, strokes: Strokes) -> "Strokes | None":
    """None unless its first stroke begins in the upper half, at the left."""
    first = strokes[0]
    x, y = point(first, 0)
    left, right = spread(strokes, 0)
    if y > height_at(strokes, 0.4) or x > (left + right) / 2:
        return None
    turn = math.radians(float(generator.uniform(*_START_TURN_DEG)))
    across, down = (float(generator.uniform(*_START_CURL)) for _ in range(2))
    curl: Stroke = arc((x, y), across, down, turn)[::-1]
    return (joined(curl, first), *strokes[1:])


def gap(generator: np.random.Generator, strokes: Strokes) -> "Strokes | None":
    """None unless it is one stroke."""
    if len(strokes) != 1:
        return None
    return (part(strokes[0], 0.0, 1.0 - float(generator.uniform(*_GAP))),)


def _plain_one(strokes: Strokes) -> "Stroke | None":
    """Its stem from the top down; None unless it is one straight, steep stroke."""
    if len(strokes) != 1 or len(strokes[0]) == 1 or not is_straight(strokes):
        return None
    (x0, y0), (x1, y1) = point(strokes[0], 0), point(strokes[0], -1)
    if abs(y1 - y0) < math.cos(math.radians(_STEEP_DEG)) * math.hypot(x1 - x0, y1 - y0) or y0 == y1:
        return None
    top, bottom = spread(strokes, 1)
    if min(y0, y1) > top + _STRAY or max(y0, y1) < bottom - _STRAY:
        return None  # the pen went on, back over what it had drawn
    turned: Stroke = strokes[0][::-1]
    return strokes[0] if y0 < y1 else turned


def _flag(generator: np.random.Generator, stem: Stroke) -> "Stroke | None":
    """From its tip to the top of the stem, slightly bent; None where the stem leans too far for one."""
    (x0, y0), (x1, y1) = point(stem, 0), point(stem, -1)
    lean = math.degrees(math.atan2(x0 - x1, y1 - y0))
    is_long = generator.uniform() < _LONG_FLAGS
    length = float(generator.uniform(*(_LONG_FLAG if is_long else _SHORT_FLAG)))
    wanted = float(generator.uniform(*(_LONG_FLAG_DEG if is_long else _SHORT_FLAG_DEG)))
    angle = min(wanted, _FLATTEST_FLAG_DEG - lean)
    if lean < _LEAST_LEAN_DEG or angle < _LEAST_FLAG_DEG:
        return None
    bulge = float(generator.uniform(-_FLAG_BULGE / 2, _FLAG_BULGE)) * length
    way = np.linspace(1.0, 0.0, _ARC_POINTS)
    straight = curve(np.multiply(bulge, np.sin(np.multiply(way, math.pi))), np.multiply(way, length))
    turned = rotated(straight, math.radians(lean + angle))
    top = (x0, y0)
    flag: Stroke = np.add(turned, top)
    return flag


def _level(
    generator: np.random.Generator, middle: tuple[float, float], lengths: tuple[float, float], tilt_deg: float
) -> Stroke:
    """A nearly level line, its middle nearly where it should be."""
    length = float(generator.uniform(*lengths))
    x, y = middle
    shifted = (x + float(generator.normal(0.0, _SHIFT)) * length, y)
    return level_line(shifted, length, math.radians(float(generator.normal(0.0, tilt_deg))))


def _ends_low(strokes: Strokes) -> bool:
    """Whether the last stroke ends at the bottom of all."""
    return point(strokes[-1], -1)[1] > height_at(strokes, 1 - _END)


def _with_hook(
    generator: np.random.Generator,
    stroke: Stroke,
    radii: tuple[tuple[float, float], tuple[float, float]],
    turn_deg: tuple[float, float],
    side: float,
) -> Stroke:
    """Goes on from its end in a part of an ellipse: downward, to one side (−1 is left), up."""
    across, down = (float(generator.uniform(*least_and_most)) for least_and_most in radii)
    hook = arc(point(stroke, -1), side * across, down, math.radians(float(generator.uniform(*turn_deg))))
    return joined(stroke, hook)


def _four_with_top(strokes: Strokes, opening: float) -> "Strokes | None":
    """The start of the angle of a 4 moved to so far left of the start of its stem, what lies below it less."""
    if len(strokes) != _FOUR_STROKES:
        return None
    angle, stem = strokes
    (x, y), (stem_x, stem_y) = point(angle, 0), point(stem, 0)
    move = (stem_x - opening - x, stem_y - y)
    low = spread((angle,), 1)[1]
    begin_high = max(y, stem_y) < height_at(strokes, _FOUR_TOP)
    if not begin_high or not _ends_low(strokes) or math.hypot(*move) > _FOUR_MOVE or low - y < _FOUR_ANGLE:
        return None
    weights: Stroke = np.clip(np.divide(np.subtract(low, column(angle, 1)), low - y), 0.0, 1.0)
    x_moved = np.add(column(angle, 0), np.multiply(weights, move[0]))
    return curve(x_moved, np.add(column(angle, 1), np.multiply(weights, move[1]))), stem


_Shape = Callable[[np.random.Generator, Strokes], "Strokes | None"]
SHAPES: Final[dict[str, _Shape]] = {
    shape.__name__: shape
    for shape in (
        flagged_one,
        footed_one,
        flagged_and_footed_one,
        crossed_seven,
        crossed_and_footed_seven,
        hooked_seven,
        hooked_nine,
        curled_four,
        open_four,
        closed_four,
        slashed_zero,
        curled_start,
        gap,
    )
}
"""Those that belong to one digit, or a few, by name."""
