"""Locks on folders that end with the process that holds them, however it ends (POSIX `flock`: Linux, macOS, WSL).

What is locked is a file in the folder: NFS carries such a lock to its server, and so to other machines, while a lock on
the folder itself stays with the machine that took it.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

LOCK_NAME: Final = ".lock"
_LOOK_EVERY_S: Final = 0.1
_MODE: Final = 0o666
"""As far as the umask allows: all who share the folder may lock it."""


def take_lock(folder: Path) -> int:
    """Wait for the only lock on a folder.

    Returns:
        A file descriptor: the lock lasts until every process that was handed it has closed it or ended.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    descriptor = _open(folder)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def try_lock(folder: Path, limit_s: float) -> int | None:
    """As `take_lock`, but wait for so many seconds at most; None if somebody holds the lock all the time.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    descriptor = _open(folder)
    deadline = time.monotonic() + limit_s
    try:
        while not _taken(descriptor):
            if time.monotonic() > deadline:
                os.close(descriptor)
                return None
            time.sleep(_LOOK_EVERY_S)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the only lock on a folder for a while, across processes and threads; it is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = take_lock(folder)
    try:
        yield
    finally:
        os.close(descriptor)


def is_locked(folder: Path) -> bool:
    """Whether some process holds the lock on a folder."""
    try:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDONLY)
    except FileNotFoundError:  # nobody ever held it
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(folder: Path) -> int:
    return os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
