"""MNIST, its split, pen strokes and scribbles."""

import gzip
import hashlib
import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.mnist import DigitImages, Part, load_mnist
from handwriting_ai.data.scribbles import random_scribble
from handwriting_ai.data.split import VALIDATION_COUNT, held_out_writers, split_rows, writers_left_out
from handwriting_ai.data.strokes import DrawnDigit, Stroke, count_digits, load_stroke_files, place, render
from handwriting_ai.errors import DataCorrupt, DataMissing, DataUnreadable

MNIST = PROJECT_ROOT / "data" / "mnist"


@pytest.mark.parametrize(("part", "count", "first"), [(Part.TRAIN, 60_000, 5), (Part.TEST, 10_000, 7)])
def test_mnist_has_its_published_size(part: Part, count: int, first: int, tmp_path: Path) -> None:
    """Pictures of 28 × 28, labels 0–9, and the first label everybody knows; it is also what other tests are given."""
    (tmp_path / "mnist").symlink_to(MNIST)  # what lies in MNIST itself is read once for all tests
    digits = load_mnist(tmp_path / "mnist", part)
    assert digits.digest() == load_mnist(MNIST, part).digest()
    assert (len(digits), digits.images.shape) == (count, (count, 28, 28))
    labels: list[int] = digits.labels.tolist()
    assert labels[0] == first


def test_missing_and_damaged_files_are_named(tmp_path: Path) -> None:
    """With the digest that is wrong, the variable that points elsewhere, and the command that restores them."""
    cure = r"\. It ships .* set TRAINING__DATA_DIR .*`handwriting-ai data fetch mnist`\.$"
    with pytest.raises(DataMissing, match=cure):
        load_mnist(tmp_path, Part.TEST)
    for path in MNIST.glob("*.gz"):
        shutil.copy(path, tmp_path)
    images = tmp_path / "t10k-images-idx3-ubyte.gz"
    images.write_bytes(images.read_bytes()[:1000])
    with pytest.raises(DataCorrupt, match=f"cannot be unpacked: .*{cure}"):
        load_mnist(tmp_path, Part.TEST)
    images.write_bytes(gzip.compress(b"other"))
    with pytest.raises(DataCorrupt, match=f"its MD5 is .*{cure}"):
        load_mnist(tmp_path, Part.TEST)


def test_files_that_the_system_refuses_are_not_called_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reason is said."""
    _write(tmp_path, [])
    (tmp_path / "mnist").symlink_to(MNIST)

    def denied(_: Path, _flags: int) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", denied)
    with pytest.raises(DataUnreadable, match=r"t10k-images-idx3-ubyte\.gz cannot be read: Permission denied\.$"):
        load_mnist(tmp_path / "mnist", Part.TEST)
    for read in (load_stroke_files, count_digits):
        with pytest.raises(DataUnreadable, match=r"some\.jsonl\.gz cannot be read: Permission denied\.$"):
            read(tmp_path)


def test_validation_is_stratified_fixed_and_apart() -> None:
    """5,000 rows, each digit in proportion, none of them trained on."""
    labels = load_mnist(MNIST, Part.TRAIN).labels
    training, validation = split_rows(labels)
    assert (training.size, validation.size) == (60_000 - VALIDATION_COUNT, VALIDATION_COUNT)
    assert np.intersect1d(training, validation).size == 0
    whole: list[int] = np.bincount(labels).tolist()
    kept: list[int] = np.bincount(labels[validation]).tolist()
    assert all(abs(part - total / 12) <= 1 for part, total in zip(kept, whole, strict=True))
    assert np.array_equal(validation, split_rows(labels)[1])


def test_writers_are_held_out_as_a_whole() -> None:
    """A sixth of them, the same each time, whatever the order of their digits."""
    writers = [f"writer-{number % 30}" for number in range(300)]
    held_out = held_out_writers(writers)
    assert len(held_out) == 5
    assert held_out == held_out_writers(list(reversed(writers)))
    assert len(held_out_writers(["only"])) == 1


def test_nobody_is_left_out_of_what_one_person_wrote() -> None:
    """Training on one's own drawings would otherwise see none of them."""
    assert writers_left_out(["only", "only"]) == frozenset()
    assert writers_left_out(["one", "other"]) == held_out_writers(["one", "other"])
    assert writers_left_out([]) == frozenset()


def test_sets_pick_and_have_a_digest() -> None:
    """Rows keep their labels; another picture, another digest."""
    images: NDArray[np.uint8] = np.zeros((3, 28, 28), dtype=np.uint8)
    labels: NDArray[np.int64] = np.arange(3)
    digits = DigitImages(images=images, labels=labels)
    wanted = [2, 1, 1]
    rows: NDArray[np.int64] = np.array(wanted)
    picked = digits.pick(rows)
    assert len(picked) == 3
    assert np.array_equal(picked.labels, wanted)
    assert picked.digest() != digits.digest()


