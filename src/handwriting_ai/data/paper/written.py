"""Made photographs of the digits that may be learnt from: MNIST's and the pen strokes' of training, one or a page."""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.config import TrainingSettings
from handwriting_ai.data.made_paper import (
    LIGHT_INK,
    Change,
    MadePicture,
    make_picture,
    random_changes,
    random_picture,
)
from handwriting_ai.data.mnist import Part, load_mnist
from handwriting_ai.data.split import split_rows, writers_left_out
from handwriting_ai.data.strokes import DrawnDigit, load_stroke_files, place, render
from handwriting_ai.preprocess import FULL_INK, IMAGE_SIDE, Gray

OF_MNIST: Final = 0.2
"""Share of the digits that are MNIST's, not drawn with a pen."""
SINGLE: Final = 0.65
"""Share of the pictures that show one digit alone."""
CLOSE: Final = 0.3
"""Share of these that are seen from near."""
STRAIGHT: Final = 0.2
"""Share of the digits that are 1s, 4s, 7s and 9s of a thin pen: their long strokes look like ruled lines."""
LIKE_INK: Final = 0.35
"""Share of the pictures with something that looks like ink and is none, beside what they have by chance."""
_LIKE_INK: Final = ("words", "words", "pen_beside", "pen_beside", "show_through")
_STRAIGHT_LABELS: Final = (1, 4, 7, 9)
_THIN_PX: Final = 4.0
_ALONE_PX: Final = 220.0
"""Longer side of a digit that stands alone."""
_OF_MANY_PX: Final = 70.0
"""The same of one among many, before it is varied."""
_SCAN_SHARE: Final = IMAGE_SIDE / 20
"""Side of MNIST's pictures over the longer side of the digit in them."""
_MARGIN_PX: Final = 8
_STEEP_FROM: Final = np.float32(60)
_STEEP_OVER: Final = 120
"""Grey levels between paper and full ink once a scan's edges have been made steeper."""


@dataclass(frozen=True)
class LearntDigits:
    """What may be written on made paper that is learnt from: digits of no held-out writer."""

    scans: tuple[Gray, ...]
    """MNIST's, `uint8 (28, 28)`."""
    drawn: tuple[DrawnDigit, ...]
    straight: tuple[DrawnDigit, ...]
    """Those of the drawn ones whose strokes are long and straight."""


def load_learnt_digits(settings: TrainingSettings) -> LearntDigits:
    """Read MNIST's training digits, without those of validation, and the pen strokes of training's writers.

    Raises:
        DataError: MNIST or the pen strokes are missing or damaged.
    """
    mnist = load_mnist(settings.data_dir, Part.TRAIN)
    rows, _ = split_rows(mnist.labels)
    scans: list[Gray] = list(mnist.images[rows])
    drawn: list[DrawnDigit] = []
    for file in load_stroke_files(*settings.stroke_folders):
        left_out = writers_left_out([digit.writer for digit in file.digits])
        drawn += [digit for digit in file.digits if digit.writer not in left_out and not digit.doubtful]
    straight = tuple(digit for digit in drawn if digit.label in _STRAIGHT_LABELS)
    return LearntDigits(scans=tuple(scans), drawn=tuple(drawn), straight=straight)


def written_picture(digits: LearntDigits, rng: np.random.Generator, size: tuple[int, int]) -> MadePicture:
    """A made photograph of one digit, or of rows of them, with random changes; `size` is height and width in pixels."""
    if rng.random() >= SINGLE:
        page, unit = _several_digits(digits, rng)
        share = rng.uniform(0.5, 0.95)
        middle = _near_middle(rng, 0.1)
        return make_picture(page, _changes(rng), rng, size=size, share=share, middle=middle, unit_share=unit)
    ink = _one_digit(digits, rng, _ALONE_PX, _log_uniform(rng, 3, 32))
    if rng.random() < CLOSE:
        share = rng.uniform(0.45, 0.75)
        return make_picture(ink, _changes(rng), rng, size=size, share=share, middle=_near_middle(rng, 0.05))
    return random_picture(ink, rng, size, _changes(rng))


def _changes(rng: np.random.Generator) -> tuple[Change, ...]:
    """Random ones, and in a share of the pictures one more that the network has to tell from ink."""
    changes = random_changes(rng)
    if rng.random() >= LIKE_INK:
        return changes
    kind = _LIKE_INK[int(rng.integers(len(_LIKE_INK)))]
    names = {each for each, _ in changes}
    if kind in names or (kind == "show_through" and names & LIGHT_INK):
        return changes
    return (*changes, (kind, int(rng.integers(1, 6))))


def _one_digit(digits: LearntDigits, rng: np.random.Generator, extent: float, pen: float) -> Gray:
    """One digit's ink, its longer side `extent` pixels."""
    if rng.random() < OF_MNIST:
        return _enlarged(digits.scans[int(rng.integers(len(digits.scans)))], round(extent * _SCAN_SHARE))
    straight = rng.random() < STRAIGHT
    candidates = digits.straight if straight else digits.drawn
    drawn = candidates[int(rng.integers(len(candidates)))]
    pen = min(pen, _THIN_PX) if straight else pen
    side = int(extent + 2 * pen + _MARGIN_PX)
    return render(place(drawn.strokes, extent_px=extent, center_px=(side / 2, side / 2)), pen_px=pen, side_px=side)


def _enlarged(scan: Gray, side: int) -> Gray:
    """A scan with the edges of a pen: the greys between are made steeper."""
    smooth = cv2.resize(scan, (side, side), interpolation=cv2.INTER_CUBIC)
    levels: NDArray[np.float32] = np.subtract(smooth, _STEEP_FROM, dtype=np.float32)
    steeper: NDArray[np.float32] = np.clip(np.multiply(levels, FULL_INK / _STEEP_OVER), 0, FULL_INK)
    return steeper.astype(np.uint8)


def _several_digits(digits: LearntDigits, rng: np.random.Generator) -> tuple[Gray, float]:
    """Rows of digits, and a digit's height as a share of the longer side."""
    pen = _log_uniform(rng, 2, 10)
    rows, columns = int(rng.integers(1, 5)), int(rng.integers(2, 8))
    across, down = _OF_MANY_PX * rng.uniform(0.75, 1.6), _OF_MANY_PX * rng.uniform(1.2, 2.5)
    height, width = int(down * rows + _OF_MANY_PX), int(across * columns + _OF_MANY_PX)
    page = np.zeros((height, width), dtype=np.uint8)
    for row in range(rows):
        for column in range(columns):
            ink = _one_digit(digits, rng, _OF_MANY_PX * rng.uniform(0.75, 1.15), pen)
            tall: int = ink.shape[0]
            wide: int = ink.shape[1]
            x = round(_OF_MANY_PX / 2 + column * across - wide / 2 + rng.normal(0, 3))
            y = round(_OF_MANY_PX / 2 + row * down - tall / 2 + rng.normal(0, 4))
            x, y = min(max(x, 0), width - wide), min(max(y, 0), height - tall)
            under: Gray = page[y : y + tall, x : x + wide]
            page[y : y + tall, x : x + wide] = np.maximum(under, ink)
    return page, _OF_MANY_PX / max(height, width)


def _near_middle(rng: np.random.Generator, spread: float) -> tuple[float, float]:
    return rng.normal(0.5, spread), rng.normal(0.5, spread)


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))
