"""The training digits that look most like a picture."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.preprocess import IMAGE_SIDE, Gray

_HALF: Final = IMAGE_SIDE // 2
"""Pictures are compared at half their size: a shift by a pixel hardly counts, and 60,000 take 47 MB."""


_LEAST: Final = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class AlikeDigit:
    """One of them."""

    row: int
    """Among all digits of the file."""
    label: int
    picture: Gray
    """`uint8 (28, 28)`, ink 255."""
    likeness: float
    """The cosine of the angle between the two pictures: 1 for the same one."""


class AlikeDigits:
    """Digits ready to be compared with."""

    def __init__(self, digits: DigitImages, rows: "NDArray[np.int64]") -> None:
        """Keep those of these rows at half their size, each with a length of 1."""
        self._digits, self._rows = digits, rows
        kept: NDArray[np.uint8] = digits.images[rows]
        self._small = _small(kept)

    def find(self, picture: Gray, count: int) -> tuple[AlikeDigit, ...]:
        """The `count` digits most like a picture, `uint8 (28, 28)` with bright ink, the most alike first."""
        own: NDArray[np.float32] = _small(picture[np.newaxis])[0]
        likeness: NDArray[np.float32] = np.matmul(self._small, own)
        order: list[int] = np.argsort(np.negative(likeness))[:count].tolist()
        levels: list[float] = likeness[order].tolist()
        rows: list[int] = self._rows[order].tolist()
        return tuple(self._digit(row, level) for row, level in zip(rows, levels, strict=True))

    def _digit(self, row: int, likeness: float) -> AlikeDigit:
        picture: Gray = self._digits.images[row]
        label: int = self._digits.labels.item(row)
        return AlikeDigit(row=row, label=label, picture=picture, likeness=likeness)


def _small(pictures: "NDArray[np.uint8]") -> "NDArray[np.float32]":
    """`(n, 28, 28)` → `(n, 196)`, each of length 1, or 0 if it is blank."""
    quarters: NDArray[np.uint8] = pictures.reshape(-1, _HALF, 2, _HALF, 2)
    means: NDArray[np.float32] = quarters.mean(axis=(2, 4), dtype=np.float32)
    half: NDArray[np.float32] = means.reshape(-1, _HALF * _HALF)
    squared: NDArray[np.float32] = np.square(half).sum(axis=1, keepdims=True)
    length: NDArray[np.float32] = np.sqrt(np.add(squared, np.float32(_LEAST)))
    unit: NDArray[np.float32] = np.divide(half, length)
    return unit
