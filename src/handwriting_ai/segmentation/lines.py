"""Digits → lines → numbers: from the top down, from left to right, a wide gap begins another number."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from handwriting_ai.segmentation.parameters import SegmentConfig
from handwriting_ai.support.boxes import Box


def into_lines(boxes: Sequence[Box], config: SegmentConfig) -> list[list[int]]:
    """The indices of the boxes in each line, in reading order; lines may slope and curve."""
    chains = _chains(boxes, config)
    merged = _merged(chains, boxes, config)
    slope = _usual_slope(merged, boxes)
    heights = [median(boxes[i].middle[1] - slope * boxes[i].middle[0] for i in line) for line in merged]
    return [line for _, line in sorted(zip(heights, merged, strict=True))]


def into_numbers(line: Sequence[int], boxes: Sequence[Box], config: SegmentConfig) -> list[list[int]]:
    """Split a line, in order, where a gap is wide for the size of its digits and for its other gaps."""
    if not line:
        return []
    height = median(boxes[i].height for i in line)
    gaps = [max(boxes[b].gap_across(boxes[a]), 0) / height for a, b in pairwise(line)]
    narrow = [gap for gap in gaps if gap <= config.number_gap_sure]
    usual = median(narrow) if narrow else 0.0
    numbers = [[line[0]]]
    for gap, index in zip(gaps, line[1:], strict=True):
        if gap > config.number_gap_sure or gap > max(config.number_gap, config.number_gap_times * usual):
            numbers.append([])
        numbers[-1].append(index)
    return numbers


def _chains(boxes: Sequence[Box], config: SegmentConfig) -> list[list[int]]:
    """Each box is linked to the nearest one to its right that stands at its height, if that has no nearer neighbour."""
    order = [index for _, index in sorted((box.middle[0], index) for index, box in enumerate(boxes))]
    links: list[tuple[float, int, int]] = []
    for place, left in enumerate(order):
        reach = boxes[left].right + config.line_reach * boxes[left].height
        for right in order[place + 1 :]:
            if boxes[right].middle[0] - boxes[right].width > reach:
                break
            distance = _distance(boxes[left], boxes[right], config)
            if distance is not None:
                links.append((distance, left, right))
    following: dict[int, int] = {}
    before: dict[int, int] = {}
    for _, left, right in sorted(links):
        if left not in following and right not in before:
            following[left], before[right] = right, left
    chains = []
    for start in order:
        if start not in before:
            chain = [start]
            while chain[-1] in following:
                chain.append(following[chain[-1]])
            chains.append(chain)
    return chains


def _distance(left: Box, right: Box, config: SegmentConfig) -> float | None:
    """How far apart two neighbours of a line are; None where they are none."""
    height = min(left.height, right.height)
    taller = max(left.height, right.height)
    shared = -left.gap_down(right)
    across = max(left.gap_across(right), 0)
    if across > config.line_reach * taller or shared < config.line_overlap_share * height:
        return None
    down = abs(left.middle[1] - right.middle[1])
    if down > config.line_drop * taller:
        return None
    return across + down


def _merged(chains: list[list[int]], boxes: Sequence[Box], config: SegmentConfig) -> list[list[int]]:
    """Chains that go on from one another across a wide gap, or hold a digit of another's line, are one line."""
    lines = [chain for _, chain in sorted((boxes[chain[0]].left, chain) for chain in chains)]
    result: list[list[int]] = []
    for chain in lines:
        first = boxes[chain[0]]
        fits: list[tuple[float, list[int]]] = []
        for line in result:
            last = boxes[line[-1]]
            expected = last.middle[1] + _slope(line, boxes) * (first.middle[0] - last.middle[0])
            height = max(median(boxes[i].height for i in line), first.height)
            if first.middle[0] > last.middle[0] and abs(first.middle[1] - expected) < config.line_drop * height:
                fits.append((abs(first.middle[1] - expected) + first.left - last.right, line))
        if fits:
            min(fits)[1].extend(chain)
        else:
            result.append(list(chain))
    return result


def _slope(line: Sequence[int], boxes: Sequence[Box]) -> float:
    """Rows a column that a line sinks, by its first and last third; 0 for a short one."""
    third = max(1, len(line) // 3)
    if len(line) < 3:
        return 0.0
    start = [boxes[i].middle for i in line[:third]]
    end = [boxes[i].middle for i in line[-third:]]
    across = sum(x for x, _ in end) / third - sum(x for x, _ in start) / third
    down = sum(y for _, y in end) / third - sum(y for _, y in start) / third
    return down / across if across > 0 else 0.0


def _usual_slope(lines: Sequence[Sequence[int]], boxes: Sequence[Box]) -> float:
    slopes = [_slope(line, boxes) for line in lines if len(line) >= 3]
    return median(slopes) if slopes else 0.0
