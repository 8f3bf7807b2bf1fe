"""Train the network that finds handwriting on paper, and write it as `src/handwriting_ai/preprocess/ink.onnx`.

    python scripts/ink_network.py

It keeps its place in `runs/ink_network.pt` every hundred batches: started again, it goes on from there.

It learns from made paper alone (`handwriting_ai.data.made_paper`): digits of MNIST's training part and of the pen
strokes' training writers, one or a page of them, laid on paper with light, printing, desk, fingers and camera. The
signature of the preprocessing holds the file's digest: after training put it into `INK_NETWORK` in
`preprocess/parameters.py` and sign the models anew (`handwriting-ai models sign`).
"""

import argparse
import math
import sys
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scripts.small_network import Pace, SmallTraining
from torch import Tensor, nn
from torch.nn import functional

from handwriting_ai.architectures.base import channels_last
from handwriting_ai.architectures.ink import InkNetwork
from handwriting_ai.config import PROJECT_ROOT, load_settings
from handwriting_ai.data.paper.written import LearntDigits, load_learnt_digits, written_picture
from handwriting_ai.preprocess import FULL_INK, Gray
from handwriting_ai.preprocess.ink_network import CONTRAST_FLOOR, NETWORK_FILE, network_digest
from handwriting_ai.training.precision import choose_compute

KEPT: Final = PROJECT_ROOT / "runs" / "ink_network.pt"
SIDE: Final = 256
BATCH: Final = 24
SHARDS_A_BATCH: Final = 4
SHARD: Final = 240
"""Pictures that one call of a worker makes."""
FIRST_SHARDS: Final = 8
"""Made before the first step."""
MOST_SHARDS: Final = 125
"""Shards that are kept: from then on each new one takes the oldest one's place."""
PACE: Final = Pace(highest_rate=3e-3, warm_up=0.05, ema_decay=0.998)
SAID_EVERY: Final = 100
ONNX_OPSET: Final = 17
LIGHT_ON_DARK, BRIGHTER, CUT_OUT, SHRUNK = 0.15, 0.3, 0.35, 0.15
"""Shares of the batches that are turned into light on dark, changed in brightness, cut out and shrunk."""


def make_shard(digits: LearntDigits, seed: int, number: int) -> Gray:
    """`SHARD` pictures with their ink, `uint8 (n, 2, SIDE, SIDE)`; they follow from digits, seed and number alone."""
    rng = np.random.default_rng([seed, number])
    made = [written_picture(digits, rng, (SIDE, SIDE)) for _ in range(SHARD)]
    pictures: list[Gray] = [cv2.cvtColor(each.picture, cv2.COLOR_RGB2GRAY) for each in made]
    inks: list[Gray] = [each.ink for each in made]
    shard: Gray = np.stack([np.stack(pictures), np.stack(inks)], axis=1)
    return shard


class Bank:
    """Shards of pictures; further ones are made meanwhile, each in the place of the oldest once there are enough."""

    def __init__(self, digits: LearntDigits, seed: int, done: int, pool: ThreadPoolExecutor, workers: int) -> None:
        self._make = partial(make_shard, digits, seed)
        self._pool = pool
        self._next = done  # a training that goes on does not see its first pictures again
        self.shards: list[Gray] = []
        self._waiting: list[Future[Gray]] = []
        for _ in range(max(workers, FIRST_SHARDS)):
            self._ask()
        for first in list(self._waiting):
            self._take(first)

    def _ask(self) -> None:
        future: Future[Gray] = self._pool.submit(self._make, self._next)
        self._waiting.append(future)
        self._next += 1

    def _take(self, made: "Future[Gray]") -> None:
        self._waiting.remove(made)
        self.shards.append(made.result())
        del self.shards[:-MOST_SHARDS]
        self._ask()

    def refresh(self) -> None:
        """Take in what has been made."""
        for made in [each for each in self._waiting if each.done()]:
            self._take(made)


