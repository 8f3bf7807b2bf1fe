"""What people upload, and what it turns into: an array, or one clear error."""

import struct

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.preprocess.made_pictures import KINDS, ORIENTATION, animation, encoded, sample, stroke_picture

from handwriting_ai.errors import BlankImage, InvalidImage
from handwriting_ai.preprocess import Gray, ImageLimits, Pixels, preprocess
from handwriting_ai.preprocess.decode import decode
from handwriting_ai.preprocess.shrink import WORKING_SIDE_PX

LIMITS = ImageLimits()
_EXIF_KINDS = ("JPEG", "PNG", "AVIF", "HEIF", "WEBP", "TIFF")
_LOSSLESS: "dict[str, object]" = {"lossless": True}
_ALPHA_KINDS: "list[tuple[str, dict[str, object]]]" = [
    *(("PNG", {}), ("WEBP", _LOSSLESS), ("TIFF", {}), ("AVIF", {}), ("HEIF", {}))
]


def _large(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """The stroke, enlarged and in the middle of white paper."""
    paper = Image.new("L", (width, height), 255)
    side = min(width, height)
    paper.paste(Image.fromarray(stroke_picture()).resize((side, side)), ((width - side) // 2, (height - side) // 2))
    return paper.convert(mode)


def _sixteen_bit() -> Image.Image:
    deep: NDArray[np.uint16] = np.multiply(stroke_picture(), np.uint16(257), dtype=np.uint16)
    return Image.fromarray(deep)


def _palette() -> Image.Image:
    rgba = Image.merge("RGBA", [*[Image.new("L", (120, 120), 0)] * 3, Image.fromarray(_inverted())])
    return rgba.convert("P")


def _inverted() -> Gray:
    return np.subtract(255, stroke_picture(), dtype=np.uint8)


def _big_endian_tiff() -> bytes:
    deep: NDArray[np.uint16] = np.multiply(stroke_picture(), np.uint16(257), dtype=np.uint16)
    return encoded(Image.frombytes("I;16B", (120, 120), deep.byteswap().tobytes()), "TIFF")


def _ink_in_alpha() -> Image.Image:
    return Image.merge("RGBA", [*[Image.new("L", (120, 120), 0)] * 3, Image.fromarray(_inverted())])


@pytest.mark.parametrize(
    "data",
    [
        *(sample(kind) for kind in KINDS),
        sample("JPEG", progressive=True),
        encoded(Image.fromarray(stroke_picture()), "JPEG"),
        animation("MPO"),
        encoded(Image.fromarray(stroke_picture()), "PNG"),
        encoded(Image.fromarray(stroke_picture()), "WEBP", lossless=True),
        encoded(Image.fromarray(stroke_picture()).convert("CMYK"), "JPEG"),
        encoded(Image.fromarray(stroke_picture()).convert("CMYK"), "TIFF", compression="tiff_lzw"),
        encoded(_sixteen_bit(), "PNG"),
        encoded(_sixteen_bit(), "TIFF"),
        _big_endian_tiff(),
        sample("TIFF", compression="jpeg", quality=95),
        sample("TIFF", compression="tiff_adobe_deflate", big_tiff=True),
        encoded(Image.fromarray(stroke_picture()).convert("1"), "TIFF", compression="group4"),
        encoded(Image.fromarray(stroke_picture()).convert("1"), "PNG"),
        encoded(Image.fromarray(stroke_picture()).convert("P"), "PNG"),
        encoded(Image.fromarray(stroke_picture()).convert("LA"), "PNG"),
        encoded(_ink_in_alpha().convert("P"), "PNG"),
        *(encoded(_ink_in_alpha(), kind, **options) for kind, options in _ALPHA_KINDS),
        *(animation(kind) for kind in ("PNG", "WEBP", "GIF", "TIFF", "AVIF")),
    ],
)
def test_every_kind_of_picture_gives_the_same_grey_levels(data: bytes) -> None:
    """Dark bar on light paper, whatever the file; of several pictures in it, the first."""
    gray = decode(data, LIMITS)
    difference: NDArray[np.int64] = np.abs(np.subtract(gray, stroke_picture(), dtype=np.int64))
    assert gray.shape == (120, 120)
    mean: float = difference.mean()
    assert mean < 4


def test_inverted_cmyk_is_read_as_it_looks() -> None:
    """Adobe stores CMYK and YCCK the other way round, as Pillow does when it writes."""
    data = encoded(Image.fromarray(stroke_picture()).convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in data
    assert decode(data, LIMITS).item((0, 0)) > 240
    assert decode(data.replace(b"Adobe\0d\0\0\0\0\0", b"Adobe\0d\0\0\0\0\2"), LIMITS).shape == (120, 120)


def _turned(orientation: int) -> Gray:
    """How a picture lies in a file whose EXIF orientation sets it upright."""
    upright = stroke_picture()
    quarters = {3: 2, 4: 2, 5: 3, 6: 1, 7: 1, 8: 3}.get(orientation, 0)
    turned: Gray = np.rot90(upright, quarters)
    return np.ascontiguousarray(turned[:, ::-1] if orientation in (2, 4, 5, 7) else turned)


@pytest.mark.parametrize("kind", _EXIF_KINDS)
@pytest.mark.parametrize("orientation", [*range(10), 65_535])
def test_a_turned_photo_is_set_upright(kind: str, orientation: int) -> None:
    """By its EXIF orientation, 1 to 8; another value says nothing."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(Image.fromarray(_turned(orientation)).convert("RGB"), kind, exif=exif)
    assert _mean_difference(decode(data, LIMITS), stroke_picture()) < 1


@pytest.mark.parametrize("kind", _EXIF_KINDS)
@pytest.mark.parametrize(
    "exif",
    [
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\x03" * 50,
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x04\0\0\0abc\0",
        b"garbage",
    ],
    ids=["far", "endless", "text", "garbage"],
)
def test_broken_exif_does_not_matter(kind: str, exif: bytes) -> None:
    """In any format: where it cannot be understood the picture is taken as it lies."""
    try:
        data = sample(kind, exif=b"Exif\0\0" + exif)
    except (SyntaxError, TypeError, struct.error):  # Pillow's writers of AVIF and TIFF read it
        filler = Image.Exif()
        filler[ORIENTATION], filler[0x010E] = 1, "x" * 40
        written = filler.tobytes().removeprefix(b"Exif\0\0")
        data = sample(kind, exif=filler).replace(written, exif.ljust(len(written), b"\0"))
    assert _mean_difference(decode(data, LIMITS), stroke_picture()) < 1


def _mean_difference(first: Gray, second: Gray) -> float:
    difference: NDArray[np.int64] = np.abs(np.subtract(first, second, dtype=np.int64))
    mean: float = difference.mean()
    return mean


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "GIF"])
@pytest.mark.parametrize("size", [(1025, 900), (1500, 2047), (2048, 1000), (4000, 3000), (3000, 70)])
def test_a_large_picture_is_brought_to_the_working_size(kind: str, size: tuple[int, int]) -> None:
    """Its longest side has 1,024 pixels then, and each is the mean of those it stands for."""
    image = _large(*size)
    options: dict[str, object] = {"compression": "tiff_lzw"} if kind == "TIFF" else {}
    gray = decode(encoded(image.convert("L") if kind == "GIF" else image, kind, **options), LIMITS)
    shape: tuple[int, int] = gray.shape[1], gray.shape[0]
    assert max(shape) == WORKING_SIDE_PX
    assert min(shape) == pytest.approx(min(size) * WORKING_SIDE_PX / max(size), abs=0.51)
    expected: Gray = np.asarray(image.convert("L").resize(shape, Image.Resampling.BOX), dtype=np.uint8)
    assert _mean_difference(gray, expected) < 2.5


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F", "LAB"])
def test_an_opened_picture_of_any_mode_is_read(mode: str) -> None:
    """Large ones in bands, to the same levels; the picture itself stays as it was."""
    for side in (120, 2400):
        picture = Image.fromarray(stroke_picture()).resize((side, side))
        levels: Gray = np.asarray(picture, dtype=np.uint8)
        if mode == "F":
            floats: NDArray[np.float32] = np.divide(levels, np.float32(255))
            image = Image.fromarray(floats)
        elif mode == "I;16":
            deep: NDArray[np.uint16] = np.multiply(levels, np.uint16(257), dtype=np.uint16)
            image = Image.fromarray(deep)
        elif mode == "LAB":
            neutral = Image.new("L", (side, side), 128)
            image = Image.merge("LAB", (picture, neutral, neutral))
        else:
            image = picture.convert(mode)
        gray = decode(image, LIMITS)
        assert (image.size, image.mode) == ((side, side), mode)
        expected: Gray = np.asarray(picture.resize((min(side, WORKING_SIDE_PX),) * 2, Image.Resampling.BOX))
        assert _mean_difference(gray, expected) < 2


def test_the_working_size_is_the_caller_s_to_choose() -> None:
    """To read a page needs more pixels than to read a digit."""
    data = encoded(_large(3000, 2000, "L"), "PNG")
    assert decode(data, LIMITS, working_side_px=4096).shape == (2000, 3000)
    assert decode(data, LIMITS, working_side_px=2048).shape == (1365, 2048)


@pytest.mark.parametrize("channels", [(), (1,), (3,), (4,)])
def test_a_large_array_is_read_as_its_picture(channels: tuple[int, ...]) -> None:
    """In bands, bytes or floats."""
    image = _large(2500, 2200, {(): "L", (1,): "L", (3,): "RGB", (4,): "RGBA"}[channels])
    array: Gray = np.asarray(image, dtype=np.uint8).reshape(2200, 2500, *channels)
    gray = decode(array, LIMITS)
    assert gray.shape == (901, 1024)
    assert _mean_difference(gray, decode(image, LIMITS)) < 0.1
    scaled: NDArray[np.float32] = np.divide(array, np.float32(255))
    np.testing.assert_array_equal(decode(scaled, LIMITS), gray)


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
    array: Pixels = np.multiply(stroke_picture(), factor)
    np.testing.assert_array_equal(decode(array, LIMITS), stroke_picture())


def test_boolean_and_colour_arrays_are_read() -> None:
    """True is light; three equal channels are grey; one channel is none at all."""
    mask: NDArray[np.bool_] = np.greater(stroke_picture(), 0)
    np.testing.assert_array_equal(decode(mask, LIMITS), stroke_picture())
    rgb: Gray = np.dstack([stroke_picture()] * 3)
    np.testing.assert_array_equal(decode(rgb, LIMITS), stroke_picture())
    np.testing.assert_array_equal(decode(rgb[:, :, :1], LIMITS), stroke_picture())


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
