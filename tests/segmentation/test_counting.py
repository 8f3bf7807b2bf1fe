"""How many digits a picture that should hold one holds."""

import subprocess
import sys

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.segmentation.samples import blank_page, draw_digit, draw_loose_five, draw_number

from handwriting_ai.preprocess import Gray
from handwriting_ai.segmentation import count_digits


def _count(ink: Gray) -> int:
    return count_digits(ink, np.where(ink > 100, 255, 0).astype(np.uint8))


@pytest.mark.parametrize("text", ["20", "42", "203", "2035"])
def test_digits_beside_each_other_are_counted(text: str) -> None:
    """A speck beside them is none."""
    ink = blank_page(400, 200)
    draw_number(ink, text, 60, 60)
    cv2.circle(ink, (380, 20), 4, 255, -1)
    assert _count(ink) == len(text)


def test_two_ones_close_together_are_two() -> None:
    """10 pixels between strokes of 100."""
    ink = blank_page(280, 280)
    ink[90:190, 130:138] = 255
    ink[90:190, 148:156] = 255
    assert _count(ink) == 2


@pytest.mark.parametrize("digit", range(10))
def test_one_digit_is_one(digit: int) -> None:
    """However it is drawn, as large as the picture or small in it, and a blank picture counts as one."""
    for height in (60, 220):
        ink = blank_page(280, 280)
        draw_digit(ink, digit, 50, 30, height=height, pen=height // 14)
        assert _count(ink) == 1
    assert _count(blank_page(280, 280)) == 1


def test_strokes_of_one_digit_are_one() -> None:
    """A 5 whose bar hangs loose, an open 4 of two strokes, and a 0 with a slash."""
    five = blank_page(200, 200)
    draw_loose_five(five, 60, 60)
    four = blank_page(280, 280)
    corner: NDArray[np.int32] = np.array(((90, 60), (70, 150), (150, 150)), dtype=np.int32)
    cv2.polylines(four, [corner], False, 255, 12, cv2.LINE_AA)
    cv2.line(four, (175, 60), (165, 230), 255, 12, cv2.LINE_AA)
    zero = blank_page(280, 280)
    cv2.circle(zero, (140, 140), 80, 255, 12, cv2.LINE_AA)
    cv2.line(zero, (90, 220), (190, 60), 255, 12, cv2.LINE_AA)
    assert [_count(each) for each in (five, four, zero)] == [1, 1, 1]


def test_the_segmentation_needs_no_torch() -> None:
    """Programs that run the exported file find a page's digits with numpy and OpenCV alone."""
    program = "import sys, handwriting_ai.segmentation; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
