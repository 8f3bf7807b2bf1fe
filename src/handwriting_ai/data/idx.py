"""IDX files, as MNIST and EMNIST come: a magic number and the shape, then the bytes of the array."""

import gzip
import math
import struct
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.errors import DataCorrupt
from handwriting_ai.files import GZIP_DAMAGE

_MAGIC: Final = {3: 2051, 1: 2049}
"""First number of a file of bytes, by its dimensions."""


def unpacked(path: Path) -> bytes:
    """What a file holds, plain or gzipped.

    Raises:
        DataCorrupt: it cannot be read.
    """
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix == ".gz" else content
    except GZIP_DAMAGE as error:
        raise DataCorrupt(f"{path} cannot be unpacked: {error}") from error


def idx_array(path: Path, content: bytes, *, dimensions: int) -> "NDArray[np.uint8]":
    """The array in what `unpacked` found in a file.

    Raises:
        DataCorrupt: it is cut off, or of another kind.
    """
    header = struct.Struct(f">{dimensions + 1}I")
    if len(content) < header.size:
        raise DataCorrupt(f"{path} is cut off: {len(content)} bytes.")
    numbers: tuple[int, ...] = header.unpack_from(content)
    magic, shape = numbers[0], numbers[1:]
    if magic != _MAGIC[dimensions] or len(content) - header.size != math.prod(shape):
        raise DataCorrupt(
            f"{path} is no sound IDX file: it begins with {magic}, expected {_MAGIC[dimensions]}, and holds "
            f"{len(content) - header.size} bytes for a shape of {shape}."
        )
    values: NDArray[np.uint8] = np.frombuffer(content, dtype=np.uint8, offset=header.size)
    return values.reshape(shape)
