"""What a picture can be given as: each way leads to the same levels, and what is no picture is said."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handwriting_ai.errors import ImageTooLarge, InvalidImage
from handwriting_ai.preprocess import Gray, ImageLimits
from handwriting_ai.preprocess.decode import decode
from handwriting_ai.reading.sources import Source, picture_of

LIMITS = ImageLimits()


class _Named(os.PathLike[str]):
    """What stands for a path, as an entry of a folder does."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __fspath__(self) -> str:
        return str(self._path)


def _levels() -> Gray:
    levels: Gray = np.full((60, 50), 255, dtype=np.uint8)
    levels[10:50, 20:28] = 0
    return levels


@pytest.fixture()
def path(tmp_path: Path) -> Path:
    """A picture whose name says something else."""
    path = tmp_path / "one.jpg"
    Image.fromarray(_levels()).save(path, format="PNG")
    return path


def test_every_kind_of_source_is_the_same_picture(path: Path) -> None:
    """A path, its text, what stands for one, a file's content in any form, an open file, a Pillow picture, an array."""
    content = path.read_bytes()
    with path.open("rb") as stream:
        sources: list[Source] = [
            *(
                path,
                str(path),
                _Named(path),
                content,
                bytearray(content),
                memoryview(content),
                io.BytesIO(content),
                stream,
            ),
            *(Image.open(path), Image.fromarray(_levels()), _levels()),
        ]
        for source in sources:
            np.testing.assert_array_equal(decode(picture_of(source, LIMITS), LIMITS), _levels())


def test_a_large_file_is_refused_by_its_size(path: Path) -> None:
    """No more is read than may be, by whatever way it comes."""
    os.truncate(path, 2_000_000)
    small = ImageLimits(max_megabytes=1)
    with path.open("rb") as stream:
        sources: list[Source] = [str(path), path, stream, bytearray(path.read_bytes())]
        for source in sources:
            with pytest.raises(ImageTooLarge, match=r"at most 1 MB are read: shrink it, or raise DIGITS__MAX_IMAGE_MB"):
                decode(picture_of(source, small), small)
        assert stream.tell() == 1_000_001


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """Nothing there, a folder, a pipe that nobody writes to: an error at once, with the reason."""
    os.mkfifo(tmp_path / "pipe")
    for name, reason in (("nothing", "No such file"), (".", "Is a directory"), ("pipe", "pipe"), ("a\0b", "null")):
        with pytest.raises(InvalidImage, match=f"The file cannot be read: .*{reason}"):
            picture_of(tmp_path / name, LIMITS)


def test_of_a_file_without_end_no_more_is_read_than_may_be() -> None:
    """An open device may have no end."""
    with Path("/dev/zero").open("rb") as endless, pytest.raises(ImageTooLarge, match="at most 20 MB"):
        decode(picture_of(endless, LIMITS), LIMITS)


@pytest.mark.parametrize("source", [[[0, 255]], None, 7, {"picture": b""}])
def test_what_is_no_picture_is_a_type_error(source: object) -> None:
    """It names what came, and what is taken."""
    with pytest.raises(TypeError, match=f"Pass a path, the content of a file.*{type(source).__name__} is not read"):
        picture_of(source, LIMITS)


def test_a_file_opened_as_text_is_a_type_error() -> None:
    """With the cure."""
    with pytest.raises(TypeError, match='gives str, not bytes: open it in binary mode, with "rb"'):
        picture_of(io.StringIO("text"), LIMITS)
