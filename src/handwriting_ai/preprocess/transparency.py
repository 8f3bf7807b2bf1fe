"""Transparent pixels laid on paper: that of the picture's own sheet if it has one, else what contrasts with the ink."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Gray: TypeAlias = "NDArray[np.uint8]"
_Mask: TypeAlias = "NDArray[np.bool_]"

_WHITE: Final = 255
_MIDDLE_GREY: Final = 127.5
_LUMA: Final = (0.299, 0.587, 0.114)
"""Weights of red, green and blue (ITU-R BT.601), as Pillow's own conversion uses them."""
_BAND_PX: Final = 1_048_576
"""So many pixels are worked on at a time."""
_OPAQUE: Final = 230
"""From this alpha on, a pixel is what the picture shows there."""
_HALF: Final = 128
"""Less is a sheet's shadow, or nothing."""
_MIN_CONTRAST: Final = 40
"""Grey levels between a sheet's ink and paper."""
_MIN_SOLIDITY: Final = 0.95
"""A sheet fills so much of its convex hull."""
_MIN_RECTANGLE: Final = 0.88
"""A sheet with four corners fills so much of the rectangle round it; a round one has 0.79, as has a 0."""
_MIN_BLOB_SOLIDITY, _MAX_BLOB_ELONGATION = 0.85, 3.0
"""Ink that fills its convex hull is the hole of a 0 rather than a digit, unless it is longer, as a 1 is."""


def luma(rgb: Gray) -> Gray:
    """`(h, w, 3 or more)` → grey levels `(h, w)`; further channels are ignored."""
    weights: NDArray[np.float32] = np.array(_LUMA, dtype=np.float32)
    levels: Gray = np.empty(rgb.shape[:2], dtype=np.uint8)
    for top, bottom in _bands(levels):
        colors: NDArray[np.float32] = rgb[top:bottom, :, :3].astype(np.float32)
        weighted: NDArray[np.float32] = np.dot(colors, weights)
        levels[top:bottom] = np.rint(weighted)
    return levels


def flatten(rgba: Gray) -> Gray:
    """Lay `(h, w, 4)` on paper → grey levels `(h, w)`.

    Where what is opaque has paper and ink of its own, that paper goes on: a scan turned straight, a window with its
    shadow, a round crop. Else it is all ink, and lies on black if it is light, on white if it is dark.
    """
    levels, alpha = luma(rgba), rgba[:, :, 3]
    lowest: int = alpha.min()
    if lowest == _WHITE:
        return levels
    paper = _sheet_level(levels, alpha)
    if paper is None:
        return _blend(levels, alpha, 0.0 if _ink_is_light(levels, alpha) else float(_WHITE))
    solid: Gray = np.where(np.greater_equal(alpha, _HALF), alpha, 0).astype(np.uint8)
    return _blend(levels, solid, paper)


