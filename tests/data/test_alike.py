"""The training digits most like a picture."""

import numpy as np

from handwriting_ai.data.alike import AlikeDigits
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.preprocess import Gray


def _bar(column: int) -> Gray:
    picture: Gray = np.zeros((28, 28), dtype=np.uint8)
    picture[4:24, column : column + 3] = 255
    return picture


def _digits(pictures: list[Gray], labels: list[int]) -> DigitImages:
    return DigitImages(images=np.stack(pictures), labels=np.array(labels, dtype=np.int64))


def test_the_most_alike_come_first() -> None:
    """The picture itself, then the one that is a pixel off."""
    digits = _digits([_bar(4), _bar(13), _bar(12)], [7, 1, 2])
    found = AlikeDigits(digits, np.arange(3)).find(_bar(12), 2)
    assert [each.row for each in found] == [2, 1]
    assert [each.label for each in found] == [2, 1]
    assert found[0].likeness > 0.999 > found[1].likeness > 0.5


def test_only_the_given_rows_are_found() -> None:
    """By their place among all; the validation digits are none of them."""
    digits = _digits([_bar(4), _bar(13), _bar(12)], [7, 1, 2])
    (found,) = AlikeDigits(digits, np.arange(2)).find(_bar(12), 1)
    assert (found.row, found.label) == (1, 1)


def test_a_blank_picture_is_like_nothing() -> None:
    """And is no error."""
    digits = _digits([_bar(4)], [1])
    blank: Gray = np.zeros((28, 28), dtype=np.uint8)
    assert AlikeDigits(digits, np.arange(1)).find(blank, 1)[0].likeness == 0
