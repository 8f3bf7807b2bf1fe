"""Locks on folders that end with the process that holds them, however it ends (POSIX `flock`: Linux, macOS, WSL)."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def take_lock(folder: Path) -> int:
    """Wait for the only lock on a folder.

    Returns:
        A file descriptor: the lock lasts until every process that was handed it has closed it or ended.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
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
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
