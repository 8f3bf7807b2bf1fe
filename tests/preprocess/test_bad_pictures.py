"""Files that are broken, or made to do harm: one clear error or an answer, and nothing on the terminal."""

import random
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.preprocess.made_pictures import KINDS, animation, encoded, forged_size, png, sample, stroke_picture

from handwriting_ai.errors import ImageError, ImageTooLarge, InvalidImage
from handwriting_ai.preprocess import Gray, ImageLimits, Pixels, preprocess
from handwriting_ai.preprocess.decode import decode
from handwriting_ai.preprocess.shrink import WORKING_SIDE_PX

LIMITS = ImageLimits()
_FIRST_OF_TWO = animation("MPO")
_SECOND = _FIRST_OF_TWO.rfind(b"\xff\xd8\xff")
_INDEX = _FIRST_OF_TWO.index(b"MPF\0")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"just text", "not a picture"),
        (b"\xff\xd8\xff but text", "damaged"),
        (b"GIF89a", "damaged"),
        (b"BM as this text begins", "damaged"),
        (b"%PDF-1.7\n1 0 obj", "a PDF file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"\0\0\0\x20ftypmp42\0\0\0\0mp42isom", "a video"),
        (png(0, 0), "damaged"),
        (sample("JPEG")[:-2] + b"\xff\xda" * 200, "20[12] scans"),
        (b"\xff\xd8" + b"\xff\xe2\0\2" * 5_000, "2000 segments"),
        (png(9, 9, extra=[(b"abCd", b"")] * 30_000), "20000 chunks"),
    ],
    ids=["empty", "text", "jpg", "gif", "bmp", "pdf", "svg", "video", "zero", "scans", "segments", "chunks"],
)
def test_what_is_no_whole_picture_is_refused(data: bytes, message: str) -> None:
    """One error that says what was wrong."""
    with pytest.raises(InvalidImage, match=message):
        decode(data, LIMITS)


