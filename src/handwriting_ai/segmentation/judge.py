"""What a piece of ink is: one of the ten digits, or none. A small network, run with numpy alone.

It looks at thumbnails (`pictures.thumbnail`) and decides where to cut and what to leave out; the digits that remain are
read by the models. It learnt from pieces of made numbers and other ink (`scripts/page_judge.py`).
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.preprocess import FULL_INK, Gray
from handwriting_ai.segmentation.layers import Floats, convolved, rectified, stored_numbers

NO_DIGIT: Final = N_CLASSES
"""The class after the digits."""
STRIDES: Final = (1, 2, 1, 2, 1)
"""Of the convolutions, each 3 × 3 with its rectifier."""
WEIGHTS_FILE: Final = Path(__file__).with_name("judge.npz")
_BATCH: Final = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class Judge:
    """The network's numbers; the batch normalisation is folded in."""

    kernels: tuple[Floats, ...] = field(repr=False)
    """`(9 · channels in, channels out)` each."""
    biases: tuple[Floats, ...] = field(repr=False)
    head: Floats = field(repr=False)
    """`(channels, 11)`."""
    head_bias: Floats = field(repr=False)

    def log_probs(self, thumbnails: Gray) -> "NDArray[np.float64]":
        """Thumbnails `uint8 (n, 28, 28)` → log-probabilities `(n, 11)`: ten digits, then none."""
        chunks = [self._logits(thumbnails[start : start + _BATCH]) for start in range(0, len(thumbnails), _BATCH)]
        if not chunks:
            return np.zeros((0, N_CLASSES + 1), dtype=np.float64)
        logits: NDArray[np.float64] = np.concatenate(chunks).astype(np.float64)
        top: NDArray[np.float64] = logits.max(axis=1, keepdims=True)
        shifted: NDArray[np.float64] = np.subtract(logits, top)
        totals: NDArray[np.float64] = np.logaddexp.reduce(shifted, axis=1, keepdims=True)
        return np.subtract(shifted, totals)

    def _logits(self, thumbnails: Gray) -> Floats:
        x: Floats = np.divide(thumbnails, np.float32(FULL_INK), dtype=np.float32)[..., np.newaxis]
        for kernel, bias, stride in zip(self.kernels, self.biases, STRIDES, strict=True):
            x = rectified(convolved(x, kernel, bias, stride))
        strongest: Floats = np.max(x, axis=(1, 2))
        logits: Floats = np.matmul(strongest, self.head)
        return np.add(logits, self.head_bias)


def load_judge(path: Path) -> Judge:
    """The network in a file."""
    values = stored_numbers(path)
    layers = range(len(STRIDES))
    return Judge(
        kernels=tuple(values[f"kernel{layer}"] for layer in layers),
        biases=tuple(values[f"bias{layer}"] for layer in layers),
        head=values["head"],
        head_bias=values["head_bias"],
    )


SHIPPED_JUDGE: Final = load_judge(WEIGHTS_FILE)
"""The network that comes with the package."""
