"""Each step on pictures whose right answer is known."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from handwriting_ai.errors import BlankImage
from handwriting_ai.preprocess import Gray, PreprocessConfig, steps

CONFIG = PreprocessConfig()


def _paper(side: int = 200) -> Gray:
    return np.zeros((side, side), dtype=np.uint8)


def _with_boxes(*boxes: tuple[int, int, int, int]) -> Gray:
    """Full ink in boxes (x, y, width, height)."""
    picture = _paper()
    for x, y, width, height in boxes:
        picture[y : y + height, x : x + width] = 255
    return picture


def _kept(mask: Gray, box: tuple[int, int, int, int]) -> bool:
    x, y, width, height = box
    return bool(np.any(steps.keep_digit(mask, CONFIG)[y : y + height, x : x + width]))


STEM = (60, 40, 14, 120)


@pytest.mark.parametrize(
    ("other", "belongs"),
    [
        ((84, 40, 50, 14), True),  # the detached bar of a 5
        ((110, 60, 14, 90), True),  # the stem of an open 4
        ((100, 100, 3, 3), False),  # a speck
        ((100, 100, 16, 16), False),  # a dab of the pen
        ((180, 180, 15, 15), False),  # a dab far away
        ((130, 50, 8, 60), True),  # a thin stroke within reach
    ],
)
def test_strokes_of_the_digit_stay_and_specks_go(other: tuple[int, int, int, int], belongs: bool) -> None:
    """The largest component always stays."""
    mask = _with_boxes(STEM, other)
    assert _kept(mask, STEM)
    assert _kept(mask, other) is belongs


def test_a_stroke_beyond_reach_is_dropped() -> None:
    """The gap counts from box to box, in extents of the largest."""
    near, far = (60, 40, 8, 60), (160, 40, 8, 50)
    assert not _kept(_with_boxes(near, far), far)


def test_what_is_kept_is_ink_never_paper() -> None:
    """Every kept pixel was ink before."""
    mask = _with_boxes(STEM, (100, 100, 3, 3))
    kept = steps.keep_digit(mask, CONFIG)
    assert not bool(np.any(np.logical_and(kept, np.equal(mask, 0))))


def test_specks_stay_when_asked_to() -> None:
    """The choice is a parameter."""
    mask = _with_boxes(STEM, (100, 100, 3, 3))
    np.testing.assert_array_equal(steps.keep_digit(mask, PreprocessConfig(keep_components=False)), mask)


def test_an_empty_mask_is_blank() -> None:
    """The error says so."""
    with pytest.raises(BlankImage, match="blank"):
        steps.keep_digit(_paper(), CONFIG)


@pytest.mark.parametrize("inverted", [False, True])
def test_polarity_comes_from_the_rim(inverted: bool) -> None:
    """Even where more than half of the picture is ink."""
    ink = _with_boxes((10, 10, 180, 180))
    gray = cv2.bitwise_not(ink) if inverted else ink
    np.testing.assert_array_equal(steps.find_ink(gray, CONFIG, invert=None).ink, ink)


@pytest.mark.parametrize("invert", [False, True])
def test_an_explicit_polarity_wins(invert: bool) -> None:
    """A light frame round dark paper misleads the rim, but not a person."""
    ink = _with_boxes(STEM)
    gray = cv2.bitwise_not(ink) if invert else ink
    gray[:6] = gray[-6:] = gray.item((50, 65))
    found = steps.find_ink(gray, CONFIG, invert=invert)
    assert found.ink.item((50, 65)) == 255


def test_faint_ink_is_stretched_and_fainter_ink_is_blank() -> None:
    """40 grey levels are the least."""
    faint = cv2.threshold(_with_boxes(STEM), 0, 60, cv2.THRESH_BINARY)[1]
    found = steps.find_ink(faint, CONFIG, invert=None)
    steps.require_contrast(found, CONFIG)
    assert int(np.max(found.ink)) == 255
    fainter = steps.find_ink(cv2.threshold(faint, 0, 30, cv2.THRESH_BINARY)[1], CONFIG, invert=None)
    with pytest.raises(BlankImage, match="30 of 255"):
        steps.require_contrast(fainter, CONFIG)


@pytest.mark.parametrize("width", [8, 14, 22, 40])
def test_stroke_width_is_measured(width: int) -> None:
    """Within a tenth, on a long straight stroke."""
    mask = _with_boxes((60, 10, width, 180))
    assert steps.stroke_width_px(mask) == pytest.approx(width, rel=0.12)


def test_no_ink_has_no_width() -> None:
    """Zero rather than a division by zero."""
    assert steps.stroke_width_px(_paper()) == 0.0


@pytest.mark.parametrize("width", [3, 60])
def test_extreme_pens_are_brought_into_range(width: int) -> None:
    """After the step the stroke, scaled to 20 px, lies within MNIST's range."""
    work = np.zeros((224, 224), dtype=np.uint8)
    cv2.polylines(work, [_points((60, 40), (60, 180), (160, 180))], False, 255, width, cv2.LINE_AA)
    mask = steps.threshold_ink(steps.normalize_width(work, CONFIG))
    _, _, box_width, box_height = cv2.boundingRect(mask)
    scaled = 20 * steps.stroke_width_px(mask) / max(box_width, box_height)
    assert CONFIG.min_stroke_px - 0.5 < scaled < CONFIG.max_stroke_px + 0.6


