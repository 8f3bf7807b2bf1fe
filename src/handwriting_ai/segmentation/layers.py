"""Layers of small networks, computed with numpy alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float32]"
_KERNEL: Final = 3


def stored_numbers(path: Path) -> dict[str, Floats]:
    """The arrays of a network's file, kept in half precision: `kernel0`, `bias0`, … `head`, `head_bias`.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds no arrays.
    """
    stored: Mapping[str, NDArray[np.float16]] = np.load(path, allow_pickle=False)
    return {name: half.astype(np.float32) for name, half in stored.items()}


def convolved(x: Floats, kernel: Floats, bias: Floats, stride: int = 1) -> Floats:
    """3 × 3 with a rim of zeros: `(n, h, w, in)` → `(n, h / stride, w / stride, out)`; kernels are `(9 · in, out)`."""
    padded: Floats = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows: Floats = np.lib.stride_tricks.sliding_window_view(padded, (_KERNEL, _KERNEL), axis=(1, 2))
    strided: Floats = windows[:, ::stride, ::stride]
    count: int = strided.shape[0]
    height: int = strided.shape[1]
    width: int = strided.shape[2]
    flat: Floats = strided.reshape(-1, len(kernel))
    out: Floats = np.matmul(flat, kernel)
    shifted: Floats = np.add(out, bias, out=out)
    return shifted.reshape(count, height, width, -1)


def rectified(x: Floats) -> Floats:
    """What is below zero cut off, in place."""
    return np.maximum(x, np.float32(0), out=x)


def doubled(x: Floats) -> Floats:
    """`(n, h, w, c)` → `(n, 2h, 2w, c)`: each pixel four times."""
    return np.repeat(np.repeat(x, 2, axis=1), 2, axis=2)
