"""Touching digits → the parts between possible cuts: seams from top to bottom through as little ink as may be."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.preprocess import FULL_INK
from handwriting_ai.segmentation.components import Blob
from handwriting_ai.segmentation.parameters import SegmentConfig
from handwriting_ai.support.boxes import Box

Costs: TypeAlias = "NDArray[np.float32]"
Seams: TypeAlias = "NDArray[np.int64]"
"""`(seams, rows)`: for each row, the first column to the right of the cut."""
Anchor: TypeAlias = tuple[int, int]
"""A row and a column that a seam goes through."""

_PAPER_COST: Final = 0.02
_ANCHORS: Final = (0.3, 0.5, 0.7)
"""Heights at which seams are looked for, as shares of the component's."""
_LEAST_COLUMNS: Final = 3


def cut_apart(blob: Blob, config: SegmentConfig) -> list[Blob]:
    """The parts of a component between all its possible cuts, from left to right; one part if there is no cut."""
    seams = find_seams(blob, config)
    if not len(seams):
        return [blob]
    columns: Seams = np.arange(blob.box.width, dtype=np.int64)
    across: Seams = np.expand_dims(seams, 2)
    beyond: NDArray[np.bool_] = np.greater_equal(columns, across)
    part_of: Seams = np.sum(beyond, axis=0, dtype=np.int64)
    parts = [_part(blob, np.equal(part_of, index)) for index in range(len(seams) + 1)]
    return [each for each in parts if each is not None]


def _part(blob: Blob, where: "NDArray[np.bool_]") -> Blob | None:
    """The component's ink in this place; None where there is none."""
    mask = np.where(where, blob.mask, 0).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(mask)
    if not width:
        return None
    box = Box(blob.box.left + left, blob.box.top + top, width, height)
    return Blob(box=box, mask=np.ascontiguousarray(mask[top : top + height, left : left + width]))


