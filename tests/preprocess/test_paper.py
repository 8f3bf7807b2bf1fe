"""Ink is found on paper as phones photograph it, and on even paper nothing changes."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.made_paper import make_picture
from handwriting_ai.data.mnist import Part, load_mnist
from handwriting_ai.data.rendering import random_drawing
from handwriting_ai.data.split import split_rows
from handwriting_ai.data.strokes import Stroke, render
from handwriting_ai.errors import BlankImage
from handwriting_ai.preprocess import FULL_INK, Doubt, Gray, PreprocessConfig, Preprocessed, preprocess
from handwriting_ai.preprocess.ink_network import NETWORK_FILE, network_digest
from handwriting_ai.preprocess.paper import doubts_about, lift_ink, likeliest_digit
from handwriting_ai.preprocess.parameters import INK_NETWORK
from handwriting_ai.support.boxes import Box

CONFIG = PreprocessConfig()
LIGHTS = ("gradient", "hard_shadow", "photographer", "vignette", "flash", "uneven")
SHEETS = ("grey", "cream", "blue", "yellow", "kraft", "white_ink")
PRINTS = ("ruled", "squared", "dotted", "box", "sheet_edge", "desk", "finger", "specks")


def _strokes(digit: int) -> list[Stroke]:
    strokes: list[Stroke] = [np.array(line, dtype=np.float64) for line in DIGIT_STROKES[digit]]
    return strokes


def _ink(digit: int = 5) -> Gray:
    """A digit of about 200 pixels."""
    return render([_moved(stroke) for stroke in _strokes(digit)], pen_px=12, side_px=320)


def _moved(stroke: Stroke) -> Stroke:
    scaled: Stroke = np.multiply(stroke, 1.8)
    return np.add(scaled, 50)


def _photograph(*changes: tuple[str, int], digit: int = 5, share: float = 0.45) -> tuple[Gray, Gray]:
    """A made photograph, grey, and its ink."""
    made = make_picture(_ink(digit), changes, np.random.default_rng(7), size=(360, 480), share=share)
    return cv2.cvtColor(made.picture, cv2.COLOR_RGB2GRAY), made.ink


def _overlap(found: Gray, true: Gray) -> float:
    """Intersection over union of two masks."""
    first, second = np.greater(found, FULL_INK // 2), np.greater(true, FULL_INK // 2)
    return float(np.count_nonzero(first & second)) / np.count_nonzero(first | second)


def _pictures(result: Preprocessed) -> dict[str, Gray]:
    return {step.name: step.picture for step in result.steps}


def _is_untouched(result: Preprocessed) -> bool:
    pictures = _pictures(result)
    return pictures["paper"] is pictures["polarity"] and not result.doubts


def _validation_digits() -> list[Gray]:
    mnist = load_mnist(PROJECT_ROOT / "data" / "mnist", Part.TRAIN)
    digits: list[Gray] = list(mnist.images[split_rows(mnist.labels)[1]])
    return digits


@pytest.mark.parametrize("is_dark", [False, True], ids=["light ink", "dark ink"])
def test_not_one_bit_changes_on_validation_digits(is_dark: bool) -> None:
    """All 5,000 as they are, and a tenth enlarged as a person would send them."""
    digits = _validation_digits()
    for digit in digits:
        assert _is_untouched(preprocess(cv2.bitwise_not(digit) if is_dark else digit))
    tenth: list[Gray] = digits[::10]
    for number, digit in enumerate(tenth):
        way = (cv2.INTER_CUBIC, cv2.INTER_LINEAR, cv2.INTER_NEAREST)[number % 3]
        large = cv2.resize(digit, (280, 280), interpolation=way)
        assert _is_untouched(preprocess(cv2.bitwise_not(large) if is_dark else large))


@pytest.mark.parametrize("is_dark", [False, True], ids=["light ink", "dark ink"])
def test_not_one_bit_changes_on_rendered_strokes(is_dark: bool) -> None:
    """Drawings of every digit with pens, sizes and places at random, at the rim too."""
    rng = np.random.default_rng(3)
    for number in range(600):
        drawing = random_drawing(_strokes(number % 10), rng)
        assert _is_untouched(preprocess(cv2.bitwise_not(drawing) if is_dark else drawing))


def _drawn(stroke: Stroke) -> Gray:
    return render((stroke,), pen_px=10)


def test_a_stroke_along_the_rim_is_no_desk() -> None:
    """The bar of a seven drawn along the upper edge of the canvas."""
    points = [[60.0, 3.0], [225.0, 3.0], [120.0, 220.0]]
    seven: Stroke = np.array(points, dtype=np.float64)
    assert _is_untouched(preprocess(_drawn(seven)))


@pytest.mark.parametrize("kind", [*LIGHTS, *SHEETS, *PRINTS])
def test_ink_is_found_on_paper(kind: str) -> None:
    """Of the third severity of five: what was written, and hardly anything else."""
    gray, ink = _photograph((kind, 3))
    result = preprocess(gray)
    assert _overlap(_pictures(result)["components"], ink) > 0.7


def test_a_small_digit_is_looked_at_closely() -> None:
    """One of a twelfth of the picture's height has strokes as clean as a large one."""
    gray, ink = _photograph(("gradient", 2), share=0.085)
    assert _overlap(_pictures(preprocess(gray))["components"], ink) > 0.6


