"""Views: test-time-augmented copies of the input. A view is data, a name and an affine map."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from handwriting_ai.prediction import TtaMode
from handwriting_ai.preprocess import IMAGE_SIDE, MNIST_MEAN, MNIST_STD

BACKGROUND: Final = -MNIST_MEAN / MNIST_STD
"""What paper is after normalisation, −0.4242: it fills what a view uncovers (0 would be grey)."""
_PIXEL: Final = 2.0 / IMAGE_SIDE
"""One pixel in `affine_grid`'s coordinates, which run from −1 to 1 over the picture."""


@dataclass(frozen=True)
class View:
    """A name, and the map from a place in the view to the place in the input it shows."""

    name: str
    matrix: tuple[tuple[float, float, float], tuple[float, float, float]]
    """2 × 3, in `torch.nn.functional.affine_grid`'s coordinates."""


def _shift(name: str, right_px: int, down_px: int) -> View:
    return View(name, ((1.0, 0.0, -right_px * _PIXEL), (0.0, 1.0, -down_px * _PIXEL)))


def _rotation(angle_deg: float) -> View:
    """Positive angles turn the digit clockwise on screen, where y points down."""
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    return View(f"rotate {angle_deg:+g}°", ((cos, sin, 0.0), (-sin, cos, 0.0)))


def _scale(factor: float) -> View:
    return View(f"scale {factor:g}", ((1.0 / factor, 0.0, 0.0), (0.0, 1.0 / factor, 0.0)))


def _shear(slant: float) -> View:
    return View(f"shear {slant:+g}", ((1.0, -slant, 0.0), (0.0, 1.0, 0.0)))


_IDENTITY: Final = View("original", ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))
_CARDINAL: Final = (_shift("up", 0, -1), _shift("down", 0, 1), _shift("left", -1, 0), _shift("right", 1, 0))
_DIAGONAL: Final = (
    _shift("up left", -1, -1),
    _shift("up right", 1, -1),
    _shift("down left", -1, 1),
    _shift("down right", 1, 1),
)
_VIEWS: Final = {
    TtaMode.NONE: (_IDENTITY,),
    TtaMode.BASIC: (_IDENTITY, *_CARDINAL),
    TtaMode.ADVANCED: (
        _IDENTITY,
        *_CARDINAL,
        *_DIAGONAL,
        *(_rotation(angle) for angle in (-3.0, -1.5, 1.5, 3.0)),
        *(_scale(factor) for factor in (0.95, 1.05)),
        *(_shear(slant) for slant in (-0.05, 0.05)),
    ),
}


def views_for(mode: TtaMode) -> tuple[View, ...]:
    """The views of a mode: 1, 5 or 17, the identity first."""
    return _VIEWS[mode]


def make_views(batch: Tensor, views: Sequence[View]) -> Tensor:
    """All views of all pictures by one `affine_grid` and one `grid_sample`.

    Args:
        batch: `(b, 1, 28, 28)`, normalised.
        views: v of them.

    Returns:
        `(v·b, 1, 28, 28)`, all pictures of the first view first; dtype and device kept, the identity bit for bit.

    Raises:
        ValueError: `batch` has another number of dimensions, or pictures of another shape.
    """
    if batch.ndim != 4:
        raise ValueError(f"Expected 4D tensor, got {batch.ndim}D")
    if batch.shape[1:] != (1, IMAGE_SIDE, IMAGE_SIDE):
        raise ValueError(f"Expected shape (b, 1, 28, 28), got {tuple(batch.shape)}")
    return warp(batch, views, view_grid(views, batch.device))


def view_grid(views: Sequence[View], device: torch.device) -> Tensor:
    """Which place of the input each pixel of each view shows: `(views, 28, 28, 2)`, in `grid_sample`'s coordinates."""
    maps = [view.matrix for view in views]
    matrices = torch.tensor(maps, dtype=torch.float32, device=device)
    return functional.affine_grid(matrices, [len(views), 1, IMAGE_SIDE, IMAGE_SIDE], align_corners=False)


def warp(batch: Tensor, views: Sequence[View], grid: Tensor) -> Tensor:
    """Lay the views' grid over every picture: `(b, 1, 28, 28)` → `(v·b, 1, 28, 28)`, as `make_views` returns it."""
    # Pictures lie in the channels, so that each view's grid is laid over all of them: (v, b, 28, 28).
    pictures = batch.transpose(0, 1)
    above_paper = (pictures.float() - BACKGROUND).expand(len(views), -1, -1, -1)
    sampled = functional.grid_sample(above_paper, grid, padding_mode="zeros", align_corners=False) + BACKGROUND
    is_identity = [view == _IDENTITY for view in views]
    untouched = torch.tensor(is_identity, device=batch.device).view(-1, 1, 1, 1)
    return torch.where(untouched, pictures, sampled.to(batch.dtype)).reshape(-1, 1, IMAGE_SIDE, IMAGE_SIDE)
