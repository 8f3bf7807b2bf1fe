"""Files that are put aside, to be removed or brought back."""

from pathlib import Path
from resource import RLIMIT_FSIZE, getrlimit, setrlimit
from typing import NoReturn

import pytest

from handwriting_ai.support.files import describe_refusal, put_aside, sweep_unfinished, write_atomically


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


def test_a_full_disk_is_told_with_the_file_that_it_had_no_room_for(tmp_path: Path) -> None:
    """The system names none; nothing is left of what was begun."""
    usual, most = getrlimit(RLIMIT_FSIZE)
    setrlimit(RLIMIT_FSIZE, (10, most))
    try:
        with pytest.raises(OSError, match="File too large") as refused:
            write_atomically(tmp_path / "file", b"too much for it")
    finally:
        setrlimit(RLIMIT_FSIZE, (usual, most))
    assert list(tmp_path.iterdir()) == []
    assert describe_refusal(refused.value, {}) == f"{tmp_path / 'file'}: File too large."


def test_a_refusal_names_the_variable_of_the_nearest_folder() -> None:
    """The models may lie in the folder of all data; what lies elsewhere, or has no name, is in nobody's folder."""
    folders = {"DATA": Path("/data"), "MODELS": Path("/data/models")}
    advice = "See to its disk and its permissions, or name another folder in"
    said = {
        "/data/runs/x": f"/data/runs/x: Denied. {advice} DATA.",
        "/data/models/x/model.pt": f"/data/models/x/model.pt: Denied. {advice} MODELS.",
        "/data": f"/data: Denied. {advice} DATA.",
        "/database": "/database: Denied.",
    }
    assert {name: describe_refusal(PermissionError(13, "Denied", name), folders) for name in said} == said
    assert describe_refusal(OSError(28, "No space left on device"), folders) == "[Errno 28] No space left on device"
