"""Pictures of letters, signs and drawings: what a network should not be sure about, beside scribbles.

Kinds are split: some are trained on, others only measured, to see whether a network says "no digit" of what it has
never met.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from handwriting_ai.data.curves import column, curve, joined, rotated, spread
from handwriting_ai.data.outlines import DRAWINGS, LETTERS, OTHER_DRAWINGS, OTHER_LETTERS, Outline
from handwriting_ai.data.rendering import EXTENT_SHARE, PEN_PX, Canvas
from handwriting_ai.data.strokes import CANVAS_SIDE_PX, DrawnDigit, Stroke, place, render
from handwriting_ai.errors import BlankImage
from handwriting_ai.preprocess import FULL_INK, IMAGE_SIDE, left_out_share, preprocess

LEAST_EXTENT: Final = 0.25
"""Smallest of them, as a share of the canvas."""
_PEN_SHARE: Final = 0.10
"""Widest pen, as a share of the drawing: with a wider one its parts would run together."""
_MOST_LEFT_OUT: Final = 0.03
"""A drawing that loses more ink on its way, as a smiley its eyes, may have become a digit: another is drawn."""
_TRIES: Final = 20

# How far a drawing strays from its outline; shares of its size.
_POINT_NOISE: Final = 0.03
_ROTATION_DEG: Final = 7.0
_SLANT: Final = (-0.15, 0.3)
_WIDTH: Final = (0.7, 1.3)
_SMOOTHED: Final = 0.5
_ARROW_DEG: Final = (-50.0, 230.0)
"""Arrows point anywhere but up: that one is a 1 with two flags."""
_BLOB_POINTS: Final = 14
_BLOB_NOISE: Final = 0.15
_BLOB_WIDTH: Final = (0.85, 1.3)
_HALF: Final = (0.38, 0.5)
_FONT_UNIT_PX: Final = 4.0
_FONT_LARGEST: Final = 12
_PRINTED_LETTERS: Final = "AEFKMNPRXkmnwxd@#*+<>~^="
_OTHER_PRINTED: Final = "HWVeh%"
_FONTS: Final = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)
_OTHER_FONTS: Final = (cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX)


def drawn_no_digit(kind: str, digits: Sequence[DrawnDigit], *, seed: int, index: int) -> Canvas:
    """One picture of a kind through the preprocessing, `uint8 (28, 28)`.

    Args:
        kind: one of `TRAINED_KINDS` or `OTHER_KINDS`.
        digits: lend their strokes to halves of digits.
        seed: with the index it decides on all that is random.
        index: of the picture.
    """
    generator = np.random.default_rng([seed, index, list(_KINDS).index(kind)])
    for _ in range(_TRIES):
        try:
            steps = preprocess(_KINDS[kind](generator, digits)).steps
        except BlankImage:
            continue
        if left_out_share(steps) <= _MOST_LEFT_OUT:
            return steps[-1].picture
    return np.zeros((IMAGE_SIDE, IMAGE_SIDE), dtype=np.uint8)


def _outline(outlines: Sequence[Outline]) -> "_Kind":
    """A kind that draws one of some outlines with a pen."""

    def draw(generator: np.random.Generator, _: Sequence[DrawnDigit]) -> Canvas:
        return _with_pen(generator, _by_hand(generator, outlines[int(generator.integers(len(outlines)))]))

    return draw


def _arrow(generator: np.random.Generator, _: Sequence[DrawnDigit]) -> Canvas:
    turn = math.radians(float(generator.uniform(*_ARROW_DEG)))
    strokes = _by_hand(generator, DRAWINGS["arrow"])
    return _with_pen(generator, [rotated(stroke, turn) for stroke in strokes])


def _printed(signs: str, fonts: Sequence[int]) -> "_Kind":
    """A kind that prints one of some signs in one of some of OpenCV's fonts."""

    def draw(generator: np.random.Generator, _: Sequence[DrawnDigit]) -> Canvas:
        sign = signs[int(generator.integers(len(signs)))]
        font = fonts[int(generator.integers(len(fonts)))]
        scale = float(generator.uniform(_FONT_UNIT_PX / 2, 2 * _FONT_UNIT_PX))
        thickness = int(generator.integers(2, _FONT_LARGEST))
        (width, height), _baseline = cv2.getTextSize(sign, font, scale, thickness)
        canvas: Canvas = np.zeros((CANVAS_SIDE_PX, CANVAS_SIDE_PX), dtype=np.uint8)
        corner = ((CANVAS_SIDE_PX - width) // 2, (CANVAS_SIDE_PX + height) // 2)
        cv2.putText(canvas, sign, corner, font, scale, FULL_INK, thickness, cv2.LINE_AA)
        return canvas

    return draw


def _blob(generator: np.random.Generator, _: Sequence[DrawnDigit]) -> Canvas:
    """A filled patch, nearly as wide as high: a long one is a thick 1."""
    angles = np.linspace(0.0, 2 * math.pi, _BLOB_POINTS, endpoint=False)
    radii = np.add(1.0, generator.normal(0.0, _BLOB_NOISE, size=_BLOB_POINTS))
    width = float(generator.uniform(*_BLOB_WIDTH))
    outline = curve(np.multiply(np.multiply(width, radii), np.cos(angles)), np.multiply(radii, np.sin(angles)))
    canvas: Canvas = np.zeros((CANVAS_SIDE_PX, CANVAS_SIDE_PX), dtype=np.uint8)
    (placed,) = _placed(generator, [_smooth(joined(outline, outline[:1]))])
    cv2.fillPoly(canvas, [np.rint(placed).astype(np.int32)], FULL_INK, cv2.LINE_AA)
    return canvas


def _half(generator: np.random.Generator, digits: Sequence[DrawnDigit]) -> Canvas:
    """The lower part of a 2 or the upper part of a 5: halves of other digits are digits, or may be."""
    for _ in range(_LENDERS_ASKED if digits else 0):
        digit = digits[int(generator.integers(len(digits)))]
        if digit.label not in _HALVED:
            continue
        strokes = place(digit.strokes, extent_px=1.0, center_px=(0.0, 0.0))
        top, bottom = spread(strokes, 1)
        share = float(generator.uniform(*_HALF))
        cut = share * (bottom - top)
        least, most = (bottom - cut, bottom) if digit.label == _LOWER_HALF else (top, top + cut)
        pieces = [piece for stroke in strokes for piece in _between(stroke, least, most)]
        if pieces:
            return _with_pen(generator, pieces)
    raise ValueError(f"Of {len(digits)} digits none was found that lends a half: a 2 or a 5 is needed.")


def _between(stroke: Stroke, least: float, most: float) -> list[Stroke]:
    """The parts of a stroke between two heights."""
    y = column(stroke, 1)
    inside = np.logical_and(np.greater_equal(y, least), np.less_equal(y, most))
    breaks: list[int] = np.flatnonzero(np.not_equal(inside[1:], inside[:-1])).tolist()
    ends = [-1, *breaks, len(stroke) - 1]
    flags: list[bool] = inside.tolist()
    pieces = [(first + 1, last + 1) for first, last in pairwise(ends) if flags[last]]
    parts: list[Stroke] = [stroke[first:last] for first, last in pieces]
    return parts


def _by_hand(generator: np.random.Generator, outline: Outline) -> list[Stroke]:
    """With the unsteadiness, the slant and the proportions of a hand, its corners rounded or not."""
    turn = math.radians(float(generator.normal(0.0, _ROTATION_DEG)))
    slant, width = float(generator.uniform(*_SLANT)), float(generator.uniform(*_WIDTH))
    is_smooth = generator.uniform() < _SMOOTHED
    strokes: list[Stroke] = []
    for line in outline:
        noisy: Stroke = np.add(line, generator.normal(0.0, _POINT_NOISE, size=line.shape))
        drawn = _smooth(noisy) if is_smooth or len(line) > _FEW_POINTS else noisy
        across = np.subtract(np.multiply(width, column(drawn, 0)), np.multiply(slant, column(drawn, 1)))
        strokes.append(rotated(curve(across, column(drawn, 1)), turn))
    return strokes


def _smooth(line: Stroke) -> Stroke:
    """Corners cut twice (Chaikin 1974); the ends stay."""
    for _ in range(2):
        first, last = line[:1], line[-1:]
        quarter: Stroke = np.add(np.multiply(0.75, line[:-1]), np.multiply(0.25, line[1:]))
        three: Stroke = np.add(np.multiply(0.25, line[:-1]), np.multiply(0.75, line[1:]))
        pairs = [quarter, three]
        both: Stroke = np.stack(pairs, axis=1).reshape(-1, 2)
        line = joined(first, both, last)
    return line


def _with_pen(generator: np.random.Generator, strokes: Sequence[Stroke]) -> Canvas:
    placed = _placed(generator, strokes)
    extent = max(high - low for low, high in (spread(placed, axis) for axis in range(2)))
    pen = float(generator.uniform(PEN_PX[0], max(PEN_PX[0] + 1.0, min(PEN_PX[1], _PEN_SHARE * extent))))
    return render(placed, pen_px=pen)


def _placed(generator: np.random.Generator, strokes: Sequence[Stroke]) -> tuple[Stroke, ...]:
    extent = float(generator.uniform(LEAST_EXTENT, EXTENT_SHARE[1])) * CANVAS_SIDE_PX
    x, y = (float(generator.uniform(extent / 2, CANVAS_SIDE_PX - extent / 2)) for _ in range(2))
    return place(strokes, extent_px=extent, center_px=(x, y))


_LENDERS_ASKED: Final = 1_000
_FEW_POINTS: Final = 8
_LOWER_HALF: Final = 2
_HALVED: Final = frozenset({_LOWER_HALF, 5})
_Kind = Callable[[np.random.Generator, Sequence[DrawnDigit]], Canvas]
_TRAINED: Final[dict[str, _Kind]] = {
    "letters": _outline(tuple(LETTERS.values())),
    "printed letters and signs": _printed(_PRINTED_LETTERS, _FONTS),
    "ticks": _outline((DRAWINGS["tick"],)),
    "hearts": _outline((DRAWINGS["heart"],)),
    "smileys": _outline((DRAWINGS["smiley"],)),
    "arrows": _arrow,
    "blobs": _blob,
    "halves": _half,
}
_OTHER: Final[dict[str, _Kind]] = {
    "other letters": _outline(tuple(OTHER_LETTERS.values())),
    "other printed letters and signs": _printed(_OTHER_PRINTED, _OTHER_FONTS),
    **{f"drawing: {name}": _outline((outline,)) for name, outline in OTHER_DRAWINGS.items()},
}
_KINDS: Final = _TRAINED | _OTHER
TRAINED_KINDS: Final = tuple(_TRAINED)
"""Kinds that are trained on."""
OTHER_KINDS: Final = tuple(_OTHER)
"""Kinds that no network is trained on, for measuring."""