def _points(*points: tuple[int, int]) -> "NDArray[np.int32]":
    return np.array(points, dtype=np.int32)


def test_an_ordinary_pen_is_left_alone() -> None:
    """Bit for bit; and so is any pen when the step is off."""
    work = np.zeros((224, 224), dtype=np.uint8)
    cv2.polylines(work, [_points((60, 40), (60, 190), (170, 190))], False, 255, 20, cv2.LINE_AA)
    np.testing.assert_array_equal(steps.normalize_width(work, CONFIG), work)
    thin = cv2.erode(work, np.ones((15, 15), dtype=np.uint8))
    np.testing.assert_array_equal(steps.normalize_width(thin, PreprocessConfig(normalize_width=False)), thin)


@pytest.mark.parametrize("slant", [-0.1, 0.15])
def test_slant_is_estimated_and_removed(slant: float) -> None:
    """An upright bar, sheared by a known amount, stands upright again."""
    config = PreprocessConfig(deskew_max_deg=10)
    bar = np.zeros((224, 224), dtype=np.uint8)
    bar[30:194, 104:120] = 255
    leaning = steps.straighten(bar, -slant)
    assert steps.slant_of(leaning, config) == pytest.approx(slant, abs=0.01)
    assert abs(steps.slant_of(steps.straighten(leaning, steps.slant_of(leaning, config)), config)) < 0.01


def test_slant_is_capped_and_ignored_where_it_means_nothing() -> None:
    """At most ten degrees; none for a round blob; none when the step is off."""
    config = PreprocessConfig(deskew_max_deg=10)
    bar = np.zeros((224, 224), dtype=np.uint8)
    bar[60:164, 104:120] = 255
    assert steps.slant_of(steps.straighten(bar, -0.4), config) == pytest.approx(0.1763, abs=1e-3)
    assert steps.slant_of(bar, CONFIG) == 0.0
    disc = np.zeros((224, 224), dtype=np.uint8)
    cv2.circle(disc, (112, 112), 60, 255, -1)
    assert steps.slant_of(disc, config) == 0.0


def test_centre_of_mass_and_size_follow_mnist() -> None:
    """Longest side 20 px, centre of mass at pixel 14."""
    work = np.zeros((224, 224), dtype=np.uint8)
    work[20:180, 30:60] = 255
    work[150:180, 30:110] = 255
    centered = steps.center(work, CONFIG)
    mass = cv2.moments(centered)
    _, _, width, height = cv2.boundingRect(steps.threshold_ink(centered))
    assert centered.shape == (28, 28)
    assert mass["m10"] / mass["m00"] == pytest.approx(14, abs=0.15)
    assert mass["m01"] / mass["m00"] == pytest.approx(14, abs=0.15)
    assert max(width, height) in (20, 21)


def test_nothing_left_to_centre_is_blank() -> None:
    """Where a step has removed all ink."""
    with pytest.raises(BlankImage, match="nothing is left"):
        steps.center(np.zeros((224, 224), dtype=np.uint8), CONFIG)
