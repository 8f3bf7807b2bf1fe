"""The training digits that look most like a picture."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.preprocess import FULL_INK, Gray

_SIDE: Final = 14
"""Pictures are compared at half their size: a shift by a pixel hardly counts, and 60,000 take 47 MB."""
_LEAST: Final = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class AlikeDigit:
    """One of them."""

    row: int
    """In MNIST's training file, from 0."""
    label: int
    likeness: float
    """The cosine of the two pictures' angle: 1 for the same picture."""


class AlikeDigits:
    """All digits of a set, ready to be compared."""

    def __init__(self, digits: DigitImages) -> None:
        """Keep them at half their size, each with a length of 1."""
        self._labels = digits.labels
        small = np.stack([_small(picture) for picture in digits.images])
        self._pictures: NDArray[np.float32] = small

    def find(self, picture: Gray, count: int) -> tuple[AlikeDigit, ...]:
        """The `count` digits most like a picture, `uint8 (28, 28)` with bright ink, the most alike first."""
        likeness: NDArray[np.float32] = np.matmul(self._pictures, _small(picture))
        rows: list[int] = np.argsort(-likeness)[:count].tolist()
        return tuple(
            AlikeDigit(row=row, label=self._labels.item(row), likeness=float(likeness.item(row))) for row in rows
        )


def _small(picture: Gray) -> "NDArray[np.float32]":
    """`(28, 28)` → `(196,)`, of length 1."""
    half: Gray = cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    levels: NDArray[np.float32] = np.divide(half.reshape(-1), np.float32(FULL_INK), dtype=np.float32)
    length: NDArray[np.float32] = np.sqrt(np.matmul(levels, levels), dtype=np.float32)
    return np.divide(levels, np.maximum(length, np.float32(_LEAST)), dtype=np.float32)
