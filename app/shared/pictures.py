"""Pictures as pages show them."""

import base64
import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handwriting_ai.preprocess import FULL_INK

_GAP_PX: Final = 1
_FOR: Final = (20, 90, 220)
_AGAINST: Final = (225, 95, 0)
_NEUTRAL: Final = 170.0
"""Colours of ink, 0–255."""


def contact_sheet(pictures: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """`(columns, rows, side, side)` → one picture, dark ink on light paper, a column for each first index."""
    shape: tuple[int, ...] = pictures.shape
    columns, rows = shape[:2]
    margin = ((0, 0), (0, 0), (_GAP_PX, _GAP_PX), (_GAP_PX, _GAP_PX))
    padded: NDArray[np.uint8] = np.pad(pictures, margin)
    outer: int = padded.shape[-1]
    sheet: NDArray[np.uint8] = padded.transpose(1, 2, 0, 3).reshape(rows * outer, columns * outer)
    return on_paper(sheet)


def on_paper(ink: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """A picture of bright ink as dark ink on light paper."""
    inverted: NDArray[np.uint8] = np.subtract(FULL_INK, ink, dtype=np.uint8)
    return inverted


def data_url(picture: "NDArray[np.uint8]") -> str:
    """A grey picture as a PNG that a page can show without another request."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def thumbnail(picture: "NDArray[np.uint8]", side_px: int) -> "NDArray[np.uint8]":
    """A grey picture, no side longer than that."""
    image = Image.fromarray(picture)
    image.thumbnail((side_px, side_px))
    small: NDArray[np.uint8] = np.asarray(image, dtype=np.uint8)
    return small


def heat_on_ink(ink: "NDArray[np.uint8]", heat: "NDArray[np.float32]", *, enlarged: int) -> "NDArray[np.uint8]":
    """Bright ink `(h, w)` as coloured ink on light paper, `(h, w, 3)`: blue where the heat is above 0, orange below."""
    strength: NDArray[np.float32] = np.abs(heat)[..., np.newaxis]
    warm: NDArray[np.bool_] = np.less(heat, 0)[..., np.newaxis]
    blue: NDArray[np.float32] = np.array(_FOR, dtype=np.float32)
    orange: NDArray[np.float32] = np.array(_AGAINST, dtype=np.float32)
    color: NDArray[np.float32] = np.where(warm, orange, blue)
    inked: NDArray[np.float32] = np.add(np.multiply(strength, color), np.multiply(1 - strength, _NEUTRAL))
    share: NDArray[np.float32] = np.divide(ink, np.float32(FULL_INK))[..., np.newaxis]
    mixed: NDArray[np.float32] = np.add(np.multiply(share, inked), np.multiply(1 - share, FULL_INK))
    small: NDArray[np.uint8] = np.rint(mixed).astype(np.uint8)
    large: NDArray[np.uint8] = small.repeat(enlarged, axis=0).repeat(enlarged, axis=1)
    return large
