"""Components → digits of several strokes: a bar that hangs loose, a broken stroke; dots go."""

from collections.abc import Sequence

import numpy as np

from handwriting_ai.preprocess import Gray
from handwriting_ai.segmentation.components import Blob, LeftOut
from handwriting_ai.segmentation.parameters import SegmentConfig
from handwriting_ai.support.boxes import Box, around


def join(blobs: Sequence[Blob]) -> Blob:
    """Several pieces of ink as one."""
    if len(blobs) == 1:
        return blobs[0]
    box = around(blob.box for blob in blobs)
    mask: Gray = np.zeros((box.height, box.width), dtype=np.uint8)
    for blob in blobs:
        at = blob.box.moved(-box.left, -box.top)
        part: Gray = mask[at.top : at.bottom, at.left : at.right]
        np.maximum(part, blob.mask, out=part)
    return Blob(box=box, mask=mask)


def join_strokes(blobs: Sequence[Blob], config: SegmentConfig) -> tuple[list[Blob], LeftOut]:
    """Join each small stroke to the digit that it belongs to; dots beside a digit are counted as specks."""
    groups: list[list[Blob]] = []
    boxes: list[Box] = []
    specks = 0
    for blob in sorted(blobs, key=_extent, reverse=True):
        host = _host(blob.box, boxes, config)
        if host is None:
            groups.append([blob])
            boxes.append(blob.box)
        elif _is_dot(blob, boxes[host], config):
            specks += 1
        elif _belongs(blob.box, boxes[host], config):
            groups[host].append(blob)
            boxes[host] = around([boxes[host], blob.box])
        else:
            groups.append([blob])
            boxes.append(blob.box)
    return [join(group) for group in groups], LeftOut(specks=specks)


def _extent(blob: Blob) -> int:
    return blob.box.extent


def _host(small: Box, boxes: Sequence[Box], config: SegmentConfig) -> int | None:
    """The index of the larger piece of ink that it lies at, if any."""
    near = [(_distance(small, box), index) for index, box in enumerate(boxes) if _is_near(small, box, config)]
    return min(near)[1] if near else None


def _is_near(small: Box, large: Box, config: SegmentConfig) -> bool:
    return (
        small.height <= config.small_share * large.height
        and small.extent <= config.longest_stroke * large.extent
        and small.gap(large) <= config.stroke_gap_share * large.extent
    )


def _distance(small: Box, large: Box) -> float:
    """How far a stroke is from a digit, in pixels: the gap, and what of it lies neither over nor under the digit."""
    beside = small.width - max(0, min(-small.gap_across(large), small.width))
    return max(small.gap(large), 0) + beside


def _is_dot(small: Blob, large: Box, config: SegmentConfig) -> bool:
    """Whether it is compact and tiny: a dot, a comma, dust."""
    box = small.box
    is_tiny = box.extent <= config.dot_share * large.height
    is_full = small.area >= config.dot_fill * box.extent**2
    return is_tiny and (is_full or box.extent <= config.dot_share * large.height / 2)


def _belongs(small: Box, large: Box, config: SegmentConfig) -> bool:
    """Whether enough of it lies over or under the digit, rather than beside it."""
    return -small.gap_across(large) >= config.stroke_overlap_share * small.width
