"""A training process to which something happens: `python -m tests.jobs.faulty_child FAULT RUNS MODELS JOB`.

The faults are real: the process kills itself with SIGKILL in the middle of a write, or the operating system refuses it
to write files beyond a size, as it does when a disk is full. Only the loss that is no number is made up. With the fault
`none` nothing happens.
"""

import os
import resource
import signal
import sys
import time
from pathlib import Path

from tests.jobs.hurry import hurry
from tests.replacing import replace
from torch import Tensor
from torch.nn import functional

from handwriting_ai.architectures import TypedModule
from handwriting_ai.architectures.running import logits_of
from handwriting_ai.evaluation import predictions
from handwriting_ai.jobs import child
from handwriting_ai.registry import folders, store

_SMALL = 100_000
"""Bytes: states and logs are smaller, checkpoints and models larger."""
_SLOW_S = 0.3
"""For each of the twenty batches of a run of forty digits."""
_fsync = os.fsync
_move_into_place = folders.move_into_place
_clean_up = folders.clean_up


def _refuse_large_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (_SMALL, _SMALL))


def _die_before_flushing(name: str) -> None:
    """Kill this process once half of a file of this name has been written."""

    def fsync(descriptor: int) -> None:
        if f".{name}-" in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
            os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)
        _fsync(descriptor)

    replace(os, "fsync", fsync)


def _move_into_place_then_die(incoming: Path, target: Path) -> None:
    _move_into_place(incoming, target)
    os.kill(os.getpid(), signal.SIGKILL)


def _clean_up_and_fill_the_disk(root: Path) -> None:
    """The first step of a registration."""
    _clean_up(root)
    _refuse_large_files()


def _score_slowly(network: TypedModule, batch: Tensor) -> Tensor:
    """A second and more for a trial of tests."""
    time.sleep(_SLOW_S)
    return logits_of(network, batch)


def _die(network: TypedModule, batch: Tensor) -> Tensor:
    os.kill(os.getpid(), signal.SIGKILL)
    return logits_of(network, batch)


def _no_number(logits: Tensor, _: Tensor) -> Tensor:
    return logits.sum() * float("nan")


def main() -> None:
    """Arrange the fault, then train."""
    fault = sys.argv.pop(1)
    hurry()
    if fault.startswith("die-writing-"):
        _die_before_flushing(fault.removeprefix("die-writing-"))
    elif fault == "die-after-registration":
        replace(store, "move_into_place", _move_into_place_then_die)
    elif fault == "disk-full":
        _refuse_large_files()
    elif fault == "disk-full-at-registration":
        replace(store, "clean_up", _clean_up_and_fill_the_disk)
    elif fault == "slow-scoring":
        replace(predictions, "logits_of", _score_slowly)
    elif fault == "die-scoring":
        replace(predictions, "logits_of", _die)
    elif fault == "nan-loss":
        replace(functional, "cross_entropy", _no_number)
    elif fault != "none":
        raise ValueError(fault)
    child.main()


if __name__ == "__main__":
    main()
