"""Large pictures brought to the working size, a band of rows at a time, so that no second copy of them is made."""

from collections.abc import Callable
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Gray: TypeAlias = "NDArray[np.uint8]"

WORKING_SIDE_PX: Final = 1_024
"""The longest side of the grey picture that is worked on; one that is no longer stays as it is, bit for bit."""
_MOST_KEPT_PX: Final = 16_000_000
"""After whole rows and columns are averaged; more would take too much memory on top of the picture's own."""
_BAND_PX: Final = 500_000


def factor_for(size: tuple[int, int], working_side_px: int) -> int:
    """By how much sides of `(width, height)` are to be divided first: 1 leaves the picture."""
    factor = max(1, max(size) // working_side_px)
    while size[0] * size[1] > _MOST_KEPT_PX * factor**2:
        factor += 1
    return factor


def shrink(size: tuple[int, int], factor: int, band: Callable[[int, int], Image.Image]) -> Image.Image:
    """A picture with sides `factor` times shorter, each of its pixels the mean of `factor` × `factor`.

    Args:
        size: of the large picture, `(width, height)`.
        factor: at least 2.
        band: makes a picture of grey levels (mode L, or LA where some are transparent) of the rows from one to another.
    """
    width, height = size
    rows = factor * max(1, _BAND_PX // (width * factor))
    small: Image.Image | None = None
    for top in range(0, height, rows):
        part = band(top, min(top + rows, height)).reduce(factor)
        if small is None:
            small = Image.new(part.mode, (part.width, -(-height // factor)))
        small.paste(part, (0, top // factor))
    if small is None:
        raise ValueError(f"A picture of {width} × {height} pixels has no rows.")
    return small


def to_working_size(gray: Gray, working_side_px: int) -> Gray:
    """Grey levels `(h, w)` by area averaging, the longest side `working_side_px`; smaller ones stay as they are."""
    height: int = gray.shape[0]
    width: int = gray.shape[1]
    scale = working_side_px / max(width, height)
    if scale >= 1:
        return gray
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
