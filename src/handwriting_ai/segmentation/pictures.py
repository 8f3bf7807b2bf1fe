"""A piece of ink → the picture that a network reads."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.preprocess import FULL_INK, IMAGE_SIDE, Gray
from handwriting_ai.segmentation.components import Blob

_DIGIT_SIDE: Final = 20
_FRINGE_SHARE: Final = 0.03
_MARGIN_SHARE: Final = 0.2


def cut_out(ink: Gray, mask: Gray, blob: Blob) -> Gray:
    """The piece alone on paper with a margin: its ink and a fringe of grey levels, nothing of its neighbours.

    Args:
        ink: `uint8 (h, w)` of the page.
        mask: where ink lies on it.
        blob: what is cut out.
    """
    box = blob.box
    fringe = max(1, round(box.extent * _FRINGE_SHARE))
    left, top = max(box.left - fringe, 0), max(box.top - fringe, 0)
    area = ink[top : box.bottom + fringe, left : box.right + fringe]
    all_ink = mask[top : box.bottom + fringe, left : box.right + fringe]
    own: Gray = np.zeros_like(area)
    at = box.moved(-left, -top)
    own[at.top : at.bottom, at.left : at.right] = blob.mask
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * fringe + 1, 2 * fringe + 1))
    reach = cv2.dilate(own, kernel)
    foreign: NDArray[np.bool_] = np.greater(all_ink, own)
    reach[foreign] = 0
    patch = cv2.bitwise_and(area, reach)
    margin = max(2, round(box.extent * _MARGIN_SHARE))
    return cv2.copyMakeBorder(patch, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)


def thumbnail(ink: Gray, blob: Blob) -> Gray:
    """A piece for a quick look, `uint8 (28, 28)`: longer side 20, centre of mass in the middle, full ink 255."""
    box = blob.box
    patch = cv2.bitwise_and(ink[box.top : box.bottom, box.left : box.right], blob.mask)
    scale = _DIGIT_SIDE / box.extent
    size = (max(1, round(box.width * scale)), max(1, round(box.height * scale)))
    small = cv2.resize(patch, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    peak: int = small.max()
    levels: NDArray[np.float32] = np.multiply(small, np.float32(FULL_INK / max(peak, 1)), dtype=np.float32)
    mass = cv2.moments(small)
    total = mass["m00"] or 1.0
    middle = (IMAGE_SIDE - 1) / 2
    left = min(max(round(middle - mass["m10"] / total), 0), IMAGE_SIDE - size[0])
    top = min(max(round(middle - mass["m01"] / total), 0), IMAGE_SIDE - size[1])
    picture: Gray = np.zeros((IMAGE_SIDE, IMAGE_SIDE), dtype=np.uint8)
    picture[top : top + size[1], left : left + size[0]] = levels.astype(np.uint8)
    return picture