def _batch(shards: list[Gray], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Pictures and ink, `(BATCH, 1, s, s)` each: turned by quarters, cut out, enlarged, shrunk, made light on dark."""
    parts: list[Gray] = []
    for _ in range(SHARDS_A_BATCH):
        shard = shards[int(rng.integers(len(shards)))]
        rows: NDArray[np.int64] = rng.permutation(SHARD)[: BATCH // SHARDS_A_BATCH]
        turned: Gray = np.rot90(shard[rows], int(rng.integers(4)), (2, 3))
        parts.append(turned)
    pairs: Gray = np.concatenate(parts)
    x = torch.from_numpy(pairs).float()  # a concatenation is contiguous
    draw = rng.random()
    if draw < CUT_OUT:
        cut = _one_of(rng, (128, 160, 192, 224))
        top, left = int(rng.integers(SIDE - cut + 1)), int(rng.integers(SIDE - cut + 1))
        x = _to_side(x[:, :, top : top + cut, left : left + cut], _one_of(rng, (cut, 192, 224, 256)), "bilinear")
    elif draw < CUT_OUT + SHRUNK:
        x = _to_side(x, _one_of(rng, (128, 160, 192)), "area")
    gray, ink = x[:, :1], x[:, 1:] / FULL_INK
    if rng.random() < LIGHT_ON_DARK:
        gray = FULL_INK - gray
    if rng.random() < BRIGHTER:
        gray = FULL_INK * (gray / FULL_INK).clamp(0, 1) ** math.exp(0.3 * float(rng.normal()))
    mean, spread = gray.mean((2, 3), keepdim=True), gray.std((2, 3), keepdim=True)
    return (gray - mean) / (spread + CONTRAST_FLOOR), ink


def _one_of(rng: np.random.Generator, sides: tuple[int, ...]) -> int:
    return sides[int(rng.integers(len(sides)))]


def _to_side(pictures: Tensor, side: int, mode: str) -> Tensor:
    return functional.interpolate(pictures, size=(side, side), mode=mode)


def loss_of(logits: Tensor, ink: Tensor) -> Tensor:
    """Cross-entropy in which ink counts twice, and Dice's loss (Milletari et al. 2016), which minds thin strokes."""
    entropy = functional.binary_cross_entropy_with_logits(logits, ink, pos_weight=torch.tensor(2.0))
    share = torch.sigmoid(logits)
    both = (share * ink).sum((1, 2, 3))
    dice = 1 - (2 * both + 20) / (share.sum((1, 2, 3)) + ink.sum((1, 2, 3)) + 20)
    return 4 * entropy + dice.mean()


def train(digits: LearntDigits, steps: int, seed: int, workers: int, kept: Path) -> nn.Module:
    """Train on pictures that are made meanwhile; the moving average of the weights is returned, ready to be asked.

    Raises:
        CheckpointError: what `kept` holds is damaged, or of a training with other steps or another seed.
    """
    training = SmallTraining(InkNetwork, "ink network", steps, seed, PACE, kept)
    training.go_on()
    rng = np.random.default_rng([seed, training.done])
    autocast = choose_compute("cpu").autocast
    with ThreadPoolExecutor(workers) as pool:
        bank = Bank(digits, seed, training.done, pool, workers)
        while training.done < steps:
            bank.refresh()
            pictures, ink = _batch(bank.shards, rng)
            with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
                logits = training.network(pictures.contiguous(memory_format=torch.channels_last))
            loss = training.learn(loss_of(logits.float(), ink))
            if training.done % SAID_EVERY == 0:
                training.keep()
                made = len(bank.shards) * SHARD
                print(f"step {training.done} of {steps}: loss {loss:.4f}, {made} pictures", flush=True)
        pool.shutdown(cancel_futures=True)
    network = channels_last(InkNetwork())
    network.load_state_dict(training.averaged())
    return network.eval()


def onnx_of(network: nn.Module) -> bytes:
    """The network as an ONNX file that OpenCV reads; height, width and number of pictures are free."""
    free = {0: "n", 2: "h", 3: "w"}
    example = (torch.zeros(1, 1, 64, 64),)
    # The newer exporter writes what OpenCV cannot read.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NETWORK_FILE.name
        torch.onnx.export(
            network,
            example,
            path,
            dynamo=False,
            opset_version=ONNX_OPSET,
            input_names=["picture"],
            output_names=["ink"],
            dynamic_axes={"picture": free, "ink": free},
        )
        return path.read_bytes()


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description="Train the network that finds handwriting on paper.")
    parser.add_argument("--steps", type=int, default=4000, help=f"Batches of {BATCH} pictures.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="Threads that make pictures.")
    arguments = parser.parse_args()
    steps: int = arguments.steps
    seed: int = arguments.seed
    workers: int = arguments.workers
    digits = load_learnt_digits(load_settings().training)
    KEPT.parent.mkdir(exist_ok=True)
    NETWORK_FILE.write_bytes(onnx_of(train(digits, steps, seed, workers, KEPT)))
    print(f"Wrote {NETWORK_FILE}: {network_digest()}.")


if __name__ == "__main__":
    main()
