"""Augmentation: batched tensor code with an independent draw for every picture, one warp for all geometry."""

import math
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from handwriting_ai.training.recipes import Augmentation

_ELASTIC_POINTS: Final = 5
"""The elastic field is drawn at 5 × 5 points and interpolated smoothly between them."""


def augment(ink: Tensor, ranges: Augmentation, generator: torch.Generator) -> Tensor:
    """Warp each picture by its own random rotation, scale, shear, shift and elastic field.

    Args:
        ink: `(n, 1, side, side)` in [0, 1], paper 0.
        ranges: how far each draw may go.
        generator: of `ink`'s device; the same state gives the same pictures.

    Returns:
        `(n, 1, side, side)`; what the warp uncovers is paper.
    """
    count, _, side, _ = ink.shape
    grid = functional.affine_grid(random_affine(count, side, ranges, generator), list(ink.shape), align_corners=False)
    if ranges.elastic_px > 0:
        grid = grid + _elastic_field(count, side, ranges.elastic_px, generator)
    return functional.grid_sample(ink, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def random_affine(count: int, side: int, ranges: Augmentation, generator: torch.Generator) -> Tensor:
    """One random map for each picture, `(count, 2, 3)`, from output to input coordinates in [−1, 1]."""
    draws = torch.rand((6, count), generator=generator, device=generator.device) * 2 - 1
    angle = draws[0] * math.radians(ranges.rotation_deg)
    scale_y = 1 + draws[1] * ranges.scale
    scale_x = scale_y * (1 + draws[2] * ranges.anisotropy)
    shear = draws[3] * ranges.shear
    shift = draws[4:6] * (2 * ranges.shift_px / side)
    cos, sin = torch.cos(angle), torch.sin(angle)
    # Rotation, then shear along x, then division by the scale: the inverse of what the picture undergoes.
    rows = [
        torch.stack([cos / scale_x, (cos * shear - sin) / scale_x, shift[0]], dim=1),
        torch.stack([sin / scale_y, (sin * shear + cos) / scale_y, shift[1]], dim=1),
    ]
    return torch.stack(rows, dim=1)


def _elastic_field(count: int, side: int, sigma_px: float, generator: torch.Generator) -> Tensor:
    """A smooth random displacement, `(count, side, side, 2)` in [−1, 1] coordinates."""
    coarse = torch.randn((count, 2, _ELASTIC_POINTS, _ELASTIC_POINTS), generator=generator, device=generator.device)
    field = functional.interpolate(coarse, size=(side, side), mode="bicubic", align_corners=True)
    return field.permute(0, 2, 3, 1) * (2 * sigma_px / side)
