"""What a picture can be given as, and the one form that the preprocessing takes."""

import os
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias, TypeGuard

import numpy as np
from PIL import Image

from handwriting_ai.errors import InvalidImage
from handwriting_ai.preprocess import Picture, Pixels
from handwriting_ai.support.files import FileTooLarge, read_regular_file
from handwriting_ai.support.image_limits import ImageLimits

Source: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | Image.Image | Pixels"
"""A file's path or content, an open binary file, a Pillow picture, or an array `(h, w)` or `(h, w, 1 | 3 | 4)`."""

_ARRAY: Final[type[object]] = np.ndarray
_TAKEN: Final = "a path, the content of a file as bytes, a binary file, a Pillow picture or a NumPy array"


def picture_of(source: object, limits: ImageLimits) -> Picture:
    """The content of a file, a Pillow picture or an array; of a file no more is read than `limits` allow.

    Raises:
        ImageTooLarge: the file has more bytes than may be.
        InvalidImage: the file cannot be read, or is none, as a folder or a pipe.
        TypeError: `source` is something else.
    """
    if isinstance(source, bytes | Image.Image) or _is_array(source):
        return source
    if isinstance(source, bytearray | memoryview):
        limits.check_bytes(memoryview(source).nbytes)
        return bytes(source)
    if _is_path(source):
        return _content_of(source, limits)
    read: object = getattr(source, "read", None)
    if not callable(read):
        raise TypeError(f"Pass {_TAKEN}: {type(source).__name__} is not read.")
    content: object = read(limits.max_bytes + 1)
    if not isinstance(content, bytes):
        raise TypeError(f'The file gives {type(content).__name__}, not bytes: open it in binary mode, with "rb".')
    return content


def _is_array(source: object) -> TypeGuard[Pixels]:
    return isinstance(source, _ARRAY)


def _is_path(source: object) -> "TypeGuard[str | os.PathLike[str]]":
    return isinstance(source, str | os.PathLike)


def _content_of(path: "str | os.PathLike[str]", limits: ImageLimits) -> bytes:
    try:
        return read_regular_file(Path(path), limits.max_bytes)
    except FileTooLarge as error:
        limits.check_bytes(error.size_bytes)
        raise
    except OSError as error:
        raise InvalidImage(f"The file cannot be read: {error.strerror}.") from error
    except ValueError as error:  # a null byte in its name
        raise InvalidImage(f"The file cannot be read: {error}.") from error
