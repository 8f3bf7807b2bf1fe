"""Made photographs of the digits that may be learnt from: MNIST's and the pen strokes' of training, one or a page."""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.made_paper import MadePicture, make_picture, random_changes, random_picture
from handwriting_ai.data.mnist import Part, load_mnist
from handwriting_ai.data.split import split_rows, writers_left_out
from handwriting_ai.data.strokes import DrawnDigit, load_stroke_files, place, render
from handwriting_ai.preprocess import FULL_INK, Gray

OF_MNIST: Final = 0.2
"""Share of the digits that are MNIST's, not drawn with a pen."""
SINGLE: Final = 0.65
"""Share of the pictures that show one digit alone."""
CLOSE: Final = 0.3
"""Share of these that are seen from near."""


@dataclass(frozen=True)
class _Digits:
    """What is written on the made paper: digits of no held-out writer."""

    scans: Gray
    drawn: tuple[DrawnDigit, ...]


def _load_digits() -> _Digits:
    settings = load_settings().training
    mnist = load_mnist(settings.data_dir, Part.TRAIN)
    rows, _ = split_rows(mnist.labels)
    drawn: list[DrawnDigit] = []
    for file in load_stroke_files(settings.ink_dir):
        left_out = writers_left_out([digit.writer for digit in file.digits])
        drawn += [digit for digit in file.digits if digit.writer not in left_out and not digit.doubtful]
    return _Digits(mnist.images[rows], tuple(drawn))


_digits: Final[Callable[[], _Digits]] = cache(_load_digits)


def _one_digit(rng: np.random.Generator, extent: float, pen: float) -> Gray:
    """One digit's ink, its longer side `extent` pixels."""
    digits = _digits()
    if rng.random() < OF_MNIST:
        side = round(extent * 28 / 20)
        scan = digits.scans[int(rng.integers(len(digits.scans)))]
        levels = cv2.resize(scan, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32)
        sharper: NDArray[np.float32] = np.clip(np.multiply(np.subtract(levels, 60), FULL_INK / 120), 0, FULL_INK)
        return sharper.astype(np.uint8)
    drawn = digits.drawn[int(rng.integers(len(digits.drawn)))]
    side = int(extent + 2 * pen + 8)
    return render(place(drawn.strokes, extent_px=extent, center_px=(side / 2, side / 2)), pen_px=pen, side_px=side)


def _several_digits(rng: np.random.Generator) -> tuple[Gray, float]:
    """Rows of digits, and a digit's height as a share of the longer side."""
    extent = 70.0
    pen = math.exp(float(rng.uniform(math.log(2), math.log(10))))
    rows, columns = int(rng.integers(1, 5)), int(rng.integers(2, 8))
    across, down = extent * float(rng.uniform(0.75, 1.6)), extent * float(rng.uniform(1.2, 2.5))
    page = np.zeros((int(down * rows + extent), int(across * columns + extent)), dtype=np.uint8)
    for row in range(rows):
        for column in range(columns):
            ink = _one_digit(rng, extent * float(rng.uniform(0.75, 1.15)), pen)
            x = round(extent / 2 + column * across - ink.shape[1] / 2 + float(rng.normal()) * 3)
            y = round(extent / 2 + row * down - ink.shape[0] / 2 + float(rng.normal()) * 4)
            x, y = min(max(x, 0), page.shape[1] - ink.shape[1]), min(max(y, 0), page.shape[0] - ink.shape[0])
            place_of = page[y : y + ink.shape[0], x : x + ink.shape[1]]
            np.maximum(place_of, ink, out=place_of)
    return page, extent / max(page.shape)


def _picture(rng: np.random.Generator) -> MadePicture:
    size = (SIDE, SIDE)
    if rng.random() >= SINGLE:
        page, unit = _several_digits(rng)
        share, middle = float(rng.uniform(0.5, 0.95)), _near_middle(rng, 0.1)
        return make_picture(page, random_changes(rng), rng, size=size, share=share, middle=middle, unit_share=unit)
    ink = _one_digit(rng, 220.0, math.exp(float(rng.uniform(math.log(3), math.log(32)))))
    if rng.random() < CLOSE:
        share, middle = float(rng.uniform(0.45, 0.75)), _near_middle(rng, 0.05)
        return make_picture(ink, random_changes(rng), rng, size=size, share=share, middle=middle)
    return random_picture(ink, rng, size)


def _near_middle(rng: np.random.Generator, spread: float) -> tuple[float, float]:
    return 0.5 + float(rng.normal()) * spread, 0.5 + float(rng.normal()) * spread
