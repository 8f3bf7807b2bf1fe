"""How long a run will take, told before any of its kind has been made: by its arithmetic and one short measurement."""

import statistics
import time
from collections.abc import Sequence
from typing import Final

import torch
from torch.nn import functional

from handwriting_ai.architectures import build_model, channels_last, count_multiply_adds
from handwriting_ai.data.split import VALIDATION_COUNT, WRITERS_HELD_OUT
from handwriting_ai.preprocess import IMAGE_SIDE
from handwriting_ai.training.precision import Compute
from handwriting_ai.training.recipes import Recipe
from handwriting_ai.training.sources import VALIDATION_SCRIBBLES
from handwriting_ai.training.stages import DataSet
from handwriting_ai.training.trainer import N_CLASSES

_MNIST_DIGITS: Final = 60_000
_EMNIST_DIGITS: Final = 240_000
_REFERENCE: Final = "compact"
_BATCH: Final = 32
_ROUNDS: Final = 3
_STEP_COST: Final = 3
"""To learn from a picture costs as much as to read three: the way back is twice the way forward."""


def measure_pace(compute: Compute) -> float:
    """Pictures a second that `compact` is trained on here, found out within half a second on two cores."""
    network = channels_last(build_model(_REFERENCE, N_CLASSES).to(compute.device)).train()
    batch = torch.randn(_BATCH, 1, IMAGE_SIDE, IMAGE_SIDE, device=compute.device)
    labels = torch.zeros(_BATCH, dtype=torch.int64, device=compute.device)
    seconds: list[float] = []
    for _ in range(1 + _ROUNDS):
        started = time.perf_counter()
        with torch.autocast(compute.device.type, torch.bfloat16, enabled=compute.autocast):
            logits = network(batch.contiguous(memory_format=torch.channels_last))
        loss = functional.cross_entropy(logits.float(), labels)
        torch.autograd.backward(loss)
        if compute.device.type != "cpu":
            torch.accelerator.synchronize()
        seconds.append(time.perf_counter() - started)
    return _BATCH / statistics.median(seconds[1:])


def estimate_seconds(arch: str, recipe: Recipe, drawn: Sequence[int], pace: float) -> float:
    """The epochs of a run, in seconds; what it prepares before and predicts after them is left out.

    Networks are taken to be trained at one rate of multiply-adds, which holds to within a factor of two.

    Args:
        arch: the network.
        recipe: with its epochs and, for a trial, its digits.
        drawn: how many digits each file of pen strokes has.
        pace: as `measure_pace` returns it.

    Raises:
        UnknownArchitecture: no architecture has this name.
    """
    held_out = [round(count * WRITERS_HELD_OUT) for count in drawn]
    learnt = [count - left for count, left in zip(drawn, held_out, strict=True)]
    sizes = {
        DataSet.MNIST: [_MNIST_DIGITS - VALIDATION_COUNT],
        DataSet.EMNIST: [_EMNIST_DIGITS],
        DataSet.STROKES: learnt,
        DataSet.SCRIBBLES: [recipe.scribbles],
    }
    watched = [VALIDATION_COUNT]
    if recipe.needs(DataSet.STROKES):
        watched += held_out
    if recipe.needs(DataSet.SCRIBBLES):
        watched.append(VALIDATION_SCRIBBLES)
    pictures = recipe.epochs * _sum(watched, recipe) / _STEP_COST
    for stage in recipe.stages:
        pictures += stage.epochs * sum(_sum(sizes[kind], recipe) for kind in stage.data)
    return pictures / pace * count_multiply_adds(arch) / count_multiply_adds(_REFERENCE)


def _sum(counts: Sequence[int], recipe: Recipe) -> int:
    """Digits of some sets, of which a trial takes a few each."""
    if recipe.trial_digits is None:
        return sum(counts)
    return sum(min(count, recipe.trial_digits) for count in counts)
