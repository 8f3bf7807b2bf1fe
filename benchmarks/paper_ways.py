"""Ways of finding a digit's ink on a photograph, to be compared by `benchmarks/paper_accuracy.py`.

A way takes a picture and returns what the networks read; it raises `BlankImage` where it finds no ink. The next way
is one function more and one line more in `WAYS`.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.errors import BlankImage
from handwriting_ai.preprocess import (
    FULL_INK,
    Gray,
    ImageLimits,
    NormalizedImage,
    PreprocessConfig,
    grey_levels,
    preprocess,
)

Picture: TypeAlias = "NDArray[np.uint8]"
"""`(h, w, 3)`, red, green, blue."""
Way: TypeAlias = Callable[[Picture], NormalizedImage]
Ink: TypeAlias = "NDArray[np.float32]"
"""`(h, w)`: 0 is paper, 1 full ink."""

NO_LIMITS: Final = ImageLimits(max_megabytes=100.0, max_side_px=20_000)
_ALL_EVEN: Final = PreprocessConfig(even_share=0.0, flawless_share=0.0, most_rim_share=1.0, even_most_ink=1.0)
_WORK_PX: Final = 768
"""Longer side of the picture that the other ways work on."""
_QUARTER: Final = 4
_PAPER_SHARE: Final = 0.06
"""Diameter of the closing that leaves the paper, as a share of the longer side."""
_FULL_QUANTILE: Final = 0.998
_LEAST_THRESHOLD: Final = 0.25
_WEAK_SHARE: Final = 0.6
"""What hangs on to ink counts from this share of its threshold on."""
_RIM_WEIGHT: Final = 0.15
_NEAR_SHARE: Final = 0.35
"""Other components belong to the digit up to this distance, as a share of its extent."""
_RULE_SHARE: Final = 0.5
"""A straight dark run longer than this share of the shorter side is no stroke."""
_SAUVOLA_K: Final = 0.2
_SAUVOLA_RANGE: Final = 128.0
_SOFTNESS: Final = 0.3
"""Ink grows from none to full over this share of the mean level."""
_MARGIN_PX: Final = 40
_MIN_CONTRAST: Final = 0.08
"""Ink that takes less of the light is none."""


def network(picture: Picture) -> NormalizedImage:
    """The product's own: a small network that finds handwriting, where the paper is not even."""
    return preprocess(picture, limits=NO_LIMITS).image


def one_threshold(picture: Picture) -> NormalizedImage:
    """The same for a canvas alone: every paper is taken for even."""
    return preprocess(picture, limits=NO_LIMITS, config=_ALL_EVEN).image


def closing(picture: Picture) -> NormalizedImage:
    """The paper's level by closing and a median, divided out; the component with the most ink, away from the rim."""
    return _read(divided(_working_gray(picture)))


def closing_without_rules(picture: Picture) -> NormalizedImage:
    """As `closing`, after long straight lines across and down were painted over."""
    return _read(divided(without_rules(_working_gray(picture))))


def sauvola(picture: Picture) -> NormalizedImage:
    """A threshold of its own for each pixel, from mean and deviation around it (Sauvola & Pietikäinen 2000)."""
    gray = without_rules(_working_gray(picture))
    levels: Ink = gray.astype(np.float32)
    side = max(15, _odd(_PAPER_SHARE * max(_size(gray))))
    mean = cv2.blur(levels, (side, side))
    squares = cv2.blur(np.square(levels), (side, side))
    deviation: Ink = np.sqrt(np.maximum(np.subtract(squares, np.square(mean)), np.float32(0)))
    lowered: Ink = np.multiply(_SAUVOLA_K, np.subtract(np.divide(deviation, _SAUVOLA_RANGE), 1), dtype=np.float32)
    threshold: Ink = np.multiply(mean, np.add(lowered, 1), dtype=np.float32)
    softness: Ink = np.maximum(np.multiply(mean, np.float32(_SOFTNESS)), np.float32(1))
    above: Ink = np.divide(np.subtract(threshold, levels), softness, dtype=np.float32)
    ink: Ink = np.clip(np.add(above, np.float32(0.5)), 0, 1)
    return _read(ink, threshold=0.5)


def _size(gray: Gray) -> tuple[int, int]:
    height: int = gray.shape[0]
    width: int = gray.shape[1]
    return height, width


def _odd(length: float) -> int:
    """The nearest whole number that has a middle."""
    return 2 * round((length - 1) / 2) + 1


