"""Where pictures come from."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from handwriting_ai.errors import ImageTooLarge, InvalidImage
from handwriting_ai.preprocess import ImageLimits, preprocess
from handwriting_ai.reading.sources import Source, picture_of

_LIMITS = ImageLimits()


def _one() -> NDArray[np.uint8]:
    canvas = np.full((280, 280), 255, dtype=np.uint8)
    canvas[40:240, 130:150] = 0
    return canvas


def _encoded() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(_one()).save(buffer, format="PNG")
    return buffer.getvalue()


def _saved(folder: Path) -> Path:
    path = folder / "one.png"
    path.write_bytes(_encoded())
    return path


def _deep() -> Image.Image:
    levels: NDArray[np.uint16] = np.multiply(_one(), 257, dtype=np.uint16)
    return Image.fromarray(levels)


_MAKERS: list[Callable[[Path], Source]] = [
    _saved,
    lambda folder: str(_saved(folder)),
    lambda _: _encoded(),
    lambda _: bytearray(_encoded()),
    lambda _: memoryview(_encoded()),
    lambda _: io.BytesIO(_encoded()),
    lambda folder: _saved(folder).open("rb"),
    lambda _: Image.fromarray(_one()),
    lambda _: Image.fromarray(_one()).convert("RGBA"),
    lambda _: Image.fromarray(_one()).convert("1"),
    lambda _: Image.fromarray(_one()).convert("P"),
    lambda _: _deep(),
    lambda _: _one(),
]


@pytest.mark.parametrize("make", _MAKERS)
def test_every_form_of_a_picture_is_read_alike(tmp_path: Path, make: Callable[[Path], Source]) -> None:
    """The network sees the same numbers."""
    expected = preprocess(_encoded()).image
    assert np.array_equal(preprocess(picture_of(make(tmp_path), _LIMITS)).image, expected)


@pytest.mark.parametrize("make", [str, Path])
@pytest.mark.parametrize(
    ("name", "reason"), [("nowhere.png", "No such file or directory."), ("", "Is a directory."), ("a\0b", "null")]
)
def test_a_path_that_cannot_be_read_is_an_error_of_ours(
    tmp_path: Path, make: Callable[[str], str | Path], name: str, reason: str
) -> None:
    """With the system's reason."""
    with pytest.raises(InvalidImage, match=f"The file cannot be read: .*{reason}"):
        picture_of(make(f"{tmp_path}/{name}"), _LIMITS)


def test_no_more_is_read_than_the_limits_allow(tmp_path: Path) -> None:
    """Of a path its size is asked; an open file may have no end."""
    with (tmp_path / "huge.png").open("wb") as stream:
        stream.truncate(3_000_000_000)
    with pytest.raises(ImageTooLarge, match=r"has 3000\.0 MB; at most 2 MB .* or raise DIGITS__MAX_IMAGE_MB"):
        picture_of(tmp_path / "huge.png", _LIMITS)
    with Path("/dev/zero").open("rb") as endless, pytest.raises(ImageTooLarge, match="at most 2 MB"):
        picture_of(endless, _LIMITS)


def test_what_is_no_picture_is_refused_with_what_is_one(tmp_path: Path) -> None:
    """A number, nothing, a list, and a file that was opened as text."""
    wrong: list[object] = [7, None, [[0, 1]]]
    taken: object = picture_of  # type checkers refuse these
    assert callable(taken)
    for each in wrong:
        with pytest.raises(TypeError, match="is no picture: a path, bytes, a file opened with 'rb', a Pillow picture"):
            taken(each, _LIMITS)
    (tmp_path / "text").write_text("text", encoding="utf-8")
    with (tmp_path / "text").open(encoding="utf-8") as stream, pytest.raises(TypeError, match="Open it with 'rb'"):
        taken(stream, _LIMITS)
