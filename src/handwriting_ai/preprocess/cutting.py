"""The digit cut out of its picture, to be kept: its ink, and nothing else of a photograph."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

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
    rim = round(extent * _RIM) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rim + 1, 2 * rim + 1))
    near: Gray = cv2.dilate(mask, kernel)[max(0, y - rim) : y + height + rim, max(0, x - rim) : x + width + rim]
    part: Gray = found[max(0, y - rim) : y + height + rim, max(0, x - rim) : x + width + rim]
    ink: Gray = np.where(near > 0, part, 0).astype(np.uint8)
    shape: tuple[int, ...] = ink.shape
    side = round(extent * (1 + 2 * _MARGIN))
    above, before = (side - shape[0]) // 2, (side - shape[1]) // 2
    sheet: Gray = np.pad(ink, ((above, side - shape[0] - above), (before, side - shape[1] - before)))
    way = cv2.INTER_AREA if side > CUT_OUT_PX else cv2.INTER_LINEAR
    return cv2.resize(sheet, (CUT_OUT_PX, CUT_OUT_PX), interpolation=way)