def test_the_shipped_strokes_are_those_that_were_published() -> None:
    """By digest, and as many as their page says."""
    files = load_stroke_files(PROJECT_ROOT / "data" / "strokes")
    assert [(file.name, len(file.digits), len({digit.writer for digit in file.digits})) for file in files] == [
        ("pendigits_tra", 7_494, 30),
        ("unipen_1a_digits", 15_466, 257),
    ]


def test_another_file_by_a_shipped_name_is_refused(tmp_path: Path) -> None:
    """Wherever it lies: its digits would pass for the shipped ones."""
    _write(tmp_path, [])
    (tmp_path / "some.jsonl.gz").rename(tmp_path / "pendigits_tra.jsonl.gz")
    with pytest.raises(DataCorrupt, match="is not the file of this name that the project ships: its SHA-256 is"):
        load_stroke_files(tmp_path)


def test_what_two_folders_have_is_read_once(tmp_path: Path) -> None:
    """Under whatever name; another file of the same name is refused."""
    first, second = tmp_path / "first", tmp_path / "second"
    digit = {"label": 1, "writer": "a", "strokes": [[[0, 0], [1, 20]]]}
    for folder in (first, second):
        folder.mkdir()
        _write(folder, [digit])
    assert [file.name for file in load_stroke_files(first, second)] == ["some"]
    (second / "some.jsonl.gz").rename(second / "other.jsonl.gz")
    assert len(load_stroke_files(first, second)) == len(count_digits(first, second)) == 1
    _write(second, [digit, digit])
    with pytest.raises(DataCorrupt, match="not the file of the same name in another folder"):
        load_stroke_files(first, second)


def _write(folder: Path, lines: Sequence[object]) -> Path:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    path = folder / "some.jsonl.gz"
    path.write_bytes(gzip.compress(text.encode()))
    return path


_LOOP = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]


def _moved(stroke: list[list[int]], right: int) -> list[list[int]]:
    return [[x + right, y] for x, y in stroke]


def test_stroke_files_are_read_with_y_down(tmp_path: Path) -> None:
    """Writer groups go before writers; a flag makes a digit doubtful, a slash does not."""
    strokes = [[[0, 0], [10, 20], [20, 0]]]
    _write(
        tmp_path,
        [
            {"label": 1, "writer": "a", "strokes": strokes},
            {"label": 7, "writer": "b", "writer_group": "g", "strokes": strokes, "knn_suspect": True},
            {"label": 0, "writer": "b", "strokes": strokes, "slashed_zero": True},
        ],
    )
    (file,) = load_stroke_files(tmp_path)
    assert [(digit.label, digit.writer) for digit in file.digits] == [(1, "a"), (7, "g"), (0, "b")]
    assert [(digit.doubtful, digit.slashed) for digit in file.digits] == [(False, False), (True, False), (False, True)]
    assert np.array_equal(file.digits[0].strokes[0], [[0.0, 0.0], [10.0, -20.0], [20.0, 0.0]])
    assert (file.name, len(file.sha256)) == ("some", 64)


@pytest.mark.parametrize(
    ("strokes", "straight"),
    [
        ([[[0, 0], [30, 50]]], True),
        ([[[0, 0], [1, 50], [0, 100]], [[0, 110], [0, 150]]], True),
        ([[[0, 0], [20, 50], [0, 100]]], False),
        ([[[5, 5]]], False),
    ],
)
def test_only_a_one_is_a_straight_line(tmp_path: Path, strokes: list[list[list[int]]], straight: bool) -> None:
    """A bar under the label 4 is doubtful, under the label 1 it is not."""
    _write(tmp_path, [{"label": label, "writer": "a", "strokes": strokes} for label in (4, 1)])
    (file,) = load_stroke_files(tmp_path)
    assert [digit.doubtful for digit in file.digits] == [straight, False]


@pytest.mark.parametrize(
    ("strokes", "several"),
    [
        ([_LOOP, _moved(_LOOP, 11)], True),
        ([_LOOP, [[11, 0], [19, 5], [11, 10]]], False),
        ([_moved(_LOOP, 24), _LOOP, _moved(_LOOP, 12)], True),
        ([_LOOP, _moved(_LOOP, 9)], False),
        ([[[0, 0], [8, 5], [0, 20]], [[9, 20], [11, 20]]], False),
        ([[[0, 0], [90, 0], [90, 20], [0, 20]]], False),
    ],
)
def test_strokes_side_by_side_are_no_single_digit(
    tmp_path: Path, strokes: list[list[list[int]]], several: bool
) -> None:
    """Two or three loops in a row are doubtful; overlapping loops, a 5 beside its bar, a wide loop are not."""
    _write(tmp_path, [{"label": 0, "writer": "a", "strokes": strokes}])
    (file,) = load_stroke_files(tmp_path)
    assert file.digits[0].doubtful == several


