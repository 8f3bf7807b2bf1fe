"""Files that are read, and files that are put aside, to be removed or brought back."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from handwriting_ai.support.files import FileTooLarge, put_aside, read_regular_file, sweep_unfinished


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
