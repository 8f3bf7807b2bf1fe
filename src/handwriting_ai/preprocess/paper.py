"""Paper as a phone sees it → ink as a canvas has it: light, shadows, printed lines and whatever lies at the rim go.

On even paper (a canvas, MNIST, rendered strokes) nothing is to be done and not one bit changes. Elsewhere a small
network says how much of each pixel is handwriting. It looks twice: at the whole picture, and then closer at the ink
that is most likely the digit, so that a digit of any size comes to it at the size that it knows best.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.preprocess.decode import Gray
from handwriting_ai.preprocess.ink_network import Share, ink_share
from handwriting_ai.preprocess.parameters import FULL_INK, PreprocessConfig
from handwriting_ai.support.boxes import Box

Mask: TypeAlias = "NDArray[np.bool_]"

_CONNECTIVITY: Final = 8


class Doubt(StrEnum):
    """Why ink that was found in a photograph may not be the digit, or not all of it; as a sentence."""

    CUT = "The ink reaches the edge of the picture: a part of the digit may be missing."
    BLOT = "What was found looks more like a blot than like strokes."
    FAINT = "The ink is hard to tell from its paper."
    SEVERAL = "There seem to be several digits, and this is one of them. Read the picture as a page."


@dataclass(frozen=True, kw_only=True)
class LiftedInk:
    """Ink without its paper."""

    ink: Gray
    """`uint8 (h, w)`, paper 0, ink 255: all handwriting that was found."""
    digit: Box
    """Where the ink lies that is most likely the digit."""


def is_even(gray: Gray, paper: float, mask: Gray, config: PreprocessConfig) -> bool:
    """Whether the paper beside the ink is of one level, as a program draws it, and no desk or shadow lies at the rim.

    Args:
        gray: `uint8 (h, w)`.
        paper: the paper's level, in grey levels.
        mask: the ink, `uint8 (h, w)` of 0 and 255.
        config: the tolerances.
    """
    height: int = gray.shape[0]
    width: int = gray.shape[1]
    along_rim = _longest_along_rim(mask)
    if along_rim > config.most_rim_share or np.count_nonzero(mask) > config.even_most_ink * mask.size:
        return False
    reach = max(config.even_fringe_px, round(min(height, width) * config.even_fringe_share))
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * reach + 1, 2 * reach + 1))
    beside: Mask = np.equal(cv2.dilate(mask, kernel), 0)
    levels: NDArray[np.float32] = gray[beside].astype(np.float32)
    if not levels.size:
        return True
    same: Mask = np.less_equal(np.abs(np.subtract(levels, np.float32(paper))), config.even_levels)
    needed = config.even_share if along_rim <= config.even_rim_share else config.flawless_share
    return float(np.count_nonzero(same)) >= needed * levels.size


def _longest_along_rim(mask: Gray) -> float:
    """The longest unbroken ink along a side of the picture, as a share of that side."""
    sides: list[Gray] = [mask[:1].ravel(), mask[-1:].ravel(), mask[:, :1].ravel(), mask[:, -1:].ravel()]
    return max(_longest_run(side) / side.size for side in sides)


def _longest_run(line: Gray) -> int:
    """The most pixels of ink in a row."""
    inked: NDArray[np.int8] = np.greater(line, 0).astype(np.int8)
    steps: NDArray[np.int8] = np.diff(inked, prepend=0, append=0)
    starts: NDArray[np.int64] = np.flatnonzero(np.equal(steps, 1))
    ends: NDArray[np.int64] = np.flatnonzero(np.equal(steps, -1))
    lengths: list[int] = np.subtract(ends, starts).tolist()
    return max(lengths, default=0)


def lift_ink(gray: Gray, config: PreprocessConfig, *, invert: bool | None = None) -> LiftedInk | None:
    """Find the handwriting in a photograph: None where there is none.

    Args:
        gray: `uint8 (h, w)`.
        config: the sizes and thresholds.
        invert: True if ink is darker than paper, False if it is lighter: other ink is left out. None takes either.
    """
    lifted = _lift_ink(gray, config.first_look_px, config, invert)
    return _lift_ink(gray, config.coarse_look_px, config, invert) if lifted is None else lifted


def _lift_ink(gray: Gray, longer_px: int, config: PreprocessConfig, invert: bool | None) -> LiftedInk | None:
    """With so many pixels on the longer side of the first look."""
    height: int = gray.shape[0]
    width: int = gray.shape[1]
    seen, scale = _look(gray, longer_px, config)
    found = likeliest_digit(seen, config, with_neighbours=True)
    if (found is None or found.extent < config.least_seen_px) and max(height, width) > longer_px:
        seen, scale = _look(gray, min(config.finer_look_px, max(height, width)), config)
        found = likeliest_digit(seen, config, with_neighbours=True)
    if found is None:
        return None
    share = _resized_to(seen, width=width, height=height)
    near = found.scaled(1 / scale).widened(config.second_look_margin, width=width, height=height)
    closer: Gray = gray[near.top : near.bottom, near.left : near.right]
    zoom = min(config.second_look_px / near.extent, config.most_enlarged)
    close = ink_share(_resized(closer, zoom))
    share[near.top : near.bottom, near.left : near.right] = _resized_to(close, width=near.width, height=near.height)
    if invert is not None:
        share = _of_polarity(share, gray, darker=invert)
    digit = likeliest_digit(share, config)
    if digit is None:
        return None
    levels: Share = np.rint(np.multiply(share, np.float32(FULL_INK)))
    return LiftedInk(ink=levels.astype(np.uint8), digit=digit)


def _look(gray: Gray, longer_px: int, config: PreprocessConfig) -> tuple[Share, float]:
    """The ink of the whole picture, scaled to so many pixels on its longer side, and the scale."""
    longer: int = max(gray.shape)
    scale = min(longer_px / longer, config.most_enlarged)
    return ink_share(_resized(gray, scale)), scale


@dataclass(frozen=True, kw_only=True)
class _Pieces:
    """The pieces of ink in a picture, each `(n,)`."""

    left: "NDArray[np.int32]"
    top: "NDArray[np.int32]"
    right: "NDArray[np.int32]"
    bottom: "NDArray[np.int32]"
    amounts: "NDArray[np.float64]"
    """Ink in pixels; 0 for what is too little to be any."""

    def around(self, chosen: Mask) -> Box:
        """The box round the chosen ones."""
        left: int = self.left[chosen].min()
        top: int = self.top[chosen].min()
        right: int = self.right[chosen].max()
        bottom: int = self.bottom[chosen].max()
        return Box(int(left), int(top), int(right - left), int(bottom - top))


def _pieces(share: Share, config: PreprocessConfig) -> _Pieces:
    mask: Gray = np.greater(share, config.ink_share).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=_CONNECTIVITY, ltype=cv2.CV_32S)
    inked: Share = np.multiply(share, mask)
    amounts: NDArray[np.float64] = np.bincount(labels.ravel(), inked.ravel(), count).astype(np.float64)[1:]
    amounts[amounts < config.least_ink_px] = 0.0
    left: NDArray[np.int32] = stats[1:, cv2.CC_STAT_LEFT]
    top: NDArray[np.int32] = stats[1:, cv2.CC_STAT_TOP]
    return _Pieces(
        left=left,
        top=top,
        right=np.add(left, stats[1:, cv2.CC_STAT_WIDTH]),
        bottom=np.add(top, stats[1:, cv2.CC_STAT_HEIGHT]),
        amounts=amounts,
    )


def likeliest_digit(share: Share, config: PreprocessConfig, *, with_neighbours: bool = False) -> Box | None:
    """The box of the ink that is most likely the digit: the most ink in one piece, unless the rim cuts it.

    Args:
        share: `float32 (h, w)`, how much of each pixel is ink.
        config: the threshold, and what a piece at the rim counts for.
        with_neighbours: whether the pieces near it are in the box too, as the other stroke of a 4.
    """
    pieces = _pieces(share, config)
    if not pieces.amounts.any():
        return None
    height: int = share.shape[0]
    width: int = share.shape[1]
    cut: Mask = (pieces.left <= 1) | (pieces.top <= 1) | (pieces.right >= width - 1) | (pieces.bottom >= height - 1)
    scores: NDArray[np.float64] = np.multiply(pieces.amounts, np.where(cut, config.rim_weight, 1.0))
    main: Mask = np.equal(np.arange(scores.size), scores.argmax())
    box = pieces.around(main)
    if not with_neighbours:
        return box
    across: NDArray[np.int32] = np.maximum(np.maximum(box.left - pieces.right, pieces.left - box.right), 0)
    down: NDArray[np.int32] = np.maximum(np.maximum(box.top - pieces.bottom, pieces.top - box.bottom), 0)
    near: Mask = np.hypot(across, down) <= config.max_gap_share * box.extent
    return pieces.around(main | (near & (pieces.amounts > 0) & ~cut))


def doubts_about(ink: Gray, digit: Gray, config: PreprocessConfig) -> tuple[Doubt, ...]:
    """What makes an answer uncertain, however sure the models are.

    Args:
        ink: as `lift_ink` found it, `uint8 (h, w)`.
        digit: the mask of the digit in it, `uint8 (h, w)` of 0 and 255, not empty.
        config: the limits.
    """
    left, top, width, height = cv2.boundingRect(digit)
    picture_height: int = digit.shape[0]
    picture_width: int = digit.shape[1]
    is_cut = left == 0 or top == 0 or left + width == picture_width or top + height == picture_height
    area = np.count_nonzero(digit)
    inked: Gray = ink[np.greater(digit, 0)]
    level: float = inked.mean()
    shares = {
        Doubt.CUT: is_cut,
        Doubt.BLOT: area > config.blot_fill * max(width, height) ** 2,
        Doubt.FAINT: level < config.faint_share * FULL_INK,
    }
    return tuple(doubt for doubt, holds in shares.items() if holds)


def _of_polarity(share: Share, gray: Gray, *, darker: bool) -> Share:
    """Ink that is darker than the paper around it, or lighter; the paper is the mean of what is no ink nearby."""
    longer: int = max(gray.shape)
    reach = longer // 4 * 2 + 1
    clear: Share = np.subtract(1, share, dtype=np.float32)
    blank: Share = cv2.blur(clear, (reach, reach))
    paper: Share = np.divide(cv2.blur(np.multiply(clear, gray, dtype=np.float32), (reach, reach)), np.add(blank, 1e-3))
    fits: Mask = np.less(gray, paper) if darker else np.greater(gray, paper)
    fitting: Share = np.multiply(share, fits)
    return fitting


def _resized(gray: Gray, scale: float) -> Gray:
    height: int = gray.shape[0]
    width: int = gray.shape[1]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(gray, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def _resized_to(share: Share, *, width: int, height: int) -> Share:
    seen_width: int = share.shape[1]
    shrinks = width < seen_width
    return cv2.resize(share, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
