"""Pages of handwritten numbers with what stands on them: where every digit is, and what disturbs."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import cv2
import numpy as np
from benchmarks.page_sources import Source
from numpy.typing import NDArray

Gray: TypeAlias = "NDArray[np.uint8]"

_FONTS: Final = (
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
)
_WORDS: Final = (
    "Number",
    "Name",
    "Address",
    "please",
    "write",
    "here",
    "amount",
    "total",
)


@dataclass(frozen=True, kw_only=True)
class Placed:
    """One digit on a page."""

    label: int
    left: int
    top: int
    width: int
    height: int
    line: int
    number: int
    touching: bool = False
    """Whether its ink runs into a neighbour's."""


@dataclass(frozen=True, kw_only=True)
class PageStyle:
    """What a page looks like."""

    side_px: int = 1600
    digit_px: tuple[int, int] = (40, 120)
    """Smallest and largest digits of a page."""
    size_spread: float = 0.12
    """Standard deviation of a digit's size, as a share of it."""
    lines: tuple[int, int] = (1, 12)
    digits: tuple[int, int] = (1, 8)
    """Of a number."""
    tilt_deg: float = 0.0
    """Largest slope of the lines."""
    bend: float = 0.0
    """Largest rise in the middle of a line, as a share of its length."""
    touching: float = 0.0
    """Share of the neighbours that touch."""
    words: int = 0
    """Printed words, above the digits and beside them."""
    boxes: bool = False
    rules: bool = False

    def at(self, side_px: int) -> "PageStyle":
        """The same on a page of another size."""
        return replace(self, side_px=side_px)


@dataclass(frozen=True, kw_only=True, eq=False)
class MadePage:
    """A page and its truth."""

    picture: Gray
    """Dark ink on light paper."""
    digits: tuple[Placed, ...]
    owner: "NDArray[np.int32]" = field(repr=False)
    """`(h, w)`: 1 + the index of the digit whose ink lies there, 0 elsewhere."""

    @property
    def text(self) -> str:
        """As `PageReading.text` gives it: a line for each line, a space between two numbers."""
        lines: dict[int, dict[int, str]] = {}
        for digit in self.digits:
            numbers = lines.setdefault(digit.line, {})
            numbers[digit.number] = numbers.get(digit.number, "") + str(digit.label)
        return "\n".join(" ".join(lines[line].values()) for line in sorted(lines))


