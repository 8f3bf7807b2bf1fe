"""Augmentation: batched tensor code with an independent draw for every picture, one warp for all geometry."""

import functools
import math
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor
from torch.distributions import Beta
from torch.nn import functional

from handwriting_ai.support.randomness import seeded
from handwriting_ai.training.residue import leave_residue
from handwriting_ai.training.stages import Augmentation

_TRUNCATE: Final = 4.0
"""A Gaussian is cut off at this many standard deviations."""


def augment(ink: Tensor, ranges: Augmentation, generator: torch.Generator) -> Tensor:
    """Change each picture by its own random pen width, warp and cutout, and leave what paper leaves on some.

    Args:
        ink: `(n, 1, side, side)` in [0, 1], paper 0.
        ranges: how far each draw may go; a range of 0 draws nothing. Mixup is `mix`'s, since it needs the targets.
        generator: of `ink`'s device; the same state gives the same pictures.

    Returns:
        `(n, 1, side, side)`; what the warp uncovers, and what is cut out, is paper.
    """
    count, _, side, _ = ink.shape
    if ranges.pen_px > 0:
        ink = change_pen(ink, _symmetric(count, ranges.pen_px, generator))
    grid = functional.affine_grid(random_affine(count, side, ranges, generator), list(ink.shape), align_corners=False)
    if ranges.elastic_alpha_px > 0:
        field = elastic_field(count, side, ranges.elastic_alpha_px, ranges.elastic_sigma_px, generator)
        grid = grid + field * (2 / side)
    warped = functional.grid_sample(ink, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    whole = cut_out(warped, ranges.cutout_px, generator) if ranges.cutout_px else warped
    return whole if ranges.residue is None else leave_residue(whole, ranges.residue, generator)


def change_pen(ink: Tensor, change_px: Tensor) -> Tensor:
    """Make each picture's strokes wider (> 0) or narrower (< 0), by at most two pixels.

    A dilation or erosion by one pixel on either side, blended with the picture so that fractions of a pixel count.

    Args:
        ink: `(n, 1, side, side)` in [0, 1].
        change_px: `(n,)` in [−2, 2].
    """
    wider = functional.max_pool2d(ink, 3, stride=1, padding=1)
    narrower = -functional.max_pool2d(-ink, 3, stride=1, padding=1)
    change = change_px.view(-1, 1, 1, 1) / 2
    return torch.lerp(ink, torch.where(change > 0, wider, narrower), change.abs())


def random_affine(count: int, side: int, ranges: Augmentation, generator: torch.Generator) -> Tensor:
    """One random map for each picture, `(count, 2, 3)`, from output to input coordinates in [−1, 1]."""
    draws = torch.rand((6, count), generator=generator, device=generator.device) * 2 - 1
    angle = draws[0] * math.radians(ranges.rotation_deg)
    scale_y = 1 + draws[1] * ranges.scale
    scale_x = scale_y * (1 + draws[2] * ranges.anisotropy)
    shear = draws[3] * ranges.shear
    shift = draws[4:6] * (2 * ranges.shift_px / side)
    cos, sin = torch.cos(angle), torch.sin(angle)
    # Shear along x, then rotation, then division by the scale: the inverse of what the picture undergoes.
    rows = [
        torch.stack([cos / scale_x, (cos * shear - sin) / scale_x, shift[0]], dim=1),
        torch.stack([sin / scale_y, (sin * shear + cos) / scale_y, shift[1]], dim=1),
    ]
    return torch.stack(rows, dim=1)


def elastic_field(count: int, side: int, alpha_px: float, sigma_px: float, generator: torch.Generator) -> Tensor:
    """A smooth random displacement for each picture (Simard et al. 2003), `(count, side, side, 2)` in pixels.

    Noise, uniform in ±`alpha_px`, is smoothed by a Gaussian of `sigma_px`, reflected at the rim.
    """
    noise = torch.rand((count, 2, side, side), generator=generator, device=generator.device) * 2 - 1
    blur = _gaussian_matrix(side, sigma_px, generator.device)
    return (alpha_px * (blur @ noise @ blur.T)).permute(0, 2, 3, 1)


def _make_gaussian_matrix(side: int, sigma_px: float, device: torch.device) -> Tensor:
    """`(side, side)`, shared and not to be changed: blurs a column of pixels as a reflected convolution would."""
    reach = min(math.ceil(_TRUNCATE * sigma_px), side - 1)
    offsets = torch.arange(-reach, reach + 1)
    weights = torch.exp(-0.5 * (offsets / sigma_px) ** 2)
    source = (torch.arange(side).unsqueeze(1) + offsets).abs()
    source = torch.where(source > side - 1, 2 * (side - 1) - source, source)
    shares = (weights / weights.sum()).expand(side, -1).contiguous()
    return torch.zeros(side, side).scatter_add_(1, source, shares).to(device)


_gaussian_matrix: Callable[[int, float, torch.device], Tensor] = functools.cache(_make_gaussian_matrix)


def cut_out(ink: Tensor, side_px: int, generator: torch.Generator) -> Tensor:
    """Wipe a square of `side_px` out of each picture; its centre lies anywhere, so part of it may lie outside."""
    count, _, side, _ = ink.shape
    centers = torch.randint(side, (2, count, 1), generator=generator, device=ink.device)
    first = centers - side_px // 2
    pixels = torch.arange(side, device=ink.device)
    inside = (pixels >= first) & (pixels < first + side_px)
    square = inside[0].unsqueeze(2) & inside[1].unsqueeze(1)
    return ink.masked_fill(square.unsqueeze(1), 0.0)


def mix(pictures: Tensor, targets: Tensor, alpha: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Blend each picture and its target with another of the batch, in a share of its own (mixup, Zhang et al. 2018).

    Args:
        pictures: `(n, 1, side, side)`.
        targets: `(n, classes)`, each row a distribution.
        alpha: shares are drawn from Beta(alpha, alpha).
        generator: as for `augment`.
    """
    other = torch.randperm(len(pictures), generator=generator, device=generator.device)
    share = _beta(len(pictures), alpha, generator)
    blended = torch.lerp(pictures[other], pictures, share.view(-1, 1, 1, 1))
    return blended, torch.lerp(targets[other], targets, share.view(-1, 1))


def _beta(count: int, alpha: float, generator: torch.Generator) -> Tensor:
    """`(count,)` draws of Beta(alpha, alpha); torch's sampler knows only the global generator, so it is lent a seed."""
    seed = torch.randint(2**31, (1,), generator=generator, device=generator.device)
    with seeded(int(seed)):
        draws: Tensor = Beta(alpha, alpha).sample((count,))
    return draws.to(generator.device)


def _symmetric(count: int, largest: float, generator: torch.Generator) -> Tensor:
    """`(count,)` uniform draws in ±`largest`."""
    return (torch.rand(count, generator=generator, device=generator.device) * 2 - 1) * largest
