"""The whole way, and the signature that stands for it."""

from dataclasses import asdict

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import TypeAdapter
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.data.strokes import Stroke, render
from handwriting_ai.preprocess import (
    FULL_INK,
    MUCH_LEFT_OUT,
    STEP_NAMES,
    Gray,
    PreprocessConfig,
    denormalize,
    grey_levels,
    left_out_share,
    normalize,
    preprocess,
    preprocess_signature,
)

_DEFAULTS: dict[str, object] = asdict(PreprocessConfig())


def drawing(digit: int, *, scale: float = 1.3, left: float = 70, top: float = 40, pen_px: float = 16) -> Gray:
    """A digit on a canvas of 280 × 280, ink bright."""
    lines: list[Stroke] = []
    for line in DIGIT_STROKES[digit]:
        points: Stroke = np.array(line, dtype=np.float64)
        lines.append(np.add(np.multiply(points, scale), (left, top)))
    return render(lines, pen_px=pen_px)


def _difference(first: Gray, second: Gray) -> float:
    gaps: NDArray[np.int64] = np.abs(np.subtract(first, second, dtype=np.int64))
    mean: float = gaps.mean()
    return mean


def test_the_result_is_normalised_and_every_step_is_kept() -> None:
    """float32 (1, 28, 28), and one picture for each name."""
    result = preprocess(drawing(3))
    assert result.image.shape == (1, 28, 28)
    assert result.image.dtype == np.float32
    assert float(np.min(result.image)) == pytest.approx(-0.4242, abs=1e-4)
    assert tuple(step.name for step in result.steps) == STEP_NAMES
    assert result.steps[-1].picture.shape == (28, 28)


def test_ink_that_is_left_out_is_counted() -> None:
    """Of two digits far apart the larger is read; close ones are read as one, of several strokes nothing is lost."""
    assert left_out_share(preprocess(drawing(5)).steps) == 0
    eight, one = drawing(8, scale=0.8, left=10), drawing(1, scale=0.8, left=180)
    share = left_out_share(preprocess(np.maximum(eight, one)).steps)
    ink, rest = (np.count_nonzero(np.greater(picture, FULL_INK / 2)) for picture in (eight, one))
    assert share == pytest.approx(rest / (ink + rest), abs=0.02)
    assert share > MUCH_LEFT_OUT
    close = drawing(1, scale=0.8, left=100)
    assert left_out_share(preprocess(np.maximum(eight, close)).steps) == 0


@pytest.mark.parametrize("digit", range(10))
def test_place_size_and_polarity_do_not_matter(digit: int) -> None:
    """Corner, small, dark on light: nearly the same 28 × 28 pixels."""
    reference = preprocess(drawing(digit)).steps[-1].picture
    others = {
        "corner": drawing(digit, left=20, top=20),
        "small": drawing(digit, scale=0.65, pen_px=8, left=190, top=170),
        "dark": cv2.bitwise_not(drawing(digit)),
    }
    for name, picture in others.items():
        assert _difference(preprocess(picture).steps[-1].picture, reference) < 6, name


@pytest.mark.parametrize("name", list(_DEFAULTS))
def test_no_parameter_changes_without_the_signature(name: str) -> None:
    """Each field is part of the hash."""
    value = _DEFAULTS[name]
    other = not value if isinstance(value, bool) else f"{value}1" if isinstance(value, str) else float(str(value)) + 1
    changed = TypeAdapter(PreprocessConfig).validate_python(_DEFAULTS | {name: other})
    assert preprocess_signature(changed) != preprocess_signature()


def test_the_signature_names_its_steps_and_is_the_shipped_models() -> None:
    """A change here means that the shipped models must be signed anew, or trained again."""
    assert preprocess_signature() == f"v3/{'+'.join(STEP_NAMES)}/ee3cd3dcf4a8"


def test_every_grey_level_comes_back() -> None:
    """What is normalised can be shown again; views may reach beyond paper and ink."""
    levels: Gray = np.arange(FULL_INK + 1, dtype=np.uint8)
    assert np.array_equal(denormalize(normalize(levels)), levels)
    ink: NDArray[np.float32] = np.linspace(-0.5, 1.5, 5, dtype=np.float32)
    assert np.array_equal(grey_levels(ink), [0, 0, 128, 255, 255])


def test_deskew_draws_upright_what_leans() -> None:
    """With the step on, a leaning bar stands."""
    leaning = render([_stroke((160, 40), (120, 240))], pen_px=18)
    upright = preprocess(leaning, config=PreprocessConfig(deskew_max_deg=12)).steps[-1].picture
    _, _, width, _ = cv2.boundingRect(upright)
    _, _, before, _ = cv2.boundingRect(preprocess(leaning).steps[-1].picture)
    assert width < before


def _stroke(*points: tuple[int, int]) -> Stroke:
    return np.array(points, dtype=np.float64)
