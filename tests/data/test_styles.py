"""Made styles: shapes that others write, by geometry on strokes."""

import math
from dataclasses import asdict, replace

import numpy as np
import pytest
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.data.curves import point, travelled
from handwriting_ai.data.rendering import drawn_in_style
from handwriting_ai.data.strokes import DrawnDigit, Stroke, place
from handwriting_ai.data.style_shapes import SHAPES, Strokes, flagged_one
from handwriting_ai.data.styles import Styles, digits_of, in_hand, lifted, restyled, wide_pen

_RING = tuple((0.4 * math.cos(t / 4), 0.5 * math.sin(t / 4)) for t in range(26))
PLAIN: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "flagged_one": (((0.0, -0.5), (0.0, 0.0), (0.0, 0.5)),),
    "footed_one": (((0.0, 0.5), (0.05, -0.5)),),
    "flagged_and_footed_one": (((0.0, -0.5), (0.0, 0.5)),),
    "crossed_seven": (((-0.3, -0.5), (0.3, -0.5), (0.0, 0.5)),),
    "crossed_and_footed_seven": (((-0.3, -0.5), (0.3, -0.5), (0.0, 0.5)),),
    "hooked_seven": (((-0.3, -0.5), (0.3, -0.5), (0.0, 0.5)),),
    "hooked_nine": (((0.2, -0.4), (-0.2, -0.4), (-0.2, 0.0), (0.2, 0.0), (0.2, -0.4), (0.2, 0.5)),),
    "curled_four": (((-0.2, -0.5), (-0.3, 0.1), (0.3, 0.1)), ((0.1, -0.5), (0.1, 0.5))),
    "open_four": (((0.0, -0.5), (-0.3, 0.1), (0.3, 0.1)), ((0.1, -0.5), (0.1, 0.5))),
    "closed_four": (((-0.2, -0.5), (-0.3, 0.1), (0.3, 0.1)), ((0.1, -0.5), (0.1, 0.5))),
    "slashed_zero": (_RING,),
    "curled_start": (((-0.3, -0.4), (0.2, -0.5), (0.2, -0.2), (-0.3, 0.5), (0.3, 0.5)),),
    "gap": (_RING,),
}
"""For each style strokes that it fits."""


def _strokes(lines: tuple[tuple[tuple[float, float], ...], ...]) -> Strokes:
    strokes: list[Stroke] = [np.array(line, dtype=np.float64) for line in lines]
    return tuple(strokes)


def _ink(strokes: Strokes) -> float:
    """How far the pen goes."""
    total = 0.0
    for stroke in strokes:
        way: float = travelled(stroke)[-1]
        total += way
    return total


@pytest.mark.parametrize("style", SHAPES)
def test_a_style_changes_strokes_that_it_fits(style: str) -> None:
    """The same draw makes the same shape; the strokes that were given stay as they are."""
    given = _strokes(PLAIN[style])
    before = [stroke.copy() for stroke in given]
    made = SHAPES[style](np.random.default_rng(1), given)
    again = SHAPES[style](np.random.default_rng(1), given)
    assert made is not None
    assert again is not None
    assert all(np.array_equal(one, two) for one, two in zip(made, again, strict=True))
    assert all(np.array_equal(one, two) for one, two in zip(given, before, strict=True))
    assert (_ink(made) < _ink(given)) == (style == "gap") or style in {"open_four", "closed_four"}
    assert digits_of(style)


@pytest.mark.parametrize("style", [style for style in SHAPES if style not in {"hooked_nine", "curled_four"}])
def test_a_style_leaves_strokes_alone_that_it_does_not_fit(style: str) -> None:
    """Three level lines are no digit that anything could be added to."""
    lines = _strokes((((-0.5, 0.4), (0.5, 0.4)), ((0.1, 0.2), (0.5, 0.2)), ((0.1, 0.0), (0.5, 0.0))))
    assert SHAPES[style](np.random.default_rng(1), lines) is None


def test_a_flag_is_never_the_top_of_a_seven() -> None:
    """It comes down from the top of the stem to the left, by more than 25° from the level, however the stem leans."""
    for seed in range(200):
        lean = (seed % 9 - 2) * 0.08
        stem = _strokes((((lean, -0.5), (-lean, 0.5)),))
        made = flagged_one(np.random.default_rng(seed), stem)
        if made is None:
            assert lean < -0.1 or lean > 0.3
            continue
        tip, top = point(made[0], 0), point(made[0], 11)
        assert top == pytest.approx(point(stem[0], 0))
        across, down = top[0] - tip[0], tip[1] - top[1]
        assert down > math.tan(math.radians(25)) * abs(across)
        assert math.hypot(across, down) < 0.8


