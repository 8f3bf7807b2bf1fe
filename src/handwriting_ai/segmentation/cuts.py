"""Touching digits → the parts between possible cuts: seams from top to bottom, where digits meet or ink is thin."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.preprocess import FULL_INK
from handwriting_ai.segmentation.components import Blob
from handwriting_ai.segmentation.cut_network import ROWS, SHIPPED_CUTS
from handwriting_ai.segmentation.layers import Floats
from handwriting_ai.segmentation.parameters import SegmentConfig
from handwriting_ai.segmentation.seams import Columns, Ways, find_ways, lowest_places
from handwriting_ai.support.boxes import Box

Seams: TypeAlias = "NDArray[np.int64]"
"""`(seams, rows)`: for each row, the first column to the right of the cut."""

_LEAST_COLUMNS: Final = 3


@dataclass(frozen=True, eq=False)
class CutUp:
    """A component in parts."""

    parts: tuple[Blob, ...]
    """From left to right; at least one."""
    prices: tuple[float, ...] = ()
    """Of the cuts between them: how much ink each goes through where no digits seem to meet, in heights."""


def cut_apart(blob: Blob, config: SegmentConfig) -> CutUp:
    """The parts of a component between all its possible cuts; one part if there is no cut."""
    seams, prices = find_seams(blob, config)
    if not prices:
        return CutUp((blob,))
    columns: Seams = np.arange(blob.box.width, dtype=np.int64)
    across: Seams = np.expand_dims(seams, 2)
    beyond: NDArray[np.bool_] = np.greater_equal(columns, across)
    part_of: Seams = np.sum(beyond, axis=0, dtype=np.int64)
    parts: list[Blob] = []
    between: list[float] = []
    for index, price in enumerate([*prices, 0.0]):
        part = _part(blob, np.equal(part_of, index))
        if part is not None:
            parts.append(part)
            between.append(price)
        elif between:
            between[-1] = min(between[-1], price)
    return CutUp(tuple(parts), tuple(between[:-1]))


def _part(blob: Blob, where: "NDArray[np.bool_]") -> Blob | None:
    """The component's ink in this place; None where there is none."""
    mask = np.where(where, blob.mask, 0).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(mask)
    if not width:
        return None
    box = Box(blob.box.left + left, blob.box.top + top, width, height)
    return Blob(box=box, mask=np.ascontiguousarray(mask[top : top + height, left : left + width]))


def find_seams(blob: Blob, config: SegmentConfig) -> tuple[Seams, list[float]]:
    """Where the component may be cut, from left to right, in its own pixels, and what each cut costs."""
    box = blob.box
    scale = ROWS / box.height
    columns = max(_LEAST_COLUMNS, round(box.width * scale))
    small = cv2.resize(blob.mask, (columns, ROWS), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    ink: Floats = np.divide(small, np.float32(FULL_INK), dtype=np.float32)
    kept: Floats = np.subtract(np.float32(1), np.multiply(SHIPPED_CUTS.meetings(ink), np.float32(config.meeting_share)))
    cost: Floats = np.add(np.multiply(ink, kept), np.float32(config.paper_cost))
    down = find_ways(cost, config.seam_step)
    upside_down: Floats = np.flipud(cost)
    up = find_ways(upside_down, config.seam_step)
    found = _through(down, up, cost, config)
    most = min(config.most_cuts, 2 + round(config.cuts_a_height * box.width / box.height))
    chosen = _unlike(found, ink, config, most)
    if not chosen:
        return np.zeros((0, box.height), dtype=np.int64), []
    ordered = [item for _, item in sorted((_total(seam), index) for index, (_, seam) in enumerate(chosen))]
    stacked: Floats = np.stack([chosen[index][1] for index in ordered]).astype(np.float32)
    stretched = cv2.resize(stacked, (box.height, len(ordered)), interpolation=cv2.INTER_LINEAR)
    full: Floats = np.rint(np.divide(np.add(stretched, np.float32(0.5)), np.float32(scale)))
    return full.astype(np.int64), [chosen[index][0] / ROWS for index in ordered]


def _through(down: Ways, up: Ways, cost: Floats, config: SegmentConfig) -> list[tuple[float, Columns]]:
    """Seams through the pixels of some rows that cost less than those through their neighbours, with what they cost."""
    seams: list[tuple[float, Columns]] = []
    for share in config.seam_heights:
        row = round(share * (len(cost) - 1))
        from_below = len(cost) - 1 - row
        from_top: Floats = down.total[row]
        from_bottom: Floats = up.total[from_below]
        own: Floats = cost[row]
        line: Floats = np.subtract(np.add(from_top, from_bottom), own)
        places = lowest_places(line, config.most_ink_cut * ROWS)
        if places:
            columns: Columns = np.array(places, dtype=np.int64)
            upper: Columns = down.back(row, columns)[:, :-1]
            lower: Columns = np.fliplr(up.back(from_below, columns))
            there: Floats = line[columns]
            prices: list[float] = there.tolist()
            whole: Columns = np.concatenate([upper, lower], axis=1)
            rows: list[Columns] = list(whole)
            seams += list(zip(prices, rows, strict=True))
    return seams


def _unlike(
    seams: list[tuple[float, Columns]], ink: Floats, config: SegmentConfig, most: int
) -> list[tuple[float, Columns]]:
    """The cheapest seams that leave ink on both sides, and that part it otherwise than those before them."""
    before: Floats = np.pad(np.cumsum(ink, axis=1), ((0, 0), (1, 0)))
    rows: Columns = np.arange(len(ink), dtype=np.int64)
    least = config.cuts_apart_share * ROWS
    nothing: Floats = before[:, 0]
    everything: Floats = before[:, -1]
    sides: list[Floats] = [nothing, everything]
    chosen: list[tuple[float, Columns]] = []
    for _, index in sorted((price, index) for index, (price, _) in enumerate(seams)):
        seam = seams[index][1]
        side: Floats = before[rows, seam]
        if all(_total(np.abs(np.subtract(side, other))) >= least for other in sides):
            sides.append(side)
            chosen.append(seams[index])
            if len(chosen) == most:
                break
    return chosen


def _total(values: "Floats | Columns") -> float:
    total: float = values.sum()
    return total
