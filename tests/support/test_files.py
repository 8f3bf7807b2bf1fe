"""Files that the system has no room for, or refuses."""

from pathlib import Path
from resource import RLIMIT_FSIZE, getrlimit, setrlimit

import pytest

from handwriting_ai.support.files import describe_refusal, write_atomically


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
