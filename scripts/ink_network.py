"""Train the network that finds handwriting on paper, and write it as `src/handwriting_ai/preprocess/ink.onnx`.

    python scripts/ink_network.py --minutes 40

It learns from made paper alone (`handwriting_ai.data.made_paper`): digits of MNIST's training part and of the pen
strokes' training writers, one or a page of them, laid on paper with light, printing, desk, fingers and camera. The
signature of the preprocessing holds the file's digest: after training put it into `INK_NETWORK` in
`preprocess/parameters.py` and sign the models anew (`handwriting-ai models sign`).
"""

import argparse
import io
import math
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from handwriting_ai import load_settings
from handwriting_ai.architectures.base import TensorOp, TypedModule
from handwriting_ai.data.made_paper import MadePicture, make_picture, random_changes, random_picture
from handwriting_ai.data.mnist import load_mnist
from handwriting_ai.data.split import split_rows, writers_left_out
from handwriting_ai.data.strokes import DrawnDigit, load_stroke_files, place, render
from handwriting_ai.preprocess import FULL_INK, Gray
from handwriting_ai.preprocess.ink_network import CONTRAST_FLOOR, NETWORK_FILE
from handwriting_ai.support.units import SECONDS_PER_MINUTE

CHANNELS: Final = (12, 24, 48, 64, 64)
"""At 1/2, 1/4, … of the picture's size."""
SIDE: Final = 256
BATCH: Final = 24
SHARD: Final = 240
"""Pictures that one call of a worker makes."""
BANK: Final = 30_000
"""Pictures that are kept: from then on each new shard takes an old one's place."""
HIGHEST_RATE: Final = 3e-3
WARM_UP: Final = 200
"""Steps until the learning rate has its full height."""
OF_MNIST, SINGLE, CLOSE, LIGHT_ON_DARK = 0.2, 0.65, 0.3, 0.15
"""Shares of the pictures: digits from MNIST, one digit alone, seen from near, turned into light on dark."""


def _block(channels_in: int, channels_out: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels_out), nn.ReLU(inplace=True))


