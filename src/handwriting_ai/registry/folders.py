"""Folders of the models folder: which hold a model, and how one takes the place of another."""

import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from handwriting_ai.registry.manifest import MANIFEST_NAME
from handwriting_ai.registry.weights import WEIGHTS_NAME

INCOMING: Final = ".incoming-"
"""Begins the name of a model that is being written."""
REPLACED: Final = ".replaced-"
"""Begins the name of one that was moved aside."""


def holds_a_model(folder: Path) -> bool:
    """Whether there is a manifest or weights; a folder that cannot be looked into counts: reading it says why."""
    is_hidden = folder.name.startswith(".")
    return not is_hidden and any(may_be(stat.S_ISREG, folder / name) for name in (MANIFEST_NAME, WEIGHTS_NAME))


def may_be(kind: Callable[[int], bool], path: Path) -> bool:
    """Whether a path is of a kind, or cannot be asked."""
    try:
        return kind(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def move_into_place(incoming: Path, target: Path) -> None:
    """Rename `incoming` to `target`; a model that stands there is moved aside first, and back if this fails."""
    replaced = target.with_name(f"{REPLACED}{target.name}")
    try:
        if target.exists():
            target.rename(replaced)
        incoming.rename(target)
    except BaseException:  # a cancelled run is interrupted anywhere, also when all is done
        if replaced.exists() and not target.exists():
            replaced.rename(target)
        raise
    shutil.rmtree(replaced, ignore_errors=True)
