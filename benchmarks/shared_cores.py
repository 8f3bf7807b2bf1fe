"""What runs lose where cores are shared, and where they are not: `python benchmarks/shared_cores.py`, some minutes.

Trains `compact` on a batch that lies ready, as torch would by itself, with passive waiting, and as runs here do
(`handwriting_ai.support.sharing`): one run alone, and two at once. All take turns, and the medians are compared. Only
on a machine with nothing else to do is the first case what its name says.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Final

import torch
from torch.nn import functional

from handwriting_ai.architectures import build_model, channels_last
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.support.sharing import fair_share, yielding
from handwriting_ai.training.precision import choose_compute

BATCH: Final = 128
_CHOSEN: Final = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
_PLAIN: Final = {name: value for name, value in os.environ.items() if name not in _CHOSEN}
WAYS: Final = {
    "torch by itself": (_PLAIN, False),
    "passive waiting": (_PLAIN | {"OMP_WAIT_POLICY": "passive"}, False),
    "as runs here": (yielding(_PLAIN), True),
}
"""Way → environment, and whether the runs of it share the threads."""


def train(runs: int, seconds: float) -> None:
    """One of so many runs: says that it is ready, and, once told to begin, how many images a second it learns from."""
    torch.set_num_threads(fair_share(torch.get_num_threads(), runs))
    compute = choose_compute("cpu")
    network = channels_last(build_model("compact", N_CLASSES)).train()
    optimizer = torch.optim.AdamW(network.parameters(), fused=True)
    batch = torch.randn(BATCH, 1, 28, 28).contiguous(memory_format=torch.channels_last)
    labels = torch.zeros(BATCH, dtype=torch.int64)
    done, started = -1, 0.0
    while done < 0 or time.perf_counter() - started < seconds:
        with torch.autocast("cpu", torch.bfloat16, enabled=compute.autocast):
            logits = network(batch)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(functional.cross_entropy(logits.float(), labels))
        optimizer.step()
        done += 1
        if done == 0:
            print("ready", flush=True)
            sys.stdin.readline()
            started = time.perf_counter()
    print(done * BATCH / (time.perf_counter() - started), flush=True)


def images_per_second(runs: int, environment: Mapping[str, str], share: bool, seconds: float) -> float:
    """Of so many runs at once, together."""
    command = [sys.executable, __file__, "--as-run", str(runs if share else 1), "--seconds", str(seconds)]
    with ExitStack() as ended:
        processes = [
            ended.enter_context(
                subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for _ in range(runs)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        return sum(float(process.stdout.readline()) for process in processes if process.stdout is not None)


def main() -> None:
    """Print images a second, and how they compare with torch by itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each run")
    parser.add_argument("--as-run", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    rounds: int = arguments.rounds
    seconds: float = arguments.seconds
    of_runs: int | None = arguments.as_run
    if of_runs is not None:
        train(of_runs, seconds)
        return
    for title, runs in (("one run", 1), ("two runs at once", 2)):
        speeds: dict[str, list[float]] = {name: [] for name in WAYS}
        for _ in range(rounds):
            for name, (environment, share) in WAYS.items():
                speeds[name].append(images_per_second(runs, environment, share, seconds))
        usual = statistics.median(speeds["torch by itself"])
        for name, found in speeds.items():
            median = statistics.median(found)
            print(f"{title}, {name}: {median:,.0f} images/s, × {median / usual:.2f}")


if __name__ == "__main__":
    main()
