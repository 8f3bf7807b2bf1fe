"""Packed logits: the same bits again, in fewer bytes."""

import zlib
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from handwriting_ai.evaluation.packing import Kept, pack, unpack


def _of_patterns(patterns: "NDArray[np.int64]", shape: tuple[int, int, int]) -> "NDArray[np.float16]":
    return patterns.astype(np.uint16).view(np.float16).reshape(shape)


def _every_number() -> "NDArray[np.float16]":
    """All 65,536 of them, ±0, denormals, ±65,504, ±∞ and NaN among them, each above and below others."""
    return _of_patterns(np.random.default_rng(0).permutation(65_536), (16, 1_024, 4))


def _any_numbers() -> "NDArray[np.float16]":
    return _of_patterns(np.random.default_rng(1).integers(0, 65_536, 17 * 30 * 10), (17, 30, 10))


def _extremes() -> "NDArray[np.float16]":
    """Every pair of them, in two views: the differences wrap round."""
    numbers = [0.0, -0.0, 6e-8, -6e-8, 65_504.0, -65_504.0, float("inf"), float("-inf"), float("nan")]
    pairs = [(first, second) for first in numbers for second in numbers]
    logits: NDArray[np.float16] = np.array(pairs, np.float16)
    return np.ascontiguousarray(logits.T).reshape(2, -1, 1)


def _equal_views() -> "NDArray[np.float16]":
    first: NDArray[np.float16] = np.random.default_rng(2).normal(-9, 4, (1, 30, 10)).astype(np.float16)
    return np.repeat(first, 17, axis=0)


def _every_second_digit() -> "NDArray[np.float16]":
    return _any_numbers()[:, ::2]


def _one_view() -> "NDArray[np.float16]":
    return _any_numbers()[:1]


def _no_views() -> "NDArray[np.float16]":
    return _any_numbers()[:0]


def _no_digits() -> "NDArray[np.float16]":
    return _any_numbers()[:, :0]


def _bytes_of(array: Kept) -> tuple[str, tuple[int, ...], bytes]:
    return str(array.dtype), array.shape, array.tobytes()


@pytest.mark.parametrize(
    "make",
    [
        _every_number,
        _any_numbers,
        _extremes,
        _equal_views,
        _every_second_digit,
        _one_view,
        _no_views,
        _no_digits,
    ],
)
def test_logits_come_back_bit_for_bit(make: Callable[[], "NDArray[np.float16]"]) -> None:
    """Also those that no network gives; what was packed stays as it was."""
    logits = make()
    before = _bytes_of(logits)
    packed = pack(logits)
    views, digits, classes = logits.shape
    assert packed.shape == (2, views, digits, classes)
    assert _bytes_of(unpack(packed)) == before
    assert _bytes_of(logits) == before


def test_views_that_differ_little_take_less_room() -> None:
    """Deflated, as in the file."""
    generator = np.random.default_rng(3)
    first: NDArray[np.float64] = generator.normal(-9, 3, (1, 500, 10))
    views: NDArray[np.float64] = first + generator.normal(0, 0.3, (17, 500, 10))
    logits: NDArray[np.float16] = views.astype(np.float16)
    assert len(zlib.compress(pack(logits).tobytes())) < 0.8 * len(zlib.compress(logits.tobytes()))


@pytest.mark.parametrize(
    "other",
    [
        np.zeros((17, 3, 10), np.float16),
        np.zeros((2, 17, 3, 10), np.float16),
        np.zeros((3, 17, 3, 10), np.uint8),
        np.zeros((2, 3, 10), np.uint8),
        np.zeros(2, np.uint8),
        np.zeros((), np.uint8),
    ],
)
def test_what_was_not_packed_stays_as_it_is(other: Kept) -> None:
    """So that plain logits are read, and damage is told by what is there."""
    assert unpack(other) is other
