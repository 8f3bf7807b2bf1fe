"""Handwriting told from everything else on paper by a small network; `scripts/ink_network.py` trains and writes it.

It is run by OpenCV, so that finding ink needs no torch.
"""

import hashlib
import threading
from pathlib import Path
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.preprocess.decode import Gray

Share: TypeAlias = "NDArray[np.float32]"
"""`(h, w)`, how much of each pixel is handwriting, in [0, 1]."""

NETWORK_FILE: Final = Path(__file__).with_name("ink.onnx")
STRIDE: Final = 32
"""Height and width of what the network reads are multiples of it."""
CONTRAST_FLOOR: Final = 8.0
"""Added to the standard deviation that a picture is divided by, in grey levels: an empty sheet stays even."""


class _Local(threading.local):
    """OpenCV's networks cannot be shared: each thread has its own, read when it first needs it."""

    net: cv2.dnn.Net | None = None


_LOCAL: Final = _Local()


def _network() -> cv2.dnn.Net:
    net = _LOCAL.net or cv2.dnn.readNetFromONNX(str(NETWORK_FILE))
    _LOCAL.net = net
    return net


def network_digest() -> str:
    """SHA-256 of the network's file, as the signature of the preprocessing holds it."""
    return hashlib.sha256(NETWORK_FILE.read_bytes()).hexdigest()


def ink_share(gray: Gray) -> Share:
    """How much of each pixel of a photograph is handwriting, dark or light: `uint8 (h, w)` → `float32 (h, w)`.

    The network knows digits that are 15 to 220 pixels high, with strokes of 1.5 to 30 pixels.
    """
    height: int = gray.shape[0]
    width: int = gray.shape[1]
    below, right = -height % STRIDE, -width % STRIDE
    padded = cv2.copyMakeBorder(gray, 0, below, 0, right, cv2.BORDER_REPLICATE)
    mean: float = gray.mean()
    spread: float = gray.std()
    levels: Share = np.subtract(padded, np.float32(mean), dtype=np.float32)
    even: Share = np.divide(levels, np.float32(spread + CONTRAST_FLOOR))
    net = _network()
    net.setInput(even[np.newaxis, np.newaxis])
    logits: Share = net.forward()[0, 0, :height, :width]
    share: NDArray[np.float32] = np.divide(1, np.add(1, np.exp(np.negative(logits))), dtype=np.float32)
    return share
