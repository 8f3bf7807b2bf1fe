"""A training process to which something happens: `python -m tests.jobs.faulty_child FAULT RUNS MODELS JOB`.

The faults are real: the process kills itself with SIGKILL in the middle of a write, or the operating system refuses it
to write files beyond a size, as it does when a disk is full.
"""

import os
import resource
import signal
import sys
from pathlib import Path

import pytest
from torch import Tensor

from handwriting_ai.jobs import child
from handwriting_ai.registry import store
from handwriting_ai.registry.manifest import Manifest

_SMALL = 300_000
"""Bytes: states and logs are smaller, checkpoints and models larger."""
_PATCH = pytest.MonkeyPatch()
_fsync = os.fsync
_register = store.ModelStore.register


def _refuse_large_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (_SMALL, _SMALL))


def _die_before_flushing(name: str) -> None:
    """Kill this process once half of a file of this name has been written."""

    def fsync(descriptor: int) -> None:
        if f".{name}-" in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
            os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)
        _fsync(descriptor)

    _PATCH.setattr(os, "fsync", fsync)


def _register_then_die(
    self: store.ModelStore, manifest: Manifest, state: dict[str, Tensor], *, force: bool = False
) -> Path:
    _register(self, manifest, state, force=force)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("A killed process does nothing more.")


def _register_on_a_full_disk(
    self: store.ModelStore, manifest: Manifest, state: dict[str, Tensor], *, force: bool = False
) -> Path:
    _refuse_large_files()
    return _register(self, manifest, state, force=force)


def main() -> None:
    """Arrange the fault, then train."""
    fault = sys.argv.pop(1)
    if fault.startswith("die-writing-"):
        _die_before_flushing(fault.removeprefix("die-writing-"))
    elif fault == "die-after-registration":
        _PATCH.setattr(store.ModelStore, "register", _register_then_die)
    elif fault == "disk-full":
        _refuse_large_files()
    elif fault == "disk-full-at-registration":
        _PATCH.setattr(store.ModelStore, "register", _register_on_a_full_disk)
    else:
        raise ValueError(fault)
    child.main()


if __name__ == "__main__":
    main()
