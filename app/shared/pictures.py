"""Pictures as pages show them."""

import base64
import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handwriting_ai.preprocess import FULL_INK

_GAP_PX: Final = 1


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