def sized(source: Source, height: int) -> Gray:
    """The digit's ink at a size: its longer side."""
    rows, columns = len(source.ink), len(source.ink.T)
    scale = height / max(rows, columns)
    size = (max(2, round(columns * scale)), max(2, round(rows * scale)))
    shrinks = scale < 1
    grown = cv2.resize(source.ink, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    if scale > 2:  # an enlarged bitmap has soft edges that no pen has
        soft: NDArray[np.float32] = grown.astype(np.float32)
        steep: NDArray[np.float32] = np.multiply(np.subtract(soft, np.float32(127)), np.float32(min(scale / 2, 4.0)))
        firm: NDArray[np.float32] = np.clip(np.add(steep, np.float32(127)), 0, 255)
        return firm.astype(np.uint8)
    return grown


class PageMaker:
    """Draws pages; the same generator gives the same pages."""

    def __init__(
        self, sources: Sequence[Source], generator: np.random.Generator, overlap: tuple[float, float] = (0.0, 2.0)
    ) -> None:
        """`overlap`: how far touching digits run into each other after they meet, in pixels of 20 for a digit."""
        self._sources, self._random, self._overlap_px = sources, generator, overlap

    def page(self, style: PageStyle) -> MadePage:
        """One page."""
        random = self._random
        side = style.side_px
        shape = (side * 3 // 4, side) if random.random() < 0.5 else (side, side * 3 // 4)
        ink = np.zeros(shape, dtype=np.uint8)
        owner = np.zeros(shape, dtype=np.int32)
        size = int(random.integers(*style.digit_px))
        placed: list[Placed] = []
        occupied: list[tuple[int, int, int, int]] = []
        slope = float(np.tan(np.radians(random.uniform(-style.tilt_deg, style.tilt_deg))))
        rise = float(random.uniform(-style.bend, style.bend)) * shape[1]
        top = size + int(abs(slope) * shape[1] / 2 + abs(rise))
        y = float(top)
        wanted = int(random.integers(style.lines[0], style.lines[1] + 1))
        word_lines = max(1, style.words // 6) if style.words else 0
        if style.words:
            y += 1.2 * size * word_lines * 0.7
        first = y
        for line in range(wanted):
            if y + 1.6 * size + abs(slope) * shape[1] / 2 + abs(rise) > shape[0]:
                break
            x = size * float(random.uniform(0.5, 1.5))
            number = 0
            while True:
                count = int(random.integers(style.digits[0], style.digits[1] + 1))
                if x + count * size * 1.15 + size > shape[1]:
                    break
                x = self._number(ink, owner, placed, style, (x, y), size, (line, number), count, slope, rise)
                number += 1
                x += size * float(random.uniform(1.0, 2.0))
                if random.random() < 0.35:
                    break
            y += size * float(random.uniform(1.6, 2.2))
        dark = ink.copy()
        if style.words:
            self._words(dark, style, size, first, shape)
        if style.rules:
            gap = max(12, int(size * random.uniform(0.5, 1.2)))
            dark[::gap, :] = np.maximum(dark[::gap, :], 110)
        if style.boxes:
            occupied.extend((digit.left, digit.top, digit.width, digit.height) for digit in placed)
            for left, upper, width, height in occupied:
                pad = max(4, size // 6)
                cv2.rectangle(
                    dark, (left - pad, upper - pad), (left + width + pad, upper + height + pad), 200, max(1, size // 40)
                )
        darkness: NDArray[np.float32] = np.multiply(dark, np.float32(190 / 255), dtype=np.float32)
        noise: NDArray[np.float32] = random.normal(235.0, 3.0, shape).astype(np.float32)
        noisy: NDArray[np.float32] = np.clip(np.subtract(noise, darkness), 0, 255)
        blurred = cv2.GaussianBlur(noisy.astype(np.uint8), (0, 0), 0.7)
        return MadePage(picture=blurred, digits=tuple(placed), owner=owner)

    def _number(
        self,
        ink: Gray,
        owner: "NDArray[np.int32]",
        placed: list[Placed],
        style: PageStyle,
        at: tuple[float, float],
        size: int,
        key: tuple[int, int],
        count: int,
        slope: float,
        rise: float,
    ) -> float:
        random = self._random
        x, y = at
        height, width = len(ink), len(ink.T)
        before = None
        for _ in range(count):
            source = self._sources[int(random.integers(len(self._sources)))]
            tall = max(10, int(size * min(max(float(random.normal(1.0, style.size_spread)), 0.5), 1.8)))
            patch = sized(source, tall)
            rows, columns = len(patch), len(patch.T)
            middle = width / 2
            shift = slope * (x - middle) + rise * (1 - ((x - middle) / middle) ** 2)
            top = int(y + size - rows + shift + random.normal(0, 0.04 * size))
            if len(source.ink) < 0.6 * len(source.ink.T):
                top -= int(0.3 * size)
            touching = before is not None and random.random() < style.touching
            left = self._touch(owner, patch, top, before) if touching and before is not None else int(x)
            left, top = max(left, 2), min(max(top, 2), height - rows - 2)
            if left + columns + 2 > width:
                break
            area = ink[top : top + rows, left : left + columns]
            area_owner = owner[top : top + rows, left : left + columns]
            if not touching:  # keep off
                tries = 0
                kernel: Gray = np.ones((5, 5), dtype=np.uint8)
                grown = cv2.dilate(np.greater(patch, 40).astype(np.uint8), kernel)
                while tries < 40 and bool(((area_owner > 0) & (grown > 0)).any()) and left + columns + 4 < width:
                    left += 2
                    tries += 1
                    area = ink[top : top + rows, left : left + columns]
                    area_owner = owner[top : top + rows, left : left + columns]
            overlap = touching and bool(((area_owner > 0) & (patch > 60)).any())
            np.maximum(area, patch, out=area)
            placed.append(
                Placed(
                    label=source.label,
                    left=left,
                    top=top,
                    width=columns,
                    height=rows,
                    line=key[0],
                    number=key[1],
                    touching=overlap,
                )
            )
            fresh: NDArray[np.bool_] = np.greater(patch, 60) & np.equal(area_owner, 0)
            area_owner[fresh] = len(placed)
            if overlap:
                last = placed[-2]
                placed[-2] = replace(last, touching=True)
            before = placed[-1]
            apart = (0.4, 0.6) if style.boxes else (0.10, 0.35)
            x = left + columns + size * float(random.uniform(*apart))
        return x

    def _touch(self, owner: "NDArray[np.int32]", patch: Gray, top: int, before: Placed) -> int:
        """Where the patch's left edge comes to lie, so that its ink runs into the neighbour's by 0–4 pixels of 28."""
        rows, columns = len(patch), len(patch.T)
        limit = before.left + before.width + 2
        mask: NDArray[np.bool_] = np.greater(patch, 60)
        step = max(1, rows // 40)
        left = limit
        while left > before.left + 2:
            part: NDArray[np.int32] = owner[max(top, 0) : top + rows, left : left + columns]
            if part.size != mask.size:
                return limit
            if bool(((part > 0) & mask).any()):
                break
            left -= step
        deeper = int(float(self._random.uniform(*self._overlap_px)) * rows / 20)
        return max(left - deeper, before.left + max(3, before.width // 3))

    def _words(self, dark: Gray, style: PageStyle, size: int, first: float, shape: tuple[int, int]) -> None:
        random = self._random
        font = int(_FONTS[int(random.integers(len(_FONTS)))])
        x, y = size * 0.4, first - size * 0.7
        scale = size * float(random.uniform(0.4, 0.8)) / 22 / 1.5
        upper = random.random() < 0.3
        for _ in range(style.words):
            word = _WORDS[int(random.integers(len(_WORDS)))]
            word = word.upper() if upper else word
            (wide, tall), _base = cv2.getTextSize(word, font, scale, max(1, int(scale * 2)))
            if x + wide > shape[1] - 10:
                x, y = size * 0.4, y - tall * 1.9
            if y < tall + 4:
                return
            cv2.putText(dark, word, (int(x), int(y)), font, scale, 230, max(1, int(scale * 2)), cv2.LINE_AA)
            x += wide + tall * 0.9
