"""What paper and camera leave on a picture that the preprocessing has cleaned: batched, a draw for every picture."""

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from handwriting_ai.training.stages import Residue

_EACH: Final = 0.5
"""Of the pictures that are changed, the share that each change strikes."""
_BELL: Final = (1 / 64, 6 / 64, 15 / 64, 20 / 64, 15 / 64, 6 / 64, 1 / 64)
"""A binomial blur, with a standard deviation of 1.22 pixels."""
_PATCHES: Final = 7
"""Fields that break ink or lines have so many values along a side, and are smooth between them."""
_BROKEN: Final = 0.3
"""Ink is broken where a field from 0 to 1 lies below this."""
_EDGE: Final = 10.0
"""How steeply it breaks."""


def leave_residue(ink: Tensor, ranges: Residue, generator: torch.Generator) -> Tensor:
    """Change a share of the pictures, each by some changes of its own strength.

    Args:
        ink: `(n, 1, side, side)` in [0, 1], paper 0; it is not changed.
        ranges: how many, and how far each change may go.
        generator: of `ink`'s device; the same state gives the same pictures.

    Returns:
        `(n, 1, side, side)` in [0, 1].
    """
    chosen = torch.rand(len(ink), generator=generator, device=ink.device) < ranges.share
    rows = chosen.nonzero().squeeze(1)
    changed = ink[rows]
    for change, most in (
        (_break, ranges.breaks),
        (_wipe, float(ranges.hole_px)),
        (_draw_line, ranges.lines),
        (_speck, ranges.specks),
        (_blur, ranges.blur),
        (_fade, ranges.fade),
        (_add_noise, ranges.noise),
    ):
        if most > 0:
            changed = change(changed, _strengths(len(rows), most, generator), generator)
    return ink.index_copy(0, rows, changed.clamp(0.0, 1.0))


def _strengths(count: int, most: float, generator: torch.Generator) -> Tensor:
    """`(count, 1, 1, 1)`: from 0 to `most` for those that are struck, 0 for the others."""
    draws = torch.rand((2, count, 1, 1, 1), generator=generator, device=generator.device)
    return torch.where(draws[0] < _EACH, draws[1] * most, 0.0)


def _field(ink: Tensor, generator: torch.Generator) -> Tensor:
    """Smooth random values in [0, 1], as many as pixels."""
    small = torch.rand((len(ink), 1, _PATCHES, _PATCHES), generator=generator, device=ink.device)
    return functional.interpolate(small, size=ink.shape[-2:], mode="bilinear", align_corners=False)


def _break(ink: Tensor, strength: Tensor, generator: torch.Generator) -> Tensor:
    """Ink that is thin in places, as from a dry pen."""
    lost = ((_BROKEN - _field(ink, generator)) * _EDGE).sigmoid()
    return ink * (1 - strength * lost)


def _wipe(ink: Tensor, side_px: Tensor, generator: torch.Generator) -> Tensor:
    """A square without ink, anywhere."""
    side = ink.shape[-1]
    centers = torch.rand((2, len(ink), 1, 1), generator=generator, device=ink.device) * side
    pixels = torch.arange(side, device=ink.device) + 0.5
    near = (pixels - centers).abs().unsqueeze(2) < side_px / 2
    return torch.where(near[0] & near[1].transpose(2, 3), 0.0, ink)


def _draw_line(ink: Tensor, strength: Tensor, generator: torch.Generator) -> Tensor:
    """Pieces of a ruled line, level or upright, a pixel wide."""
    side = ink.shape[-1]
    draws = torch.rand((2, len(ink), 1, 1, 1), generator=generator, device=ink.device)
    pixels = torch.arange(side, device=ink.device).view(1, 1, side, 1)
    level = ((pixels - draws[0] * side).abs() < 0.5).float() * (_field(ink, generator) > _EACH).float()
    line = torch.where(draws[1] < _EACH, level, level.transpose(2, 3))
    return torch.maximum(ink, strength * line)


def _speck(ink: Tensor, count: Tensor, generator: torch.Generator) -> Tensor:
    """A few specks, of one pixel or of two by two."""
    side = ink.shape[-1]
    draws = torch.rand((2, len(ink), 1, side, side), generator=generator, device=ink.device)
    specks = torch.where(draws[0] < count / side**2, draws[1], 0.0)
    wide = functional.max_pool2d(functional.pad(specks, (1, 0, 1, 0)), 2, stride=1)
    is_wide = torch.rand((len(ink), 1, 1, 1), generator=generator, device=ink.device) < _EACH
    return torch.maximum(ink, torch.where(is_wide, wide, specks))


def _blur(ink: Tensor, strength: Tensor, _: torch.Generator) -> Tensor:
    """Between the picture and a blurred one."""
    bell = torch.tensor(_BELL, device=ink.device, dtype=ink.dtype)
    reach = len(_BELL) // 2
    across = functional.conv2d(ink, bell.view(1, 1, 1, -1), padding=(0, reach))
    return torch.lerp(ink, functional.conv2d(across, bell.view(1, 1, -1, 1), padding=(reach, 0)), strength)


def _fade(ink: Tensor, strength: Tensor, _: torch.Generator) -> Tensor:
    return ink * (1 - strength)


def _add_noise(ink: Tensor, strength: Tensor, generator: torch.Generator) -> Tensor:
    return ink + strength * torch.randn(ink.shape, generator=generator, device=ink.device)
