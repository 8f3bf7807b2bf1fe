"""EMNIST's digits (Cohen et al. 2017), from the IDX files that torchvision's `EMNIST` downloads."""

import math
import struct
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.data.packed import read_file, unpack
from handwriting_ai.errors import DataCorrupt, DataMissing

FETCH_COMMAND: Final = "handwriting-ai data fetch emnist"
_IMAGES: Final = "emnist-digits-train-images-idx3-ubyte"
_LABELS: Final = "emnist-digits-train-labels-idx1-ubyte"
_MAGIC: Final = {3: 2051, 1: 2049}
"""First number of an IDX file of bytes, by its dimensions."""
_SIDE: Final = 28
_DIGITS: Final = 10


def load_emnist_digits(folder: Path | None) -> DigitImages:
    """The training part of the split `digits`: 240,000 pictures, the right way up.

    Args:
        folder: torchvision's root, which holds `EMNIST/raw`, or None if no folder was named.

    Raises:
        DataMissing: no folder was named, or a file is not there; the message has the command that gets it.
        DataUnreadable: the system refuses a file.
        DataCorrupt: a file is damaged or holds something else.
    """
    images_path, labels_path = emnist_paths(folder)
    # The files hold each picture column by column.
    images: NDArray[np.uint8] = _read_idx(images_path, dimensions=3).transpose(0, 2, 1)
    labels = _read_idx(labels_path, dimensions=1).astype(np.int64)
    values: list[int] = labels.tolist()
    largest = max(values, default=0)
    if images.shape != (labels.size, _SIDE, _SIDE) or largest >= _DIGITS:
        raise DataCorrupt(
            f"{images_path.parent} does not hold EMNIST's digits: pictures {images.shape}, {labels.size} labels up to "
            f"{largest}. Delete it and run `{FETCH_COMMAND}`."
        )
    return DigitImages(images=np.ascontiguousarray(images), labels=labels)


def emnist_paths(folder: Path | None) -> tuple[Path, Path]:
    """The files of pictures and of labels, plain or gzipped.

    Raises:
        DataMissing: no folder was named, or a file is not there; the message has the command that gets it.
    """
    if folder is None:
        raise DataMissing(f"EMNIST is needed. Set TRAINING__EMNIST_DIR to a folder, then run `{FETCH_COMMAND}`.")
    raw = folder / "EMNIST" / "raw"
    return _present(raw / _IMAGES), _present(raw / _LABELS)


def _present(path: Path) -> Path:
    packed = path.with_name(f"{path.name}.gz")
    for candidate in (path, packed):
        if candidate.is_file():
            return candidate
    raise DataMissing(
        f"EMNIST's {path.name} is not in {path.parent}. Get it with `{FETCH_COMMAND}`, or set TRAINING__EMNIST_DIR."
    )


def _read_idx(path: Path, *, dimensions: int) -> "NDArray[np.uint8]":
    """An IDX file of bytes, plain or gzipped."""
    content = read_file(path)
    if path.suffix == ".gz":
        content = unpack(path, content)
    header = struct.Struct(f">{dimensions + 1}I")
    if len(content) < header.size:
        raise DataCorrupt(f"{path} is cut off: {len(content)} bytes.")
    numbers: tuple[int, ...] = header.unpack_from(content)
    magic, shape = numbers[0], numbers[1:]
    expected = math.prod(shape)
    if magic != _MAGIC[dimensions] or len(content) - header.size != expected:
        raise DataCorrupt(
            f"{path} is no sound IDX file: it begins with {magic}, expected {_MAGIC[dimensions]}, and holds "
            f"{len(content) - header.size} bytes for a shape of {shape}."
        )
    pixels: NDArray[np.uint8] = np.frombuffer(content, dtype=np.uint8, offset=header.size)
    return pixels.reshape(shape)
