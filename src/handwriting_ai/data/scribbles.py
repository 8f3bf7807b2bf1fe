"""Drawings that are no digit: what a network should not be sure about.

Trained towards equal probabilities, they teach it to say so ("outlier exposure", Hendrycks et al. 2019).
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from handwriting_ai.data.strokes import CANVAS_SIDE_PX, DrawnDigit, Stroke, place

NOT_A_DIGIT: Final = 10
"""The label of a scribble."""


def random_scribble(generator: np.random.Generator, digits: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """The strokes of one drawing that is no digit, in pixels of the canvas; `digits` lend their strokes to some."""
    kinds = _FREE_KINDS + (_BORROWING_KINDS if digits else ())
    kind = kinds[int(generator.integers(len(kinds)))]
    return kind(generator, digits)


def _area(generator: np.random.Generator) -> tuple[float, tuple[float, float]]:
    """A random extent and centre on the canvas."""
    extent = float(generator.uniform(0.3, 0.9)) * CANVAS_SIDE_PX
    margin = extent / 2
    x, y = generator.uniform(margin, CANVAS_SIDE_PX - margin, size=2)
    return extent, (float(x), float(y))


def _placed(generator: np.random.Generator, strokes: Sequence[Stroke]) -> tuple[Stroke, ...]:
    extent, center = _area(generator)
    return place(strokes, extent_px=extent, center_px=center)


def _random_walk(generator: np.random.Generator, _: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """A long line that turns at random: a tangle."""
    steps = int(generator.integers(60, 250))
    turns = generator.normal(0.0, generator.uniform(0.3, 1.2), size=steps).cumsum()
    return _placed(generator, [np.stack([np.cos(turns).cumsum(), np.sin(turns).cumsum()], axis=1)])


def _back_and_forth(generator: np.random.Generator, _: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """A zigzag, as a child fills an area; five reversals at least, since fewer can be a 2, a 3 or a Z."""
    turns = int(generator.integers(5, 20))
    across = np.tile([0.0, 1.0], turns)[:turns] + generator.normal(0.0, 0.08, size=turns)
    along = np.linspace(0.0, generator.uniform(0.4, 1.5), turns) + generator.normal(0.0, 0.03, size=turns)
    return _placed(generator, [_rotate(np.stack([across, along], axis=1), generator.uniform(0.0, np.pi))])


def _dash(generator: np.random.Generator, _: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """One level stroke, at most 25° off: steeper ones might be a 1."""
    line: Stroke = np.stack([np.linspace(0.0, 1.0, 12), generator.normal(0.0, 0.02, size=12)], axis=1)
    return _placed(generator, [_rotate(line, generator.uniform(-0.43, 0.43))])


def _dot(generator: np.random.Generator, _: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """A dab of the pen: a few points close together."""
    _, center = _area(generator)
    return (generator.normal(0.0, 2.0, size=(6, 2)) + center,)


def _crossing_lines(generator: np.random.Generator, _: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """Four to eight straight lines across one another: a hash, a star, a fence."""
    ends = generator.uniform(0.0, 1.0, size=(int(generator.integers(4, 9)), 2, 2))
    return _placed(generator, [np.linspace(pair[0], pair[1], 8) for pair in ends])


def _polygon(generator: np.random.Generator, _: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """A closed triangle or square with a diagonal cross inside: a house, an envelope."""
    corners = int(generator.integers(3, 5))
    angles = np.linspace(0.0, 2 * np.pi, corners + 1) + generator.uniform(0.0, np.pi)
    outline: Stroke = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    cross = [np.stack([outline[0], outline[2]]), np.stack([outline[1], outline[-2]])]
    return _placed(generator, [outline, *cross])


def _two_digits(generator: np.random.Generator, digits: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """Two digits side by side."""
    first, second = (digits[int(index)].strokes for index in generator.integers(len(digits), size=2))
    left = place(first, extent_px=1.0, center_px=(0.0, 0.0))
    right = place(second, extent_px=1.0, center_px=(float(generator.uniform(0.8, 1.1)), 0.0))
    return _placed(generator, [*left, *right])


def _overlaid_digits(generator: np.random.Generator, digits: Sequence[DrawnDigit]) -> tuple[Stroke, ...]:
    """Three digits on top of one another, turned at random."""
    strokes: list[Stroke] = []
    for index in generator.integers(len(digits), size=3):
        digit = place(digits[int(index)].strokes, extent_px=1.0, center_px=(0.0, 0.0))
        angle = generator.uniform(0.0, 2 * np.pi)
        strokes += [_rotate(stroke, angle) + generator.normal(0.0, 0.2, size=2) for stroke in digit]
    return _placed(generator, strokes)


def _rotate(points: Stroke, angle: float) -> Stroke:
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned: Stroke = points @ turn
    return turned


_Kind = Callable[[np.random.Generator, Sequence[DrawnDigit]], tuple[Stroke, ...]]
_FREE_KINDS: Final[tuple[_Kind, ...]] = (_random_walk, _back_and_forth, _dash, _dot, _crossing_lines, _polygon)
_BORROWING_KINDS: Final[tuple[_Kind, ...]] = (_two_digits, _overlaid_digits)
