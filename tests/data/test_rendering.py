"""Strokes on the canvas, and from there into MNIST's convention."""

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.data.rendering import (
    EXTENT_SHARE,
    MAX_PEN_SHARE,
    PEN_PX,
    drawn_at,
    drawn_at_random,
    random_drawing,
    through_preprocessing,
)
from handwriting_ai.data.strokes import Stroke, place, render

MIDDLE = (140.0, 140.0)
INK_OF_SEED_1 = {0: 126, 1: 52, 2: 81, 3: 87, 4: 95, 5: 116, 6: 122, 7: 86, 8: 139, 9: 77}
"""Each digit's ink after preprocessing, in whole pixels, as models of RENDERING_RULES 2 were validated on."""


def _strokes(digit: int) -> list[Stroke]:
    return [_line(*points) for points in DIGIT_STROKES[digit]]


def _line(*points: tuple[float, float]) -> Stroke:
    stroke: Stroke = np.array(points, dtype=np.float64)
    return stroke


def _ink_px(picture: "NDArray[np.uint8]") -> float:
    levels: float = picture.sum(dtype=np.float64)
    return levels / 255


def _box(picture: "NDArray[np.uint8]") -> tuple[int, int, int, int]:
    """Top, bottom, left and right of what is at least half ink."""
    rows: list[int] = np.flatnonzero((picture >= 128).any(axis=1)).tolist()
    columns: list[int] = np.flatnonzero((picture >= 128).any(axis=0)).tolist()
    return rows[0], rows[-1], columns[0], columns[-1]


def _expected_drawing(digit: int, generator: np.random.Generator) -> tuple[tuple[Stroke, ...], float]:
    """Placed strokes and the pen: four numbers of the generator, for size, pen, x and y."""
    numbers: list[float] = generator.random(4).tolist()
    extent = (EXTENT_SHARE[0] + numbers[0] * (EXTENT_SHARE[1] - EXTENT_SHARE[0])) * 280
    pen = PEN_PX[0] + numbers[1] * (max(5.0, min(PEN_PX[1], MAX_PEN_SHARE * extent)) - PEN_PX[0])
    room = max(0.0, 280 - extent - pen)
    x, y = (140 + (number - 0.5) * room for number in numbers[2:])
    return place(_strokes(digit), extent_px=extent, center_px=(x, y)), pen


@pytest.mark.parametrize("digit", DIGIT_STROKES)
def test_the_same_generator_gives_the_same_drawing(digit: int) -> None:
    """Size, pen and place in this order: every model there is was trained on such drawings."""
    for seed in range(20):
        strokes, pen = _expected_drawing(digit, np.random.default_rng([seed, digit]))
        made = random_drawing(_strokes(digit), np.random.default_rng([seed, digit]))
        assert np.array_equal(made, render(strokes, pen_px=pen))


@pytest.mark.parametrize(("digit", "ink_px"), INK_OF_SEED_1.items())
def test_pictures_of_a_seed_stay_as_they_were(digit: int, ink_px: int) -> None:
    """To the ink's amount, which other versions of OpenCV leave alone; who changes it raises RENDERING_RULES."""
    picture = drawn_at_random(_strokes(digit), seed=1, index=digit)
    assert picture.shape == (28, 28)
    assert picture.dtype == np.uint8
    assert _ink_px(picture) == pytest.approx(ink_px, abs=2)
    assert np.array_equal(picture, drawn_at_random(_strokes(digit), seed=1, index=digit))
    assert not np.array_equal(picture, drawn_at_random(_strokes(digit), seed=2, index=digit))
    assert not np.array_equal(picture, drawn_at_random(_strokes(digit), seed=1, index=digit + 10))


def test_random_drawings_lie_inside_the_canvas() -> None:
    """On a canvas with twenty pixels more on each side they reach no farther: at most a pixel is cut off."""
    places: set[tuple[int, int]] = set()
    sides: list[int] = []
    for index in range(200):
        strokes, pen = _expected_drawing(index % 10, np.random.default_rng([3, index]))
        canvas = random_drawing(_strokes(index % 10), np.random.default_rng([3, index]))
        wider = render([np.add(stroke, 20.0) for stroke in strokes], pen_px=pen, side_px=320)
        top, bottom, left, right = _box(canvas)
        assert [side - 20 for side in _box(wider)] == pytest.approx([top, bottom, left, right], abs=1)
        places.add((top + bottom, left + right))
        sides.append(max(bottom - top, right - left))
    assert len(places) > 150
    assert min(sides) < 70
    assert max(sides) > 230


@pytest.mark.parametrize("pen_px", [6.0, 22.0])
@pytest.mark.parametrize("share", [0.3, 0.6])
@pytest.mark.parametrize("digit", DIGIT_STROKES)
def test_a_fixed_drawing_lies_in_the_middle(digit: int, share: float, pen_px: float) -> None:
    """Its longer side is the share of the canvas and the pen's width, to a pixel or two."""
    top, bottom, left, right = _box(drawn_at(_strokes(digit), pen_px=pen_px, share=share))
    assert ((top + bottom + 1) / 2, (left + right + 1) / 2) == pytest.approx(MIDDLE, abs=1.5)
    assert max(bottom - top, right - left) + 1 == pytest.approx(share * 280 + pen_px, abs=2.5)


def test_a_digit_becomes_a_picture_in_mnist_s_convention() -> None:
    """Wherever it was drawn: in a box of 20 pixels, centred on its mass."""
    canvas = drawn_at(_strokes(5), pen_px=14)
    picture = through_preprocessing(canvas)
    top, bottom, left, right = _box(picture)
    assert max(bottom - top, right - left) + 1 == pytest.approx(20, abs=1)
    moved = through_preprocessing(np.roll(canvas, (40, -30), axis=(0, 1)))
    assert np.array_equal(moved, picture)


def test_a_dot_becomes_a_picture() -> None:
    """A tap of the pen has no size to scale; it is drawn all the same, and fills the box."""
    dot = [_line((3.0, 4.0))]
    assert _box(drawn_at(dot, pen_px=20)) == pytest.approx((130, 150, 130, 150), abs=2)
    assert _ink_px(drawn_at_random(dot, seed=1, index=0)) > 30


def test_an_empty_canvas_becomes_paper() -> None:
    """Zeros, and no error: a picture whose ink is lost still counts as one."""
    canvas = np.zeros((280, 280), dtype=np.uint8)
    picture = through_preprocessing(canvas)
    assert picture.shape == (28, 28)
    assert picture.dtype == np.uint8
    assert not picture.any()