def find_seams(blob: Blob, config: SegmentConfig) -> Seams:
    """Where the component may be cut, from left to right, in its own pixels."""
    box, rows = blob.box, config.seam_rows
    scale = rows / box.height
    columns = max(_LEAST_COLUMNS, round(box.width * scale))
    small = cv2.resize(blob.mask, (columns, rows), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    ink: Costs = np.divide(small, np.float32(FULL_INK), dtype=np.float32)
    cost: Costs = np.add(ink, np.float32(_PAPER_COST))
    down = _cheapest(cost, config.seam_step)
    up = np.flipud(_cheapest(np.flipud(cost), config.seam_step))
    through: Costs = np.subtract(np.add(down, up), cost)
    found = _anchors(through, config.most_ink_cut * rows)
    priced = [price for price, _ in found]
    seams: list[Seams] = list(_trace(down, up, [anchor for _, anchor in found], config.seam_step)) if found else []
    for slope in config.cut_slopes:
        straight = _straight(cost, slope, config.most_ink_cut * rows)
        priced += [price for price, _ in straight]
        seams += [seam for _, seam in straight]
    most = min(config.most_cuts, 2 + round(config.cuts_a_height * box.width / box.height))
    ranked = [seams[index] for _, index in sorted((price, index) for index, price in enumerate(priced))]
    kept = _far_apart(ranked, config.cuts_apart_share * rows, columns)[:most]
    if not kept:
        return np.zeros((0, box.height), dtype=np.int64)
    ordered = sorted(kept, key=_mean)
    stacked: Costs = np.stack(ordered).astype(np.float32)
    stretched = cv2.resize(stacked, (box.height, len(ordered)), interpolation=cv2.INTER_LINEAR)
    full: Costs = np.rint(np.divide(np.add(stretched, np.float32(0.5)), np.float32(scale)))
    return full.astype(np.int64)


def _mean(seam: Seams) -> float:
    total: int = seam.sum()
    return total / seam.size


def _cheapest(cost: Costs, step: float) -> Costs:
    """For each pixel the ink on the cheapest way to it from above, one row at a time."""
    total: Costs = cost.copy()
    aside = np.float32(step)
    for row in range(1, len(total)):
        above: Costs = total[row - 1]
        best: Costs = above.copy()
        from_left: Costs = np.add(above[:-1], aside)
        from_right: Costs = np.add(above[1:], aside)
        best[1:] = np.minimum(best[1:], from_left)
        best[:-1] = np.minimum(best[:-1], from_right)
        own: Costs = cost[row]
        total[row] = np.add(own, best)
    return total


def _straight(cost: Costs, slope: float, most: float) -> list[tuple[float, Seams]]:
    """The valleys of the ink's projection along straight lines of one slope, with their ink."""
    rows, columns = len(cost), len(cost.T)
    across = [round(slope * (row - (rows - 1) / 2)) for row in range(rows)]
    shifts: Seams = np.array(across, dtype=np.int64)
    every: Seams = np.arange(columns, dtype=np.int64)
    downwards: Seams = np.expand_dims(shifts, 1)
    shifted: Seams = np.add(downwards, every)
    lines: Seams = np.clip(shifted, 0, columns - 1)
    along: Costs = np.take_along_axis(cost, lines, axis=1)
    projection: Costs = np.sum(along, axis=0)
    prices: list[float] = projection.tolist()
    return [(prices[column], lines[:, column]) for column in _minima(projection, most)]


def _anchors(through: Costs, most: float) -> list[tuple[float, Anchor]]:
    """Where a seam costs no more than those beside it, and not too much, with what it costs."""
    found: list[tuple[float, Anchor]] = []
    for share in _ANCHORS:
        row = round(share * (len(through) - 1))
        line: Costs = through[row]
        prices: list[float] = line.tolist()
        found += [(prices[column], (row, column)) for column in _minima(line, most)]
    return found


def _minima(line: Costs, most: float) -> list[int]:
    """Columns where the line is lowest, the middle of each level stretch."""
    inner: Costs = line[1:-1]
    low: NDArray[np.bool_] = (
        np.less_equal(inner, line[:-2]) & np.less_equal(inner, line[2:]) & np.less_equal(inner, np.float32(most))
    )
    columns: list[int] = np.flatnonzero(low).tolist()
    runs = [
        [column + 1 for _, column in run]
        for _, run in groupby(enumerate(columns), key=_distance_to_index)  # neighbours differ from their index alike
    ]
    return [run[len(run) // 2] for run in runs]


def _distance_to_index(item: tuple[int, int]) -> int:
    index, column = item
    return column - index


def _trace(down: Costs, up: Costs, anchors: Sequence[Anchor], step: float) -> Seams:
    """The cheapest seam through each of some pixels: all of them at once, row by row."""
    rows, columns = len(down), len(down.T)
    rows_and_columns: list[Anchor] = list(anchors)
    through: Seams = np.array(rows_and_columns, dtype=np.int64)
    starts: Seams = through[:, 0]
    places: Seams = through[:, 1]
    seams: Seams = np.zeros((len(anchors), rows), dtype=np.int64)
    offsets: Seams = np.arange(-1, 2, dtype=np.int64)
    steps: Seams = np.abs(offsets)
    aside: Costs = np.multiply(steps, np.float32(step), dtype=np.float32)
    for upwards, costs, order in ((True, down, range(rows - 1, -1, -1)), (False, up, range(rows))):
        at: Seams = places.copy()
        for row in order:
            goes: NDArray[np.bool_] = np.greater(starts, row) if upwards else np.less(starts, row)
            middle: Seams = np.expand_dims(at, 1)
            beside: Seams = np.add(middle, offsets)
            near: Seams = np.clip(beside, 0, columns - 1)
            line: Costs = costs[row]
            costs_there: Costs = line[near]
            prices: Costs = np.add(costs_there, aside)
            best: NDArray[np.intp] = np.argmin(prices, axis=1)
            which: NDArray[np.intp] = np.expand_dims(best, 1)
            chosen: Seams = np.take_along_axis(near, which, axis=1).ravel()
            at = np.where(goes, chosen, at)
            seams[:, row] = np.where(goes | np.equal(starts, row), at, seams[:, row])
    return seams


def _far_apart(seams: Sequence[Seams], apart: float, columns: int) -> list[Seams]:
    """The first seams that differ from those before them, and from the component's sides."""
    kept: list[Seams] = []
    for seam in seams:
        leftmost: int = seam.min()
        rightmost: int = seam.max()
        is_inside = rightmost >= _LEAST_COLUMNS - 1 and leftmost <= columns - _LEAST_COLUMNS
        if is_inside and all(_mean(np.abs(np.subtract(seam, other))) >= apart for other in kept):
            kept.append(seam)
    return kept
