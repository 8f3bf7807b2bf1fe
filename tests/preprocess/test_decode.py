"""What people upload, and what it turns into: an array, or one clear error."""

import io
import struct
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from handwriting_ai.errors import BlankImage, ImageError, ImageTooLarge, InvalidImage
from handwriting_ai.preprocess import Gray, ImageLimits, Pixels, preprocess
from handwriting_ai.preprocess.decode import decode

LIMITS = ImageLimits()


def _stroke_picture(side: int = 120) -> Gray:
    """A dark upright bar with a foot to the right, on white."""
    picture: Gray = np.full((side, side), 255, dtype=np.uint8)
    picture[20:100, 50:62] = 0
    picture[88:100, 50:80] = 0
    return picture


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def _png_bomb(side: int) -> bytes:
    """A valid header that promises side × side pixels, and hardly any data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def _animation(kind: str) -> bytes:
    frames = [Image.fromarray(_stroke_picture()), Image.fromarray(np.full((120, 120), 128, dtype=np.uint8))]
    return _encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


_JPEG = _encoded(Image.fromarray(_stroke_picture()), "JPEG")
_PNG = _encoded(Image.fromarray(_stroke_picture()), "PNG")


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"", InvalidImage, "empty"),
        (b"just text", InvalidImage, "not a picture"),
        (_JPEG[: len(_JPEG) // 2], InvalidImage, "damaged"),
        (_PNG[: len(_PNG) // 2], InvalidImage, "damaged"),
        (_png_bomb(20_000), ImageTooLarge, "too large"),
        (_png_bomb(9_000), ImageTooLarge, "9000 × 9000"),
        (b"\x89PNG" + bytes(3_000_000), ImageTooLarge, "3.0 MB"),
        (_encoded(Image.fromarray(_stroke_picture()), "GIF"), InvalidImage, "GIF pictures are not read"),
        (_animation("WEBP"), InvalidImage, "animated"),
        (_animation("GIF"), InvalidImage, "GIF pictures are not read"),
        (_encoded(Image.new("L", (1200, 40)), "PNG"), ImageTooLarge, "1200 × 40"),
    ],
    ids=["empty", "text", "half-jpeg", "half-png", "bomb", "large", "3-mb", "gif", "webp-anim", "gif-anim", "wide"],
)
def test_unreadable_files_are_refused(data: bytes, error: type[ImageError], message: str) -> None:
    """One error that says what was wrong."""
    with pytest.raises(error, match=message):
        decode(data, LIMITS)


def _sixteen_bit() -> Image.Image:
    deep: NDArray[np.uint16] = np.multiply(_stroke_picture(), np.uint16(257), dtype=np.uint16)
    return Image.fromarray(deep)


def _palette() -> Image.Image:
    rgba = Image.merge("RGBA", [*[Image.new("L", (120, 120), 0)] * 3, Image.fromarray(_inverted())])
    return rgba.convert("P")


def _inverted() -> Gray:
    return np.subtract(255, _stroke_picture(), dtype=np.uint8)


@pytest.mark.parametrize(
    "data",
    [
        _JPEG,
        _PNG,
        _encoded(Image.fromarray(_stroke_picture()), "WEBP", lossless=True),
        _encoded(Image.fromarray(_stroke_picture()).convert("CMYK"), "JPEG"),
        _encoded(_sixteen_bit(), "PNG"),
        _encoded(Image.fromarray(_stroke_picture()).convert("1"), "PNG"),
        _encoded(Image.fromarray(_stroke_picture()).convert("P"), "PNG"),
        _encoded(_palette(), "PNG"),
    ],
    ids=["jpeg", "png", "webp", "cmyk", "16-bit", "1-bit", "palette", "palette-transparent"],
)
def test_every_kind_of_picture_gives_the_same_grey_levels(data: bytes) -> None:
    """Dark bar on light paper, whatever the file."""
    gray = decode(data, LIMITS)
    difference: NDArray[np.int64] = np.abs(np.subtract(gray, _stroke_picture(), dtype=np.int64))
    assert gray.shape == (120, 120)
    mean: float = difference.mean()
    assert mean < 4


def test_a_rotated_photo_is_turned_upright() -> None:
    """EXIF orientation 6 asks for a quarter turn clockwise."""
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(np.rot90(_stroke_picture()))
    data = _encoded(turned, "PNG", exif=exif)
    np.testing.assert_array_equal(decode(data, LIMITS), _stroke_picture())


@pytest.mark.parametrize("light_ink", [False, True])
def test_transparent_paper_contrasts_with_the_ink(light_ink: bool) -> None:
    """Black ink lies on white, white ink on black."""
    alpha = _inverted()
    rgba: Gray = np.zeros((120, 120, 4), dtype=np.uint8)
    rgba[:, :, :3] = 255 if light_ink else 0
    rgba[:, :, 3] = alpha
    gray = decode(rgba, LIMITS)
    assert (gray.item((0, 0)), gray.item((50, 55))) == ((0, 255) if light_ink else (255, 0))


@pytest.mark.parametrize("factor", [np.uint8(1), np.float32(1 / 255), np.float64(1 / 255)])
def test_arrays_of_bytes_and_of_floats_are_alike(factor: np.uint8 | np.float32 | np.float64) -> None:
    """Floats in [0, 1] are grey levels."""
    array: Pixels = np.multiply(_stroke_picture(), factor)
    np.testing.assert_array_equal(decode(array, LIMITS), _stroke_picture())


def test_boolean_and_colour_arrays_are_read() -> None:
    """True is light; three equal channels are grey; one channel is none at all."""
    mask: NDArray[np.bool_] = np.greater(_stroke_picture(), 0)
    np.testing.assert_array_equal(decode(mask, LIMITS), _stroke_picture())
    rgb: Gray = np.dstack([_stroke_picture()] * 3)
    np.testing.assert_array_equal(decode(rgb, LIMITS), _stroke_picture())
    np.testing.assert_array_equal(decode(rgb[:, :, :1], LIMITS), _stroke_picture())


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full((9, 9), np.nan, dtype=np.float32), "NaN"),
        (np.full((9, 9), 2.0, dtype=np.float64), r"run from 2 to 2; they must lie in \[0, 1\]"),
        (np.zeros((3, 3, 2), dtype=np.uint8), r"shape \(3, 3, 2\)"),
        (np.zeros(9, dtype=np.uint8), r"shape \(9,\)"),
        (np.zeros((0, 9), dtype=np.uint8), r"shape \(0, 9\)"),
        (np.zeros((9, 9), dtype=np.float16), "float16"),
    ],
)
def test_bad_arrays_are_refused(array: Pixels, message: str) -> None:
    """The error gives the shape, the type or the range."""
    with pytest.raises(InvalidImage, match=message):
        decode(array, LIMITS)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((1, 1), dtype=np.uint8),
        np.zeros((280, 280), dtype=np.uint8),
        np.full((280, 280), 255, dtype=np.uint8),
        np.full((280, 280), 127, dtype=np.uint8),
        np.full((280, 280), 0.5, dtype=np.float32),
    ],
    ids=["one-pixel", "black", "white", "grey", "grey-float"],
)
def test_a_picture_without_ink_is_blank(picture: Pixels) -> None:
    """A friendly sentence, and never a digit."""
    with pytest.raises(BlankImage, match="No digit found"):
        preprocess(picture)
