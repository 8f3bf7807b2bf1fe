"""IDX files, as MNIST and EMNIST come: a magic number and the shape, then the bytes of the array."""

import math
import struct
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.errors import DataCorrupt

_MAGIC: Final = {3: 2051, 1: 2049}
"""First number of a file of bytes, by its dimensions."""


def idx_array(path: Path, content: bytes, *, dimensions: int) -> "NDArray[np.uint8]":
    """The array, `uint8 (n,)` or `(n, height, width)` by its dimensions, in what was read from a file and unpacked.

    Args:
        path: the file, for messages alone.
        content: all that is in it.
        dimensions: 1 (labels) or 3 (pictures).

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
