"""The digit cut out of its picture."""

import numpy as np
import pytest
from numpy.typing import NDArray

from handwriting_ai.preprocess import FULL_INK, IMAGE_SIDE, denormalize, preprocess
from handwriting_ai.preprocess.cutting import CUT_OUT_PX, cut_out


@pytest.mark.parametrize(("height", "width"), [(600, 400), (60, 90), (1000, 750)])
def test_it_holds_the_digit_and_nothing_else(height: int, width: int) -> None:
    """A bar beside a speck: what is read of the cut-out is what was read of the picture."""
    picture: NDArray[np.uint8] = np.full((height, width), 230, dtype=np.uint8)
    picture[height // 5 : height * 4 // 5, width // 2 : width // 2 + max(3, width // 12)] = 20
    picture[2 : 2 + max(1, height // 100), 2 : 2 + max(1, width // 100)] = 20
    steps = preprocess(picture).steps
    ink = cut_out(steps)
    assert ink.shape == (CUT_OUT_PX, CUT_OUT_PX)
    assert ink.max() == FULL_INK
    rim = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
    assert not rim.any()
    again = denormalize(preprocess(ink).image)[0]
    before = steps[-1].picture
    assert again.shape == (IMAGE_SIDE, IMAGE_SIDE)
    assert np.abs(np.subtract(again, before, dtype=np.int16)).mean() < 4


def test_a_digit_at_the_rim_stays_whole() -> None:
    """What lies outside the picture is paper."""
    picture: NDArray[np.uint8] = np.zeros((100, 100), dtype=np.uint8)
    picture[10:90, 0:9] = FULL_INK
    ink = cut_out(preprocess(picture).steps)
    columns = np.flatnonzero(ink.any(axis=0))
    assert 100 < columns.min() < columns.max() < 180
