"""The pictures that a command is to read: the files it names, and those in the folders it names."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from handwriting_ai.preprocess.formats import FORMAT_NAMES, SUFFIXES

PICTURE_SUFFIXES: Final = frozenset(SUFFIXES)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A file to read, or a folder of which something is to be said instead."""

    path: Path
    error: str | None = None


def find_pictures(paths: Sequence[Path]) -> Iterator[Found]:
    """The files named, whatever they are called, and the pictures in the folders named, in order of their names.

    Hidden files and folders within are passed over. Links to folders are followed, and each folder is looked into once,
    however many links lead to it. One that cannot be looked into is said, and so is one that was named and holds no
    picture.
    """
    for path in paths:
        if _is_folder(path):
            within = list(_within(path))
            yield from within or [Found(path=path, error=f"No pictures ({FORMAT_NAMES}) are in this folder.")]
        else:
            yield Found(path=path)


def _within(folder: Path) -> Iterator[Found]:
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        if not _is_folder(path):
            if path.suffix.lower() in PICTURE_SUFFIXES:
                yield Found(path=path)
            continue
        try:
            itself = path.stat()
            if (itself.st_dev, itself.st_ino) not in seen:
                seen.add((itself.st_dev, itself.st_ino))
                waiting.extend(sorted((each for each in path.iterdir() if each.name[0] != "."), reverse=True))
        except OSError as error:
            yield Found(path=path, error=f"The folder cannot be read: {error.strerror}.")


def _is_folder(path: Path) -> bool:
    """Whether it is one for sure; of what cannot be asked, reading it says why."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError:
        return False


def plain_name(path: Path) -> str:
    """A path as UTF-8, whatever bytes and control characters it is made of; these stand as escapes."""
    text = os.fsencode(path).decode(errors="backslashreplace")
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