@pytest.mark.parametrize("invert", [True, False])
def test_an_explicit_polarity_leaves_other_ink_out(invert: bool) -> None:
    """Dark ink is found where ink is said to be dark, and none where it is said to be light."""
    gray, _ = _photograph(("gradient", 3))
    lifted = lift_ink(gray, CONFIG, invert=invert)
    assert (lifted is not None) == invert


def test_a_digit_of_three_hundredths_of_the_picture_is_found() -> None:
    """It is too small for the first look, and too little ink for a threshold, which lies between shades of paper."""
    made = make_picture(_ink(), (), np.random.default_rng(7), size=(760, 1000), share=0.03)
    result = preprocess(cv2.cvtColor(made.picture, cv2.COLOR_RGB2GRAY))
    assert _overlap(_pictures(result)["paper"], made.ink) > 0.5


def test_noise_without_ink_is_blank() -> None:
    """A wall, as a camera sees it."""
    rng = np.random.default_rng(0)
    slope = np.linspace(120, 180, 400)[np.newaxis] + rng.normal(0, 4, (300, 400))
    with pytest.raises(BlankImage, match="nothing in the picture looks like handwriting"):
        preprocess(slope.astype(np.uint8))


def test_what_the_rim_cuts_is_not_the_digit_unless_there_is_nothing_else() -> None:
    """A larger piece at the rim stands back behind a whole one."""
    share = np.zeros((100, 100), dtype=np.float32)
    share[0:40, 0:30] = 1.0
    share[60:80, 60:70] = 1.0
    assert likeliest_digit(share, CONFIG) == Box(left=60, top=60, width=10, height=20)
    share[60:80] = 0.0
    assert likeliest_digit(share, CONFIG) == Box(left=0, top=0, width=30, height=40)
    assert likeliest_digit(np.zeros_like(share), CONFIG) is None


def _bar(left: int, width: int, *, level: int = 255) -> Gray:
    picture = np.zeros((100, 100), dtype=np.uint8)
    picture[20:80, left : left + width] = level
    return picture


@pytest.mark.parametrize(
    ("ink", "doubts"),
    [
        (_bar(40, 8), ()),
        (_bar(0, 8), (Doubt.CUT,)),
        (_bar(20, 50), (Doubt.BLOT,)),
        (_bar(40, 8, level=180), (Doubt.FAINT,)),
    ],
    ids=["a stroke", "at the rim", "a blot", "faint"],
)
def test_what_is_doubted(ink: Gray, doubts: tuple[Doubt, ...]) -> None:
    """A stroke in the middle is beyond doubt."""
    mask = cv2.threshold(ink, 0, FULL_INK, cv2.THRESH_BINARY)[1]
    assert doubts_about(ink, mask, CONFIG) == doubts


def test_a_digit_cut_by_the_rim_is_doubted() -> None:
    """A photograph that shows the lower half of an eight."""
    gray, _ = _photograph(("cream", 2), digit=8, share=0.8)
    assert Doubt.CUT in preprocess(np.ascontiguousarray(gray[180:])).doubts


def test_the_network_is_the_one_that_the_signature_names() -> None:
    """Another file is another preprocessing."""
    assert NETWORK_FILE.is_file()
    assert network_digest().startswith(INK_NETWORK)
    assert replace(CONFIG, ink_network="other") != CONFIG
