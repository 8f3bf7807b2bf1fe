"""Where a picture may come from: a path, bytes, an open file, a Pillow picture, an array."""

import os
from pathlib import Path
from typing import Final, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from handwriting_ai.errors import ImageTooLarge, InvalidImage
from handwriting_ai.preprocess import ImageLimits, Pixels
from handwriting_ai.support.files import FileTooLarge, read_regular_file
from handwriting_ai.support.units import BYTES_PER_MB


@runtime_checkable
class Readable(Protocol):
    """A file that was opened to read bytes, or what is like one."""

    def read(self, size: int, /) -> bytes:
        """So many bytes at most."""


Source: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | Readable | Image.Image | Pixels"
"""A path, an encoded file's bytes, a file opened with 'rb', a Pillow picture, or an array as `preprocess` takes it."""
_DEEPEST: Final = 65_535.0


def picture_of(source: Source, limits: ImageLimits) -> "bytes | Pixels":
    """The bytes or array of a source; no more of a file is read than the limits allow.

    Raises:
        InvalidImage: the file cannot be read.
        ImageTooLarge: it has more bytes than `limits` allow.
        TypeError: it is nothing of `Source`.
    """
    if isinstance(source, bytes):
        return source
    if isinstance(source, bytearray | memoryview):
        return bytes(source)
    if isinstance(source, str | os.PathLike):
        return _file(Path(source), limits)
    if isinstance(source, Image.Image):
        return _array(source)
    if isinstance(source, Readable):
        return _stream(source, limits)
    if not hasattr(source, "dtype"):
        raise TypeError(
            f"{type(source).__name__} is no picture: a path, bytes, a file opened with 'rb', a Pillow picture or a "
            "NumPy array is."
        )
    return source


def _file(path: Path, limits: ImageLimits) -> bytes:
    try:
        return read_regular_file(path, _most_bytes(limits))
    except FileTooLarge as error:
        raise _too_large(error.size_bytes, limits) from error
    except OSError as error:
        raise InvalidImage(f"The file cannot be read: {error.strerror}.") from error
    except ValueError as error:  # a null byte in its name
        raise InvalidImage(f"The file cannot be read: {error}.") from error


def _stream(stream: Readable, limits: ImageLimits) -> bytes:
    content: object = stream.read(_most_bytes(limits) + 1)
    if not isinstance(content, bytes):
        raise TypeError("The file is opened as text. Open it with 'rb'.")
    if len(content) > _most_bytes(limits):
        raise _too_large(len(content), limits)
    return content


def _array(image: Image.Image) -> Pixels:
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        deep: NDArray[np.float64] = np.asarray(upright, dtype=np.float64)
        shares: NDArray[np.float64] = np.clip(deep / _DEEPEST, 0.0, 1.0)
        return shares
    levels: NDArray[np.uint8] = np.asarray(upright.convert("RGBA"), dtype=np.uint8)
    return levels


def _most_bytes(limits: ImageLimits) -> int:
    return int(limits.max_megabytes * BYTES_PER_MB)


def _too_large(size_bytes: int, limits: ImageLimits) -> ImageTooLarge:
    return ImageTooLarge(
        f"The file has {size_bytes / BYTES_PER_MB:.1f} MB; at most {limits.max_megabytes:g} MB are read: shrink it, or "
        "raise DIGITS__MAX_IMAGE_MB."
    )
