"""The steps between grey levels and MNIST's convention, each a pure function of an image and the parameters.

Throughout, "ink" is `uint8 (h, w)` with paper 0 and full ink 255, and a "mask" is `uint8 (h, w)` of 0 and 255.
"""

import math
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.errors import BlankImage
from handwriting_ai.preprocess.decode import Gray
from handwriting_ai.preprocess.parameters import FULL_INK, IMAGE_SIDE, PreprocessConfig
from handwriting_ai.support.boxes import Box

Mask: TypeAlias = "NDArray[np.bool_]"

_LEVELS: Final = 256
_CONNECTIVITY: Final = 8
_DISTANCE_TO_WIDTH: Final = 4.0
"""Inside a stroke of width w the mean distance to the paper is w / 4."""


@dataclass(frozen=True, kw_only=True)
class FoundInk:
    """Ink and paper by their levels alone."""

    ink: Gray
    """`uint8 (h, w)`, paper 0, ink 255."""
    paper: float
    """The paper's grey level."""
    contrast: float
    """By how many grey levels the ink differs from it; at most 0 where there is none."""


def blank(reason: str) -> BlankImage:
    """The error for a picture without ink."""
    return BlankImage(f"No digit found: {reason}. Draw or photograph one digit that stands out from its paper.")


def find_ink(gray: Gray, config: PreprocessConfig, *, invert: bool | None) -> FoundInk:
    """Orient and stretch grey levels so that paper is 0 and ink 255.

    Paper is the median of the picture's rim. Ink is darker if the rim lies above Otsu's threshold; `invert` True says
    that ink is darker, False that it is lighter. Where that contradicts the rim, paper is the median of the other side.
    """
    paper = _rim_level(gray, config.border_share)
    otsu, _ = cv2.threshold(gray, 0, FULL_INK, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    ink_is_darker = paper > otsu if invert is None else invert
    if ink_is_darker != (paper > otsu):
        paper = _level_beyond(gray, otsu, lighter=ink_is_darker)
    counts: NDArray[np.int64] = np.bincount(gray.ravel(), minlength=_LEVELS)
    levels: NDArray[np.float64] = np.arange(_LEVELS, dtype=np.float64)
    level = paper
    if ink_is_darker:
        counts, otsu, paper, levels = np.flip(counts), FULL_INK - otsu - 1, FULL_INK - paper, np.flip(levels)
    peak = _quantile_above(counts, otsu, config.peak_quantile)
    contrast = peak - paper
    stretched: NDArray[np.float64] = np.multiply(np.subtract(levels, paper), FULL_INK / max(contrast, 1.0))
    lookup: NDArray[np.float64] = np.clip(np.rint(stretched), 0, FULL_INK)
    return FoundInk(ink=cv2.LUT(gray, lookup.astype(np.uint8)), paper=level, contrast=contrast)


def require_contrast(found: FoundInk, config: PreprocessConfig) -> None:
    """Let ink pass that stands out from its paper.

    Raises:
        BlankImage: they differ by less than `min_contrast` levels.
    """
    if found.contrast < config.min_contrast:
        raise blank(f"its ink differs from its paper by {max(found.contrast, 0):.0f} of 255 grey levels")


def _rim_level(gray: Gray, share: float) -> float:
    height, width = size_of(gray)
    rim = max(1, round(min(height, width) * share))
    sides: list[Gray] = [gray[:rim].ravel(), gray[-rim:].ravel(), gray[:, :rim].ravel(), gray[:, -rim:].ravel()]
    pixels: Gray = np.concatenate(sides)
    return float(np.median(pixels))


def _level_beyond(gray: Gray, threshold: float, *, lighter: bool) -> float:
    """The median of the pixels on one side of the threshold: the paper, where the rim is not."""
    side: Mask = np.greater(gray, threshold) if lighter else np.less_equal(gray, threshold)
    pixels: Gray = gray[side]
    return float(np.median(pixels)) if pixels.size else 0.0


def size_of(image: Gray) -> tuple[int, int]:
    """Height and width, in pixels."""
    height: int = image.shape[0]
    width: int = image.shape[1]
    return height, width


def _quantile_above(counts: "NDArray[np.int64]", threshold: float, quantile: float) -> float:
    """The grey level below which `quantile` of the pixels above `threshold` lie; `counts` is a histogram (256,)."""
    above = counts.copy()
    above[: math.floor(threshold) + 1] = 0
    cumulated: NDArray[np.int64] = np.cumsum(above)
    total: int = cumulated.item(-1)
    return float(np.searchsorted(cumulated, quantile * total)) if total else 0.0


def threshold_ink(ink: Gray) -> Gray:
    """The mask of ink, by Otsu's threshold (Otsu 1979)."""
    _, mask = cv2.threshold(ink, 0, FULL_INK, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return mask


def keep_digit(mask: Gray, config: PreprocessConfig, digit: Box | None = None) -> Gray:
    """Drop specks from the mask: keep the largest component and every other one that is a stroke of the digit.

    Where `digit` says in which box the digit lies, it is the largest component in there.

    Raises:
        BlankImage: the mask is empty.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=_CONNECTIVITY, ltype=cv2.CV_32S)
    if count < 2:
        raise blank("the picture is blank")
    if count == 2 or not config.keep_components:
        return mask
    areas: NDArray[np.float64] = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    areas[0] = 0.0  # label 0 is the paper
    sides: NDArray[np.int32] = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    extents: NDArray[np.float64] = sides.astype(np.float64)
    main = int(areas.argmax()) if digit is None else _largest_in(labels, digit, count)
    area: float = areas.item(main)
    extent: float = extents.item(main)
    is_large: Mask = extents >= config.sure_extent_share * extent
    is_stroke: Mask = extents >= config.min_extent_share * extent
    is_thin: Mask = areas <= np.multiply(config.max_fill, np.square(extents))
    is_no_speck: Mask = areas >= config.min_area_share * area
    is_near: Mask = _gaps(stats, main) <= config.max_gap_share * extent
    belongs: Mask = is_no_speck & is_near & (is_large | (is_stroke & is_thin))
    belongs[0], belongs[main] = False, True
    levels: Gray = np.where(belongs, FULL_INK, 0).astype(np.uint8)
    kept: Gray = levels[labels]
    return kept


def _largest_in(labels: "NDArray[np.int32]", box: Box, count: int) -> int:
    """The component with the most pixels in a box where there is ink."""
    inside: NDArray[np.int32] = labels[box.top : box.bottom, box.left : box.right]
    pixels: NDArray[np.int64] = np.bincount(inside.ravel(), minlength=count)
    pixels[0] = 0  # label 0 is the paper
    return int(pixels.argmax())


def _gaps(stats: "NDArray[np.int32]", main: int) -> "NDArray[np.float64]":
    """Distance of each component's box from the main one's box, in pixels; 0 where they overlap."""
    across = _gaps_along(stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_WIDTH], main)
    down = _gaps_along(stats[:, cv2.CC_STAT_TOP], stats[:, cv2.CC_STAT_HEIGHT], main)
    distances: NDArray[np.float64] = np.hypot(across, down)
    return distances


def _gaps_along(starts: "NDArray[np.int32]", lengths: "NDArray[np.int32]", main: int) -> "NDArray[np.float64]":
    """Distances in one direction; 0 where the spans overlap."""
    ends: NDArray[np.int32] = np.add(starts, lengths)
    main_start: int = starts.item(main)
    main_end: int = ends.item(main)
    before: NDArray[np.int32] = np.subtract(main_start, ends)
    after: NDArray[np.int32] = np.subtract(starts, main_end)
    gaps: NDArray[np.int32] = np.maximum(np.maximum(before, after), 0)
    return gaps.astype(np.float64)


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
    ink_height, ink_width = size_of(ink)
    x1, y1 = min(left + width + fringe, ink_width), min(top + height + fringe, ink_height)
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
    height, width = size_of(canvas)
    cut = patch[max(-y, 0) : height - y, max(-x, 0) : width - x]
    x, y = max(x, 0), max(y, 0)
    cut_height, cut_width = size_of(cut)
    canvas[y : y + cut_height, x : x + cut_width] = cut


def slant_of(ink: Gray, config: PreprocessConfig) -> float:
    """The slant to correct, as the tangent of its angle: Σxy / Σy² of the central moments; 0 if it is not reliable."""
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
    height, width = size_of(ink)
    middle = (height - 1) / 2
    rows = [[1.0, -slant, slant * middle], [0.0, 1.0, 0.0]]
    shear: NDArray[np.float64] = np.array(rows, dtype=np.float64)
    return cv2.warpAffine(ink, shear, (width, height), flags=cv2.INTER_LINEAR)


def stroke_width_px(mask: Gray) -> float:
    """Mean width of the strokes in a mask, in its own pixels: four times the mean distance to the paper."""
    distances = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_5)
    inside: NDArray[np.float32] = distances[mask > 0]
    # The transform counts from pixel centres, half a pixel inside the edge.
    if not inside.size:
        return 0.0
    if inside.size == mask.size:
        return math.inf  # there is no paper, as in a picture of 3 × 3 pixels
    # A single-precision mean, then Python floats: the models were trained on exactly these numbers.
    mean: float = inside.mean()
    return _DISTANCE_TO_WIDTH * max(float(mean) - 0.5, 0.25)


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
    distance: NDArray[np.float32] = np.add(np.subtract(inside, outside), np.float32(radius + 0.5))
    level: NDArray[np.float32] = np.clip(distance, 0.0, 1.0)
    gray: NDArray[np.float32] = np.rint(np.multiply(level, np.float32(FULL_INK)))
    return gray.astype(np.uint8)


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
    rows = [[scale, 0.0, shift_x], [0.0, scale, shift_y]]
    matrix: NDArray[np.float64] = np.array(rows, dtype=np.float64)
    placed = cv2.warpAffine(ink, matrix, (side, side), flags=cv2.INTER_LINEAR)
    return cv2.resize(placed, (IMAGE_SIDE, IMAGE_SIDE), interpolation=cv2.INTER_AREA)


def _shift(wanted: float, start: float, length: float, side: int) -> float:
    """The wanted shift, held back so that the box from `start` over `length` stays within 0 … `side`."""
    return min(max(wanted, -start), side - length - start)
