"""The cheapest ways from the top of a picture to its bottom: they never go up, and aside as far as it pays."""

from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.segmentation.layers import Floats

Columns: TypeAlias = "NDArray[np.int64]"


@dataclass(frozen=True, kw_only=True, eq=False)
class Ways:
    """For each pixel the cheapest way to it from the first row."""

    total: Floats = field(repr=False)
    """`(rows, columns)`: what it costs, the pixel itself included."""
    entered: Columns = field(repr=False)
    """In which column of its row that way comes from above."""
    above: Columns = field(repr=False)
    """In which column of the row above it was before it came to a pixel from there."""

    def back(self, row: int, columns: Columns) -> Columns:
        """The ways to some pixels of a row, `(ways, row + 1)`: in which column each leaves each row."""
        path: Columns = np.zeros((len(columns), row + 1), dtype=np.int64)
        at = columns
        for here in range(row, -1, -1):
            path[:, here] = at
            line: Columns = self.entered[here]
            entered: Columns = line[at]
            beyond: Columns = self.above[here]
            at = beyond[entered]
        return path


def find_ways(cost: Floats, step: float) -> Ways:
    """One row at a time.

    Args:
        cost: of each pixel, `(rows, columns)`.
        step: what a step aside costs besides.
    """
    aside = np.float32(step)
    total: Floats = cost.copy()
    columns: Columns = np.arange(len(cost.T), dtype=np.int64)
    entered: Columns = np.tile(columns, (len(cost), 1))
    above: Columns = entered.copy()
    width = len(cost.T)
    for row in range(len(cost)):
        own: Floats = cost[row]
        come: Floats = own
        if row:
            before: Floats = total[row - 1]
            three: Floats = np.full((3, width), np.inf, dtype=np.float32)
            three[0, 1:] = np.add(before[:-1], aside)
            three[1] = before
            three[2, :-1] = np.add(before[1:], aside)
            which: Columns = np.argmin(three, axis=0)
            above[row] = np.add(columns, np.subtract(which, 1))
            cheapest: Floats = np.min(three, axis=0)
            come = np.add(own, cheapest)
        each: Floats = np.add(own, aside)
        so_far: Floats = np.cumsum(each)
        back: Floats = np.cumsum(np.flip(each))
        right, from_left = _along(np.subtract(come, so_far))
        left, from_right = _along(np.subtract(np.flip(come), back))
        to_right: Floats = np.add(right, so_far)
        to_left: Floats = np.flip(np.add(left, back))
        from_beyond: Columns = np.flip(np.subtract(width - 1, from_right))
        total[row] = np.minimum(to_right, to_left)
        entered[row] = np.where(np.less_equal(to_right, to_left), from_left, from_beyond)
    return Ways(total=total, entered=entered, above=above)


def _along(prices: Floats) -> tuple[Floats, Columns]:
    """For each place the lowest price up to it, and where that was."""
    lowest: Floats = np.minimum.accumulate(prices)
    places: Columns = np.where(np.less_equal(prices, lowest), np.arange(len(prices)), 0)
    return lowest, np.maximum.accumulate(places)


def lowest_places(line: Floats, most: float) -> list[int]:
    """Columns where a line is no higher than beside them and than `most`: the middle of each level stretch."""
    inner: Floats = line[1:-1]
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
