"""Notes of runs and models on disk."""

from pathlib import Path

import pytest

from handwriting_ai.registry.notes import MOST_NAME_LETTERS, NOTE_NAME, Note, read_note, write_note


def test_a_note_is_kept_as_a_whole(tmp_path: Path) -> None:
    """Nothing is said where there is none; a new one replaces it, and no other file is left."""
    assert read_note(tmp_path) == Note()
    write_note(tmp_path, Note(name=" mine ", text="wide pen", archived=True))
    assert read_note(tmp_path) == Note(name="mine", text="wide pen", archived=True)
    write_note(tmp_path, Note())
    assert read_note(tmp_path) == Note()
    assert [path.name for path in tmp_path.iterdir()] == [NOTE_NAME]


@pytest.mark.parametrize("content", ["{", '{"name": 3}', '{"nome": "x"}', f'{{"name": "{"x" * 81}"}}'])
def test_a_damaged_note_is_told_and_says_nothing(tmp_path: Path, content: str) -> None:
    """What it is a note of is shown all the same."""
    (tmp_path / NOTE_NAME).write_text(content, encoding="utf-8")
    found = read_note(tmp_path)
    assert "is damaged" in found.problem
    assert (found.name, found.text, found.archived) == ("", "", False)
    write_note(tmp_path, Note(name="x" * MOST_NAME_LETTERS))
    assert not read_note(tmp_path).problem


def test_a_note_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    """A folder in its place, say."""
    (tmp_path / NOTE_NAME).mkdir()
    assert "cannot be read" in read_note(tmp_path).problem


def test_notes_of_what_is_gone_are_refused(tmp_path: Path) -> None:
    """The run was deleted meanwhile."""
    with pytest.raises(OSError, match="No such file"):
        write_note(tmp_path / "gone", Note(name="x"))


@pytest.mark.parametrize(
    ("words", "found"), [("", True), ("WIDE", True), ("pen drawn", True), ("seed0", True), ("narrow", False)]
)
def test_words_are_looked_for_in_names_and_notes(words: str, found: bool) -> None:
    """All of them, in whatever case and order."""
    assert Note(name="My wide one", text="a pen of 30 px").matches("mnist_compact_drawn_seed0", words) is found
