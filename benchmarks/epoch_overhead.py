"""What an epoch costs beyond forward, backward and step on a ready batch: `python benchmarks/epoch_overhead.py`.

Trains `compact` on a part of MNIST with the recipe `drawn` (its MNIST share: no pen strokes are needed), as a run does,
with data, augmentation, weight average, validation, metrics and checkpoint; then takes as many bare steps on one batch,
with the same network, optimizer and number format. Both are repeated in turn, and the medians compared.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch.nn import functional

from handwriting_ai import load_settings
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.checkpoint import save_checkpoint
from handwriting_ai.training.precision import choose_compute
from handwriting_ai.training.progress import metrics_rows, write_metrics
from handwriting_ai.training.recipes import DRAWN
from handwriting_ai.training.run import CHECKPOINT_NAME, RunConfig
from handwriting_ai.training.sources import DataFolders, prepare_data
from handwriting_ai.training.stages import DataSet
from handwriting_ai.training.trainer import Trainer

RECIPE = replace(DRAWN, stages=(replace(DRAWN.stages[0], data=(DataSet.MNIST,), epochs=100),), scribbles=0)


def full_epoch_s(trainer: Trainer, folder: Path, identity: str) -> float:
    """One epoch with all that a run does."""
    started = time.perf_counter()
    history = [trainer.run_epoch(lambda _, __: None)]
    save_checkpoint(folder / CHECKPOINT_NAME, identity, trainer.state() | {"history": metrics_rows(history)})
    write_metrics(folder, history)
    return time.perf_counter() - started


def bare_steps_s(trainer: Trainer, steps: int) -> float:
    """So many updates on one batch that lies ready."""
    batch = torch.randn(trainer.stage.batch_size, 1, 28, 28).contiguous(memory_format=torch.channels_last)
    targets = torch.full((trainer.stage.batch_size, N_CLASSES), 1 / N_CLASSES)
    trainer.network.train()
    started = time.perf_counter()
    for _ in range(steps):
        with torch.autocast("cpu", torch.bfloat16, enabled=trainer.compute.autocast):
            logits = trainer.network(batch)
        loss = functional.cross_entropy(logits.float(), targets)
        trainer.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        trainer.optimizer.step()
    return time.perf_counter() - started


def main() -> None:
    """Print both medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    rounds: int = arguments.rounds
    folders = DataFolders(mnist=load_settings().training.data_dir)
    data = prepare_data(RECIPE, folders, workers=2)
    trainer = Trainer("compact", RECIPE, 0, data, choose_compute("cpu"))
    throwaway = Trainer("compact", RECIPE, 0, data, choose_compute("cpu"))
    steps = -(-trainer.images_per_epoch // trainer.stage.batch_size)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = ModelStore(folder / "models")
        identity = RunConfig(arch="compact", recipe=RECIPE, seed=0, run_folder=folder, store=store).identity
        full: list[float] = []
        bare: list[float] = []
        for _ in range(rounds):
            full.append(full_epoch_s(trainer, folder, identity))
            bare.append(bare_steps_s(throwaway, steps))
            print(f"epoch {full[-1]:.1f} s, bare steps {bare[-1]:.1f} s")
    ratio = statistics.median(full) / statistics.median(bare)
    print(f"{steps} steps, {trainer.compute.label}: epoch / bare steps = {ratio:.2f}")


if __name__ == "__main__":
    main()
