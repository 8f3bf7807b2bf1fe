"""Who is trained on and who is held out: fixed by constants, the same for every model."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

VALIDATION_COUNT: Final = 5_000
"""MNIST training digits that are never trained on."""
WRITERS_HELD_OUT: Final = 1 / 6
"""Share of the writers of each pen-stroke file that are never trained on."""
_SEED: Final = 20_260_101


def split_rows(labels: "NDArray[np.int64]") -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
    """Split MNIST's training part, stratified by label, into sorted rows for training and for validation.

    Args:
        labels: `(n,)`, 0–9.

    Returns:
        Two arrays of rows that share none and together hold all; the second has `VALIDATION_COUNT` rows, each label in
        proportion to its share (largest remainders rounded up).
    """
    generator = np.random.default_rng(_SEED)
    counts = np.bincount(labels, minlength=10)
    exact = counts * (VALIDATION_COUNT / labels.size)
    quota = np.floor(exact).astype(np.int64)
    quota[np.argsort(quota - exact)[: VALIDATION_COUNT - int(quota.sum())]] += 1
    held_out = [generator.permutation(np.flatnonzero(labels == digit))[: quota[digit]] for digit in range(len(counts))]
    validation = np.sort(np.concatenate(held_out))
    return np.setdiff1d(np.arange(labels.size), validation), validation


def held_out_writers(writers: Sequence[str]) -> frozenset[str]:
    """The writers kept for validation: a fixed draw of `WRITERS_HELD_OUT` of the distinct names, one at least."""
    names = sorted(set(writers))
    order = np.random.default_rng(_SEED).permutation(len(names))
    return frozenset(names[int(index)] for index in order[: max(1, round(len(names) * WRITERS_HELD_OUT))])
