"""What makes the training processes of tests quick; all else they do as ever."""

import dataclasses
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import torch
from tests.replacing import replace
from tests.shared_mnist import share_mnist

from handwriting_ai.data import split
from handwriting_ai.jobs import child, types
from handwriting_ai.training.precision import Compute
from handwriting_ai.training.progress import TrainingMetrics
from handwriting_ai.training.recipes import as_trial
from handwriting_ai.training.run import RunConfig, Watcher, run_training
from handwriting_ai.training.sources import TrainingData
from handwriting_ai.training.taught import TAUGHT

VALIDATION_DIGITS = 200
LONG_RUN = 20
"""Epochs: a run of so many is there to be looked at, or to have something done to it, while it is at work."""
ENDLESS_RUN = 400
"""Epochs: a run of so many takes longer than any test."""
_REST_S, _LONG_REST_S = 0.2, 1.0
_OTHERS = 40
"""Digits of each set of others that a lesson learns with and is measured by."""
_Function = TypeVar("_Function")


class _NoCompiler(ModuleType):
    """Stands in for `torch._dynamo`."""

    @staticmethod
    def disable(function: _Function, *_: object, **__: object) -> _Function:
        """Nothing compiles the function anyway."""
        return function

    @staticmethod
    def graph_break() -> None:
        """There is no graph."""


def _train_with_rests(config: RunConfig, data: TrainingData, compute: Compute, watcher: Watcher) -> Path:
    """After each epoch a long run lies still, so as not to hold up the test that watches it."""

    def on_epoch(metrics: TrainingMetrics) -> None:
        watcher.on_epoch(metrics)
        if metrics.epochs >= LONG_RUN:
            time.sleep(_REST_S if metrics.epochs < ENDLESS_RUN else _LONG_REST_S)

    return run_training(config, data, compute, dataclasses.replace(watcher, on_epoch=on_epoch))


def hurry() -> None:
    """Validate on few digits, read the shared ones, and leave torch's threads and compiler alone, which nothing needs.

    A model is registered with its accuracy on 5,000 digits, which takes longer than all else in a tiny run. And torch's
    optimizers load the compiler, two seconds of Python, only to tell it that they are not to be compiled.
    """
    replace(split, "VALIDATION_COUNT", VALIDATION_DIGITS)
    share_mnist()
    torch.set_num_threads(1)
    sys.modules["torch._dynamo"] = _NoCompiler("torch._dynamo")
    replace(child, "run_training", _train_with_rests)
    replace(types, "TAUGHT", as_trial(TAUGHT, _OTHERS))
