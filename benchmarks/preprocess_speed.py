"""Milliseconds of the whole preprocessing on one core: `python benchmarks/preprocess_speed.py`.

Goal: at most 3 ms for a 280 × 280 canvas and 25 ms for 1024 × 1024.
"""

import statistics
import time
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.strokes import render
from handwriting_ai.preprocess import Gray, preprocess

GOALS_MS: Final = {280: 3.0, 1024: 25.0}
_RUNS: Final = 100
_SEVEN: Final = ((0.2, 0.2), (0.75, 0.2), (0.4, 0.85))


def median_ms(picture: Gray) -> float:
    """Median over `_RUNS` runs after a tenth as many to warm up."""
    times: list[float] = []
    for run in range(_RUNS + _RUNS // 10):
        started = time.perf_counter()
        preprocess(picture)
        if run >= _RUNS // 10:
            times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


def main() -> None:
    """Print a line for each size."""
    cv2.setNumThreads(1)
    for side, goal in GOALS_MS.items():
        shape: NDArray[np.float64] = np.array(_SEVEN)
        picture = render([np.multiply(shape, side)], pen_px=side * 0.06, side_px=side)
        print(f"{side} × {side}: {median_ms(picture):.2f} ms (goal {goal:g} ms)")


if __name__ == "__main__":
    main()
