"""Copies of test digits, hidden among training digits, are found; other people's digits are not taken for copies."""

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.mnist import DigitImages, Part, load_mnist
from handwriting_ai.data.overlap import near_duplicates

_MNIST = PROJECT_ROOT / "data" / "mnist"
_COPIES, _OTHERS = 1_000, 5_000


def _copy(picture: "NDArray[np.uint8]", generator: np.random.Generator, zoom_range: float) -> "NDArray[np.uint8]":
    """The digit moved by up to 2 pixels in x and y, blurred by up to 1 pixel, and scaled."""
    zoom = float(generator.uniform(1 - zoom_range, 1 + zoom_range))
    middle = 13.5 * (1 - zoom)
    shift_x, shift_y = float(generator.uniform(-2, 2)), float(generator.uniform(-2, 2))
    rows = [[zoom, 0.0, middle + shift_x], [0.0, zoom, middle + shift_y]]
    matrix: NDArray[np.float64] = np.array(rows)
    moved: NDArray[np.uint8] = cv2.warpAffine(picture, matrix, (28, 28), flags=cv2.INTER_LINEAR)
    sigma = float(generator.uniform(0, 1))
    return cv2.GaussianBlur(moved, (0, 0), sigma) if sigma > 0.2 else moved


def _hidden(test: DigitImages, zoom_range: float) -> "NDArray[np.uint8]":
    generator = np.random.default_rng(0)
    rows: list[int] = generator.permutation(len(test))[:_COPIES].tolist()
    pictures: NDArray[np.uint8] = np.empty((_COPIES, 28, 28), dtype=np.uint8)
    for place, row in enumerate(rows):
        original: NDArray[np.uint8] = test.images[row]
        pictures[place] = _copy(original, generator, zoom_range)
    return pictures


def _share_found(pictures: "NDArray[np.uint8]", test: DigitImages) -> float:
    found: list[bool] = near_duplicates(pictures, test.images).tolist()
    return sum(found) / len(found)


def test_moved_and_blurred_copies_are_found() -> None:
    """At least 99 %; those of another size nearly as well."""
    test = load_mnist(_MNIST, Part.TEST)
    assert _share_found(_hidden(test, 0.0), test) >= 0.99
    assert _share_found(_hidden(test, 0.1), test) >= 0.98


def test_digits_of_other_writers_are_not_taken_for_copies() -> None:
    """At most 0.1 % of MNIST's training digits, whose writers are not those of the test digits."""
    train, test = load_mnist(_MNIST, Part.TRAIN), load_mnist(_MNIST, Part.TEST)
    others: NDArray[np.int64] = np.random.default_rng(1).permutation(len(train))[:_OTHERS]
    assert _share_found(train.pick(others).images, test) <= 0.001


def test_a_blank_picture_is_no_copy() -> None:
    """Nor does it divide by zero."""
    test = load_mnist(_MNIST, Part.TEST)
    few: NDArray[np.int64] = np.arange(20)
    blank: NDArray[np.uint8] = np.zeros((2, 28, 28), dtype=np.uint8)
    flags: list[bool] = near_duplicates(blank, test.pick(few).images).tolist()
    assert flags == [False, False]
