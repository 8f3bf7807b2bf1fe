"""The cheapest ways through a picture."""

import numpy as np
import pytest

from handwriting_ai.segmentation.layers import Floats
from handwriting_ai.segmentation.seams import find_ways, lowest_places

STEP = 0.1


def _cheapest_by_trying(cost: list[list[float]]) -> list[float]:
    """Of each pixel of the last row, by relaxing steps down and aside until nothing changes."""
    rows, columns = len(cost), len(cost[0])
    total = [[cost[0][x] if y == 0 else float("inf") for x in range(columns)] for y in range(rows)]
    for y in range(rows):
        for _ in range(columns):
            for x in range(columns):
                ways = [total[y][x]]
                ways += [total[y][x + side] + STEP + cost[y][x] for side in (-1, 1) if 0 <= x + side < columns]
                if y:
                    ways.append(total[y - 1][x] + cost[y][x])
                    near = [x + side for side in (-1, 1) if 0 <= x + side < columns]
                    ways += [total[y - 1][beside] + STEP + cost[y][x] for beside in near]
                total[y][x] = min(ways)
    return total[-1]


@pytest.mark.parametrize("seed", range(5))
def test_the_cheapest_ways_are_found(seed: int) -> None:
    """As trying every step finds them."""
    cost: Floats = np.random.default_rng(seed).uniform(0, 1, (6, 7)).astype(np.float32)
    last_row: Floats = find_ways(cost, STEP).total[-1]
    found: list[float] = last_row.tolist()
    levels: list[list[float]] = cost.tolist()
    assert found == pytest.approx(_cheapest_by_trying(levels), abs=1e-5)


def test_a_way_goes_along_below_a_bar() -> None:
    """Ink that hangs over from the left and stands from the right: the way passes between, level where it must."""
    cost: Floats = np.full((9, 12), 0.01, dtype=np.float32)
    cost[2, :10] = 1.0
    cost[5, 2:] = 1.0
    ways = find_ways(cost, 0.01)
    ends = [0, 6]
    paths = ways.back(8, np.array(ends, dtype=np.int64))
    levels: list[list[float]] = cost.tolist()
    every: list[list[int]] = paths.tolist()
    assert max(levels[row][column] for path in every for row, column in enumerate(path)) < 1
    assert [path[-1] for path in every] == ends


def test_the_middle_of_each_valley_is_found() -> None:
    """Level stretches count once; high ones not at all."""
    levels = [5.0, 1.0, 1.0, 1.0, 4.0, 3.0, 6.0, 2.0, 5.0]
    line: Floats = np.array(levels, dtype=np.float32)
    assert lowest_places(line, 2.5) == [2, 7]
