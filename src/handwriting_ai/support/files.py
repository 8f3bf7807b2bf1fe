"""Writing files so that nobody ever sees half of one, and what is said where that is refused."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from uuid import uuid4

_UNFINISHED: Final = f".*-{'[0-9a-f]' * 32}"
"""What the files are called that are not to be seen, as a glob pattern."""


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


def sweep_unfinished(folder: Path) -> None:
    """Remove what killed processes left hidden in a folder; only while nobody writes there."""
    for left in folder.glob(_UNFINISHED):
        left.unlink(missing_ok=True)
