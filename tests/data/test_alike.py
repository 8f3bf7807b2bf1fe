"""The training digits most like a picture."""

import numpy as np

from handwriting_ai.data.alike import AlikeDigits
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.preprocess import Gray


def _bar(column: int) -> Gray:
    picture: Gray = np.zeros((28, 28), dtype=np.uint8)
    picture[4:24, column : column + 3] = 255
    return picture


def test_the_most_alike_come_first() -> None:
    """The picture itself, then the one that is a pixel off."""
    digits = DigitImages(images=np.stack([_bar(4), _bar(13), _bar(12)]), labels=np.array([7, 1, 2], dtype=np.int64))
    found = AlikeDigits(digits).find(_bar(12), 2)
    assert [each.row for each in found] == [2, 1]
    assert [each.label for each in found] == [2, 1]
    assert found[0].likeness > 0.999 > found[1].likeness > 0.5


def test_a_blank_picture_is_like_nothing() -> None:
    """And is no error."""
    digits = DigitImages(images=np.stack([_bar(4)]), labels=np.array([1], dtype=np.int64))
    blank: Gray = np.zeros((28, 28), dtype=np.uint8)
    assert AlikeDigits(digits).find(blank, 1)[0].likeness == 0
