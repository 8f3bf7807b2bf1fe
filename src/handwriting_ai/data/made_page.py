"""Made pages: numbers written in lines on made paper, and what they say.

A page is first written flat, in the pixels of a sheet: digits side by side on lines that may slope, some of them
touching, with words, boxes and rules where the style asks for them. Then `make_picture` photographs it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.made_paper import Change, make_picture, random_changes
from handwriting_ai.data.page_lines import CELL, LabelledInk, PageStyle, Written, write_line
from handwriting_ai.preprocess import FULL_INK, Gray
from handwriting_ai.support.boxes import Box

NOT_ON_PAGES: Final = frozenset(
    {"small", "large", "anywhere", "at_rim", "finger", "pen_beside", "holes", "scan_border", "box", "form"}
)
"""Changes that would hide digits or are made for one digit."""
_TALLEST: Final = 0.37
"""Height of a digit over the shorter side of the picture, at most."""
_WORD_ROOM: Final = 5.0
_FONT_PX: Final = 22
"""Height of a capital of OpenCV's fonts at scale 1."""
_FONTS: Final = (cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX, cv2.FONT_HERSHEY_SIMPLEX)
_WORDS: Final = ("kg", "Eur", "Total", "Sum", "left", "apples", "km", "Nov", "Mr.", "pages", "cm", "Tel.")


