"""The steps between grey levels and MNIST's convention, each a pure function of an image and the parameters.

Throughout, "ink" is `uint8 (h, w)` with paper 0 and full ink 255, and a "mask" is `uint8 (h, w)` of 0 and 255.
"""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.errors import BlankImage
from handwriting_ai.preprocess.decode import Gray
from handwriting_ai.preprocess.parameters import IMAGE_SIDE, PreprocessConfig

_LEVELS: Final = 256
_FULL: Final = 255
_CONNECTIVITY: Final = 8
_DISTANCE_TO_WIDTH: Final = 4.0
"""Inside a stroke of width w the mean distance to the paper is w / 4."""


def blank(reason: str) -> BlankImage:
    """The error for a picture without ink."""
    return BlankImage(f"No digit found: {reason}. Draw or photograph one digit that stands out from its paper.")


def find_ink(gray: Gray, config: PreprocessConfig, *, invert: bool | None) -> Gray:
    """Orient and stretch grey levels so that paper is 0 and ink 255.

    Paper is the median of the picture's rim. Ink is darker if the rim lies above Otsu's threshold; `invert` True says
    that ink is darker, False that it is lighter.

    Raises:
        BlankImage: paper and ink differ by less than `min_contrast` levels.
    """
    paper = _rim_level(gray, config.border_share)
    otsu, _ = cv2.threshold(gray, 0, _FULL, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    ink_is_darker = paper > otsu if invert is None else invert
    counts = np.bincount(gray.ravel(), minlength=_LEVELS)
    levels = np.arange(_LEVELS, dtype=np.float64)
    if ink_is_darker:
        counts, otsu, paper, levels = counts[::-1], _FULL - otsu - 1, _FULL - paper, levels[::-1]
    peak = _quantile_above(counts, otsu, config.peak_quantile)
    if peak - paper < config.min_contrast:
        raise blank(f"its ink differs from its paper by {max(peak - paper, 0):.0f} of 255 grey levels")
    stretched = np.clip(np.rint((levels - paper) * (_FULL / (peak - paper))), 0, _FULL)
    return cv2.LUT(gray, stretched.astype(np.uint8))


def _rim_level(gray: Gray, share: float) -> float:
    rim = max(1, round(min(gray.shape) * share))
    pixels = np.concatenate([gray[:rim].ravel(), gray[-rim:].ravel(), gray[:, :rim].ravel(), gray[:, -rim:].ravel()])
    return float(np.median(pixels))


def _quantile_above(counts: "NDArray[np.intp]", threshold: float, quantile: float) -> float:
    """The grey level below which `quantile` of the pixels above `threshold` lie; `counts` is a histogram (256,)."""
    above = counts.copy()
    above[: math.floor(threshold) + 1] = 0
    cumulated = np.cumsum(above)
    if cumulated[-1] == 0:
        return 0.0
    return float(np.searchsorted(cumulated, quantile * float(cumulated[-1])))


def threshold_ink(ink: Gray) -> Gray:
    """The mask of ink, by Otsu's threshold (Otsu 1979)."""
    _, mask = cv2.threshold(ink, 0, _FULL, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return mask


def keep_digit(mask: Gray, config: PreprocessConfig) -> Gray:
    """Drop specks from the mask: keep the largest component and every other one that is a stroke of the digit.

    Raises:
        BlankImage: the mask is empty.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=_CONNECTIVITY, ltype=cv2.CV_32S)
    if count < 2:
        raise blank("the picture is blank")
    if count == 2 or not config.keep_components:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    areas[0] = 0.0  # label 0 is the paper
    extents = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]).astype(np.float64)
    main = int(areas.argmax())
    is_stroke = (areas <= config.max_fill * extents**2) & (extents >= config.min_extent_share * extents[main])
    is_large = extents >= config.sure_extent_share * extents[main]
    belongs = (
        (areas >= config.min_area_share * areas[main])
        & (is_stroke | is_large)
        & (_gaps(stats, main) <= config.max_gap_share * extents[main])
    )
    belongs[0], belongs[main] = False, True
    return np.where(belongs, _FULL, 0).astype(np.uint8)[labels]


def _gaps(stats: "NDArray[np.int32]", main: int) -> "NDArray[np.float64]":
    """Distance of each component's box from the main one's box, in pixels; 0 where they overlap."""
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
    across = np.maximum(np.maximum(left[main] - right, left - right[main]), 0)
    down = np.maximum(np.maximum(top[main] - bottom, top - bottom[main]), 0)
    return np.hypot(across.astype(np.float64), down.astype(np.float64))


def crop_to_work(ink: Gray, mask: Gray, config: PreprocessConfig) -> Gray:
    """Cut out the masked digit with a fringe of grey levels, and scale it onto the square working canvas.

    The canvas has `28 · oversampling` pixels a side; the longest side of the digit's box takes `digit_side_px ·
    oversampling` of them and the box lies in the middle, so that all further work costs the same for every picture.
    """
    left, top, width, height = cv2.boundingRect(mask)
    extent = max(width, height)
    side = round(extent * IMAGE_SIDE / config.digit_side_px)
    fringe = max(1, round(extent * config.fringe_share))
    x0, y0 = max(left - fringe, 0), max(top - fringe, 0)
    x1, y1 = min(left + width + fringe, ink.shape[1]), min(top + height + fringe, ink.shape[0])
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * fringe + 1, 2 * fringe + 1))
    digit = cv2.bitwise_and(ink[y0:y1, x0:x1], cv2.dilate(mask[y0:y1, x0:x1], kernel))
    square = np.zeros((side, side), dtype=np.uint8)
    dx, dy = (side - width) // 2 - (left - x0), (side - height) // 2 - (top - y0)
    _paste(square, digit, dx, dy)
    work_side = IMAGE_SIDE * config.oversampling
    shrinks = side > work_side
    return cv2.resize(square, (work_side, work_side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def _paste(canvas: Gray, patch: Gray, x: int, y: int) -> None:
    """Lay `patch` on `canvas` with its corner at (x, y); what reaches over the edge is cut off."""
    cut = patch[max(-y, 0) : canvas.shape[0] - y, max(-x, 0) : canvas.shape[1] - x]
    x, y = max(x, 0), max(y, 0)
    canvas[y : y + cut.shape[0], x : x + cut.shape[1]] = cut


def slant_of(ink: Gray, config: PreprocessConfig) -> float:
    """The slant to correct, as the tangent of its angle: Σxy / Σy² of the central moments; 0 where it is not reliable."""
    if config.deskew_max_deg <= 0:
        return 0.0
    spread = cv2.moments(ink)
    if spread["mu02"] < config.deskew_min_elongation**2 * spread["mu20"] or spread["mu02"] <= 0:
        return 0.0
    limit = math.tan(math.radians(config.deskew_max_deg))
    return max(-limit, min(limit, spread["mu11"] / spread["mu02"]))


def straighten(ink: Gray, slant: float) -> Gray:
    """Shear the picture horizontally about its centre so that a stroke of this slant stands upright."""
    if slant == 0.0:
        return ink
    height, width = ink.shape
    middle = (height - 1) / 2
    shear = np.array([[1.0, -slant, slant * middle], [0.0, 1.0, 0.0]], dtype=np.float64)
    return cv2.warpAffine(ink, shear, (width, height), flags=cv2.INTER_LINEAR)


def stroke_width_px(mask: Gray) -> float:
    """Mean width of the strokes in a mask, in its own pixels: four times the mean distance to the paper."""
    distances = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_5)
    inside = distances[mask > 0]
    # The transform counts from pixel centres, half a pixel inside the edge.
    return _DISTANCE_TO_WIDTH * max(float(inside.mean()) - 0.5, 0.25) if inside.size else 0.0


def normalize_width(ink: Gray, config: PreprocessConfig) -> Gray:
    """Thicken or thin the strokes of the working canvas when the pen lies outside MNIST's range.

    The stroke grows by a radius r on either side and the digit's box with it, so that after scaling to
    `digit_side_px` = D the width is D (w + 2r) / (L + 2r); r solves this for the nearest width in range.
    """
    if not config.normalize_width:
        return ink
    mask = threshold_ink(ink)
    width = stroke_width_px(mask)
    _, _, box_width, box_height = cv2.boundingRect(mask)
    extent = float(max(box_width, box_height))
    if width <= 0.0 or extent <= width:
        return ink
    scaled = config.digit_side_px * width / extent
    target = min(max(scaled, config.min_stroke_px), config.max_stroke_px)
    if target == scaled:
        return ink
    radius = (target * extent - config.digit_side_px * width) / (2.0 * (config.digit_side_px - target))
    return _grow(mask, radius)


def _grow(mask: Gray, radius: float) -> Gray:
    """Move the mask's outline outwards by `radius` pixels (inwards if negative), with a soft edge of one pixel."""
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_5)
    outside = cv2.distanceTransform(cv2.bitwise_not(mask), cv2.DIST_L2, cv2.DIST_MASK_5)
    level = np.clip(np.subtract(inside, outside) + np.float32(radius + 0.5), 0.0, 1.0)
    return np.rint(np.multiply(level, np.float32(_FULL))).astype(np.uint8)


def center(ink: Gray, config: PreprocessConfig) -> Gray:
    """Working canvas → `uint8 (28, 28)`: the box scaled to `digit_side_px`, the centre of mass in the middle.

    One affine warp on the working canvas, then an exact area average by `oversampling`. The box stays inside the frame
    even where the centre of mass would push it out.

    Raises:
        BlankImage: nothing is left of the ink.
    """
    left, top, width, height = cv2.boundingRect(threshold_ink(ink))
    if width == 0:
        raise blank("nothing is left of its ink")
    scale = config.digit_side_px * config.oversampling / max(width, height)
    mass = cv2.moments(ink)
    goal = (config.center_px + 0.5) * config.oversampling - 0.5
    side = IMAGE_SIDE * config.oversampling
    shift_x = _shift(goal - mass["m10"] / mass["m00"] * scale, left * scale, width * scale, side)
    shift_y = _shift(goal - mass["m01"] / mass["m00"] * scale, top * scale, height * scale, side)
    matrix = np.array([[scale, 0.0, shift_x], [0.0, scale, shift_y]], dtype=np.float64)
    placed = cv2.warpAffine(ink, matrix, (side, side), flags=cv2.INTER_LINEAR)
    return cv2.resize(placed, (IMAGE_SIDE, IMAGE_SIDE), interpolation=cv2.INTER_AREA)


def _shift(wanted: float, start: float, length: float, side: int) -> float:
    """The wanted shift, held back so that the box from `start` over `length` stays within 0 … `side`."""
    return min(max(wanted, -start), side - length - start)
