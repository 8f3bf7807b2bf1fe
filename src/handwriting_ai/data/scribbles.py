"""Drawings that are no digit: what a network should not be sure about.

Trained towards equal probabilities, they teach it to say so ("outlier exposure", Hendrycks et al. 2019).
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.rendering import PEN_PX, through_preprocessing
from handwriting_ai.data.strokes import CANVAS_SIDE_PX, DrawnDigit, Stroke, place, render
from handwriting_ai.prediction import N_CLASSES

NOT_A_DIGIT: Final = N_CLASSES
"""The label of a scribble, after those of the digits."""
_EXTENT_SHARE: Final = (0.3, 0.9)
"""Smallest and largest scribble, as a share of the canvas."""

# What each kind draws from. Pairs are the least and the most; counts are below the second number.
_WALK_STEPS: Final = (60, 250)
_WALK_TURN: Final = (0.3, 1.2)
"""Standard deviation of each turn, in radians."""
_ZIGZAG_TURNS: Final = (5, 20)
_ZIGZAG_LENGTH: Final = (0.4, 1.5)
"""How far it goes on while it goes from one side to the other, a distance of 1."""
_ZIGZAG_NOISE: Final = (0.08, 0.03)
"""Standard deviation of the turning points, across and along."""
_DASH_POINTS: Final = 12
_DASH_NOISE: Final = 0.02
"""Standard deviation from the straight line, as a share of its length."""
_DASH_TILT: Final = 0.43
"""Largest angle to the level, in radians: 25°."""
_DOT_POINTS: Final = 6
_DOT_SPREAD_PX: Final = 2.0
_LINES: Final = (4, 9)
_CORNERS: Final = (3, 5)
_NEIGHBOUR_DISTANCE: Final = (0.8, 1.1)
"""Between the centres of two digits, each of extent 1."""
_OVERLAID: Final = 3
_OVERLAID_SHIFT: Final = 0.2
"""Standard deviation of each stroke's shift, as a share of a digit's extent."""


def random_scribble(generator: np.random.Generator, digits: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """The strokes of one drawing that is no digit, in pixels of the canvas; `digits` lend their strokes to some."""
    kinds = _FREE_KINDS + (_BORROWING_KINDS if digits else ())
    kind = kinds[int(generator.integers(len(kinds)))]
    return kind(generator, digits)


def drawn_scribble(digits: Sequence[DrawnDigit], *, seed: int, index: int) -> "NDArray[np.uint8]":
    """One scribble with a random pen, through the preprocessing, `uint8 (28, 28)`.

    It follows from the digits, seed and index alone.
    """
    generator = np.random.default_rng([seed, index, NOT_A_DIGIT])
    strokes = random_scribble(generator, digits)
    return through_preprocessing(render(strokes, pen_px=float(generator.uniform(*PEN_PX))))


def _area(generator: np.random.Generator) -> tuple[float, tuple[float, float]]:
    """A random extent and centre on the canvas."""
    extent = float(generator.uniform(*_EXTENT_SHARE)) * CANVAS_SIDE_PX
    margin = extent / 2
    x = float(generator.uniform(margin, CANVAS_SIDE_PX - margin))
    y = float(generator.uniform(margin, CANVAS_SIDE_PX - margin))
    return extent, (x, y)


def _placed(generator: np.random.Generator, strokes: Sequence[Stroke]) -> tuple[Stroke, ...]:
    extent, center = _area(generator)
    return place(strokes, extent_px=extent, center_px=center)


def _random_walk(generator: np.random.Generator, _: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """A long line that turns at random: a tangle."""
    steps = int(generator.integers(*_WALK_STEPS))
    spread = generator.uniform(*_WALK_TURN)
    turns: Stroke = np.cumsum(generator.normal(0.0, spread, size=steps))
    return _placed(generator, [_line(np.cumsum(np.cos(turns)), np.cumsum(np.sin(turns)))])


def _back_and_forth(generator: np.random.Generator, _: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """A zigzag, as a child fills an area; five reversals at least, since fewer can be a 2, a 3 or a Z."""
    turns = int(generator.integers(*_ZIGZAG_TURNS))
    noise_across, noise_along = _ZIGZAG_NOISE
    steps: Stroke = np.arange(turns, dtype=np.float64)
    sides = np.mod(steps, 2.0)
    across = np.add(sides, generator.normal(0.0, noise_across, size=turns))
    levels = np.linspace(0.0, generator.uniform(*_ZIGZAG_LENGTH), turns)
    along = np.add(levels, generator.normal(0.0, noise_along, size=turns))
    return _placed(generator, [_rotate(_line(across, along), generator.uniform(0.0, math.pi))])


def _dash(generator: np.random.Generator, _: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """One level stroke, at most 25° off: steeper ones might be a 1."""
    line = _line(np.linspace(0.0, 1.0, _DASH_POINTS), generator.normal(0.0, _DASH_NOISE, size=_DASH_POINTS))
    return _placed(generator, [_rotate(line, generator.uniform(-_DASH_TILT, _DASH_TILT))])


def _dot(generator: np.random.Generator, _: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """A dab of the pen: a few points close together."""
    center = _area(generator)[1]
    return (np.add(generator.normal(0.0, _DOT_SPREAD_PX, size=(_DOT_POINTS, 2)), center),)


def _crossing_lines(generator: np.random.Generator, _: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """Four to eight straight lines across one another: a hash, a star, a fence."""
    lines: list[Stroke] = list(generator.uniform(0.0, 1.0, size=(int(generator.integers(*_LINES)), 2, 2)))
    return _placed(generator, lines)


def _polygon(generator: np.random.Generator, _: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """A closed triangle or square with a diagonal cross inside: a house, an envelope."""
    corners = int(generator.integers(*_CORNERS))
    angles = np.add(np.linspace(0.0, 2 * math.pi, corners + 1), generator.uniform(0.0, math.pi))
    outline = _line(np.cos(angles), np.sin(angles))
    first: Stroke = outline[[0, 2]]
    second: Stroke = outline[[1, -2]]
    return _placed(generator, [outline, first, second])


def _two_digits(generator: np.random.Generator, digits: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """Two digits side by side."""
    first, second = (digits[index].strokes for index in _pick(generator, len(digits), 2))
    left = place(first, extent_px=1.0, center_px=(0.0, 0.0))
    right = place(second, extent_px=1.0, center_px=(float(generator.uniform(*_NEIGHBOUR_DISTANCE)), 0.0))
    return _placed(generator, [*left, *right])


def _overlaid_digits(generator: np.random.Generator, digits: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """Three digits on top of one another, turned at random."""
    strokes: list[Stroke] = []
    for index in _pick(generator, len(digits), _OVERLAID):
        digit = place(digits[index].strokes, extent_px=1.0, center_px=(0.0, 0.0))
        angle = generator.uniform(0.0, 2 * math.pi)
        strokes += [np.add(_rotate(stroke, angle), generator.normal(0.0, _OVERLAID_SHIFT, size=2)) for stroke in digit]
    return _placed(generator, strokes)


def _rotate(points: Stroke, angle: float) -> Stroke:
    cos, sin = math.cos(angle), math.sin(angle)
    rows = [[cos, sin], [-sin, cos]]
    turn: Stroke = np.array(rows)
    turned: Stroke = np.matmul(points, turn)
    return turned


def _line(x: Stroke, y: Stroke) -> Stroke:
    """Two coordinates `(points,)` → `(points, 2)`."""
    both = [x, y]
    line: Stroke = np.stack(both, axis=1)
    return line


def _pick(generator: np.random.Generator, limit: int, count: int) -> list[int]:
    """Some indices below `limit`, with repetition."""
    indices: list[int] = generator.integers(limit, size=count).tolist()
    return indices


_Kind = Callable[[np.random.Generator, Sequence[DrawnDigit]], tuple[Stroke, ...]]
_FREE_KINDS: Final[tuple[_Kind, ...]] = (_random_walk, _back_and_forth, _dash, _dot, _crossing_lines, _polygon)
_BORROWING_KINDS: Final[tuple[_Kind, ...]] = (_two_digits, _overlaid_digits)