@dataclass(frozen=True, kw_only=True)
class PageDigit:
    """One digit of a page, and where the picture shows it."""

    label: int
    line: int
    number: int
    """Which number of its line, from 0."""
    box: Box
    touches: bool
    """Whether its ink touches a neighbour's."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MadePage:
    """A photographed page, and what is true of it."""

    picture: "NDArray[np.uint8]"
    """`(h, w, 3)`, red, green, blue."""
    ink: Gray
    """How much of each pixel the handwriting covers, words included, `uint8 (h, w)`."""
    digits: tuple[PageDigit, ...]
    """In reading order."""

    @property
    def text(self) -> str:
        """Lines from the top down, numbers with a space between them."""
        lines: dict[int, dict[int, str]] = {}
        for digit in self.digits:
            numbers = lines.setdefault(digit.line, {})
            numbers[digit.number] = numbers.get(digit.number, "") + str(digit.label)
        return "\n".join(" ".join(numbers.values()) for numbers in lines.values())


def make_page(
    pool: Sequence[LabelledInk],
    changes: Sequence[Change],
    rng: np.random.Generator,
    *,
    style: PageStyle,
    size: tuple[int, int] = (1200, 900),
    share: float = 0.9,
) -> MadePage:
    """Write numbers with digits of the pool and photograph the page.

    Args:
        pool: digits to choose from, of one writer and pen for a page as people write it.
        changes: as for `make_picture`.
        rng: decides everything that is random.
        style: how the page is written.
        size: height and width of the picture, in pixels.
        share: how much of the picture's height or width what is written takes, whichever it fills first; less where
            its digits would be taller than a third of the picture.

    Raises:
        ValueError: the pool is empty, or a change is unknown.
    """
    if not pool:
        raise ValueError("A page needs digits to choose from; the pool is empty.")
    lines = [write_line(pool, rng, style) for _ in range(style.lines)]
    sheet, printed = _lay_out(lines, rng, style)
    _, _, width, height = cv2.boundingRect(sheet)
    scale = share * min(size[1] / width, size[0] / height, _TALLEST * min(size) / style.height_px)
    made = make_picture(
        sheet,
        changes,
        rng,
        size=size,
        share=scale * max(width, height) / min(size),
        unit_share=style.height_px / max(width, height),
        printed=printed,
    )
    digits = [
        PageDigit(
            label=digit.label, line=row, number=digit.number, box=_seen_box(digit, made.place), touches=digit.touches
        )
        for row, line in enumerate(lines)
        for digit in line
    ]
    return MadePage(
        picture=made.picture, ink=made.ink, digits=tuple(digit for digit in digits if _is_inside(digit.box, size))
    )


def page_changes(rng: np.random.Generator) -> tuple[Change, ...]:
    """Random changes that a page can bear: none hides a digit, and it is turned and tilted by little."""
    changes = [change for change in random_changes(rng) if change[0] not in NOT_ON_PAGES]
    limits = {"turned": 1, "tilted": 1, "defocus": 3, "motion": 2, "coarse": 2}
    return tuple((kind, min(severity, limits.get(kind, severity))) for kind, severity in changes)


def _lay_out(lines: Sequence[list[Written]], rng: np.random.Generator, style: PageStyle) -> tuple[Gray, Gray]:
    """Move the digits to their places on the flat sheet; what is written there and what is printed, `uint8 (h, w)`."""
    height_px = style.height_px
    margin = 2 * height_px
    indent = [round(height_px * max(0.0, rng.normal(0, 0.5))) for _ in lines]
    longest = max(line[-1].left + line[-1].width + start for line, start in zip(lines, indent, strict=True))
    room = round(_WORD_ROOM * height_px) if style.words else 0
    width = longest + 2 * margin + room
    steepest = abs(style.slope) + 0.01
    pitch = round((1 + style.line_gap + 2 * style.size_spread) * height_px)
    sheet = np.zeros((len(lines) * pitch + 2 * margin + round(steepest * width), width), dtype=np.uint8)
    printed = np.zeros_like(sheet)
    start_y = margin + max(0, round(-style.slope * width))
    for row, (line, start) in enumerate(zip(lines, indent, strict=True)):
        slope = style.slope + rng.normal(0, 0.004)
        base = start_y + (row + 1) * pitch - round(style.line_gap * height_px / 2)
        for digit in line:
            digit.left += margin + start
            digit.top += base + round(slope * digit.left)
            _draw(sheet, digit)
        if style.rules:
            _draw_line(printed, [(0, base), (width, base + round(slope * width))], round(height_px / 30))
        if style.boxes:
            _draw_boxes(printed, line, base, slope, margin + start, style)
        if row < style.words:
            _draw_word(sheet, (line[-1].left + line[-1].width, base + round(slope * line[-1].left)), rng, height_px)
    return sheet, printed


def _draw(sheet: Gray, digit: Written) -> None:
    area = sheet[digit.top : digit.top + digit.height, digit.left : digit.left + digit.width]
    np.maximum(area, digit.ink, out=area)


def _draw_line(layer: Gray, points: Sequence[tuple[int, int]], width_px: int) -> None:
    ends: NDArray[np.int32] = np.array(points, dtype=np.int32)
    cv2.polylines(layer, [ends], False, FULL_INK, max(1, width_px), cv2.LINE_AA)


def _draw_boxes(layer: Gray, line: Sequence[Written], base: int, slope: float, start: int, style: PageStyle) -> None:
    """One round each digit."""
    cell = round(CELL * style.height_px)
    above, below = round(1.22 * style.height_px), round(0.2 * style.height_px)
    for digit in line:
        left = start + (digit.left + digit.width // 2 - start) // cell * cell
        level = base + round(slope * left)
        corners = [(left, level - above), (left + cell, level - above), (left + cell, level + below)]
        _draw_line(layer, [*corners, (left, level + below), corners[0]], round(style.height_px / 40))


def _draw_word(sheet: Gray, end: tuple[int, int], rng: np.random.Generator, height_px: int) -> None:
    """A word in letters after a line's last digit."""
    word = _WORDS[int(rng.integers(len(_WORDS)))]
    font = _FONTS[int(rng.integers(len(_FONTS)))]
    scale = height_px * rng.uniform(0.5, 0.8) / _FONT_PX
    corner = (end[0] + round(height_px * rng.uniform(0.7, 1.2)), end[1])
    cv2.putText(sheet, word, corner, font, scale, FULL_INK, max(1, round(height_px / 16)), cv2.LINE_AA)


def _seen_box(digit: Written, to_picture: "NDArray[np.float64]") -> Box:
    """The digit's box as the picture shows it."""
    right, bottom = digit.left + digit.width, digit.top + digit.height
    corners = [(digit.left, digit.top, 1.0), (right, digit.top, 1.0), (digit.left, bottom, 1.0), (right, bottom, 1.0)]
    flat: NDArray[np.float64] = np.array(corners, dtype=np.float64)
    seen: NDArray[np.float64] = np.matmul(flat, to_picture.T)
    xs: list[float] = np.divide(seen[:, 0], seen[:, 2]).tolist()
    ys: list[float] = np.divide(seen[:, 1], seen[:, 2]).tolist()
    left, top = math.floor(min(xs)), math.floor(min(ys))
    return Box(left, top, math.ceil(max(xs)) - left, math.ceil(max(ys)) - top)


def _is_inside(box: Box, size: tuple[int, int]) -> bool:
    return box.left >= 0 and box.top >= 0 and box.right <= size[1] and box.bottom <= size[0]
