"""How long a run will take: by its arithmetic, and the pace of earlier runs or of a short measurement.

A pace is given in pictures a second that `compact` would be trained on; other networks are taken to be trained at the
same rate of multiply-adds. On processors that holds to within a factor of two; small networks do not fill a GPU.
"""

import logging
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Final

import torch
from torch.nn import functional

from handwriting_ai.architectures import build_model, channels_last, count_multiply_adds
from handwriting_ai.data.emnist import EMNIST_DIGITS
from handwriting_ai.data.mnist import PART_SIZES, Part
from handwriting_ai.data.scans import SCANS_TRAINED
from handwriting_ai.data.split import VALIDATION_COUNT, WRITERS_HELD_OUT
from handwriting_ai.inference.views import views_for
from handwriting_ai.prediction import N_CLASSES, TtaMode
from handwriting_ai.preprocess import IMAGE_SIDE
from handwriting_ai.support.sharing import yielding
from handwriting_ai.training.precision import choose_compute
from handwriting_ai.training.progress import TrainingMetrics
from handwriting_ai.training.recipes import Recipe
from handwriting_ai.training.sources import VALIDATION_SCRIBBLES
from handwriting_ai.training.stages import DataSet

_REFERENCE: Final = "compact"
_STEP_COST: Final = 3
"""To learn from a picture costs as much as to read three: the way back is twice the way forward."""
_BATCH: Final = 128
_ROUNDS: Final = 3
_LIMIT_S: Final = 60.0
_LOG: Final = logging.getLogger(__name__)


def measure_pace() -> float | None:
    """Find the pace of this machine out, in a few seconds; None where that cannot be done, and the log says why.

    In a process of its own, as a run has it: this one may have given its threads other work, and would keep a GPU.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__],
            env=yielding(os.environ),
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=True,
        )
        return float(done.stdout)
    except subprocess.CalledProcessError as error:
        said: str = error.stderr
        reason = (said.splitlines() or [str(error)])[-1]
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        reason = str(error)
    _LOG.warning("The pace of this machine could not be measured: %s", reason)
    return None


def pace_of(arch: str, history: Sequence[TrainingMetrics]) -> float:
    """The pace of a run of this architecture that has completed epochs.

    Raises:
        UnknownArchitecture: no architecture has this name.
        statistics.StatisticsError: there are no epochs.
    """
    pictures = statistics.median(metrics.images_per_second for metrics in history)
    return pictures * count_multiply_adds(arch) / count_multiply_adds(_REFERENCE)


def estimate_seconds(arch: str, recipe: Recipe, drawn: Sequence[int], pace: float) -> float:
    """How long a run will take, in seconds, from its first epoch to its model; preparing the data is left out.

    Args:
        arch: the network.
        recipe: with its epochs and, for a trial, its digits.
        drawn: how many digits each file of pen strokes has; a sixth of each is taken to be held out.
        pace: as `measure_pace` and `pace_of` return it.

    Raises:
        UnknownArchitecture: no architecture has this name.
    """
    held_out = [round(count * WRITERS_HELD_OUT) for count in drawn]
    sizes = {
        DataSet.MNIST: [PART_SIZES[Part.TRAIN] - VALIDATION_COUNT],
        DataSet.EMNIST: [EMNIST_DIGITS],
        DataSet.STROKES: [count - left for count, left in zip(drawn, held_out, strict=True)],
        DataSet.SCRIBBLES: [recipe.scribbles],
        DataSet.SIGNS: [recipe.signs],
        DataSet.SCANS: [recipe.scan_repeats * SCANS_TRAINED],
    }
    watched = [VALIDATION_COUNT]
    if recipe.needs(DataSet.STROKES):
        watched += held_out
    if recipe.needs(DataSet.SCRIBBLES):
        watched.append(VALIDATION_SCRIBBLES)
    learnt = sum(
        stage.epochs * recipe.limited(count) for stage in recipe.stages for kind in stage.data for count in sizes[kind]
    )
    read = recipe.epochs * sum(recipe.limited(count) for count in watched) + 2 * VALIDATION_COUNT
    read += _scored_pictures(recipe)
    pictures = learnt + read / _STEP_COST
    return pictures / pace * count_multiply_adds(arch) / count_multiply_adds(_REFERENCE)


def _scored_pictures(recipe: Recipe) -> int:
    """How many pictures a run reads at its end to be scored: every view of validation and test, or of a trial's few."""
    parts = VALIDATION_COUNT, PART_SIZES[Part.TEST]
    return len(views_for(TtaMode.ADVANCED)) * sum(recipe.limited(count) for count in parts)


def _measure_here() -> float:
    """Pictures a second that `compact` goes forward and back on, in the number format that pays here."""
    compute = choose_compute()
    network = channels_last(build_model(_REFERENCE, N_CLASSES).to(compute.device)).train()
    batch = torch.randn(_BATCH, 1, IMAGE_SIDE, IMAGE_SIDE, device=compute.device)
    batch = batch.contiguous(memory_format=torch.channels_last)
    labels = torch.zeros(_BATCH, dtype=torch.int64, device=compute.device)
    seconds: list[float] = []
    for _ in range(1 + _ROUNDS):
        started = time.perf_counter()
        with torch.autocast(compute.device.type, torch.bfloat16, enabled=compute.autocast):
            logits = network(batch)
        torch.autograd.backward(functional.cross_entropy(logits.float(), labels))
        if compute.device.type != "cpu":
            torch.accelerator.synchronize()
        seconds.append(time.perf_counter() - started)
    return _BATCH / statistics.median(seconds[1:])


if __name__ == "__main__":
    sys.stdout.write(f"{_measure_here()}\n")
