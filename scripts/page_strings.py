"""Numbers whose digits touch, made from digits that may be learnt from, and whose ink is whose."""

import math
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.config import TrainingSettings
from handwriting_ai.data.mnist import Part, load_mnist
from handwriting_ai.data.split import split_rows, trained_on
from handwriting_ai.data.strokes import DrawnDigit, load_stroke_files, place, render
from handwriting_ai.preprocess import FULL_INK, Gray

Mask: TypeAlias = "NDArray[np.bool_]"

OF_MNIST: Final = 0.5
"""Share of the strings whose digits are MNIST's."""
TOUCHING: Final = 0.75
"""Share of the neighbours that touch."""
DEEPEST: Final = 0.17
"""How far touching digits run into each other after they meet, in heights."""
LIGATURES: Final = 0.06
"""Share of the touching neighbours that a stroke joins instead."""
MOST: Final = 5
"""Digits of a string."""
_INK: Final = 100
"""The grey level above which a pixel is ink."""
_PICTURE_PX: Final = 64.0
"""Height of a digit, before it is varied."""


@dataclass(frozen=True)
class PageDigits:
    """What pages may be made of that are learnt from: digits of no held-out writer."""

    scans: tuple[tuple[int, Gray], ...]
    """MNIST's with their labels, `uint8 (28, 28)`."""
    drawn: tuple[DrawnDigit, ...]


def load_page_digits(settings: TrainingSettings) -> PageDigits:
    """MNIST's training digits, without those of validation, and the pen strokes of training's writers.

    Raises:
        DataError: MNIST or the pen strokes are missing or damaged.
    """
    mnist = load_mnist(settings.data_dir, Part.TRAIN)
    picked = mnist.pick(split_rows(mnist.labels)[0])
    labels: list[int] = picked.labels.tolist()
    images: list[Gray] = list(picked.images)
    drawn = [digit for file in load_stroke_files(*settings.stroke_folders) for digit in trained_on(file)]
    return PageDigits(scans=tuple(zip(labels, images, strict=True)), drawn=tuple(drawn))


@dataclass(frozen=True, kw_only=True, eq=False)
class MadeString:
    """Digits beside each other."""

    labels: tuple[int, ...]
    inks: tuple[Gray, ...] = field(repr=False)
    """Of each digit alone, all `uint8 (h, w)` of the whole picture."""
    joints: Gray = field(repr=False)
    """Strokes between digits that are no digit's."""

    @property
    def ink(self) -> Gray:
        """All of it."""
        total = self.joints.copy()
        for ink in self.inks:
            np.maximum(total, ink, out=total)
        return total


def one_digit(
    digits: PageDigits, rng: np.random.Generator, *, scanned: bool, height: float, pen: float
) -> tuple[int, Gray]:
    """A digit's label and its ink, trimmed: its longer side is `height`."""
    if scanned:
        label, scan = digits.scans[int(rng.integers(len(digits.scans)))]
        return label, _enlarged(scan, height)
    drawn = digits.drawn[int(rng.integers(len(digits.drawn)))]
    side = int(height + 2 * pen + 8)
    middle = (side / 2, side / 2)
    return drawn.label, _trimmed(
        render(place(drawn.strokes, extent_px=max(height - pen, 4.0), center_px=middle), pen_px=pen, side_px=side)
    )


