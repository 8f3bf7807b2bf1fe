"""Picture files opened: what each is its first bytes tell, and its header is checked before its pixels are decoded."""

import ctypes
import io
import logging
import struct
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import IO, Final

from PIL import Image, _imaging
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif.as_plugin import HeifImageFile

from handwriting_ai.errors import ImageTooLarge, InvalidImage
from handwriting_ai.preprocess.formats import (
    AVIF,
    BMP,
    FORMAT_NAMES,
    GIF,
    HEIC,
    JPEG,
    PNG,
    TIFF,
    WEBP,
    format_of,
    other_kind,
)
from handwriting_ai.preprocess.headers import check_jpeg, check_png, check_tiff, memory_of, reduce_jpeg
from handwriting_ai.support.image_limits import ImageLimits

_OPENERS: Final[dict[str, Callable[[IO[bytes]], Image.Image]]] = {
    JPEG.name: JpegImageFile,  # not Pillow's own choice, which reads an MPO's index and stumbles over a broken one
    PNG.name: PngImageFile,
    AVIF.name: AvifImageFile,
    HEIC.name: HeifImageFile,
    WEBP.name: WebPImageFile,
    TIFF.name: TiffImageFile,
    BMP.name: BmpImageFile,
    GIF.name: GifImageFile,
}
_CHECKS: Final[dict[str, Callable[[bytes], None]]] = {
    JPEG.name: check_jpeg,
    PNG.name: check_png,
    TIFF.name: check_tiff,
}
"""Of what a reader in Python would take apart piece by piece, however many they are."""
_READ_ERRORS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RuntimeError,
    struct.error,
)
"""What the libraries raise on broken files."""
_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What sets a picture upright, by its EXIF orientation; 1 is upright."""
_HEIC_TURNS: Final = (b"irot", b"imir")
"""What HEIC turns pictures with instead of EXIF's orientation, which then says so once more."""

warnings.filterwarnings("ignore", module=r"PIL\.")  # odd tags and sizes: what matters becomes an error of ours
logging.getLogger("PIL").addHandler(logging.NullHandler())  # or Python prints what it logs to stderr


def _silence_libtiff() -> None:
    """Libtiff prints what is wrong with a file, which Pillow raises as well, and Pillow has no switch for it."""
    loaded = ctypes.CDLL(_imaging.__file__)
    for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
        with suppress(AttributeError):  # where it is linked so that it cannot be reached
            _: object = loaded[name](None)


_silence_libtiff()


def open_picture(data: bytes, limits: ImageLimits, working_side_px: int) -> Image.Image:
    """The first picture in a file, its pixels decoded; a JPEG of more than twice the working size at a smaller scale.

    Raises:
        InvalidImage: it is no picture, of a kind that is not read, or broken.
        ImageTooLarge: it has more bytes or pixels than `limits` allow.
    """
    if not data:
        raise InvalidImage(f"The file is empty (0 bytes). Send a {FORMAT_NAMES} picture.")
    limits.check_bytes(len(data))
    kind = format_of(data)
    if kind is None:
        other = other_kind(data)
        found = "not a picture that can be read" if other is None else f"{other}, which is not read"
        raise InvalidImage(f"The file is {found}. Send a {FORMAT_NAMES} picture.")
    try:
        if kind.name in _CHECKS:
            _CHECKS[kind.name](data)
        image = _OPENERS[kind.name](io.BytesIO(data))
        width, height = image.size
        if isinstance(image, JpegImageFile):
            reduce_jpeg(image, working_side_px)
        memory = memory_of(image, kind, data, width * height)
        limits.check_size(width, height, kind=kind.name, bytes_per_px=memory / max(1, width * height))
        image.load()
        if kind is HEIC and not any(box in data for box in _HEIC_TURNS):
            _restore_orientation(image)
    except MemoryError as error:
        raise ImageTooLarge("There is not enough memory for this picture: shrink it.") from error
    except Image.DecompressionBombError as error:
        raise ImageTooLarge(f"The {kind.name} picture is too large: shrink it. ({error})") from error
    except _READ_ERRORS as error:
        raise InvalidImage(f"The {kind.name} picture is damaged: {error}") from error
    return image


def _restore_orientation(image: Image.Image) -> None:
    """What the reader of HEIC has set to upright."""
    info: Mapping[str | tuple[int, int], object] = image.info
    with suppress(*_READ_ERRORS):  # broken EXIF data, as `turn_of` finds
        image.getexif()[_ORIENTATION] = info.get("original_orientation")


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """What sets a picture upright; None if it is, or if its EXIF data is broken."""
    try:
        orientation: object = image.getexif().get(_ORIENTATION)
    except _READ_ERRORS:
        return None
    return _TURNS.get(orientation) if isinstance(orientation, int) else None