def test_a_stem_that_leans_far_gets_no_flag() -> None:
    """And neither does a dot, nor a 1 that has one already."""
    for lines in (
        (((0.5, -0.3), (-0.5, 0.3)),),
        (((0.0, 0.0),),),
        (((-0.3, -0.2), (0.0, -0.5), (0.0, 0.5)),),
        (((0.0, -0.5), (0.0, 0.5), (0.01, -0.1)),),
    ):
        assert flagged_one(np.random.default_rng(0), _strokes(lines)) is None


def test_a_closed_four_whose_bar_ends_at_its_stem_stays_open() -> None:
    """Closed, it would be a 9."""
    angle, stem = PLAIN["closed_four"]
    short = _strokes(((*angle[:2], (0.1, 0.1)), stem))
    assert SHAPES["closed_four"](np.random.default_rng(0), short) is None


def test_every_share_is_a_style_s() -> None:
    """Each field is a shape, or one of the three that any digit may have; none by default."""
    shares: dict[str, float] = asdict(Styles())
    assert set(shares) == {*SHAPES, "lift", "hand", "thick"}
    assert set(shares.values()) == {0.0}


def _digit(label: int, lines: tuple[tuple[tuple[float, float], ...], ...]) -> DrawnDigit:
    return DrawnDigit(label=label, writer="a", strokes=_strokes(lines))


def test_shares_say_how_often_a_style_is_drawn() -> None:
    """Of plain 1s: half flagged, a quarter on a foot, a quarter as they are."""
    styles = Styles(flagged_one=0.5, footed_one=0.25)
    digit = _digit(1, PLAIN["flagged_one"])
    drawn = [restyled(digit, styles, np.random.default_rng(seed), 0) for seed in range(400)]
    footed = sum(len(strokes) == 2 for strokes in drawn)
    flagged = sum(len(strokes) == 1 and len(strokes[0]) > 3 for strokes in drawn)
    assert flagged == pytest.approx(200, abs=35)
    assert footed == pytest.approx(100, abs=30)
    plain = restyled(digit, Styles(), np.random.default_rng(0), 0)
    assert np.array_equal(plain[0], place(digit.strokes, extent_px=1.0, center_px=(0.0, 0.0))[0])


def test_a_hand_is_its_writer_s() -> None:
    """The same slant and width for all digits of a writer in one rendering; a 1 keeps its own."""
    styles = Styles(hand=1.0)
    seven = _digit(7, PLAIN["crossed_seven"])

    def shape(digit: DrawnDigit, hand: int) -> Stroke:
        return restyled(digit, styles, np.random.default_rng(hand), hand)[0]

    assert np.array_equal(shape(seven, 3), shape(seven, 3))
    assert not np.array_equal(shape(seven, 3), shape(seven, 4))
    assert not np.array_equal(shape(seven, 3), shape(replace(seven, writer="b"), 3))
    one = _digit(1, PLAIN["footed_one"])
    assert np.array_equal(shape(one, 3), shape(one, 4))
    assert len(in_hand(np.random.default_rng(0), seven.strokes)[0]) == len(seven.strokes[0])


def test_a_lifted_pen_leaves_a_gap() -> None:
    """In the longest stroke, which comes in two pieces that together are nearly as long; a short one stays."""
    ring = _strokes(PLAIN["gap"])
    pieces = lifted(np.random.default_rng(0), ring)
    assert len(pieces) == 2
    assert 0 < _ink(ring) - _ink(pieces) < 0.1
    short = _strokes((((0.0, 0.0), (0.0, 0.5)),))
    assert lifted(np.random.default_rng(0), short) is short


def test_wide_pens_are_for_digits_without_loops() -> None:
    """The holes of an 8 would close."""
    styles = Styles(thick=1.0)
    generator = np.random.default_rng(0)
    assert all((wide_pen(label, styles, generator) is None) == (label in {0, 4, 6, 8, 9}) for label in range(10))
    assert wide_pen(1, Styles(), generator) is None


@pytest.mark.parametrize("label", range(10))
def test_a_digit_in_style_is_a_picture(label: int) -> None:
    """In MNIST's convention; it follows from the digit, the styles, the seed and the index."""
    none: dict[str, float] = asdict(Styles())
    styles = Styles(**dict.fromkeys(none, 0.3))
    strokes: list[Stroke] = [np.array(line, dtype=np.float64) for line in DIGIT_STROKES[label]]
    digit = DrawnDigit(label=label, writer="a", strokes=tuple(strokes))
    for index in range(5):
        picture = drawn_in_style(digit, styles, seed=1, index=index)
        shape: tuple[int, ...] = picture.shape
        darkest: int = picture.max()
        assert shape == (28, 28)
        assert darkest > 200
        assert np.array_equal(picture, drawn_in_style(digit, styles, seed=1, index=index))
