"""The lines of a made page, before they are laid out: digits side by side, scaled, apart or touching."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.preprocess import Gray

_WIDEST: Final = 1.1
"""Width of a digit over the height it should have, at most: a lying stroke is not enlarged to a line's height."""
_UNSTEADY: Final = 0.04
"""Standard deviation of a digit's foot from its line, in heights."""
_NUMBER_GAP: Final = (1.1, 2.2)
"""Between two numbers, in heights."""
_LEAST_GAP_PX: Final = 2
CELL: Final = 1.25
"""Width of a box, in heights."""
_IS_INK: Final = 100
_FAR_PX: Final = 1_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledInk:
    """One written digit."""

    label: int
    ink: Gray
    """`uint8 (n, m)`, ink 255 on 0."""


@dataclass(frozen=True, kw_only=True)
class PageStyle:
    """How a page is written. Lengths without a unit are shares of a digit's height."""

    lines: int = 3
    numbers: int = 2
    """In a line, as far as they fit."""
    digits: tuple[int, int] = (1, 8)
    """Fewest and most of a number."""
    height_px: int = 90
    """Of a digit, on the flat sheet."""
    size_spread: float = 0.08
    """Standard deviation of the digits' heights."""
    gap: tuple[float, float] = (0.08, 0.35)
    """Between the ink of neighbours."""
    touching: float = 0.0
    """Share of neighbours that touch."""
    overlap_px: tuple[int, int] = (0, 4)
    """How far the ink of those reaches into one another."""
    slope: float = 0.0
    """How far a line rises or falls, as a share of its length."""
    line_gap: float = 0.9
    """Between the lines."""
    words: int = 0
    """Words in letters, beside the numbers or on lines of their own."""
    boxes: bool = False
    """Whether each digit stands in a printed box."""
    rules: bool = False
    """Whether each line stands on a printed rule."""


@dataclass(kw_only=True)
class Written:
    """A digit on the flat sheet."""

    label: int
    number: int
    ink: Gray
    left: int
    top: int
    touches: bool = False

    @property
    def width(self) -> int:
        """In pixels."""
        width: int = self.ink.shape[1]
        return width

    @property
    def height(self) -> int:
        """In pixels."""
        height: int = self.ink.shape[0]
        return height


def write_line(pool: Sequence[LabelledInk], rng: np.random.Generator, style: PageStyle) -> list[Written]:
    """The digits of a line from left to right, standing on 0."""
    line: list[Written] = []
    for number in range(style.numbers):
        for place in range(int(rng.integers(style.digits[0], style.digits[1] + 1))):
            digit = _scaled(pool[int(rng.integers(len(pool)))], number, rng, style)
            digit.left = _left_of(digit, line, rng, style, begins=place == 0)
            line.append(digit)
    return line


def _scaled(chosen: LabelledInk, number: int, rng: np.random.Generator, style: PageStyle) -> Written:
    """Cut out and scaled to its height."""
    left, top, width, height = cv2.boundingRect(chosen.ink)
    wanted = style.height_px * max(0.5, 1 + rng.normal(0, style.size_spread))
    scale = min(wanted / max(height, 1), _WIDEST * wanted / max(width, 1))
    shape = (max(1, round(width * scale)), max(1, round(height * scale)))
    ink = cv2.resize(
        np.ascontiguousarray(chosen.ink[top : top + height, left : left + width]), shape, interpolation=cv2.INTER_AREA
    )
    drop = round(style.height_px * rng.normal(0, _UNSTEADY))
    return Written(label=chosen.label, number=number, ink=ink, left=0, top=drop - shape[1])


def _left_of(
    digit: Written, line: Sequence[Written], rng: np.random.Generator, style: PageStyle, *, begins: bool
) -> int:
    """Where a digit begins that follows the line's last one; `begins`: another number begins with it."""
    if not line:
        return 0
    last = line[-1]
    if style.boxes:
        cell = round(CELL * style.height_px)
        before = (last.left + last.width // 2) // cell + (2 if begins else 1)
        return before * cell + (cell - digit.width) // 2 + round(rng.normal(0, 0.04) * cell)
    end = last.left + last.width
    if begins:
        return end + round(style.height_px * rng.uniform(*_NUMBER_GAP))
    if rng.random() < style.touching:
        last.touches = digit.touches = True
        return _beside(last, digit, reach=0) - int(rng.integers(style.overlap_px[0], style.overlap_px[1] + 1))
    gap = max(_LEAST_GAP_PX, round(style.height_px * rng.uniform(*style.gap)))
    return max(_beside(last, digit, reach=gap) + gap, last.left + last.width // 2)


def _beside(last: Written, digit: Written, *, reach: int) -> int:
    """Where a digit begins so that its ink just meets the last one's, looking so many rows up and down."""
    top = min(last.top, digit.top)
    rows = max(last.top + last.height, digit.top + digit.height) - top
    ends: NDArray[np.int64] = np.full(rows, -_FAR_PX, dtype=np.int64)
    starts: NDArray[np.int64] = np.full(rows, _FAR_PX, dtype=np.int64)
    tall = cv2.getStructuringElement(cv2.MORPH_RECT, (1, 2 * reach + 1))
    is_last: NDArray[np.bool_] = np.greater(cv2.dilate(last.ink, tall), _IS_INK)
    is_digit: NDArray[np.bool_] = np.greater(digit.ink, _IS_INK)
    is_mirrored: NDArray[np.bool_] = is_last[:, ::-1]
    first, after = last.top - top, last.top - top + last.height
    ends[first:after] = np.subtract(last.width, _first_ink(is_mirrored))
    first, after = digit.top - top, digit.top - top + digit.height
    starts[first:after] = _first_ink(is_digit)
    meeting: int = np.subtract(ends, starts).max()
    return last.left + (meeting if meeting > -_FAR_PX // 2 else last.width)


def _first_ink(is_ink: "NDArray[np.bool_]") -> "NDArray[np.int64]":
    """For each row the first column with ink; far to the right where there is none."""
    columns: NDArray[np.int64] = np.argmax(is_ink, axis=1)
    columns[~is_ink.any(axis=1)] = _FAR_PX
    return columns
