"""Reading files that are files; writing so that nobody ever sees half of one, and what is said where it is refused."""

import errno
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final
from uuid import uuid4

from handwriting_ai.support.units import BYTES_PER_MB

_KINDS: Final = (
    (stat.S_ISDIR, errno.EISDIR, os.strerror(errno.EISDIR)),
    (stat.S_ISFIFO, errno.EINVAL, "it is a named pipe, not a file"),
    (stat.S_ISSOCK, errno.EINVAL, "it is a socket, not a file"),
    (stat.S_ISCHR, errno.EINVAL, "it is a device, not a file"),
    (stat.S_ISBLK, errno.EINVAL, "it is a device, not a file"),
)
"""What lies in folders beside regular files, with the error that says so."""
MOST_JSON_BYTES: Final = 10 * BYTES_PER_MB
"""Of a file of settings, figures or strokes that is read as a whole; those that are written here have a hundredth."""
_OPEN: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
"""Nobody waits for the other end of a pipe that took a file's place after it was looked at."""

_UNFINISHED: Final = f".*-{'[0-9a-f]' * 32}"
"""What the files are called that are not to be seen, as a glob pattern."""


class FileTooLarge(OSError):
    """A file has more bytes than its reader takes."""

    def __init__(self, path: Path, size_bytes: int, max_bytes: int) -> None:
        sizes = f"it has {size_bytes / BYTES_PER_MB:.1f} MB; at most {max_bytes / BYTES_PER_MB:g} MB are read"
        super().__init__(errno.EFBIG, sizes, str(path))
        self.size_bytes = size_bytes


def read_regular_file(path: Path, max_bytes: int | None = None) -> bytes:
    """The content of a file; a pipe or device, which may never end, is not opened, nor what is too large read.

    Args:
        path: the file, or a link to it.
        max_bytes: what it may have at most; None leaves it open.

    Raises:
        FileTooLarge: it has more.
        OSError: it is no regular file, or the system refuses it; `strerror` says why in plain words.
    """
    with open_regular_file(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if max_bytes is None:
            return stream.read()
        if size > max_bytes:
            raise FileTooLarge(path, size, max_bytes)
        content = stream.read(max_bytes + 1)  # it may have grown, and what the kernel makes up has a size of 0
        if len(content) > max_bytes:
            raise FileTooLarge(path, len(content), max_bytes)
        return content


@contextmanager
def open_regular_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file to read from it; a pipe or device, which may never end, is not opened.

    Raises:
        OSError: as `read_regular_file`.
    """
    _require_regular(path, path.stat().st_mode)  # before it is opened, which alone makes some devices do something
    with os.fdopen(os.open(path, _OPEN), "rb") as stream:
        _require_regular(path, os.fstat(stream.fileno()).st_mode)
        yield stream


def _require_regular(path: Path, mode: int) -> None:
    for is_kind, number, what in _KINDS:
        if is_kind(mode):
            raise OSError(number, what, str(path))


def write_atomically(path: Path, data: bytes) -> None:
    """Write to a temporary file beside `path`, flush it to disk, and rename it into place.

    Raises:
        OSError: that is refused; its `filename` is `path`.
    """
    # Not `mkstemp`, whose files only their owner can read.
    temporary = path.with_name(f".{path.name}-{uuid4().hex}")
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:  # a full disk names no file, and nobody knows the temporary one
        error.filename, error.filename2 = str(path), None
        raise
    finally:
        temporary.unlink(missing_ok=True)


def describe_refusal(error: OSError, folders: Mapping[str, Path]) -> str:
    """What the system refused and why, with what can be done about it: one or two sentences.

    Args:
        error: the system's; one that names no file is repeated as it is.
        folders: what the variables are set to that name folders.
    """
    name: object = error.filename
    if not isinstance(name, str) or not error.strerror:
        return str(error)
    refused = f"{name}: {error.strerror}."
    above = [Path(name).absolute(), *Path(name).absolute().parents]
    inside = {variable: above.index(folder) for variable, folder in folders.items() if folder in above}
    if not inside:
        return refused
    nearest = min(inside, key=inside.__getitem__)
    return f"{refused} See to its disk and its permissions, or name another folder in {nearest}."


def tail_of(path: Path, most_bytes: int) -> str:
    """The end of a file that is being written, as text; nothing where there is none."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - most_bytes))
            return stream.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


def sweep_unfinished(folder: Path) -> None:
    """Remove what killed processes left hidden in a folder; only while nobody writes there. What cannot go stays."""
    for left in folder.glob(_UNFINISHED):
        with suppress(OSError):  # hidden, and in nobody's way
            remove(left)


def remove(path: Path) -> None:
    """Remove a file, a folder with all that is in it, or a link – never what it points to; nothing there is no error.

    Raises:
        OSError: something of it stays.
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)  # all that can go
        if path.exists():
            shutil.rmtree(path)  # says why the rest cannot
    else:
        path.unlink(missing_ok=True)