@pytest.mark.parametrize(
    "line",
    [
        {"label": 11, "writer": "a", "strokes": [[[0, 0]]]},
        {"label": 1, "writer": "a", "strokes": []},
        {"label": 1, "writer": "a", "strokes": [[]]},
        {"label": 1, "strokes": [[[0, 0]]]},
        {"label": 1, "writer": "a", "strokes": [[[0]]]},
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: dict[str, object]) -> None:
    """File and number."""
    _write(tmp_path, [line])
    with pytest.raises(DataCorrupt, match=r"some\.jsonl\.gz, line 1"):
        load_stroke_files(tmp_path)


def test_missing_and_broken_stroke_files(tmp_path: Path) -> None:
    """The error says how to get them back and names the variable, or the file."""
    with pytest.raises(DataMissing, match="Pen strokes are needed"):
        load_stroke_files()
    with pytest.raises(DataMissing, match="git checkout -- data/strokes"):
        load_stroke_files(PROJECT_ROOT / "data" / "strokes", tmp_path)
    with pytest.raises(DataMissing, match="TRAINING__INK_DIR"):
        load_stroke_files(tmp_path)
    (tmp_path / "some.jsonl.gz").write_bytes(b"not gzip")
    with pytest.raises(DataCorrupt, match=r"some\.jsonl\.gz"):
        load_stroke_files(tmp_path)


def _line(*points: tuple[float, float]) -> Stroke:
    stroke: Stroke = np.array(points, dtype=np.float64)
    return stroke


def _ink_px(picture: "NDArray[np.uint8]") -> float:
    """The area of the ink; smooth edges make OpenCV's strokes half a pixel wider on either side."""
    levels: float = picture.sum(dtype=np.float64)
    return levels / 255


def test_placing_scales_the_longer_side_and_centres_the_box() -> None:
    """Proportions stay."""
    (placed,) = place([_line((0, 0), (10, 40))], extent_px=100, center_px=(140, 140))
    assert np.array_equal(placed, [[127.5, 90.0], [152.5, 190.0]])


def test_rendering_draws_round_strokes_of_the_pen_s_width() -> None:
    """A level line covers pen width × length, with round ends."""
    picture = render([_line((60, 140), (220, 140))], pen_px=20)
    assert _ink_px(picture) == pytest.approx(160 * 20 + math.pi * 100, rel=0.1)


def test_a_tap_leaves_a_dot() -> None:
    """One point, one disc."""
    picture = render([_line((100, 100))], pen_px=20)
    assert _ink_px(picture) == pytest.approx(math.pi * 100, rel=0.15)


def test_scribbles_lie_on_the_canvas_and_repeat_with_their_seed() -> None:
    """Of all kinds, with digits to borrow from and without."""
    digit = DrawnDigit(label=1, writer="a", strokes=(_line((0, 0), (10, 40)), _line((0, 20), (10, 20))))
    for digits in ([], [digit]):
        for seed in range(60):
            strokes = random_scribble(np.random.default_rng(seed), digits)
            again = random_scribble(np.random.default_rng(seed), digits)
            assert all(np.array_equal(one, two) for one, two in zip(strokes, again, strict=True))
            assert np.any(render(strokes, pen_px=8))


def test_the_scribbles_of_a_seed_stay_the_same() -> None:
    """Pictures of them are kept on disk: where they change, `RENDERING_RULES` must be raised, and this digest changed.

    To a hundredth of a pixel, since processors round sine and cosine differently.
    """
    shapes = [(_line((0, 0), (1, n / 10)), _line((0.5, 1), (0.2, 0.1), (n / 5, 2))) for n in range(10)]
    digits = [DrawnDigit(label=n, writer="a", strokes=strokes) for n, strokes in enumerate(shapes)]
    digest = hashlib.sha256()
    for seed in range(400):
        for stroke in random_scribble(np.random.default_rng(seed), digits):
            hundredths: Stroke = np.rint(np.multiply(stroke, 100))
            digest.update(hundredths.astype(np.int64).tobytes())
    assert digest.hexdigest() == "0af688a1b20145e066c3f78f3ddf30486701f5db533d3803170ea0908c34118b"