def _working_gray(picture: Picture) -> Gray:
    """Grey levels with dark ink, a pixel of blur, at most 768 pixels a side."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    height, width = _size(gray)
    scale = _WORK_PX / max(height, width)
    if scale < 1:
        small = (max(1, round(width * scale)), max(1, round(height * scale)))
        gray = cv2.resize(gray, small, interpolation=cv2.INTER_AREA)
    otsu, _ = cv2.threshold(gray, 0, FULL_INK, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if float(np.median(gray)) < otsu:
        gray = cv2.bitwise_not(gray)
    return cv2.GaussianBlur(gray, (0, 0), sigmaX=1.0)


def divided(gray: Gray) -> Ink:
    """How much of the paper's light is missing, `(h, w)`: 1 where as much is as in the darkest ink."""
    height, width = _size(gray)
    few = cv2.resize(gray, (max(1, width // _QUARTER), max(1, height // _QUARTER)), interpolation=cv2.INTER_AREA)
    side = max(3, _odd(_PAPER_SHARE * max(_size(few))))
    closed = cv2.morphologyEx(few, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    paper = cv2.resize(cv2.medianBlur(closed, side), (width, height), interpolation=cv2.INTER_LINEAR)
    missing: Ink = np.subtract(1, np.divide(gray, np.maximum(paper, 1), dtype=np.float32), dtype=np.float32)
    full = float(np.quantile(missing, _FULL_QUANTILE))
    if full < _MIN_CONTRAST:
        raise BlankImage(f"The darkest ink takes {full:.0%} of the paper's light: the picture is taken for blank.")
    ink: Ink = np.clip(np.divide(missing, np.float32(full)), 0, 1)
    return ink


def without_rules(gray: Gray) -> Gray:
    """Dark ink without what is printed: long straight runs, across or down, painted over from their surroundings."""
    try:
        ink = divided(gray)
    except BlankImage:
        return gray  # a rule that runs through the picture would be more than the few pixels that the quantile leaves
    levels = grey_levels(ink)
    _, mask = cv2.threshold(levels, 0.5 * _LEAST_THRESHOLD * FULL_INK, FULL_INK, cv2.THRESH_BINARY)
    length = max(3, round(_RULE_SHARE * min(_size(gray))))
    rules = np.zeros_like(mask)
    for kernel in ((length, 1), (1, length)):
        line = cv2.getStructuringElement(cv2.MORPH_RECT, kernel)
        rules = cv2.bitwise_or(rules, cv2.morphologyEx(mask, cv2.MORPH_OPEN, line))
    if not rules.any():
        return gray
    wide = cv2.dilate(rules, cv2.getStructuringElement(cv2.MORPH_RECT, (5, 5)))
    return cv2.inpaint(gray, wide, 3.0, cv2.INPAINT_TELEA)


def _read(ink: Ink, threshold: float | None = None) -> NormalizedImage:
    """The digit found in the ink, white elsewhere, through the pipeline for a canvas."""
    levels = grey_levels(ink)
    if threshold is None:
        otsu, _ = cv2.threshold(levels, 0, FULL_INK, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
        threshold = max(otsu / FULL_INK, _LEAST_THRESHOLD)
    kept = _kept(levels, _mask(levels, threshold))
    digit = cv2.bitwise_and(levels, cv2.dilate(kept, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))))
    left, top, width, height = cv2.boundingRect(kept)
    cut = np.ascontiguousarray(digit[top : top + height, left : left + width])
    margin = max(_MARGIN_PX, max(width, height) // 4)
    framed = cv2.copyMakeBorder(cut, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    return preprocess(cv2.bitwise_not(framed), limits=NO_LIMITS, invert=True).image


def _mask(levels: Gray, threshold: float) -> Gray:
    """Sure ink, and the weaker ink that hangs on to it."""
    _, strong = cv2.threshold(levels, threshold * FULL_INK, FULL_INK, cv2.THRESH_BINARY)
    _, weak = cv2.threshold(levels, _WEAK_SHARE * threshold * FULL_INK, FULL_INK, cv2.THRESH_BINARY)
    count, labels, _, _ = cv2.connectedComponentsWithStats(weak)
    is_sure: NDArray[np.bool_] = np.zeros(count, dtype=np.bool_)
    is_sure[labels[strong > 0]] = True
    is_sure[0] = False
    mask: Gray = np.where(is_sure[labels], FULL_INK, 0).astype(np.uint8)
    return mask


def _kept(levels: Gray, mask: Gray) -> Gray:
    """The component with the most ink, those at the rim counting less, and what lies near it."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        raise BlankImage("No ink stands out from the paper.")
    height, width = _size(mask)
    sums: NDArray[np.float64] = np.zeros(count, dtype=np.float64)
    np.add.at(sums, labels.ravel(), levels.ravel())
    right: NDArray[np.int32] = np.add(stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_WIDTH])
    bottom: NDArray[np.int32] = np.add(stats[:, cv2.CC_STAT_TOP], stats[:, cv2.CC_STAT_HEIGHT])
    at_side: NDArray[np.bool_] = np.less(np.minimum(stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]), 2)
    at_end: NDArray[np.bool_] = np.logical_or(np.greater(right, width - 2), np.greater(bottom, height - 2))
    at_rim: NDArray[np.bool_] = at_side | at_end
    scores: NDArray[np.float64] = np.where(at_rim, np.multiply(sums, _RIM_WEIGHT), sums)
    scores[0] = 0
    best = int(scores.argmax())
    row: NDArray[np.int32] = stats[best]
    box: list[int] = row.tolist()
    left, top, box_width, box_height = box[:4]
    reach = _NEAR_SHARE * max(box_width, box_height)
    starts_x: NDArray[np.bool_] = np.less(stats[:, cv2.CC_STAT_LEFT], left + box_width + reach)
    starts_y: NDArray[np.bool_] = np.less(stats[:, cv2.CC_STAT_TOP], top + box_height + reach)
    ends_x: NDArray[np.bool_] = np.greater(right, left - reach)
    ends_y: NDArray[np.bool_] = np.greater(bottom, top - reach)
    belongs: NDArray[np.bool_] = starts_x & starts_y & ends_x & ends_y & ~at_rim
    belongs[best] = True
    belongs[0] = False
    kept: Gray = np.where(belongs[labels], FULL_INK, 0).astype(np.uint8)
    return kept


WAYS: Final[dict[str, Way]] = {
    "network": network,
    "threshold": one_threshold,
    "closing": closing,
    "closing+rules": closing_without_rules,
    "sauvola+rules": sauvola,
}
"""Every way by the name that the command line knows."""
