"""Scanned digits of people whom MNIST does not know: two small sets, each file checked by digest before it is used."""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.data.packed import read_file
from handwriting_ai.data.rendering import through_preprocessing
from handwriting_ai.errors import DataCorrupt, DataMissing
from handwriting_ai.preprocess import FULL_INK, grey_levels
from handwriting_ai.support.places import restoring

Bitmap: TypeAlias = "NDArray[np.uint8]"
"""`(side, side)`, ink 255 on paper 0."""

SCANS_TRAINED: Final = 1_612 + 1_327
"""Digits of both files to train on."""
HELD_OUT_SCANS: Final = 1 / 6
"""Share of each file, its last digits, that is never trained on. The files do not say who wrote what."""
ENLARGED_PX: Final = 160
"""Bitmaps are enlarged to this before they are preprocessed, so that their edges are smooth."""
_HALF: Final = 0.5
_STEEPNESS: Final = 4.0
MARGIN_PX: Final = 24
"""Paper round an enlarged bitmap: its ink goes up to the edges."""


@dataclass(frozen=True, kw_only=True)
class _Origin:
    """What a file is known by, and what its makers did to its digits."""

    sha256: str
    narrowest: float
    """Digits were stretched to a square: made narrower again, to this share of their width at least, they are as people
    write them; 1 where they were not stretched."""


_FILES: Final = {
    "optdigits_tra": _Origin(sha256="ae5bc9ee293e99da3ea2617202820fc1048c0e7dd501b940bf1d30070f14256f", narrowest=0.85),
    "semeion": _Origin(sha256="a5875d15db2fe0abbe5ecff47f99e3324036d8b3e091bd4b3f1da4783c63cc14", narrowest=0.6),
}


@dataclass(frozen=True, kw_only=True)
class ScanFile:
    """All digits of one file."""

    name: str
    sha256: str
    digits: DigitImages
    """As scanned: pictures of the file's own size."""
    narrowest: float
    """Least width that a digit was written with, as a share of the width it has here."""

    @property
    def rows(self) -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
        """Rows to train on and rows held out."""
        first = len(self.digits) - round(len(self.digits) * HELD_OUT_SCANS)
        return np.arange(first), np.arange(first, len(self.digits))


def load_scans(folder: Path | None) -> tuple[ScanFile, ...]:
    """Read both files.

    Raises:
        DataMissing: no folder was named, or one is not in it.
        DataUnreadable: the system refuses one.
        DataCorrupt: one is not the file that the project ships.
    """
    return tuple(_load(folder, name, origin) for name, origin in _FILES.items())


def require_scans(folder: Path | None) -> None:
    """See whether both files are there; nothing is read.

    Raises:
        DataMissing: no folder was named, or one is not in it.
    """
    for name in _FILES:
        if not _path(folder, name).exists():
            raise _missing(folder, name)


def enlarged(bitmap: Bitmap, width: float = 1.0) -> "NDArray[np.uint8]":
    """A bitmap as a scanner of more dots would give it, on paper with a margin.

    Args:
        bitmap: black or white.
        width: of the digit, as a share of the width it has in the bitmap.
    """
    size = (round(ENLARGED_PX * width), ENLARGED_PX)
    large = cv2.resize(bitmap, size, interpolation=cv2.INTER_CUBIC)
    dot = ENLARGED_PX / len(bitmap)
    smooth = cv2.GaussianBlur(large, (0, 0), dot / 2)
    # Blurred by half a dot and cut at half of full ink, stairs become slopes.
    steep = np.multiply(np.subtract(np.divide(smooth, float(FULL_INK)), _HALF), _STEEPNESS)
    inked = grey_levels(np.add(steep, _HALF).astype(np.float32))
    return cv2.copyMakeBorder(inked, MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX, cv2.BORDER_CONSTANT, value=0)


def scanned(file: ScanFile, bitmap: Bitmap, *, seed: int | None = None, index: int = 0) -> "NDArray[np.uint8]":
    """One digit in MNIST's convention, `uint8 (28, 28)`.

    Args:
        file: that the bitmap is of.
        bitmap: as scanned.
        seed: with the index it decides on a width between that of the bitmap and the least; None keeps that of the
            bitmap.
        index: of the digit.
    """
    width = 1.0 if seed is None else float(np.random.default_rng([seed, index]).uniform(file.narrowest, 1.0))
    return through_preprocessing(enlarged(bitmap, width))


def _load(folder: Path | None, name: str, origin: _Origin) -> ScanFile:
    path = _path(folder, name)
    try:
        content = read_file(path)
    except FileNotFoundError as error:
        raise _missing(folder, name) from error
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != origin.sha256:
        raise DataCorrupt(
            f"{path} is not the file that the project ships: its SHA-256 is {sha256}, expected {origin.sha256}. "
            f"{restoring('data/scans')} restores it."
        )
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        images = _array(packed, "images")
        labels = _array(packed, "labels").astype(np.int64)
    digits = DigitImages(images=images, labels=labels)
    return ScanFile(name=name, sha256=sha256, digits=digits, narrowest=origin.narrowest)


def _array(packed: zipfile.ZipFile, name: str) -> "NDArray[np.uint8]":
    array: NDArray[np.uint8] = np.lib.format.read_array(io.BytesIO(packed.read(f"{name}.npy")), allow_pickle=False)
    return array


def _path(folder: Path | None, name: str) -> Path:
    if folder is None:
        raise DataMissing("Scans of further writers are needed, and no folder of them was named: TRAINING__SCANS_DIR.")
    return folder / f"{name}.npz"


def _missing(folder: Path | None, name: str) -> DataMissing:
    return DataMissing(
        f"The scans {_path(folder, name).name} are not in {folder}. They ship with the project in data/scans: set "
        f"TRAINING__SCANS_DIR to that folder. {restoring('data/scans')} restores it."
    )
