"""EMNIST's files as torchvision lays them out, in small."""

import gzip
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.emnist import FETCH_COMMAND, load_emnist_digits
from handwriting_ai.data.mnist import DigitImages, Part, load_mnist
from handwriting_ai.data.split import split_rows
from handwriting_ai.errors import DataCorrupt, DataMissing, DataUnreadable
from handwriting_ai.training.recipes import SEMI_SUPERVISED
from handwriting_ai.training.sources import DataFolders, prepare_data

_MNIST = PROJECT_ROOT / "data" / "mnist"


def _joined(*parts: DigitImages) -> DigitImages:
    """Several sets as one, in order."""
    images: NDArray[np.uint8] = np.concatenate([part.images for part in parts])
    labels: NDArray[np.int64] = np.concatenate([part.labels for part in parts])
    return DigitImages(images=images, labels=labels)


def write_emnist(folder: Path, images: "NDArray[np.uint8]", labels: "NDArray[np.int64]", *, packed: bool) -> None:
    """Store pictures column by column, as EMNIST does."""
    raw = folder / "EMNIST" / "raw"
    raw.mkdir(parents=True)
    transposed: NDArray[np.uint8] = np.ascontiguousarray(images.transpose(0, 2, 1))
    numbers: NDArray[np.uint8] = labels.astype(np.uint8)
    contents = {
        "emnist-digits-train-images-idx3-ubyte": struct.pack(">4I", 2051, *images.shape) + transposed.tobytes(),
        "emnist-digits-train-labels-idx1-ubyte": struct.pack(">2I", 2049, labels.size) + numbers.tobytes(),
    }
    for name, content in contents.items():
        (raw / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(content) if packed else content)


@pytest.mark.parametrize("packed", [True, False])
def test_pictures_are_turned_the_right_way_up(tmp_path: Path, packed: bool) -> None:
    """Gzipped as downloaded, or unpacked."""
    few: NDArray[np.int64] = np.arange(30)
    digits = load_mnist(_MNIST, Part.TRAIN).pick(few)
    write_emnist(tmp_path, digits.images, digits.labels, packed=packed)
    loaded = load_emnist_digits(tmp_path)
    assert np.array_equal(loaded.images, digits.images)
    assert np.array_equal(loaded.labels, digits.labels)


@pytest.mark.parametrize("named", [True, False])
def test_without_emnist_the_command_is_named(tmp_path: Path, named: bool) -> None:
    """Whether or not a folder was given."""
    with pytest.raises(DataMissing, match=FETCH_COMMAND):
        DataFolders(mnist=_MNIST, emnist=tmp_path if named else None).require(SEMI_SUPERVISED)
    with pytest.raises(DataMissing, match="TRAINING__EMNIST_DIR"):
        load_emnist_digits(tmp_path if named else None)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("emnist-digits-train-images-idx3-ubyte", b"short", "cut off"),
        ("emnist-digits-train-images-idx3-ubyte", struct.pack(">4I", 2051, 9, 28, 28), "no sound IDX file"),
        ("emnist-digits-train-labels-idx1-ubyte", struct.pack(">2I", 2049, 2) + b"\x01\x02", "does not hold"),
        ("emnist-digits-train-labels-idx1-ubyte.gz", b"no gzip", "cannot be unpacked"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """Cut off, of another shape, of another count, not gzip; with the command that gets them anew."""
    few: NDArray[np.int64] = np.arange(5)
    digits = load_mnist(_MNIST, Part.TRAIN).pick(few)
    write_emnist(tmp_path, digits.images, digits.labels, packed=name.endswith(".gz"))
    (tmp_path / "EMNIST" / "raw" / name).write_bytes(content)
    with pytest.raises(DataCorrupt, match=f"{said}.*\\. Delete it and run `{FETCH_COMMAND}`\\.$"):
        load_emnist_digits(tmp_path)


def test_a_file_that_the_system_refuses_is_not_called_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is it to be fetched anew."""
    few: NDArray[np.int64] = np.arange(5)
    digits = load_mnist(_MNIST, Part.TRAIN).pick(few)
    write_emnist(tmp_path, digits.images, digits.labels, packed=True)

    def denied(_: Path, _flags: int) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", denied)
    with pytest.raises(DataUnreadable, match=r"ubyte\.gz cannot be read: Permission denied\.$"):
        load_emnist_digits(tmp_path)


def test_what_repeats_a_digit_of_validation_or_test_is_dropped_and_counted(tmp_path: Path) -> None:
    """Digits of MNIST that stand in EMNIST's train part, as they do; the manifest's sentence says so."""
    mnist = load_mnist(_MNIST, Part.TRAIN)
    training_rows, validation_rows = split_rows(mnist.labels)
    test: NDArray[np.int64] = np.arange(10)
    train = mnist.pick(training_rows[:10])
    every = _joined(train, mnist.pick(validation_rows[:10]), load_mnist(_MNIST, Part.TEST).pick(test))
    write_emnist(tmp_path, every.images, every.labels, packed=True)
    folders = DataFolders(mnist=_MNIST, emnist=tmp_path, cache=tmp_path / "cache")
    for _ in range(2):  # found out, then read from the cache
        data = prepare_data(replace(SEMI_SUPERVISED, trial_digits=30), folders, workers=1)
        emnist = data.sources[1]
        assert (emnist.name, emnist.dropped) == ("emnist", 20)
        assert np.array_equal(emnist.labels, train.labels)
    assert data.test_overlap == "possible: 20 near-duplicates of validation and test were dropped from EMNIST."
