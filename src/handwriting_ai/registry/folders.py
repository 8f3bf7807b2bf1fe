"""Folders of the models folder: which hold a model, and how one takes the place of another."""

import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import uuid4

from handwriting_ai.registry.manifest import MANIFEST_NAME
from handwriting_ai.registry.weights import WEIGHTS_NAME
from handwriting_ai.support.files import remove

_LOG: Final = logging.getLogger(__name__)

INCOMING: Final = ".incoming-"
"""Begins the name of a model that is being written."""
REPLACED: Final = ".replaced-"
"""Begins the name of one that was moved aside."""
_MARK: Final = "~"
"""Ends the name of the model in such a name; no model's name holds it."""


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


def hidden_beside(target: Path, prefix: str) -> Path:
    """A name for what is no model yet, or none any longer: `INCOMING` is removed later, `REPLACED` may return.

    No two are the same, so that what could not be removed is in nobody's way.
    """
    return target.with_name(f"{prefix}{target.name}{_MARK}{uuid4().hex}")


def is_there(path: Path) -> bool:
    """Whether a name is taken, also by a link that leads nowhere."""
    return os.path.lexists(path)


def move_into_place(incoming: Path, target: Path) -> None:
    """Rename `incoming` to `target`; a model, or a link to one, that stands there is moved aside first.

    It returns if this fails, and is removed else: of a link only the link.
    """
    replaced = hidden_beside(target, REPLACED)
    try:
        if is_there(target):
            target.rename(replaced)
        incoming.rename(target)
    except BaseException:  # a cancelled run is interrupted anywhere, also when all is done
        if is_there(replaced) and not is_there(target):
            replaced.rename(target)
        raise
    if is_there(replaced):
        _discard(replaced)


def remove_or_say(left: Path) -> None:
    """Remove what is no model; where something of it stays the log says so, for it stops nobody."""
    try:
        remove(left)
    except OSError as error:
        _LOG.warning("%s", leftover(left, error))


def leftover(left: Path, error: OSError) -> str:
    """What to say of something that cannot be removed."""
    return f"{left} is of no use any longer, but cannot be removed: {error.strerror}. Delete it by hand."


def clean_up(root: Path) -> None:
    """Undo what killed registrations and deletions left in a models folder; what cannot go, or return, stops nobody.

    Only under the folder's lock: otherwise another registration may be at work on what is hidden.
    """
    for replaced in root.glob(f"{REPLACED}*"):
        target = root / replaced.name.removeprefix(REPLACED).partition(_MARK)[0]
        if is_there(target):
            _discard(replaced)
            continue
        try:
            replaced.rename(target)
        except OSError as error:
            _LOG.warning("The model in %s cannot return to %s: %s. Move it by hand.", replaced, target, error.strerror)
    for incoming in root.glob(f"{INCOMING}*"):
        remove_or_say(incoming)


def _discard(replaced: Path) -> None:
    """Remove a model that another has replaced; what stays of it never returns under its name."""
    doomed = replaced.with_name(replaced.name.replace(REPLACED, INCOMING, 1))
    try:
        replaced.rename(doomed)
    except OSError as error:
        _LOG.warning("%s", leftover(replaced, error))
    else:
        remove_or_say(doomed)
