"""Writing files so that nobody ever sees half of one."""

import os
from pathlib import Path
from typing import Final
from uuid import uuid4

_UNFINISHED: Final = f".*-{'[0-9a-f]' * 32}"
"""What the temporary files of `write_atomically` are called, as a glob pattern."""


def write_atomically(path: Path, data: bytes) -> None:
    """Write to a temporary file beside `path`, flush it to disk, and rename it into place."""
    # Not `mkstemp`, whose files only their owner can read.
    temporary = path.with_name(f".{path.name}-{uuid4().hex}")
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def sweep_unfinished(folder: Path) -> None:
    """Remove what killed writes left in a folder; only while nobody writes there."""
    for left in folder.glob(_UNFINISHED):
        left.unlink(missing_ok=True)
