"""Ink → its connected components, with what is surely no digit sorted out and counted."""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.preprocess import FULL_INK, Gray
from handwriting_ai.segmentation.parameters import SegmentConfig
from handwriting_ai.support.boxes import Box

Labels: TypeAlias = "NDArray[np.int32]"
_CONNECTIVITY: Final = 8


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """How many pieces of ink were not taken for digits, by what they seem to be."""

    specks: int = 0
    """Dots, dust, commas."""
    lines: int = 0
    """Printed lines and frames."""
    cut_off: int = 0
    """What the picture's rim cuts off."""
    other: int = 0
    """Letters, drawings, smudges."""
    among_digits: int = 0
    """Those of the others that stand in a number, beside digits: something there was not read."""
    beyond_limit: int = 0
    """Digits after the last one that a page may have."""

    def __add__(self, more: "LeftOut") -> "LeftOut":
        return LeftOut(
            specks=self.specks + more.specks,
            lines=self.lines + more.lines,
            cut_off=self.cut_off + more.cut_off,
            other=self.other + more.other,
            among_digits=self.among_digits + more.among_digits,
            beyond_limit=self.beyond_limit + more.beyond_limit,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Blob:
    """A piece of ink: one component, several, or a part of one."""

    box: Box
    mask: Gray = field(repr=False)
    """`(height, width)` of the box: 255 where its ink lies."""

    @property
    def area(self) -> int:
        """Pixels of ink."""
        return int(np.count_nonzero(self.mask))


def ink_mask(ink: Gray, config: SegmentConfig) -> Gray:
    """Where ink lies: sure ink, and weaker ink that hangs on to it (a threshold with hysteresis)."""
    otsu, _ = cv2.threshold(ink, 0, FULL_INK, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    sure = max(otsu, float(config.min_ink))
    weak = np.greater(ink, sure * config.hanging_share).astype(np.uint8)
    count, labels, _, _ = cv2.connectedComponentsWithStats(weak, connectivity=_CONNECTIVITY, ltype=cv2.CV_32S)
    holds: NDArray[np.uint8] = np.zeros(count, dtype=np.uint8)
    strong: NDArray[np.int32] = labels[np.greater(ink, sure)]
    holds[strong] = FULL_INK
    holds[0] = 0
    mask: Gray = holds[labels]
    return mask


def find_blobs(mask: Gray, config: SegmentConfig) -> tuple[list[Blob], LeftOut]:
    """The components that may be digits or strokes of them, and how many are none."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=_CONNECTIVITY, ltype=cv2.CV_32S)
    rows: list[list[int]] = stats.tolist()
    boxes = [Box(left, top, width, height) for left, top, width, height, _ in rows]
    areas = [row[4] for row in rows]
    height: int = mask.shape[0]
    width: int = mask.shape[1]
    shortest = max(config.speck_px, config.speck_share * max(height, width))
    order = [label for _, label in sorted((-areas[label], label) for label in range(1, count))]
    kept, cut_off, specks, lines = [], [], max(0, len(order) - config.most_components), 0
    for label in order[: config.most_components]:
        box, area = boxes[label], areas[label]
        if box.extent < shortest:
            specks += 1
        elif _is_rule(box, area, (height, width), config):
            lines += 1
        elif _is_cut_off(box, (height, width), config):
            cut_off.append(label)
        else:
            kept.append(label)
    if not kept and len(cut_off) == 1:
        kept, cut_off = cut_off, []  # the one digit of the picture, drawn up to its rim
    frames = _frames([(boxes[label], areas[label]) for label in kept], config)
    blobs = [
        Blob(box=boxes[label], mask=_mask_of(labels, label, boxes[label]))
        for index, label in enumerate(kept)
        if index not in frames
    ]
    strokes = [blob for blob in blobs if not _is_frame(blob, config)]
    printed = lines + len(kept) - len(strokes)
    return strokes, LeftOut(specks=specks, lines=printed, cut_off=len(cut_off))


def _mask_of(labels: Labels, label: int, box: Box) -> Gray:
    part: Labels = labels[box.top : box.bottom, box.left : box.right]
    return np.where(np.equal(part, label), FULL_INK, 0).astype(np.uint8)


def _is_rule(box: Box, area: int, size: tuple[int, int], config: SegmentConfig) -> bool:
    """Whether it is one long straight line: much longer than its ink is wide."""
    thickness = area / box.extent
    is_long = box.extent >= config.rule_share * min(size)
    return is_long and box.extent >= config.rule_elongation * max(thickness, min(box.width, box.height) / 2)


def _is_cut_off(box: Box, size: tuple[int, int], config: SegmentConfig) -> bool:
    """Whether the picture ends within it; what fills the picture is not cut off, but trimmed."""
    height, width = size
    at_rim = box.left == 0 or box.top == 0 or box.right == width or box.bottom == height
    return at_rim and box.height < config.whole_side_share * height


def _is_frame(blob: Blob, config: SegmentConfig) -> bool:
    """Whether it is a rectangle: ink along nearly all of each side of its box, where a round 0 has it along half."""
    height, width = blob.box.height, blob.box.width
    down, across = max(2, round(height * config.frame_band)), max(2, round(width * config.frame_band))
    mask = blob.mask
    bands: list[tuple[Gray, int, int]] = [
        (mask[:down], 0, width),
        (mask[-down:], 0, width),
        (mask[:, :across], 1, height),
        (mask[:, -across:], 1, height),
    ]
    inked = [(int(np.count_nonzero(np.any(band, axis=axis))), length) for band, axis, length in bands]
    is_rectangle = all(pixels >= config.frame_side * length for pixels, length in inked)
    return is_rectangle and blob.area <= config.frame_most_fill * mask.size


def _frames(found: list[tuple[Box, int]], config: SegmentConfig) -> set[int]:
    """The indices of components that are little ink around others."""
    frames: set[int] = set()
    for index, (box, area) in enumerate(found):
        if area >= config.frame_fill * box.width * box.height:
            continue
        inside = sum(
            other.left >= box.left
            and other.right <= box.right
            and other.top >= box.top
            and other.bottom <= box.bottom
            and other.extent >= 0.15 * min(box.width, box.height)
            for other, _ in found
        )
        if inside > 1:  # itself is one
            frames.add(index)
    return frames