class InkNetwork(TypedModule):
    """`(n, 1, h, w)`, sides multiples of 32 → logits `(n, 1, h, w)`: a U-Net (Ronneberger et al. 2015) that adds."""

    def __init__(self) -> None:
        super().__init__()
        before = (1, *CHANNELS[:-1])
        downs = [nn.Sequential(_block(a, b, 2), _block(b, b)) for a, b in zip(before, CHANNELS, strict=True)]
        lasts = list(zip(CHANNELS[1:], CHANNELS[:-1], strict=True))[::-1]
        self.downs = nn.ModuleList(downs)
        self.narrows = nn.ModuleList([nn.Conv2d(a, b, 1) for a, b in lasts])
        self.merges = nn.ModuleList([_block(b, b) for _, b in lasts])
        self.out: TensorOp = nn.ConvTranspose2d(CHANNELS[0], 1, 4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Down five times, up five times, each time adding what was seen at that size on the way down."""
        seen: list[Tensor] = []
        down: TensorOp
        for down in self.downs:
            x = down(x)
            seen.append(x)
        narrow: TensorOp
        merge: TensorOp
        for narrow, merge, skip in zip(self.narrows, self.merges, seen[-2::-1], strict=True):
            x = merge(skip + functional.interpolate(narrow(x), scale_factor=2.0, mode="nearest"))
        return self.out(x)


@dataclass(frozen=True)
class _Digits:
    """What is written on the made paper: digits of no held-out writer."""

    scans: Gray
    drawn: tuple[DrawnDigit, ...]


@lru_cache(maxsize=1)
def _digits() -> _Digits:
    settings = load_settings().training
    mnist = load_mnist(settings.data_dir, "train")
    rows, _ = split_rows(mnist.labels)
    drawn: list[DrawnDigit] = []
    for file in load_stroke_files(settings.ink_dir):
        left_out = writers_left_out([digit.writer for digit in file.digits])
        drawn += [digit for digit in file.digits if digit.writer not in left_out and not digit.doubtful]
    return _Digits(mnist.images[rows], tuple(drawn))


def _one_digit(rng: np.random.Generator, extent: float, pen: float) -> Gray:
    """One digit's ink, its longer side `extent` pixels."""
    digits = _digits()
    if rng.random() < OF_MNIST:
        side = round(extent * 28 / 20)
        scan = digits.scans[int(rng.integers(len(digits.scans)))]
        levels = cv2.resize(scan, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32)
        sharper: NDArray[np.float32] = np.clip(np.multiply(np.subtract(levels, 60), FULL_INK / 120), 0, FULL_INK)
        return sharper.astype(np.uint8)
    drawn = digits.drawn[int(rng.integers(len(digits.drawn)))]
    side = int(extent + 2 * pen + 8)
    return render(place(drawn.strokes, extent_px=extent, center_px=(side / 2, side / 2)), pen_px=pen, side_px=side)


def _several_digits(rng: np.random.Generator) -> tuple[Gray, float]:
    """Rows of digits, and a digit's height as a share of the longer side."""
    extent = 70.0
    pen = math.exp(float(rng.uniform(math.log(2), math.log(10))))
    rows, columns = int(rng.integers(1, 5)), int(rng.integers(2, 8))
    across, down = extent * float(rng.uniform(0.75, 1.6)), extent * float(rng.uniform(1.2, 2.5))
    page = np.zeros((int(down * rows + extent), int(across * columns + extent)), dtype=np.uint8)
    for row in range(rows):
        for column in range(columns):
            ink = _one_digit(rng, extent * float(rng.uniform(0.75, 1.15)), pen)
            x = round(extent / 2 + column * across - ink.shape[1] / 2 + float(rng.normal()) * 3)
            y = round(extent / 2 + row * down - ink.shape[0] / 2 + float(rng.normal()) * 4)
            x, y = min(max(x, 0), page.shape[1] - ink.shape[1]), min(max(y, 0), page.shape[0] - ink.shape[0])
            place_of = page[y : y + ink.shape[0], x : x + ink.shape[1]]
            np.maximum(place_of, ink, out=place_of)
    return page, extent / max(page.shape)


def _picture(rng: np.random.Generator) -> MadePicture:
    size = (SIDE, SIDE)
    if rng.random() >= SINGLE:
        page, unit = _several_digits(rng)
        share, middle = float(rng.uniform(0.5, 0.95)), _near_middle(rng, 0.1)
        return make_picture(page, random_changes(rng), rng, size=size, share=share, middle=middle, unit_share=unit)
    ink = _one_digit(rng, 220.0, math.exp(float(rng.uniform(math.log(3), math.log(32)))))
    if rng.random() < CLOSE:
        share, middle = float(rng.uniform(0.45, 0.75)), _near_middle(rng, 0.05)
        return make_picture(ink, random_changes(rng), rng, size=size, share=share, middle=middle)
    return random_picture(ink, rng, size)


def _near_middle(rng: np.random.Generator, spread: float) -> tuple[float, float]:
    return 0.5 + float(rng.normal()) * spread, 0.5 + float(rng.normal()) * spread


def make_shard(seed: int, number: int) -> Gray:
    """`SHARD` pictures with their ink, `uint8 (n, 2, SIDE, SIDE)`; they follow from seed and number alone."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, number])
    made = [_picture(rng) for _ in range(SHARD)]
    pairs = [np.stack([cv2.cvtColor(each.picture, cv2.COLOR_RGB2GRAY), each.ink]) for each in made]
    shard: Gray = np.stack(pairs)
    return shard


def _shards(seed: int, pool: ProcessPoolExecutor, workers: int) -> Iterator[Gray | None]:
    """The next shard once it is made; None while it is not."""
    waiting: list[Future[Gray]] = [pool.submit(make_shard, seed, number) for number in range(workers)]
    number = workers
    while True:
        ready = next((each for each in waiting if each.done()), None)
        if ready is None:
            yield None
            continue
        waiting.remove(ready)
        waiting.append(pool.submit(make_shard, seed, number))
        number += 1
        yield ready.result()


def _batch(bank: list[Gray], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Pictures and ink, `(BATCH, 1, s, s)` each: turned by quarters, mirrored, cut out, enlarged, made light on dark."""
    parts: list[Gray] = []
    for index in rng.integers(len(bank), size=4).tolist():
        shard = bank[index]
        rows: NDArray[np.int64] = rng.choice(len(shard), BATCH // 4, replace=False)
        parts.append(np.rot90(shard[rows], int(rng.integers(4)), (2, 3))[..., :: int(rng.choice([-1, 1]))])
    x = torch.from_numpy(np.ascontiguousarray(np.concatenate(parts))).float()
    draw = float(rng.random())
    if draw < 0.35:
        cut = int(rng.choice([128, 160, 192, 224]))
        top, left = (int(each) for each in rng.integers(0, SIDE - cut + 1, 2).tolist())
        x = x[:, :, top : top + cut, left : left + cut]
        to = int(rng.choice([cut, 192, 224, 256]))
        x = functional.interpolate(x, size=(to, to), mode="bilinear")
    elif draw < 0.5:
        to = int(rng.choice([128, 160, 192]))
        x = functional.interpolate(x, size=(to, to), mode="area")
    gray, ink = x[:, :1], x[:, 1:] / FULL_INK
    if rng.random() < LIGHT_ON_DARK:
        gray = FULL_INK - gray
    if rng.random() < 0.3:
        gray = FULL_INK * (gray / FULL_INK).clamp(0, 1) ** math.exp(0.3 * float(rng.normal()))
    mean, spread = gray.mean((2, 3), keepdim=True), gray.std((2, 3), keepdim=True)
    return (gray - mean) / (spread + CONTRAST_FLOOR), ink


def loss_of(logits: Tensor, ink: Tensor) -> Tensor:
    """Cross-entropy in which ink counts twice, and Dice's loss (Milletari et al. 2016), which minds thin strokes."""
    entropy = functional.binary_cross_entropy_with_logits(logits, ink, pos_weight=torch.tensor(2.0))
    share = torch.sigmoid(logits)
    both = (share * ink).sum((1, 2, 3))
    dice = 1 - (2 * both + 20) / (share.sum((1, 2, 3)) + ink.sum((1, 2, 3)) + 20)
    return 4 * entropy + dice.mean()


def train(minutes: float, seed: int, workers: int) -> InkNetwork:
    """Train for so long on a cosine schedule; the weights' moving average is returned, ready to be asked."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network, averaged = InkNetwork().to(memory_format=torch.channels_last), InkNetwork()
    optimizer = torch.optim.AdamW(network.parameters(), lr=HIGHEST_RATE, weight_decay=1e-3)
    bank: list[Gray] = []
    with ProcessPoolExecutor(workers) as pool:
        shards = _shards(seed, pool, workers)
        bank.append(pool.submit(make_shard, seed, 10**6).result())
        started, step = time.monotonic(), 0
        while (done := (time.monotonic() - started) / SECONDS_PER_MINUTE / minutes) < 1:
            fresh = next(shards)
            if fresh is not None:
                bank = [*bank, fresh][-(BANK // SHARD) :]
            rate = HIGHEST_RATE * min(1.0, step / WARM_UP + 0.01) * (0.5 + 0.5 * math.cos(math.pi * done) + 0.003)
            for group in optimizer.param_groups:
                group["lr"] = rate
            pictures, ink = _batch(bank, rng)
            with torch.autocast("cpu", torch.bfloat16):
                logits = network(pictures.contiguous(memory_format=torch.channels_last))
            loss = loss_of(logits.float(), ink)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            step += 1
            _average(averaged, network, decay=min(0.998, 1 - 1 / (step / 3 + 1)))
            if step % 100 == 0:
                print(f"step {step}, {done:.0%}: loss {loss.item():.4f}, {len(bank) * SHARD} pictures", flush=True)
    return averaged.eval()


def _average(averaged: nn.Module, network: nn.Module, *, decay: float) -> None:
    goal: dict[str, Tensor] = averaged.state_dict()
    state: dict[str, Tensor] = network.state_dict()
    for name, value in state.items():
        if value.dtype.is_floating_point:
            goal[name].mul_(decay).add_(value, alpha=1 - decay)
        else:
            goal[name].copy_(value)


def onnx_of(network: InkNetwork) -> bytes:
    """The network as an ONNX file that OpenCV reads; height, width and number of pictures are free."""
    buffer = io.BytesIO()
    free = {0: "n", 2: "h", 3: "w"}
    example = (torch.zeros(1, 1, 64, 64),)
    # The newer exporter writes what OpenCV cannot read.
    torch.onnx.export(
        network, example, buffer, dynamo=False, opset_version=17,
        input_names=["picture"], output_names=["ink"], dynamic_axes={"picture": free, "ink": free},
    )  # fmt: skip
    return buffer.getvalue()


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description="Train the network that finds handwriting on paper.")
    parser.add_argument("--minutes", type=float, default=40.0, help="How long to train.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="Processes that make pictures.")
    arguments = parser.parse_args()
    minutes: float = arguments.minutes
    seed: int = arguments.seed
    workers: int = arguments.workers
    NETWORK_FILE.write_bytes(onnx_of(train(minutes, seed, workers)))
    print(f"Wrote {NETWORK_FILE}.")


if __name__ == "__main__":
    main()