@pytest.mark.parametrize("is_big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_of_countless_strips_is_refused_at_once(order: str, is_big: bool) -> None:
    """By its directory: to unpack five million numbers takes a gigabyte and a minute."""
    offset, length = ("Q", 16) if is_big else ("I", 8)
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}H", 43 if is_big else 42)
    head += struct.pack(f"{order}HHQ", 8, 0, length) if is_big else struct.pack(f"{order}I", length)
    tag = struct.pack(f"{order}HH{offset}{offset}", 273, 4, 4_000_000, 200)
    directory = struct.pack(f"{order}{'Q' if is_big else 'H'}", 1) + tag
    with pytest.raises(InvalidImage, match=r"tag 273 has 4000000 numbers; at most 50000 are read: save it anew"):
        decode((head + directory).ljust(16_000_000, b"\0"), LIMITS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_a_truncated_file_is_damaged(kind: str, share: float) -> None:
    """Wherever it ends."""
    data = sample(kind)
    with pytest.raises(InvalidImage, match=r"damaged|not a picture|a video"):
        decode(data[: int(len(data) * share)], LIMITS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", [11_000, 30_000])
def test_a_forged_size_is_too_large(kind: str, side: int) -> None:
    """It is said before anything is decoded, with the way out."""
    data = forged_size(kind, side)
    if kind == "AVIF" and side > 20_000:
        with pytest.raises(InvalidImage, match="damaged"):  # its reader does not even look
            decode(data, LIMITS)
    else:
        with pytest.raises(ImageTooLarge, match="shrink it"):
            decode(data, LIMITS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", [1, 119, 121, 7_900])
def test_a_forged_size_within_the_limits_is_read_or_refused(kind: str, side: int) -> None:
    """What a reader makes up is at worst a picture without a digit."""
    with suppress(ImageError):
        assert _longest_side(decode(forged_size(kind, side), LIMITS)) <= WORKING_SIDE_PX


def _longest_side(gray: Gray) -> int:
    shape: tuple[int, ...] = gray.shape
    return max(shape)


def test_a_size_beyond_the_limits_says_what_to_do() -> None:
    """With the numbers, and the variable that allows more."""
    for data, message in (
        (png(30_000, 30_000), r"30000 × 30000 pixels; a side may have 12000 at most.*DIGITS__MAX_IMAGE_SIDE_PX"),
        (png(9_000, 9_000), r"81\.0 megapixels; at most 64 are read.*DIGITS__MAX_IMAGE_MEGAPIXELS"),
        (forged_size("HEIF", 7_000), r"49\.0 megapixels; at most 25\.6 of HEIC.*10 bytes of memory a pixel"),
        (b"\x89PNG" + bytes(21_000_000), r"21\.0 MB; at most 20 MB are read: shrink it, or raise DIGITS__MAX_IMAGE_MB"),
    ):
        with pytest.raises(ImageTooLarge, match=message):
            decode(data, LIMITS)


@pytest.mark.parametrize(
    "data",
    [
        _FIRST_OF_TWO[:_SECOND],
        _FIRST_OF_TWO[:_SECOND] + b"no picture" * 20,
        _FIRST_OF_TWO[: _INDEX + 8] + b"\xff" * 60 + _FIRST_OF_TWO[_INDEX + 68 :],
    ],
    ids=["none", "garbage", "index"],
)
def test_an_mpo_whose_second_picture_is_broken_is_read(data: bytes) -> None:
    """The first is whole."""
    assert decode(data, LIMITS).shape == (120, 120)


@pytest.mark.parametrize("shape", [(1, 5_000), (5_000, 1), (1, 1), (2, 2), (3, 3), (3, 4), (12_000, 28)])
@pytest.mark.parametrize("kind", ["ink", "noise", "paper"])
@pytest.mark.filterwarnings("error")
def test_the_oddest_shapes_are_read_or_blank(shape: tuple[int, int], kind: str) -> None:
    """Never a crash, nor a word of NumPy's."""
    noise: Gray = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    picture: Gray = {"ink": np.zeros(shape, dtype=np.uint8), "paper": np.full(shape, 255, dtype=np.uint8)}.get(
        kind, noise
    )
    sources: list[bytes | Pixels] = [picture, encoded(Image.fromarray(picture), "PNG")]
    for source in sources:
        with suppress(ImageError):
            assert bool(np.isfinite(preprocess(source).image).all())


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_bytes_never_crash(kind: str) -> None:
    """A picture or an error of ours, whatever was changed in the file."""
    rng, data = random.Random(7), sample(kind)
    for _ in range(60):
        broken = bytearray(data)
        for _ in range(rng.randrange(1, 12)):
            broken[rng.randrange(min(len(data), 700))] = rng.randrange(256)
        with suppress(ImageError):
            assert _longest_side(decode(bytes(broken), LIMITS)) <= WORKING_SIDE_PX


_READ = """
import sys, warnings
from pathlib import Path
warnings.simplefilter("default")
from handwriting_ai.preprocess import ImageLimits, preprocess
from handwriting_ai.errors import ImageError
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        preprocess(path.read_bytes())
    except ImageError as error:
        print(path.name, error)
"""


def test_no_library_writes_to_the_terminal(tmp_path: Path) -> None:
    """Neither warnings of large and odd pictures nor a decoder's own words; each bad file has its one error."""
    exif = Image.Exif()
    exif[0x010E] = "x" * 40
    bad = {
        "large.png": png(10_500, 10_500),
        "huge.png": png(30_000, 30_000),
        "index.jpg": _FIRST_OF_TWO[: _INDEX + 8] + b"\xff" * 60 + _FIRST_OF_TWO[_INDEX + 68 :],
        "tiny.png": encoded(Image.fromarray(np.arange(9, dtype=np.uint8).reshape(3, 3) * 20), "PNG"),
        "palette.png": encoded(Image.fromarray(stroke_picture()).convert("P"), "PNG", transparency=bytes(range(200))),
        "odd.tif": sample("TIFF", exif=exif).replace(b"x" * 40, b"\xff" * 40),
        "apng.png": png(120, 120, extra=[(b"acTL", bytes(8))]),
    }
    for kind in KINDS:
        data = sample(kind)
        bad |= {f"{kind}-cut-{share}": data[: int(len(data) * share)] for share in (0.1, 0.5, 0.9)}
        bad[f"{kind}-forged"] = forged_size(kind, 11_000)
    for compression in ("tiff_lzw", "jpeg", "tiff_adobe_deflate"):
        data = sample("TIFF", compression=compression)
        bad[f"{compression}.tif"] = data[:200] + b"\xff" * 40 + data[240:]
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    done = subprocess.run([sys.executable, "-c", _READ, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) >= len(KINDS) * 4
