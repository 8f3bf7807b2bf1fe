"""What is transparent lies on paper: the sheet's own where there is a sheet, else what contrasts with the ink."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.mnist import Part, load_mnist
from handwriting_ai.preprocess import Gray, ImageLimits, preprocess
from handwriting_ai.preprocess.decode import decode
from handwriting_ai.preprocess.transparency import luma

LIMITS = ImageLimits()
N_DIGITS = 40


def _digits(scale: int) -> list[Gray]:
    """MNIST's training digits, enlarged; ink bright."""
    images: list[Gray] = list(load_mnist(PROJECT_ROOT / "data" / "mnist", Part.TRAIN).images[:N_DIGITS])
    return [cv2.resize(image, (28 * scale, 28 * scale), interpolation=cv2.INTER_LINEAR) for image in images]


def _rgba(levels: Gray, alpha: Gray) -> Gray:
    return np.dstack([levels, levels, levels, alpha])


def _opaque(levels: Gray) -> Gray:
    return np.full_like(levels, 255)


def _bordered(levels: Gray, width: int, level: int) -> Gray:
    return cv2.copyMakeBorder(levels, width, width, width, width, cv2.BORDER_CONSTANT, value=level)


@pytest.mark.parametrize("scale", [1, 4, 10])
@pytest.mark.parametrize("rim_px", [1, 4, 12])
@pytest.mark.parametrize("is_white", [True, False])
@pytest.mark.parametrize("behind", [0, 255])
def test_a_transparent_rim_continues_the_paper(scale: int, rim_px: int, is_white: bool, behind: int) -> None:
    """White or black paper, whatever colour the transparent pixels have: level for level as if it had no rim."""
    for digit in _digits(scale):
        levels = cv2.bitwise_not(digit) if is_white else digit
        framed = _rgba(_bordered(levels, rim_px, behind), _bordered(_opaque(levels), rim_px, 0))
        expected = _bordered(levels, rim_px, 255 if is_white else 0)
        np.testing.assert_array_equal(decode(framed, LIMITS), expected)


def _turned(levels: Gray) -> Gray:
    """A scan turned straight."""
    image = Image.fromarray(_rgba(levels, _opaque(levels))).rotate(12, Image.Resampling.BICUBIC, expand=True)
    return np.array(image, dtype=np.uint8)


def _round(levels: Gray) -> Gray:
    """A round crop, with a soft edge."""
    alpha, side = np.zeros_like(levels), len(levels)
    cv2.circle(alpha, (side // 2, side // 2), side // 2 - 1, 255, -1, cv2.LINE_AA)
    return _rgba(levels, alpha)


def _window(levels: Gray) -> Gray:
    """A window with its shadow."""
    side = len(levels)
    shadow = Image.new("L", (side + 48, side + 48), 0)
    shadow.paste(140, (24, 30, side + 24, side + 30))
    shadow = shadow.filter(ImageFilter.GaussianBlur(8))
    shadow.paste(255, (24, 24, side + 24, side + 24))
    return _rgba(_bordered(levels, 24, 0), np.array(shadow, dtype=np.uint8))


@pytest.mark.parametrize("is_white", [True, False])
@pytest.mark.parametrize("cut", [_turned, _round, _window])
def test_a_sheet_of_any_outline_is_read_like_the_whole_one(cut: "Callable[[Gray], Gray]", is_white: bool) -> None:
    """Nearly the same 28 × 28 pixels as those of the same levels without transparency."""
    for digit in _digits(10):
        levels = cv2.bitwise_not(digit) if is_white else digit
        sheet = cut(levels)
        paper = 255 if is_white else 0
        alpha: Gray = sheet[:, :, 3]
        plain: Gray = np.where(np.greater(alpha, 250), luma(sheet), paper).astype(np.uint8)
        assert _difference(sheet, plain) < 1


def _difference(first: Gray, second: Gray) -> float:
    seen = [preprocess(picture).steps[-1].picture for picture in (first, second)]
    gaps: NDArray[np.int64] = np.abs(np.subtract(seen[0], seen[1], dtype=np.int64))
    mean: float = gaps.mean()
    return mean


@pytest.mark.parametrize("color", [(0, 0, 0), (255, 255, 255), (30, 60, 200), (250, 220, 0)])
def test_ink_in_alpha_alone_lies_on_what_contrasts(color: tuple[int, int, int]) -> None:
    """As on a canvas without background, in one colour: paper is white for dark ink, black for light."""
    for digit in _digits(4):
        rgba: Gray = np.dstack([np.full_like(digit, level) for level in color] + [digit])
        level = luma(rgba).item((0, 0))
        share: NDArray[np.float64] = np.divide(digit, 255.0)
        blended: NDArray[np.float64] = share * level + (1 - share) * (0 if level > 127 else 255)
        gap: NDArray[np.float64] = np.abs(np.subtract(decode(rgba, LIMITS), blended))
        largest: float = gap.max()
        assert largest <= 1


def _filled(digit: Gray) -> Gray:
    """The mask of a digit and its holes."""
    padded = _bordered(cv2.threshold(digit, 127, 255, cv2.THRESH_BINARY)[1], 1, 0)
    _, labels, _, _ = cv2.connectedComponentsWithStats(cv2.bitwise_not(padded), connectivity=4)
    corner: int = labels.item((0, 0))
    outside: Gray = np.where(np.equal(labels, corner), 255, 0).astype(np.uint8)
    return cv2.bitwise_not(outside)[1:-1, 1:-1]


def _fade(side: int) -> Gray:
    """From 0 to 180, down the rows."""
    rows: NDArray[np.int64] = np.arange(side, dtype=np.int64) * 180 // side
    return np.repeat(rows.astype(np.uint8)[:, np.newaxis], side, axis=1)


def _lies_on_contrast(levels: Gray, alpha: Gray) -> bool:
    """Whether what is transparent is black under light ink, and white under dark."""
    weighed: NDArray[np.float64] = np.multiply(levels, alpha, dtype=np.float64)
    light: float = weighed.sum()
    weight: float = alpha.sum()
    return decode(_rgba(levels, alpha), LIMITS).item((0, 0)) == (0 if light / weight > 127.5 else 255)


@pytest.mark.parametrize("shade", ["two pens", "fading"])
def test_ink_of_several_levels_is_no_sheet(shade: str) -> None:
    """Two pens, or ink that fades, lie on what contrasts."""
    for digit in _digits(10):
        levels = np.zeros_like(digit)
        if shade == "two pens":
            levels[: len(levels) // 2] = 110
        else:
            levels[:] = _fade(len(levels))
        assert _lies_on_contrast(levels, digit)


def test_a_digit_cut_out_with_its_holes_is_hardly_ever_a_sheet() -> None:
    """A 0 whose hole was left white looks much like a round sheet: of a hundred digits one may be taken for one."""
    wrong = 0
    for digit in _digits(10):
        inside = _filled(digit)
        hole: Gray = cv2.bitwise_and(inside, cv2.bitwise_not(cv2.threshold(digit, 127, 255, cv2.THRESH_BINARY)[1]))
        alpha: Gray = np.maximum(digit, inside)
        wrong += not _lies_on_contrast(hole, alpha)
    assert wrong <= 1


def test_a_picture_that_is_all_transparent_is_white() -> None:
    """There is nothing that could contrast."""
    gray = decode(np.zeros((40, 40, 4), dtype=np.uint8), LIMITS)
    white: Gray = np.full((40, 40), 255, dtype=np.uint8)
    np.testing.assert_array_equal(gray, white)
