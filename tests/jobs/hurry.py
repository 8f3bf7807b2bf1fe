"""What makes the training processes of tests quick; all else they do as ever."""

import sys
import time
from types import ModuleType
from typing import TypeVar

import torch
from tests.replacing import replace
from tests.shared_mnist import share_mnist

from handwriting_ai.data import split
from handwriting_ai.jobs import child
from handwriting_ai.training.progress import TrainingMetrics

VALIDATION_DIGITS = 200
LONG_RUN = 20
"""Epochs: a run of so many is there to be looked at, or to have something done to it, while it is at work."""
_REST_S = 0.2
_Function = TypeVar("_Function")
_describe = child.describe


class _NoCompiler(ModuleType):
    """Stands in for `torch._dynamo`."""

    @staticmethod
    def disable(function: _Function, *_: object, **__: object) -> _Function:
        """Nothing compiles the function anyway."""
        return function

    @staticmethod
    def graph_break() -> None:
        """There is no graph."""


def _describe_and_rest(metrics: TrainingMetrics) -> str:
    """What the log says after each epoch. A long run then lies still, so as not to hold up the test that watches it."""
    if metrics.epochs >= LONG_RUN:
        time.sleep(_REST_S)
    return _describe(metrics)


def hurry() -> None:
    """Validate on few digits, read the shared ones, and leave torch's threads and compiler alone, which nothing needs.

    A model is registered with its accuracy on 5,000 digits, which takes longer than all else in a tiny run. And torch's
    optimizers load the compiler, two seconds of Python, only to tell it that they are not to be compiled.
    """
    replace(split, "VALIDATION_COUNT", VALIDATION_DIGITS)
    share_mnist()
    torch.set_num_threads(1)
    sys.modules["torch._dynamo"] = _NoCompiler("torch._dynamo")
    replace(child, "describe", _describe_and_rest)