def _bands(levels: Gray) -> Iterator[tuple[int, int]]:
    """The rows from one to another, so that what is computed of them in single precision stays small."""
    height: int = levels.shape[0]
    width: int = levels.shape[1]
    rows = max(1, _BAND_PX // width)
    for top in range(0, height, rows):
        yield top, top + rows


def _ink_is_light(levels: Gray, alpha: Gray) -> bool:
    """Whether the mean level, each pixel counting by its alpha, is nearer to white."""
    weight, light = 0.0, 0.0
    for top, bottom in _bands(levels):
        share: NDArray[np.float32] = np.divide(alpha[top:bottom], float(_WHITE), dtype=np.float32)
        ink: NDArray[np.float32] = np.multiply(levels[top:bottom], share, dtype=np.float32)
        weight_here: float = share.sum()
        light_here: float = ink.sum()
        weight, light = weight + float(weight_here), light + float(light_here)
    return weight > 0 and light / weight > _MIDDLE_GREY


def _blend(levels: Gray, alpha: Gray, paper: float) -> Gray:
    """The levels where alpha is full, `paper` where it is 0, and what lies between."""
    blended: Gray = np.empty_like(levels)
    for top, bottom in _bands(levels):
        share: NDArray[np.float32] = np.divide(alpha[top:bottom], float(_WHITE), dtype=np.float32)
        ink: NDArray[np.float32] = np.multiply(levels[top:bottom], share, dtype=np.float32)
        clear: NDArray[np.float32] = np.subtract(1.0, share, dtype=np.float32)
        blended[top:bottom] = np.rint(np.add(ink, np.multiply(clear, np.float32(paper))))
    return blended


def _sheet_level(levels: Gray, alpha: Gray) -> float | None:
    """The paper's level if the opaque pixels are a sheet with ink on it; None if they are the ink.

    A sheet is of one piece without dents, has two levels, and its ink borders on its paper rather than on what is
    transparent. A round one may be a 0 that was cut out with its hole.
    """
    opaque = cv2.threshold(alpha, _OPAQUE - 1, _WHITE, cv2.THRESH_BINARY)[1]
    rim = _outline(cv2.erode(opaque, _square(3)))  # the outermost pixels are often mixed with what was behind them
    if rim is None or rim.solidity < _MIN_SOLIDITY:
        return None
    shown: Gray = levels[opaque > 0]
    otsu, _ = cv2.threshold(shown, 0, _WHITE, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    lighter: Gray = shown[shown > otsu]
    darker: Gray = shown[shown <= otsu]
    if not _mean(lighter) - _mean(darker) >= _MIN_CONTRAST:
        return None
    outermost: Gray = levels[rim.points[:, 1], rim.points[:, 0]]
    paper = float(np.median(outermost))
    is_ink: _Mask = np.not_equal(np.less_equal(levels, otsu), paper <= otsu)
    ink: Gray = np.where(is_ink, opaque, 0).astype(np.uint8)
    around = cv2.subtract(cv2.dilate(ink, _square(3)), ink)
    on_paper = np.count_nonzero(cv2.bitwise_and(around, opaque))
    if 2 * on_paper <= np.count_nonzero(around):
        return None
    return paper if rim.rectangularity >= _MIN_RECTANGLE or not _is_blob(ink) else None


def _is_blob(ink: Gray) -> bool:
    """Whether ink is one filled spot, as the hole of a 0 is."""
    outline = _outline(ink)
    if outline is None or outline.elongation >= _MAX_BLOB_ELONGATION:
        return False
    return bool(np.count_nonzero(ink) >= _MIN_BLOB_SOLIDITY * outline.hull_area)


@dataclass(frozen=True, kw_only=True)
class _Outline:
    """Of all pieces of a mask together."""

    points: "NDArray[np.int32]"
    """The outermost pixels `(n, 2)`, x before y."""
    area: float
    hull_area: float
    sides: tuple[float, float]
    """Of the smallest rectangle round it, however turned."""

    @property
    def solidity(self) -> float:
        """What it fills of its convex hull, holes counted in."""
        return self.area / self.hull_area

    @property
    def rectangularity(self) -> float:
        """What it fills of the rectangle."""
        return self.area / max(self.sides[0] * self.sides[1], self.hull_area)

    @property
    def elongation(self) -> float:
        """How often the rectangle's shorter side goes into the longer."""
        return max(self.sides) / max(min(self.sides), 1.0)


def _outline(mask: Gray) -> _Outline | None:
    """None if there is nothing, or nothing wider than a pixel."""
    pieces, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    area = sum(cv2.contourArea(piece) for piece in pieces)
    if not area:
        return None
    points: NDArray[np.int32] = np.concatenate(pieces).reshape(-1, 2)
    hull = cv2.convexHull(points)
    _, sides, _ = cv2.minAreaRect(hull.astype(np.float32))
    return _Outline(points=points, area=area, hull_area=cv2.contourArea(hull), sides=sides)


def _mean(levels: Gray) -> float:
    """NaN if there are none."""
    total: int = levels.sum(dtype=np.int64)
    return total / levels.size if levels.size else math.nan


def _square(side: int) -> Gray:
    return np.ones((side, side), dtype=np.uint8)
