"""Pages drawn for tests: digits by their strokes, ink 255 on paper 0."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.preprocess import Gray

HEIGHT = 60
"""Of a digit, in pixels."""
PITCH = 62
"""From one digit of a number to the next."""


def blank_page(width: int = 900, height: int = 600) -> Gray:
    """Paper."""
    return np.zeros((height, width), dtype=np.uint8)


def draw_digit(page: Gray, digit: int, x: float, y: float, *, height: float = HEIGHT, pen: int = 5) -> None:
    """A digit with its upper left corner there."""
    scale = height / 150
    for line in DIGIT_STROKES[digit]:
        points = [[round(x + px * scale), round(y + py * scale)] for px, py in line]
        array: NDArray[np.int32] = np.array(points, dtype=np.int32)
        cv2.polylines(page, [array], False, 255, pen, cv2.LINE_AA)


def draw_loose_five(page: Gray, x: float, y: float) -> None:
    """A 5 whose bar hangs above it, and touches nothing."""
    scale = HEIGHT / 150
    body, bar = DIGIT_STROKES[5]
    for line, right, down in ((body, 0, 0), (bar, 14, -22)):
        points = [[round(x + (px + right) * scale), round(y + (py + down) * scale)] for px, py in line]
        array: NDArray[np.int32] = np.array(points, dtype=np.int32)
        cv2.polylines(page, [array], False, 255, 5, cv2.LINE_AA)


def draw_number(page: Gray, text: str, x: float, y: float, *, slope: float = 0.0, pitch: float = PITCH) -> None:
    """Digits beside each other on a line that may sink to the right."""
    for place, digit in enumerate(text):
        draw_digit(page, int(digit), x + place * pitch, y + place * pitch * slope)


def page_of(lines: Sequence[str], *, slope: float = 0.0) -> Gray:
    """Lines of numbers, numbers with a wide gap between."""
    page = blank_page()
    for row, line in enumerate(lines):
        x = 60.0
        for number in line.split():
            draw_number(page, number, x, 80 + row * 110 + (x - 60) * slope, slope=slope)
            x += len(number) * PITCH + 90
    return page


def on_paper(ink: Gray) -> Gray:
    """Dark ink on light paper."""
    return cv2.bitwise_not(ink)
