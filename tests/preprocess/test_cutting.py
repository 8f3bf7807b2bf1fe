"""The digit cut out of its picture."""

import numpy as np
import pytest
from numpy.typing import NDArray

from handwriting_ai.preprocess import FULL_INK, Gray, denormalize, preprocess
from handwriting_ai.preprocess.cutting import CUT_OUT_PX, cut_out

_LIKE = 4.0
"""Grey levels by which two readings of one digit differ at most, on average."""


def _inked(picture: Gray) -> int:
    inked: list[bool] = np.greater(picture, 0).reshape(-1).tolist()
    return sum(inked)


@pytest.mark.parametrize(("height", "width"), [(600, 400), (60, 90), (1000, 750)])
def test_it_holds_the_digit_and_nothing_else(height: int, width: int) -> None:
    """A bar beside a speck: what is read of the cut-out is what was read of the picture."""
    picture: Gray = np.full((height, width), 230, dtype=np.uint8)
    picture[height // 5 : height * 4 // 5, width // 2 : width // 2 + max(3, width // 12)] = 20
    picture[2 : 2 + max(1, height // 100), 2 : 2 + max(1, width // 100)] = 20
    steps = preprocess(picture).steps
    ink = cut_out(steps)
    shape: tuple[int, ...] = ink.shape
    strongest: int = ink.max()
    assert shape == (CUT_OUT_PX, CUT_OUT_PX)
    assert strongest == FULL_INK
    inner: Gray = ink[1:-1, 1:-1]
    assert _inked(ink) == _inked(inner)
    levels: Gray = denormalize(preprocess(ink).image)[0]
    again: NDArray[np.float64] = levels.astype(np.float64)
    apart: NDArray[np.float64] = np.abs(np.subtract(again, steps[-1].picture))
    mean: float = apart.mean()
    assert mean < _LIKE


def test_a_digit_at_the_rim_stays_whole() -> None:
    """What lies outside the picture is paper."""
    picture: Gray = np.zeros((100, 100), dtype=np.uint8)
    picture[10:90, 0:9] = FULL_INK
    ink = cut_out(preprocess(picture).steps)
    middle: Gray = ink[:, 100:180]
    assert _inked(ink) == _inked(middle) > 0
