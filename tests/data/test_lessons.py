"""Lessons: drawings as models read them, in a file of their own, and which of them are kept back."""

import os
from pathlib import Path

import pytest
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.data.drawings import DrawingStore, SavedDrawing
from handwriting_ai.data.lessons import (
    ALWAYS_TAUGHT,
    forget_lessons,
    keep_back,
    make_lesson,
    read_lesson,
    write_lesson,
)
from handwriting_ai.errors import DataCorrupt, DataMissing, NothingToTeach


def _drawing(folder: Path, digit: int = 3) -> SavedDrawing:
    strokes = [[(60 + x, 40 + y) for x, y in line] for line in DIGIT_STROKES[digit]]
    pens = [14.0] * len(strokes)
    return DrawingStore(folder).save(
        strokes, canvas_px=280, pens_px=pens, label=digit, read_as=8, confidence=0.6, model_id="fast"
    )


def test_lesson_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Name, labels, writers and pictures."""
    lesson = make_lesson("Ann", [_drawing(tmp_path / "drawings")])
    write_lesson(tmp_path / "lessons", lesson)
    found = read_lesson(tmp_path / "lessons", lesson.sha256)
    assert found == lesson
    assert found.pictures.images.shape == (1, 28, 28)
    assert found.digits[0].writer == "You"


def test_no_drawings_are_no_lesson() -> None:
    """The message says where drawings come from."""
    with pytest.raises(NothingToTeach, match="page Draw"):
        make_lesson("Ann", [])


def test_missing_lesson_says_so(tmp_path: Path) -> None:
    """And what to do."""
    with pytest.raises(DataMissing, match="Teach anew"):
        read_lesson(tmp_path, "0" * 64)


def test_damaged_lesson_is_refused(tmp_path: Path) -> None:
    """One changed byte is enough."""
    path = write_lesson(tmp_path, make_lesson("Ann", [_drawing(tmp_path / "drawings")]))
    path.write_bytes(path.read_bytes().replace(b"Ann", b"Bob"))
    with pytest.raises(DataCorrupt, match="damaged"):
        read_lesson(tmp_path, path.stem)


@pytest.mark.parametrize(
    ("labels", "kept", "rounds"),
    [
        ([4], 0, {ALWAYS_TAUGHT}),
        ([4, 4], 2, {0, 1}),
        ([4, 4, 5], 2, {0, 1, ALWAYS_TAUGHT}),
        ([4] * 5 + [5] * 8, 3, {0, ALWAYS_TAUGHT}),
    ],
)
def test_what_is_kept_back(labels: list[int], kept: int, rounds: set[int]) -> None:
    """The only drawing of a digit never; halves of few, a quarter of many."""
    found = keep_back(labels, 0)
    assert sum(each != ALWAYS_TAUGHT for each in found) == kept
    assert set(found) == rounds


def test_lessons_that_nobody_needs_are_removed(tmp_path: Path) -> None:
    """Old ones, and the one named; those that are needed or whose job may be on its way stay."""
    folder = tmp_path / "lessons"
    needed, old, young, named = (
        write_lesson(folder, make_lesson(name, [_drawing(tmp_path / "drawings")])) for name in ("a", "b", "c", "d")
    )
    for path in (needed, old):
        os.utime(path, (0, 0))
    forget_lessons(folder, {needed.stem}, at_once=named.stem)
    assert set(folder.iterdir()) == {needed, young}
    forget_lessons(folder, {needed.stem}, at_once=needed.stem)
    assert needed.exists()
    forget_lessons(tmp_path / "nowhere", set(), at_once=None)
