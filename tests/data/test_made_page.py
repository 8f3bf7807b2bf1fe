"""Made pages: what they say, and where their digits are."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.data.made_page import MadePage, make_page, page_changes
from handwriting_ai.data.page_lines import LabelledInk, PageStyle
from handwriting_ai.data.strokes import Stroke, place, render
from handwriting_ai.support.boxes import Box

SIZE = (600, 450)


def _pool() -> list[LabelledInk]:
    pool: list[LabelledInk] = []
    for digit, lines in DIGIT_STROKES.items():
        strokes: list[Stroke] = [np.array(points, dtype=np.float64) for points in lines]
        pool.append(
            LabelledInk(label=digit, ink=render(place(strokes, extent_px=220, center_px=(140, 140)), pen_px=14))
        )
    return pool


def _page(style: PageStyle, seed: int = 1) -> MadePage:
    return make_page(_pool(), [], np.random.default_rng(seed), style=style, size=SIZE)


def _ink_in(page: MadePage, box: Box) -> int:
    area: NDArray[np.uint8] = page.ink[box.top : box.bottom, box.left : box.right]
    return int(np.count_nonzero(area > 127))


def test_a_page_has_the_lines_and_numbers_asked_for() -> None:
    """Three lines of two numbers with exactly four digits each."""
    page = _page(PageStyle(lines=3, numbers=2, digits=(4, 4)))
    lines = page.text.split("\n")
    assert len(lines) == 3
    assert all([len(number) for number in line.split(" ")] == [4, 4] for line in lines)
    assert page.text.replace(" ", "").replace("\n", "") == "".join(str(digit.label) for digit in page.digits)


def test_the_same_generator_gives_the_same_page() -> None:
    """Picture, ink and truth."""
    style = PageStyle(touching=0.3, words=1)
    one, other = _page(style), _page(style)
    assert np.array_equal(one.picture, other.picture)
    assert one.digits == other.digits


@pytest.mark.parametrize("lines", [1, 3, 6, 12])
@pytest.mark.parametrize("style", [PageStyle(boxes=True), PageStyle(rules=True), PageStyle(slope=0.05, words=2)])
def test_every_box_holds_a_digit(style: PageStyle, lines: int) -> None:
    """Under changes that a page can bear; no box leaves the picture."""
    rng = np.random.default_rng(lines)
    page = make_page(_pool(), page_changes(rng), rng, style=replace(style, lines=lines), size=SIZE)
    assert page.picture.shape == (*SIZE, 3)
    assert page.digits
    for digit in page.digits:
        assert digit.box.left >= 0
        assert digit.box.top >= 0
        assert digit.box.right <= SIZE[1]
        assert digit.box.bottom <= SIZE[0]
        assert _ink_in(page, digit.box) > 0


def test_all_ink_lies_in_the_boxes() -> None:
    """Where there are no words nothing else is written."""
    page = _page(PageStyle(lines=4))
    inside = np.zeros_like(page.ink)
    for digit in page.digits:
        box = digit.box
        inside[box.top : box.bottom, box.left : box.right] = 1
    elsewhere: NDArray[np.uint8] = page.ink[np.equal(inside, 0)]
    assert not np.any(elsewhere > 127)


def test_words_are_ink_but_no_digits() -> None:
    """They stand outside of every box."""
    plain = _page(PageStyle(lines=2, numbers=1))
    worded = _page(PageStyle(lines=2, numbers=1, words=2))
    assert worded.text == plain.text
    in_boxes = sum(_ink_in(worded, digit.box) for digit in worded.digits)
    assert np.count_nonzero(worded.ink > 127) > in_boxes


@pytest.mark.parametrize("touching", [0.0, 1.0])
def test_neighbours_touch_only_where_they_are_to(touching: float) -> None:
    """All digits of a number or none; then their ink is in one piece or apart."""
    page = _page(PageStyle(lines=2, numbers=1, digits=(5, 5), touching=touching))
    assert all(digit.touches == bool(touching) for digit in page.digits)


def test_lines_follow_one_another_also_where_they_slope() -> None:
    """A line's digits lie below those of the line before at the same place."""
    page = _page(PageStyle(lines=5, numbers=2, digits=(3, 3), slope=0.08, size_spread=0.0))
    firsts = [next(digit for digit in page.digits if digit.line == line) for line in range(5)]
    tops = [digit.box.top for digit in firsts]
    assert tops == sorted(tops)


def test_a_page_without_digits_to_choose_from_is_refused() -> None:
    """Rather than left empty."""
    with pytest.raises(ValueError, match="pool is empty"):
        make_page([], [], np.random.default_rng(1), style=PageStyle())
