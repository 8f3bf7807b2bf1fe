"""Train the network that sees where two digits meet, and write it as `src/handwriting_ai/segmentation/cuts.npz`.

    python scripts/page_cuts.py

It keeps its place in `runs/page_cuts.pt` every two hundred batches: started again, it goes on from there.

It learns from made numbers alone (`scripts/page_strings.py`): digits of MNIST's training part and of the pen strokes'
training writers, set side by side until they touch. Where the ink of two digits lies within a pen's width is where
they meet.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scripts.page_strings import MadeString, PageDigits, load_page_digits, make_string
from scripts.small_network import Pace, SmallTraining, write_halves
from torch import Tensor
from torch.nn import functional

from handwriting_ai.architectures.pages import CutNetwork
from handwriting_ai.config import PROJECT_ROOT, load_settings
from handwriting_ai.preprocess import FULL_INK, Gray
from handwriting_ai.segmentation.cut_network import ROWS, WEIGHTS_FILE
from handwriting_ai.training.precision import choose_compute

KEPT: Final = PROJECT_ROOT / "runs" / "page_cuts.pt"
WIDTH: Final = 96
"""Columns of a picture that is learnt from."""
_NARROWEST: Final = 3
"""Columns that a piece has at least."""
BATCH: Final = 48
BANK: Final = 9_000
"""Pictures that are kept; each batch brings `FRESH` new ones in place of the oldest."""
FRESH: Final = 8
PACE: Final = Pace(highest_rate=4e-3)
SAID_EVERY: Final = 200
NEAR_SHARE: Final = 0.03
"""Two digits meet where both have ink within this share of the picture's height."""
MEETING_WEIGHT: Final = 3.0
_INK: Final = 110
"""The grey level above which a pixel is a digit's ink."""
_THRESHOLDS: Final = (60, 140)
"""Grey levels above which a picture's ink begins are drawn between these."""
_LEAST_SHARE: Final = 0.3
"""Ink of less than this share of the tallest piece's height is left out."""


def meetings_of(made: MadeString) -> Gray:
    """Where two digits meet, and the strokes between them: 255 there, as large as the picture."""
    height = max(int(cv2.boundingRect(np.greater(ink, _INK).astype(np.uint8))[3]) for ink in made.inks)
    side = 2 * max(1, round(height * NEAR_SHARE)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    grown = [cv2.dilate(np.where(np.greater(ink, _INK), 1, 0).astype(np.uint8), kernel) for ink in made.inks]
    times: Gray = np.zeros_like(made.joints)
    for each in grown:
        np.add(times, each, out=times)
    between: NDArray[np.bool_] = np.greater(made.joints, _INK)
    for ink in made.inks:
        between &= np.less(ink, _INK)
    return np.where(np.greater(times, 1) | between, FULL_INK, 0).astype(np.uint8)


def make_samples(digits: PageDigits, seed: int, number: int) -> list[Gray]:
    """The pieces of ink of one made number with their meetings, `uint8 (2, ROWS, WIDTH)` each."""
    rng = np.random.default_rng([seed, number])
    made = make_string(digits, rng)
    meetings = meetings_of(made)
    threshold = int(rng.integers(*_THRESHOLDS))
    mask = np.where(np.greater(made.ink, threshold), FULL_INK, 0).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    rows: list[list[int]] = stats.tolist()
    tallest = max(height for _, _, _, height, _ in rows[1:])
    samples: list[Gray] = []
    for label, (left, top, width, height, _) in enumerate(rows):
        if label == 0 or height < _LEAST_SHARE * tallest:
            continue
        part: NDArray[np.int32] = labels[top : top + height, left : left + width]
        own = np.where(np.equal(part, label), FULL_INK, 0).astype(np.uint8)
        met: Gray = np.ascontiguousarray(meetings[top : top + height, left : left + width])
        samples.append(_window(own, met, rng))
    return samples


def _window(own: Gray, met: Gray, rng: np.random.Generator) -> Gray:
    """A piece and its meetings at the network's height, a random stretch of them: `uint8 (2, ROWS, WIDTH)`."""
    scale = ROWS / len(own)
    size = (max(_NARROWEST, round(len(own.T) * scale)), ROWS)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    both: Gray = np.stack([cv2.resize(each, size, interpolation=how) for each in (own, met)])
    at = int(rng.integers(max(0, size[0] - WIDTH) + 1))
    window: Gray = both[:, :, at : at + WIDTH]
    seen: int = window.shape[2]
    return np.pad(window, ((0, 0), (0, 0), (0, WIDTH - seen)))


class Bank:
    """Pictures to learn from; new ones take the oldest one's places. They follow from the seed alone."""

    def __init__(self, digits: PageDigits, seed: int, done: int) -> None:
        self._digits, self._seed = digits, seed
        self._next = done * FRESH  # a training that goes on does not see its first pictures again
        self._samples: list[Gray] = []
        while len(self._samples) < BANK:
            self._make()

    def _make(self) -> None:
        self._samples += make_samples(self._digits, self._seed, self._next)
        self._next += 1

    def batch(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Ink and meetings, `(BATCH, 1, ROWS, WIDTH)` each, from 0 to 1."""
        for _ in range(FRESH):
            self._make()
        del self._samples[:-BANK]
        chosen: list[int] = rng.integers(len(self._samples), size=BATCH).tolist()
        stacked: Gray = np.stack([self._samples[index] for index in chosen])
        both = torch.from_numpy(stacked).float() / FULL_INK
        return both[:, :1].contiguous(memory_format=torch.channels_last), both[:, 1:]


def loss_of(logits: Tensor, ink: Tensor, meetings: Tensor) -> Tensor:
    """Cross-entropy where there is ink; meetings, which are rare, count more."""
    weight = ink * (1 + (MEETING_WEIGHT - 1) * meetings)
    entropy = functional.binary_cross_entropy_with_logits(logits, meetings, reduction="none")
    return (entropy * weight).sum() / weight.sum()


def train(digits: PageDigits, steps: int, seed: int, kept: Path) -> dict[str, Tensor]:
    """Train, and give back what is stored.

    Raises:
        CheckpointError: what `kept` holds is damaged, or of a training with other steps or another seed.
    """
    training = SmallTraining(CutNetwork, "page cuts", steps, seed, PACE, kept)
    training.go_on()
    rng = np.random.default_rng([seed, training.done])
    autocast = choose_compute("cpu").autocast
    bank = Bank(digits, seed, training.done)
    while training.done < steps:
        ink, meetings = bank.batch(rng)
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            logits = training.network(ink)
        loss = training.learn(loss_of(logits.float(), ink, meetings))
        if training.done % SAID_EVERY == 0:
            training.keep()
            print(f"step {training.done} of {steps}: loss {loss:.4f}", flush=True)
    network = CutNetwork()
    network.load_state_dict(training.averaged())
    return network.stored()


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description="Train the network that sees where two digits meet.")
    parser.add_argument("--steps", type=int, default=2400, help=f"Batches of {BATCH} pictures.")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    steps: int = arguments.steps
    seed: int = arguments.seed
    KEPT.parent.mkdir(exist_ok=True)
    write_halves(train(load_page_digits(load_settings().training), steps, seed, KEPT), WEIGHTS_FILE)
    print(f"Wrote {WEIGHTS_FILE}.")


if __name__ == "__main__":
    main()
