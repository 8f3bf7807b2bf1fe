"""Writing files so that nobody ever sees half of one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

_UNFINISHED: Final = f".*-{'[0-9a-f]' * 32}"
"""What the temporary files of `write_atomically` are called, as a glob pattern."""


def write_atomically(path: Path, data: bytes) -> None:
    """Write to a temporary file beside `path`, flush it to disk, and rename it into place."""
    # Not `mkstemp`, whose files only their owner can read.
    temporary = _hidden(path)
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def put_aside(*paths: Path) -> Iterator[None]:
    """Files that are not there any more within the block; removed when it ends, and back in place if it fails.

    A process that is killed in it leaves them to `sweep_unfinished`.
    """
    moved: list[tuple[Path, Path]] = []
    try:
        for path in paths:
            hidden = _hidden(path)
            with suppress(FileNotFoundError):
                path.rename(hidden)
                moved.append((path, hidden))
        yield
    except BaseException:
        for path, hidden in moved:
            hidden.replace(path)
        raise
    for _, hidden in moved:
        hidden.unlink(missing_ok=True)


def _hidden(path: Path) -> Path:
    """A name beside `path` that `sweep_unfinished` knows."""
    return path.with_name(f".{path.name}-{uuid4().hex}")


def sweep_unfinished(folder: Path) -> None:
    """Remove what killed writes left in a folder; only while nobody writes there."""
    for left in folder.glob(_UNFINISHED):
        left.unlink(missing_ok=True)
