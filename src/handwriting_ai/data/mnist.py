"""MNIST from its four gzipped IDX files, each checked by digest before it is used."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.idx import idx_array
from handwriting_ai.data.packed import read_unpacked
from handwriting_ai.errors import DataCorrupt, DataMissing

FILES: Final = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
"""The four files, each with the MD5 of what it holds."""
_ADVICE: Final = (
    "It ships with the project in data/mnist: set TRAINING__DATA_DIR to that folder, or fetch it with "
    "`handwriting-ai data fetch mnist`."
)

DISPUTED_TEST_ROWS: Final = frozenset(
    {947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729}
)
"""Test pictures whose label fewer than three of five people agree with (Northcutt et al. 2021, labelerrors.com)."""


class Part(StrEnum):
    """The two parts of MNIST, by the names of their files."""

    TRAIN = "train"
    TEST = "t10k"


PART_SIZES: Final = {Part.TRAIN: 60_000, Part.TEST: 10_000}


@dataclass(frozen=True, kw_only=True)
class DigitImages:
    """Pictures of digits and what they show."""

    images: "NDArray[np.uint8]"
    """`(n, 28, 28)`, ink 255, paper 0."""
    labels: "NDArray[np.int64]"
    """`(n,)`, 0–9; `NOT_A_DIGIT` (10) for scribbles."""

    def __len__(self) -> int:
        """The number of pictures."""
        return self.labels.size

    def pick(self, rows: "NDArray[np.int64]") -> "DigitImages":
        """The pictures of these rows, in their order."""
        return DigitImages(images=self.images[rows], labels=self.labels[rows])

    def digest(self) -> str:
        """SHA-256 over pictures and labels, for the manifest of a model trained on them."""
        digest = hashlib.sha256(np.ascontiguousarray(self.images).tobytes())
        digest.update(np.ascontiguousarray(self.labels).tobytes())
        return digest.hexdigest()


def load_mnist(folder: Path, part: Part) -> DigitImages:
    """Read one part: as many pictures as `PART_SIZES` says.

    Raises:
        DataMissing: a file is not in `folder`.
        DataUnreadable: the system refuses a file.
        DataCorrupt: a file is damaged or not the one LeCun et al. published; the message says how to get it back.
    """
    images = _read(folder, f"{part}-images-idx3-ubyte", dimensions=3)
    labels = _read(folder, f"{part}-labels-idx1-ubyte", dimensions=1)
    return DigitImages(images=images, labels=labels.astype(np.int64))


def require_mnist(folder: Path) -> None:
    """See whether both parts are there; nothing is read.

    Raises:
        DataMissing: a file is not.
    """
    for name in FILES:
        if not _packed(folder, name).exists():
            raise _missing(folder, name)


def published_digests() -> tuple[str, ...]:
    """MD5 of the four files as published: whatever was read by `load_mnist` is these."""
    return tuple(FILES.values())


def _read(folder: Path, name: str, *, dimensions: int) -> "NDArray[np.uint8]":
    path = _packed(folder, name)
    try:
        content = read_unpacked(path)
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if md5 != FILES[name]:
            raise DataCorrupt(f"{path} is not MNIST's: its MD5 is {md5}, expected {FILES[name]}.")
    except FileNotFoundError as error:
        raise _missing(folder, name) from error
    except DataCorrupt as error:
        raise DataCorrupt(f"{error} {_ADVICE}") from error
    return idx_array(path, content, dimensions=dimensions)


def _packed(folder: Path, name: str) -> Path:
    return folder / f"{name}.gz"


def _missing(folder: Path, name: str) -> DataMissing:
    return DataMissing(f"MNIST's {_packed(folder, name).name} is not in {folder}. {_ADVICE}")