def make_string(digits: PageDigits, rng: np.random.Generator) -> MadeString:
    """Between one and five digits; most of them touch."""
    count = 1 + int(rng.integers(MOST)) if rng.random() < 0.7 else 2
    scanned = rng.random() < OF_MNIST
    height = _PICTURE_PX * math.exp(rng.normal(0, 0.35))
    pen = height * math.exp(rng.uniform(math.log(0.03), math.log(0.17)))
    spread = (0.06, 0.15, 0.3)[int(rng.integers(3))]
    room = int(height * 1.9) + 8
    canvas: Gray = np.zeros((2 * room, count * room + 16), dtype=np.uint8)
    inks: list[Gray] = []
    labels: list[int] = []
    joints: Gray = np.zeros_like(canvas)
    right = 4
    for _ in range(count):
        tall = height * min(max(rng.normal(1.0, spread), 0.55), 1.7)
        if rng.random() < 0.1:
            scanned = not scanned
        label, patch = one_digit(digits, rng, scanned=scanned, height=tall, pen=pen)
        rows, columns = len(patch), len(patch.T)
        base = round(1.3 * room + rng.normal(0, 0.07) * height)
        top = min(max(base - rows - round(0.3 * height * (rows < 0.6 * columns)), 0), len(canvas) - rows)
        left = right + round(height * rng.uniform(0.04, 0.3))
        if inks and rng.random() < TOUCHING:
            if rng.random() < LIGATURES:
                _join(joints, inks[-1], top, left, patch, pen, rng)
            else:
                left = _meeting(inks, patch, top, right) - round(height * rng.uniform(-0.01, DEEPEST))
        left = max(left, 0)
        if left + columns > len(canvas.T):
            break
        own: Gray = np.zeros_like(canvas)
        own[top : top + rows, left : left + columns] = patch
        inks.append(own)
        labels.append(label)
        right = left + columns
    return MadeString(labels=tuple(labels), inks=tuple(inks), joints=joints)


def _join(joints: Gray, before: Gray, top: int, left: int, patch: Gray, pen: float, rng: np.random.Generator) -> None:
    """A stroke from somewhere on the last digit to the left of the next one."""
    x, y, wide, tall = cv2.boundingRect(before)
    row = y + int(tall * rng.uniform(0.1, 0.95))
    at_height: Gray = before[row]
    inked: list[int] = np.flatnonzero(np.greater(at_height, _INK)).tolist()
    start = inked[-1] if inked else x + wide // 2
    target = min(max(round((row - top) + rng.normal(0, 0.1) * tall), 0), len(patch) - 1)
    at_target: Gray = patch[target]
    there: list[int] = np.flatnonzero(np.greater(at_target, _INK)).tolist()
    end = left + (there[0] if there else len(patch.T) // 2)
    cv2.line(joints, (start, row), (end, top + target), FULL_INK, max(1, round(pen * 0.8)), cv2.LINE_AA)


def _meeting(inks: list[Gray], patch: Gray, top: int, right: int) -> int:
    """The left edge at which the patch's ink first meets the ink before it, coming from the right."""
    rows, columns = len(patch), len(patch.T)
    band = inks[-1][top : top + rows]
    reach: Mask = np.greater(band, _INK)
    own: Mask = np.greater(patch, _INK)
    width = len(band.T)
    every: NDArray[np.int64] = np.arange(width, dtype=np.int64)
    places: NDArray[np.int64] = np.where(reach, every, -width)
    last: NDArray[np.int64] = np.max(places, axis=1)
    is_inked: Mask = np.any(own, axis=1)
    leftmost: NDArray[np.int64] = np.argmax(own, axis=1)
    first: NDArray[np.int64] = np.where(is_inked, leftmost, columns + width)
    gaps: NDArray[np.int64] = np.subtract(last, first)
    meeting: int = gaps.max()
    return min(max(meeting, right - columns), right + columns)


def _enlarged(scan: Gray, height: float) -> Gray:
    """A scan with the edges of a pen: the greys between are made steeper."""
    trimmed = _trimmed(scan)
    rows, columns = len(trimmed), len(trimmed.T)
    scale = height / max(rows, columns)
    size = (max(2, round(columns * scale)), max(2, round(rows * scale)))
    grown = cv2.resize(trimmed, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    if scale < 2:
        return grown
    levels: NDArray[np.float32] = np.subtract(grown, np.float32(60), dtype=np.float32)
    steeper: NDArray[np.float32] = np.clip(np.multiply(levels, np.float32(FULL_INK / 120)), 0, FULL_INK)
    return steeper.astype(np.uint8)


def _trimmed(picture: Gray) -> Gray:
    mask = np.greater(picture, 40).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(mask)
    return np.ascontiguousarray(picture[top : top + height, left : left + width])
