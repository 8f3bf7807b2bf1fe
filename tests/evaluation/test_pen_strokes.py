"""Digits of held-out writers: which they are, how they look, and how answers are counted."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.rendering import drawn_at, through_preprocessing
from handwriting_ai.data.split import held_out_writers
from handwriting_ai.data.strokes import DrawnDigit, Stroke, StrokeFile, load_stroke_files
from handwriting_ai.errors import DataCorrupt
from handwriting_ai.evaluation.pen_strokes import PENS_PX, PenStrokeScore, render_held_out, score_pen_strokes
from handwriting_ai.training.recipes import DRAWN, as_trial
from handwriting_ai.training.sources import DataFolders, prepare_data


def _digit(label: int, writer: str, *, doubtful: bool = False) -> DrawnDigit:
    strokes: list[Stroke] = [np.array(line, dtype=np.float64) for line in DIGIT_STROKES[label]]
    return DrawnDigit(label=label, writer=writer, strokes=tuple(strokes), doubtful=doubtful)


def _file(writers: int = 12) -> StrokeFile:
    """Every digit of every writer; sixes are doubtful."""
    digits = [_digit(label, f"w{writer}", doubtful=label == 6) for label in DIGIT_STROKES for writer in range(writers)]
    return StrokeFile(name="mine", sha256="0" * 64, digits=tuple(digits))


def _first_two_are_alike(images: "NDArray[np.uint8]") -> bool:
    first: NDArray[np.uint8] = images[0]
    second: NDArray[np.uint8] = images[1]
    return np.array_equal(first, second)


def _score(digits: list[DrawnDigit], answers: list[int], *, blank: int | None = None) -> PenStrokeScore:
    images = np.full((len(digits), 28, 28), 200, dtype=np.uint8)
    if blank is not None:
        images[blank] = 0
    given: NDArray[np.int64] = np.array(answers, dtype=np.int64)
    return score_pen_strokes(images, digits, given, file="mine", pen_px=14)


@pytest.mark.parametrize("pen_px", [None, *PENS_PX])
def test_only_held_out_writers_are_drawn(pen_px: float | None) -> None:
    """All their digits, doubtful ones too, in the file's order; threads change nothing."""
    file = _file()
    images, digits = render_held_out(file, pen_px, workers=2)
    writers = held_out_writers([digit.writer for digit in file.digits])
    assert len(writers) == 2
    assert digits == tuple(digit for digit in file.digits if digit.writer in writers)
    assert sum(digit.doubtful for digit in digits) == 2
    assert images.shape == (20, 28, 28)
    assert images.dtype == np.uint8
    assert np.array_equal(images, render_held_out(file, pen_px, workers=1)[0])


def test_a_pen_draws_every_digit_of_a_kind_alike() -> None:
    """In the middle, without a random number: two writers of the same strokes have the same picture."""
    images, digits = render_held_out(_file(), 6, workers=2)
    expected = [through_preprocessing(drawn_at(digit.strokes, pen_px=6, share=0.6)) for digit in digits]
    assert np.array_equal(images, expected)
    assert _first_two_are_alike(images)
    assert not _first_two_are_alike(render_held_out(_file(), None, workers=2)[0])


def test_random_pens_are_those_of_training_s_validation(tmp_path: Path) -> None:
    """The very pictures: what a model's figures say during training can be found again."""
    lines: list[dict[str, object]] = []
    for label, drawn in DIGIT_STROKES.items():
        strokes = [[(x, -y) for x, y in line] for line in drawn]
        lines += [{"label": label, "writer": f"w{writer}", "strokes": strokes} for writer in range(6)]
    (tmp_path / "mine.jsonl.gz").write_bytes(gzip.compress("\n".join(json.dumps(line) for line in lines).encode()))
    (file,) = load_stroke_files(tmp_path)
    images, digits = render_held_out(file, None, workers=2)
    recipe = as_trial(replace(DRAWN, renderings=1), 20)
    folders = DataFolders(mnist=PROJECT_ROOT / "data" / "mnist", strokes=(tmp_path,))
    trained = prepare_data(recipe, folders, workers=2).drawn_validation["mine"]
    assert np.array_equal(images, trained.images)
    assert np.array_equal([digit.label for digit in digits], trained.labels)


def test_a_file_without_digits_is_named() -> None:
    """There is no writer to hold out."""
    with pytest.raises(DataCorrupt, match="'empty' holds no digits"):
        render_held_out(StrokeFile(name="empty", sha256="0" * 64, digits=()), None, workers=1)


def test_errors_are_counted_by_writer_and_doubt() -> None:
    """Worked by hand: two of five are misread, one of them a digit whose label is in doubt."""
    digits = [
        _digit(3, "a"),
        _digit(4, "b"),
        _digit(5, "a", doubtful=True),
        _digit(6, "b", doubtful=True),
        _digit(7, "c"),
    ]
    score = _score(digits, [3, 9, 8, 6, 7])
    assert (score.file, score.pen_px) == ("mine", 14)
    assert (score.n, score.errors, score.n_doubtful, score.errors_doubtful) == (5, 2, 2, 1)
    assert score.accuracy == pytest.approx(3 / 5)
    assert score.accuracy_without_doubtful == pytest.approx(2 / 3)
    by_writer = {writer.writer: writer for writer in score.writers}
    assert sorted(by_writer) == ["a", "b", "c"]
    a, b = by_writer["a"], by_writer["b"]
    assert (a.file, a.n, a.errors, a.n_doubtful, a.errors_doubtful, a.accuracy) == ("mine", 2, 1, 1, 1, 0.5)
    assert (b.n, b.errors, b.n_doubtful, b.errors_doubtful) == (2, 1, 1, 0)


def test_the_worst_writers_come_first() -> None:
    """By accuracy; among equals who has more errors, then by name."""
    digits = [_digit(1, writer) for writer in ("zoe", "ann", "bob", "eve", "bob", "cat", "eve", "zoe", "bob")]
    score = _score(digits, [1, 7, 7, 1, 7, 7, 7, 1, 7])
    assert [writer.writer for writer in score.writers] == ["bob", "ann", "cat", "eve", "zoe"]


def test_a_picture_without_ink_is_misread() -> None:
    """Even if the network happens to guess the label."""
    digits = [_digit(1, "a"), _digit(2, "a")]
    assert _score(digits, [1, 2]).errors == 0
    assert _score(digits, [1, 2], blank=0).errors == 1


def test_where_all_labels_are_in_doubt_there_is_no_accuracy_beyond_it() -> None:
    """None, not a division by zero."""
    score = _score([_digit(1, "a", doubtful=True)], [1])
    assert (score.accuracy, score.accuracy_without_doubtful) == (1.0, None)


@pytest.mark.parametrize(("labels", "answers"), [([1, 2], [1]), ([], [])])
def test_answers_must_fit_the_digits(labels: list[int], answers: list[int]) -> None:
    """As many of each, and at least one; the error quotes the counts."""
    with pytest.raises(ValueError, match=f"{len(labels)} digits and {len(answers)} answers"):
        _score([_digit(label, "a") for label in labels], answers)
