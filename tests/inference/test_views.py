"""Views against independent references."""

import math

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from handwriting_ai.inference.views import BACKGROUND, View, make_views, views_for
from handwriting_ai.prediction import TtaMode
from handwriting_ai.preprocess import normalize

_ADVANCED = {view.name: view for view in views_for(TtaMode.ADVANCED)}
_SHIFTS = {
    "up": (0, -1),
    "down": (0, 1),
    "left": (-1, 0),
    "right": (1, 0),
    "up left": (-1, -1),
    "up right": (1, -1),
    "down left": (-1, 1),
    "down right": (1, 1),
}


def _blob() -> "NDArray[np.uint8]":
    """A smooth, lopsided blob well inside the frame."""
    canvas = np.zeros((28, 28), dtype=np.uint8)
    cv2.circle(canvas, (12, 16), 6, 255, -1, cv2.LINE_AA)
    canvas[4:10, 14:18] = 200
    return cv2.GaussianBlur(canvas, (5, 5), 1.5)


def _batch(picture: "NDArray[np.uint8]") -> Tensor:
    return torch.from_numpy(normalize(picture)).view(1, 1, 28, 28)


@pytest.mark.parametrize(("mode", "count"), [(TtaMode.NONE, 1), (TtaMode.BASIC, 5), (TtaMode.ADVANCED, 17)])
def test_modes_have_their_numbers_of_views_and_start_with_the_identity(mode: TtaMode, count: int) -> None:
    """1, 5 and 17 views; the first returns the input bit for bit."""
    batch = torch.randn(3, 1, 28, 28)
    views = views_for(mode)
    made = make_views(batch, views)
    assert made.shape == (3 * count, 1, 28, 28)
    assert torch.equal(made[:3], batch)
    assert len({view.name for view in views}) == count


def test_order_of_the_advanced_views() -> None:
    """Identity, cardinal then diagonal shifts, rotations, scales, shears."""
    names = [view.name for view in views_for(TtaMode.ADVANCED)]
    assert names[:9] == ["original", *_SHIFTS]
    assert names[9:13] == ["rotate -3°", "rotate -1.5°", "rotate +1.5°", "rotate +3°"]
    assert names[13:] == ["scale 0.95", "scale 1.05", "shear -0.05", "shear +0.05"]


@pytest.mark.parametrize("name", list(_SHIFTS))
def test_shifts_move_by_one_pixel_and_uncover_paper(name: str) -> None:
    """As slicing would do it, without wrapping ink round the edge."""
    right, down = _SHIFTS[name]
    # Normalised pixels span -0.42 to 2.82, and the rounding of a shift grows with the difference of neighbours.
    batch = torch.rand((1, 1, 28, 28), generator=torch.Generator().manual_seed(0)) * 3.25 + BACKGROUND
    expected = torch.full((1, 1, 28, 28), BACKGROUND)
    source = batch[:, :, max(-down, 0) : 28 - max(down, 0), max(-right, 0) : 28 - max(right, 0)]
    expected[:, :, max(down, 0) : 28 - max(-down, 0), max(right, 0) : 28 - max(-right, 0)] = source
    torch.testing.assert_close(make_views(batch, [_ADVANCED[name]]), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("angle", [-3.0, -1.5, 1.5, 3.0])
def test_rotations_agree_with_opencv(angle: float) -> None:
    """A positive angle turns clockwise on screen; OpenCV's turns the other way."""
    matrix = cv2.getRotationMatrix2D((13.5, 13.5), -angle, 1.0)
    _assert_like_opencv(_ADVANCED[f"rotate {angle:+g}°"], matrix)


@pytest.mark.parametrize("factor", [0.95, 1.05])
def test_scales_agree_with_opencv(factor: float) -> None:
    """A factor above one enlarges the digit."""
    _assert_like_opencv(_ADVANCED[f"scale {factor:g}"], cv2.getRotationMatrix2D((13.5, 13.5), 0.0, factor))


@pytest.mark.parametrize("slant", [-0.05, 0.05])
def test_shears_agree_with_opencv(slant: float) -> None:
    """A shear moves rows sideways in proportion to their distance from the middle."""
    rows = [[1.0, slant, -slant * 13.5], [0.0, 1.0, 0.0]]
    matrix: NDArray[np.float64] = np.array(rows, dtype=np.float64)
    _assert_like_opencv(_ADVANCED[f"shear {slant:+g}"], matrix)


def _assert_like_opencv(view: View, matrix: "NDArray[np.float64]") -> None:
    picture = _blob()
    warped = cv2.warpAffine(picture, matrix, (28, 28), flags=cv2.INTER_LINEAR)
    difference = make_views(_batch(picture), [view]) - _batch(warped)
    assert float(difference.abs().max()) < 0.12  # of a range of 3.2: OpenCV rounds its interpolation weights


def test_what_a_view_uncovers_is_paper() -> None:
    """Paper stays paper in every view: −0.4242, not 0."""
    paper = torch.full((1, 1, 28, 28), BACKGROUND)
    made = make_views(paper, views_for(TtaMode.ADVANCED))
    torch.testing.assert_close(made, paper.repeat(17, 1, 1, 1), atol=1e-6, rtol=0)
    assert math.isclose(BACKGROUND, -0.4242, abs_tol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_the_dtype_is_kept(dtype: torch.dtype) -> None:
    """Views come in the precision of the input."""
    assert make_views(torch.zeros(1, 1, 28, 28, dtype=dtype), views_for(TtaMode.BASIC)).dtype == dtype


@pytest.mark.parametrize(
    ("shape", "message"),
    [((1, 28, 28), "Expected 4D tensor, got 3D"), ((1, 3, 28, 28), r"Expected shape \(b, 1, 28, 28\)")],
)
def test_other_shapes_are_refused(shape: tuple[int, ...], message: str) -> None:
    """The error says what was expected and what came."""
    with pytest.raises(ValueError, match=message):
        make_views(torch.zeros(shape), views_for(TtaMode.NONE))
