"""Ink → digits, numbers, lines: what is found, in which order, and what is left out."""

import math
import time

import cv2
import numpy as np
import pytest
from tests.segmentation.samples import HEIGHT, blank_page, draw_digit, draw_loose_five, draw_number, page_of

from handwriting_ai.preprocess import Gray
from handwriting_ai.segmentation import FoundPage, find_page


def _shape(page: FoundPage) -> list[list[int]]:
    """The number of digits of each number of each line."""
    return [[len(number) for number in line] for line in page.lines]


@pytest.mark.parametrize("slope", [0.0, 0.06, -0.06])
def test_numbers_and_lines_are_found_in_reading_order(slope: float) -> None:
    """Also where the lines slope; a wide gap begins another number."""
    page = find_page(page_of(["2035 61", "804", "3 9065"], slope=slope))
    assert _shape(page) == [[4, 2], [3], [1, 4]]
    lefts = [digit.box.left for line in page.lines[:1] for number in line for digit in number]
    assert lefts == sorted(lefts)


def test_a_line_may_curve() -> None:
    """Its middle lies half a digit higher than its ends."""
    ink = blank_page(1200, 400)
    for place in range(14):
        draw_digit(ink, 3, 60 + 75 * place, 200 - 30 * math.sin(math.pi * place / 13))
    assert _shape(find_page(ink)) == [[14]]


@pytest.mark.parametrize("digit", [4, 5, 7])
def test_strokes_of_one_digit_are_together(digit: int) -> None:
    """A 5 whose bar hangs loose, an open 4, a 7 with a bar: each is one, beside neighbours."""
    ink = blank_page()
    draw_number(ink, "28", 60, 100)
    if digit == 5:
        draw_loose_five(ink, 200, 100)
    else:
        draw_digit(ink, digit, 200, 100)
    draw_number(ink, "3", 270, 100)
    assert _shape(find_page(ink)) == [[4]]


def test_dots_and_specks_are_no_digits() -> None:
    """They are counted."""
    ink = page_of(["2035"])
    for x, y in ((300, 500), (700, 450), (500, 30)):
        cv2.circle(ink, (x, y), 2, 255, -1)
    page = find_page(ink)
    assert _shape(page) == [[4]]
    assert page.left_out.specks == 3


def test_printed_lines_and_boxes_are_no_digits() -> None:
    """They are counted as lines."""
    ink = page_of(["2035", "648"])
    cv2.line(ink, (20, 170), (880, 170), 255, 2)
    cv2.rectangle(ink, (600, 300), (700, 390), 255, 2)
    page = find_page(ink)
    assert _shape(page) == [[4], [3]]
    assert page.left_out.lines == 2


def test_digits_that_the_rim_cuts_are_left_out() -> None:
    """And counted; what fills the picture from top to bottom is trimmed, not cut."""
    ink = page_of(["2035"])
    draw_digit(ink, 8, 870, 300)
    draw_digit(ink, 3, 400, -25)
    page = find_page(ink)
    assert _shape(page) == [[4]]
    assert page.left_out.cut_off == 2
    trimmed: Gray = page_of(["2035"])[78:143]
    assert _shape(find_page(np.ascontiguousarray(trimmed))) == [[4]]


def test_digits_of_unequal_size_are_found() -> None:
    """One twice as large as the other, in one number."""
    ink = blank_page()
    draw_digit(ink, 2, 60, 100, height=HEIGHT * 2, pen=8)
    draw_digit(ink, 6, 180, 160)
    draw_digit(ink, 3, 250, 130, height=HEIGHT * 1.5)
    assert _shape(find_page(ink)) == [[3]]


@pytest.mark.parametrize("pair", ["25", "30", "68", "90"])
def test_touching_digits_are_cut(pair: str) -> None:
    """Two digits whose ink runs together."""
    ink = blank_page(400, 200)
    draw_number(ink, pair, 100, 60, pitch=36)
    mask = np.where(ink > 0, 255, 0).astype(np.uint8)
    count, _, _, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    assert count == 2  # paper, and one piece of ink
    assert _shape(find_page(ink)) == [[2]]


def test_sixty_joined_digits_are_read_in_time() -> None:
    """One line, one component."""
    ink = blank_page(60 * 40 + 200, 200)
    draw_number(ink, "238" * 20, 80, 60, pitch=37)
    started = time.process_time()
    page = find_page(ink)
    assert 50 <= len(page.digits) <= 70
    assert time.process_time() - started < 20


@pytest.mark.parametrize("digit", range(10))
def test_a_single_digit_is_one_piece(digit: int) -> None:
    """Each digit alone, also as large as the page."""
    ink = blank_page(280, 280)
    draw_digit(ink, digit, 50, 30, height=220, pen=16)
    assert _shape(find_page(ink)) == [[1]]
    large: Gray = cv2.resize(ink, (1400, 1400), interpolation=cv2.INTER_LINEAR)
    left, top, width, height = cv2.boundingRect(large)
    assert _shape(find_page(np.ascontiguousarray(large[top : top + height, left : left + width]))) == [[1]]


def test_a_blank_page_holds_nothing() -> None:
    """No digit, nothing left out."""
    page = find_page(blank_page())
    assert page.digits == ()
    assert page.left_out.other == 0


def test_words_are_left_out() -> None:
    """A page of text alone has no digits, and text above a number leaves the number."""
    ink = blank_page(1200, 600)
    for row, text in enumerate(("Please write your number here", "and the same again below it")):
        cv2.putText(ink, text, (40, 80 + 60 * row), cv2.FONT_HERSHEY_COMPLEX, 1.5, 255, 2, cv2.LINE_AA)
    text_only = find_page(ink)
    assert len(text_only.digits) <= 1
    assert text_only.left_out.other >= 30
    draw_number(ink, "2035", 100, 300)
    page = find_page(ink)
    assert sum(digit.box.top > 250 for digit in page.digits) == 4
    assert len(page.digits) <= 5


def test_thousands_of_specks_are_counted_in_time() -> None:
    """5,000 of them and one number."""
    ink = blank_page(2400, 1800)
    generator = np.random.default_rng(0)
    across: list[int] = generator.integers(50, 2350, 5000).tolist()
    down: list[int] = generator.integers(300, 1750, 5000).tolist()
    for x, y in zip(across, down, strict=True):
        cv2.circle(ink, (x, y), 2, 255, -1)
    draw_number(ink, "2035", 200, 100)
    started = time.process_time()
    page = find_page(ink)
    assert [len(number) for number in page.lines[0]] == [4]
    assert page.left_out.specks > 3000
    assert time.process_time() - started < 20


def test_a_page_has_an_upper_limit() -> None:
    """Digits beyond it are left out in reading order, and counted."""
    page = find_page(page_of(["2035", "648"]), most=5)
    assert _shape(page) == [[4], [1]]
    assert page.left_out.beyond_limit == 2
