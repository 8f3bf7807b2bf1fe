"""MNIST is downloaded where it is missing, and what comes is checked."""

import shutil
from pathlib import Path

import pytest

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.fetching import fetch_mnist
from handwriting_ai.data.mnist import FILES, Part, load_mnist
from handwriting_ai.errors import DataMissing

MNIST = PROJECT_ROOT / "data" / "mnist"


def _mirror(folder: Path) -> str:
    return f"{folder.resolve().as_uri()}/"


def test_the_second_mirror_helps_where_the_first_has_nothing(tmp_path: Path) -> None:
    """All four files come; asked again, nothing is downloaded."""
    nothing, folder = tmp_path / "nothing", tmp_path / "mnist"
    nothing.mkdir()
    assert fetch_mnist(folder, (_mirror(nothing), _mirror(MNIST)))
    assert len(load_mnist(folder, Part.TEST)) == 10_000
    assert not fetch_mnist(folder, ())


def test_what_is_not_mnist_is_not_kept(tmp_path: Path) -> None:
    """A mirror that sends something else is named with what it sent; no file of it stays."""
    wrong, folder = tmp_path / "wrong", tmp_path / "mnist"
    wrong.mkdir()
    first, second, *_ = FILES
    shutil.copy(MNIST / f"{second}.gz", wrong / f"{first}.gz")
    with pytest.raises(DataMissing, match="its MD5 is"):
        fetch_mnist(folder, (_mirror(wrong),))
    assert not list(folder.iterdir())


def test_a_cut_off_download_is_not_kept(tmp_path: Path) -> None:
    """The message says that it could not be unpacked, and what to do."""
    cut, folder = tmp_path / "cut", tmp_path / "mnist"
    cut.mkdir()
    first, *_ = FILES
    (cut / f"{first}.gz").write_bytes((MNIST / f"{first}.gz").read_bytes()[:1000])
    with pytest.raises(DataMissing, match="TRAINING__DATA_DIR"):
        fetch_mnist(folder, (_mirror(cut),))
    assert not list(folder.iterdir())
