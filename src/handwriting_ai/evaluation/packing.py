"""Logits as bytes that deflate to three quarters of what the logits do, without the loss of a bit.

A digit's logits differ little from view to view, so that of each further view is kept how far its bit patterns are from
the first's. Differences either way are folded into small numbers (0, −1, 1, −2 … become 0, 1, 2, 3 …), and their high
bytes, nearly all of them 0, lie apart from the low ones.
"""

import numpy as np
from numpy.typing import NDArray

Kept = NDArray[np.uint8] | NDArray[np.float16]
"""What `pack` gives, or plain logits, as they were kept once."""


def pack(logits: "NDArray[np.float16]") -> "NDArray[np.uint8]":
    """`float16 (views, n, 10)` to `uint8 (2, views, n, 10)`: high bytes, low bytes."""
    differences: NDArray[np.int16] = logits.view(np.int16).copy()
    differences[1:] -= differences[:1]  # what is too far apart wraps round, and back again
    all_ones_if_below: NDArray[np.int16] = np.right_shift(differences, 15)
    folded: NDArray[np.int16] = np.bitwise_xor(np.left_shift(differences, 1), all_ones_if_below)
    high: NDArray[np.int16] = np.right_shift(folded, 8)
    return np.stack([high.astype(np.uint8), folded.astype(np.uint8)])


def unpack(kept: Kept) -> Kept:
    """What `pack` was given; an array that it cannot have made comes back as it is."""
    if kept.dtype != np.uint8 or kept.ndim != 4 or len(kept) != 2:
        return kept
    high, low = np.split(kept.view(np.uint8), 2)
    # In place, as most of the time goes into fresh memory.
    patterns: NDArray[np.uint16] = np.left_shift(high, 8, dtype=np.uint16).squeeze(0)
    patterns |= low.squeeze(0)
    all_ones_if_below: NDArray[np.uint16] = np.bitwise_and(patterns, 1)
    np.negative(all_ones_if_below, out=all_ones_if_below)
    patterns >>= 1
    patterns ^= all_ones_if_below
    patterns[1:] += patterns[:1]
    return patterns.view(np.float16)
