"""Where two digits meet in a piece of ink. A small network, run with numpy alone.

It learnt from made numbers whose digits touch: there it is known whose ink is whose (`scripts/page_cuts.py`).
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from handwriting_ai.segmentation.layers import Floats, convolved, doubled, rectified, stored_numbers

ROWS: Final = 48
"""Height of the pictures that it sees, in pixels."""
STEP: Final = 8
"""Their width is a multiple of this."""
WEIGHTS_FILE: Final = Path(__file__).with_name("cuts.npz")
_STRIDES: Final = (2, 1, 2, 1, 2, 1, 1, 1, 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class CutNetwork:
    """The network's numbers; the batch normalisation is folded in."""

    kernels: tuple[Floats, ...] = field(repr=False)
    """`(9 · channels in, channels out)` each."""
    biases: tuple[Floats, ...] = field(repr=False)
    head: Floats = field(repr=False)
    head_bias: Floats = field(repr=False)

    def meetings(self, ink: Floats) -> Floats:
        """Ink from 0 to 1, `(ROWS, w)` → how likely two digits meet there, as large."""
        columns = len(ink.T)
        wide: Floats = np.pad(ink, ((0, 0), (0, -columns % STEP)))
        at_half = self._layer(1, self._layer(0, wide[np.newaxis, :, :, np.newaxis]))
        at_quarter = self._layer(3, self._layer(2, at_half))
        around = self._layer(5, self._layer(4, at_quarter))
        joined = self._layer(7, self._layer(6, np.add(at_quarter, doubled(around))))
        seen = self._layer(8, np.add(at_half, doubled(joined)))
        logits = convolved(seen, self.head, self.head_bias)
        rows: int = logits.shape[1]
        halves: int = logits.shape[2]
        shuffled: Floats = logits.reshape(rows, halves, 2, 2).transpose(0, 2, 1, 3).reshape(2 * rows, 2 * halves)
        odds: Floats = np.exp(np.negative(np.clip(shuffled[:, :columns], -30, 30)))
        return np.divide(np.float32(1), np.add(np.float32(1), odds))

    def _layer(self, index: int, x: Floats) -> Floats:
        return rectified(convolved(x, self.kernels[index], self.biases[index], _STRIDES[index]))


def load_cut_network(path: Path) -> CutNetwork:
    """The network in a file."""
    values = stored_numbers(path)
    layers = range(len(_STRIDES))
    return CutNetwork(
        kernels=tuple(values[f"kernel{layer}"] for layer in layers),
        biases=tuple(values[f"bias{layer}"] for layer in layers),
        head=values["head"],
        head_bias=values["head_bias"],
    )


SHIPPED_CUTS: Final = load_cut_network(WEIGHTS_FILE)
"""The network that comes with the package."""
