"""Who is trained on and who is held out: fixed by constants, the same for every model."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.strokes import DrawnDigit, StrokeFile
from handwriting_ai.prediction import N_CLASSES

VALIDATION_COUNT: Final = 5_000
"""MNIST training digits that are never trained on."""
WRITERS_HELD_OUT: Final = 1 / 6
"""Share of the writers of each pen-stroke file that are never trained on."""
SPLIT_SEED: Final = 20_260_101


def split_rows(labels: "NDArray[np.int64]") -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
    """Split MNIST's training part, stratified by label, into sorted rows for training and for validation.

    Args:
        labels: `(n,)`, 0–9.

    Returns:
        Two arrays of rows that share none and together hold all; the second has `VALIDATION_COUNT` rows, each label in
        proportion to its share (largest remainders rounded up).
    """
    generator = np.random.default_rng(SPLIT_SEED)
    counts: NDArray[np.int64] = np.bincount(labels, minlength=N_CLASSES)
    exact: NDArray[np.float64] = np.multiply(counts, VALIDATION_COUNT / labels.size)
    floors: NDArray[np.float64] = np.floor(exact)
    quota: list[int] = floors.astype(np.int64).tolist()
    by_remainder: list[int] = np.argsort(np.subtract(floors, exact)).tolist()
    for digit in by_remainder[: VALIDATION_COUNT - sum(quota)]:
        quota[digit] += 1
    held_out = [_draw(generator, labels, digit, count) for digit, count in enumerate(quota)]
    validation: NDArray[np.int64] = np.sort(np.concatenate(held_out))
    training: NDArray[np.int64] = np.setdiff1d(np.arange(labels.size), validation)
    return training, validation


def _draw(generator: np.random.Generator, labels: "NDArray[np.int64]", digit: int, count: int) -> "NDArray[np.int64]":
    """`count` random rows of one digit."""
    all_rows: NDArray[np.int64] = np.flatnonzero(np.equal(labels, digit))
    rows: NDArray[np.int64] = generator.permutation(all_rows)
    return rows[:count]


def held_out_writers(writers: Sequence[str]) -> frozenset[str]:
    """The writers kept for validation: a fixed draw of `WRITERS_HELD_OUT` of the distinct names, one at least."""
    names = sorted(set(writers))
    shuffled: NDArray[np.int64] = np.random.default_rng(SPLIT_SEED).permutation(len(names))
    order: list[int] = shuffled.tolist()
    return frozenset(names[index] for index in order[: max(1, round(len(names) * WRITERS_HELD_OUT))])


def writers_left_out(writers: Sequence[str]) -> frozenset[str]:
    """The writers that training leaves out: those held out, but nobody of a file that one person alone has written.

    Such a file, as of one's own drawings, would otherwise teach nothing.
    """
    return held_out_writers(writers) if len(set(writers)) > 1 else frozenset()


def trained_on(file: StrokeFile) -> list[DrawnDigit]:
    """What training may learn from: digits of no writer it leaves out, without those whose label is in doubt."""
    left_out = writers_left_out([digit.writer for digit in file.digits])
    return [digit for digit in file.digits if digit.writer not in left_out and not digit.doubtful]


def held_out(file: StrokeFile) -> list[DrawnDigit]:
    """The digits of the writers that training leaves out, also those whose label is in doubt."""
    left_out = writers_left_out([digit.writer for digit in file.digits])
    return [digit for digit in file.digits if digit.writer in left_out]
