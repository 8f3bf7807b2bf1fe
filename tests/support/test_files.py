"""Files that are put aside, to be removed or brought back."""

from pathlib import Path
from typing import NoReturn

import pytest

from handwriting_ai.support.files import put_aside, sweep_unfinished


def test_put_aside_removes_at_the_end(tmp_path: Path) -> None:
    """Within the block a file is out of sight; one that is missing is no error."""
    kept = tmp_path / "kept"
    kept.write_text("k")
    (tmp_path / "doomed").write_text("d")
    with put_aside(tmp_path / "doomed", tmp_path / "missing"):
        assert not (tmp_path / "doomed").exists()
    assert list(tmp_path.iterdir()) == [kept]


def test_put_aside_brings_back_what_a_failure_would_lose(tmp_path: Path) -> None:
    """With its content, and nothing else is left."""
    file = tmp_path / "file"
    file.write_text("f")
    with pytest.raises(KeyboardInterrupt), put_aside(file):
        raise KeyboardInterrupt
    assert file.read_text() == "f"
    assert list(tmp_path.iterdir()) == [file]


def test_put_aside_brings_back_all_that_it_can(tmp_path: Path) -> None:
    """Here a folder stands where the second of two files was."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("1")
    second.write_text("2")

    def fail() -> NoReturn:
        second.mkdir()
        raise ValueError

    with pytest.raises(OSError, match="second"), put_aside(first, second):
        fail()
    assert first.read_text() == "1"


def test_what_a_killed_process_put_aside_is_swept(tmp_path: Path) -> None:
    """Here a sweep from elsewhere comes first; the end of the block finds nothing to remove."""
    (tmp_path / "file").write_text("f")
    with put_aside(tmp_path / "file"):
        sweep_unfinished(tmp_path)
        assert list(tmp_path.iterdir()) == []
