"""A page's grey levels → its ink: what `preprocess.paper` does for one digit, for all of a page at once."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.preprocess import FULL_INK, Gray, PreprocessConfig
from handwriting_ai.preprocess.ink_network import Share, ink_share
from handwriting_ai.preprocess.paper import is_even
from handwriting_ai.preprocess.steps import find_ink, threshold_ink

_SEEN_PX: Final = 1_600
"""Longer side of a page, as the network sees it at most: digits of a twentieth of it are 80 pixels high."""


def lift_ink(gray: Gray) -> Gray:
    """Grey levels `uint8 (h, w)` → ink of the same size: paper 0, full ink 255.

    On even paper the levels are stretched; elsewhere the network says what is handwriting.
    """
    config = PreprocessConfig()
    found = find_ink(gray, config, invert=None)
    if is_even(gray, found.paper, threshold_ink(found.ink), config):
        return found.ink if found.contrast >= config.min_contrast else np.zeros_like(gray)
    height, width = len(gray), len(gray.T)
    scale = min(1.0, _SEEN_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    share: Share = cv2.resize(
        ink_share(cv2.resize(gray, size, interpolation=cv2.INTER_AREA)),
        (width, height),
        interpolation=cv2.INTER_LINEAR,
    )
    levels: NDArray[np.float32] = np.rint(np.multiply(share, np.float32(FULL_INK)))
    return levels.astype(np.uint8)
