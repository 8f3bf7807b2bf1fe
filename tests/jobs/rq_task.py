"""What the workers of a test call: the real task, in a process that is in a hurry and maybe meets a fault."""

import os

from tests.jobs.hurry import hurry
from tests.replacing import replace
from torch import Tensor
from torch.nn import functional

from handwriting_ai.jobs import worker

NO_NUMBER = "no-number"


def _no_number(logits: Tensor, _: Tensor) -> Tensor:
    return logits.sum() * float("nan")


def train(job_id: str) -> None:
    """Train as a worker does; FAULT names what goes wrong."""
    hurry()
    if os.environ.get("FAULT") == NO_NUMBER:
        replace(functional, "cross_entropy", _no_number)
    worker.train(job_id)
