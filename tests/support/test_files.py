"""Files that are read, and files that the system has no room for, or refuses."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from resource import RLIMIT_FSIZE, getrlimit, setrlimit

import pytest

from handwriting_ai.support.files import FileTooLarge, describe_refusal, read_regular_file, write_atomically


def _make_folder(path: Path) -> None:
    path.mkdir()


def _make_pipe(path: Path) -> None:
    os.mkfifo(path)


def _make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def _link_to_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_make_folder, "Is a directory"),
        (_make_pipe, "it is a named pipe, not a file"),
        (_make_socket, "it is a socket, not a file"),
        (_link_to_device, "it is a device, not a file"),
        (_link_to_itself, "Too many levels of symbolic links"),
    ],
)
@pytest.mark.timeout(10)
def test_only_regular_files_are_opened(tmp_path: Path, make: Callable[[Path], None], reason: str) -> None:
    """Whoever opens a pipe waits for its other end, and /dev/zero never ends."""
    path = tmp_path / "file"
    make(path)
    with pytest.raises(OSError, match=reason) as refused:
        read_regular_file(path)
    assert str(path) in str(refused.value)


@pytest.mark.timeout(10)
def test_a_pipe_that_takes_a_file_s_place_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look at the file and its opening."""
    path = tmp_path / "file"
    path.touch()
    was = path.stat()
    path.unlink()
    os.mkfifo(path)

    def as_it_was(_: Path) -> os.stat_result:
        return was

    monkeypatch.setattr(Path, "stat", as_it_was)
    with pytest.raises(OSError, match="it is a named pipe"):
        read_regular_file(path)


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    """Also through a link; one byte more is refused."""
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("file")
    assert read_regular_file(tmp_path / "link", 5) == b"12345"
    assert read_regular_file(tmp_path / "link") == b"12345"
    with pytest.raises(FileTooLarge):
        read_regular_file(tmp_path / "link", 4)


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    """A hole of 3 GB says so at once."""
    with (tmp_path / "hole").open("wb") as stream:
        stream.truncate(3_000_000_000)
    with pytest.raises(FileTooLarge) as refused:
        read_regular_file(tmp_path / "hole", 2_000_000)
    assert refused.value.strerror == "it has 3000.0 MB; at most 2 MB are read"
    assert refused.value.size_bytes == 3_000_000_000


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="Only Linux has such files.")
def test_a_file_of_the_kernel_s_has_a_limit_too() -> None:
    """Its size is said to be 0, whatever it holds."""
    with pytest.raises(FileTooLarge):
        read_regular_file(Path("/proc/self/status"), 100)


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
