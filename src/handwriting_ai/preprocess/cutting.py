"""The digit cut out of its picture, to be kept: its ink, and nothing else of a photograph."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.preprocess.decode import Gray
from handwriting_ai.preprocess.pipeline import Step

CUT_OUT_PX: Final = 280
"""Side of the square that it is laid on."""
_SMALL_PX: Final = 16
_MARGIN: Final = 0.2
"""Of the digit's longer side, on each side."""
_RIM: Final = 0.04
"""Of the digit's longer side: as far as this from the ink its soft rim is kept."""


def cut_out(shown: Sequence[Step]) -> Gray:
    """The ink that was read, ink 255 on paper 0: `uint8 (280, 280)`.

    Args:
        shown: the steps of `Preprocessed`.
    """
    names = [step.name for step in shown]
    found, mask = shown[names.index("threshold") - 1].picture, shown[names.index("components")].picture
    x, y, width, height = cv2.boundingRect(mask)
    extent = max(width, height, _SMALL_PX)
    rim = 2 * round(extent * _RIM) + 1
    near = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (rim, rim)))
    ink = cv2.bitwise_and(found, np.where(near > 0, np.uint8(255), np.uint8(0)))
    side = round(extent * (1 + 2 * _MARGIN))
    sheet: NDArray[np.uint8] = np.zeros((side, side), dtype=np.uint8)
    left, top = x - (side - width) // 2, y - (side - height) // 2
    rows = slice(max(0, top), min(found.shape[0], top + side))
    columns = slice(max(0, left), min(found.shape[1], left + side))
    sheet[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = ink[rows, columns]
    way = cv2.INTER_AREA if side > CUT_OUT_PX else cv2.INTER_LINEAR
    return cv2.resize(sheet, (CUT_OUT_PX, CUT_OUT_PX), interpolation=way)
