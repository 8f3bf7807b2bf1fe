"""What the workers of a test call: the real task, in a process that has few digits to validate on and maybe a fault."""

import os

import pytest
from torch import Tensor
from torch.nn import functional

from handwriting_ai.data import split
from handwriting_ai.jobs import worker

VALIDATION_DIGITS = 200
NO_NUMBER = "no-number"
_PATCH = pytest.MonkeyPatch()


def _no_number(logits: Tensor, _: Tensor) -> Tensor:
    return logits.sum() * float("nan")


def train(job_id: str) -> None:
    """Train as a worker does; FAULT names what goes wrong."""
    _PATCH.setattr(split, "VALIDATION_COUNT", VALIDATION_DIGITS)
    if os.environ.get("FAULT") == NO_NUMBER:
        _PATCH.setattr(functional, "cross_entropy", _no_number)
    worker.train(job_id)
