"""The damage suite: MNIST-like pictures, damaged by known amounts, to see how a network's accuracy falls.

Seven damages in five severities each, after ImageNet-C (Hendrycks & Dietterich 2019) and MNIST-C (Mu & Gilmer 2019).
Inside this module, "ink" is `float32 (n, 1, 28, 28)` in [0, 1] with paper 0; beyond the frame there is paper.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from handwriting_ai.preprocess import FULL_INK, IMAGE_SIDE, grey_levels

_DIRECTIONS: Final = 16
"""A round pen tip is this many points of its rim: enough to miss the circle by 2 % of its radius at most."""
_OVERSAMPLING: Final = 2
"""Pixels a side for each of the picture's, so that a line narrower than a pixel does not break into dots."""
_LARGEST_GAIN: Final = 4.0
"""How much darker a narrowed stroke is made again: more would turn the faint rim of an erased one into ink."""
_BATCH: Final = 128
"""Pictures that are widened at once: sixteen moved copies of each are 26 MB; many more would be slower."""


class Damage(StrEnum):
    """What happens to a picture; each says what its amount means."""

    NOISE = auto()
    """Standard deviation of Gaussian noise on ink and paper alike, as a share of the grey levels."""
    BLUR = auto()
    """Standard deviation of a Gaussian blur, in pixels."""
    ROTATION = auto()
    """Angle about the middle of the frame, in degrees, either way."""
    SHIFT = auto()
    """Distance moved, in pixels, in any direction."""
    THICKNESS = auto()
    """Change of the strokes' width, in pixels: wider in some pictures, narrower in the others."""
    OCCLUSION = auto()
    """Side of a square of paper that lies somewhere on the ink's box, in whole pixels."""
    CONTRAST = auto()
    """Share of the contrast lost: ink fades towards paper."""


SEVERITIES: Final[dict[Damage, tuple[float, float, float, float, float]]] = {
    Damage.NOISE: (0.05, 0.15, 0.25, 0.35, 0.5),
    Damage.BLUR: (0.5, 0.9, 1.3, 1.7, 2.2),
    Damage.ROTATION: (5.0, 12.0, 20.0, 30.0, 40.0),
    Damage.SHIFT: (1.0, 2.5, 4.0, 6.0, 8.0),
    Damage.THICKNESS: (0.5, 1.0, 1.5, 2.0, 2.5),
    Damage.OCCLUSION: (2.0, 3.0, 5.0, 6.0, 8.0),
    Damage.CONTRAST: (0.1, 0.3, 0.5, 0.7, 0.85),
}
"""The amounts of severities 1 to 5: from hardly visible to hard, but readable to a person for most digits."""


@dataclass(frozen=True, kw_only=True)
class DamagePoint:
    """Of `n` pictures under one damage and severity, `errors` were misread."""

    damage: Damage
    severity: int
    """1–5; 0 for undamaged pictures."""
    amount: float
    """In the damage's own unit; 0 for undamaged pictures."""
    n: int
    errors: int

    @property
    def accuracy(self) -> float:
        """The share read rightly, in [0, 1]."""
        return 1 - self.errors / self.n


def damaged(images: "NDArray[np.uint8]", damage: Damage, severity: int, *, seed: int = 0) -> "NDArray[np.uint8]":
    """New pictures, each damaged by a random draw of its own.

    A picture's draw follows from `seed` and its row alone, so that severities differ by their amounts and nothing else.

    Args:
        images: `(n, 28, 28)`, ink 255, paper 0, as are those returned.
        damage: what happens to them.
        severity: 1–5, the place of the amount in `SEVERITIES`.
        seed: another seed, other draws. Blur and contrast draw nothing.

    Raises:
        ValueError: the severity is out of range, or the pictures have another shape or type.
    """
    if not 1 <= severity <= len(SEVERITIES[damage]):
        raise ValueError(f"There is no severity {severity}: it is 1 to {len(SEVERITIES[damage])}.")
    changed = _DAMAGES[damage](_as_ink(images), SEVERITIES[damage][severity - 1], torch.Generator().manual_seed(seed))
    ink: NDArray[np.float32] = changed.squeeze(1).numpy()
    return grey_levels(ink)


def _as_ink(images: "NDArray[np.uint8]") -> Tensor:
    shape: tuple[int, ...] = images.shape
    if images.dtype != np.uint8 or shape[1:] != (IMAGE_SIDE, IMAGE_SIDE) or not shape[0]:
        raise ValueError(f"Pictures are {images.dtype} {shape}, not uint8 (n, {IMAGE_SIDE}, {IMAGE_SIDE}) with n > 0.")
    scaled: NDArray[np.float32] = np.divide(images, FULL_INK, dtype=np.float32)
    return torch.from_numpy(scaled).unsqueeze(1)


def _add_noise(ink: Tensor, std: float, generator: torch.Generator) -> Tensor:
    return ink + std * torch.randn(ink.shape, generator=generator)


def _blur(ink: Tensor, sigma_px: float, _: torch.Generator) -> Tensor:
    pixels = torch.arange(IMAGE_SIDE)
    weights = torch.exp(-0.5 * ((pixels - pixels.unsqueeze(1)) / sigma_px) ** 2)
    # The middle row holds the whole bell; those near the rim lack what is blurred out of the frame.
    return weights @ ink @ weights / weights[IMAGE_SIDE // 2].sum() ** 2


def _rotate(ink: Tensor, angle_deg: float, generator: torch.Generator) -> Tensor:
    angles = math.radians(angle_deg) * _signs(len(ink), generator)
    cos, sin = torch.cos(angles), torch.sin(angles)
    return _warp(ink, torch.stack([cos, -sin, sin, cos], dim=1).view(-1, 2, 2), torch.zeros(len(ink), 2))


def _shift(ink: Tensor, distance_px: float, generator: torch.Generator) -> Tensor:
    angles = 2 * math.pi * torch.rand(len(ink), generator=generator)
    offsets_px = distance_px * torch.stack([torch.cos(angles), torch.sin(angles)], dim=1)
    return _warp(ink, torch.eye(2).expand(len(ink), 2, 2), offsets_px)


def _warp(ink: Tensor, turns: Tensor, offsets_px: Tensor) -> Tensor:
    """Bilinear; `turns` `(n, 2, 2)` and `offsets_px` `(n, 2)` lead from each pixel to the place its ink comes from."""
    maps = torch.cat([turns, offsets_px.unsqueeze(2) * (2 / IMAGE_SIDE)], dim=2)
    grid = functional.affine_grid(maps, list(ink.shape), align_corners=False)
    return functional.grid_sample(ink, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _change_thickness(ink: Tensor, change_px: float, generator: torch.Generator) -> Tensor:
    """Grey-scale dilation or erosion by a disc of half the change, so that every outline moves by that much.

    Not training's `change_pen`, which blends in a 3 × 3 maximum: a network trained on a damage would be at home in it.
    """
    # Eroding ink is dilating its negative; beyond the frame both have zeros, which are paper.
    signs = _signs(len(ink), generator).view(-1, 1, 1, 1)
    fine = functional.interpolate(signs * ink, scale_factor=_OVERSAMPLING, mode="bilinear", align_corners=False)
    tip = _pen_tip(_OVERSAMPLING * change_px / 2)
    moved = [functional.conv2d(part, tip, padding="same").amax(1, keepdim=True) for part in torch.split(fine, _BATCH)]
    widest = torch.maximum(fine, torch.cat(moved))
    return _restore_level(signs * functional.avg_pool2d(widest, _OVERSAMPLING), ink)


def _pen_tip(radius_px: float) -> Tensor:
    """`(directions, 1, size, size)`: kernels that move a picture by the radius each, interpolating linearly."""
    angles = torch.arange(_DIRECTIONS).view(-1, 1, 1) * (2 * math.pi / _DIRECTIONS)
    offsets = torch.arange(-math.ceil(radius_px), math.ceil(radius_px) + 1)
    across = (1 - (offsets - radius_px * torch.cos(angles)).abs()).clamp_min(0)
    down = (1 - (offsets - radius_px * torch.sin(angles)).abs()).clamp_min(0)
    return (down.mT * across).unsqueeze(1)


def _restore_level(changed: Tensor, ink: Tensor) -> Tensor:
    """Make narrowed strokes as dark as they were: erosion leaves those of two or three pixels faint."""
    before = functional.max_pool2d(ink, 3, stride=1, padding=1)
    after = functional.max_pool2d(changed, 3, stride=1, padding=1)
    return changed * (before / after.clamp_min(1 / FULL_INK)).clamp(1, _LARGEST_GAIN)


def _occlude(ink: Tensor, side_px: float, generator: torch.Generator) -> Tensor:
    """The square stays on the ink's box where it fits; otherwise it covers the box from side to side."""
    has_ink = torch.stack([ink.amax(dim=3), ink.amax(dim=2)]) > 0  # rows, columns: (2, n, 1, 28)
    first = has_ink.int().argmax(dim=3)
    after_last = IMAGE_SIDE - has_ink.flip(3).int().argmax(dim=3)
    draws = torch.rand((len(ink), 2), generator=generator).T.unsqueeze(2)
    start = (first + draws * (after_last - first - side_px)).round().unsqueeze(3)
    pixels = torch.arange(IMAGE_SIDE)
    covered = (pixels >= start) & (pixels < start + side_px)
    return ink.masked_fill(covered[0].unsqueeze(3) & covered[1].unsqueeze(2), 0.0)


def _fade(ink: Tensor, share: float, _: torch.Generator) -> Tensor:
    return ink * (1 - share)


def _signs(count: int, generator: torch.Generator) -> Tensor:
    """`(count,)` of −1 or 1."""
    return torch.rand(count, generator=generator).round() * 2 - 1


_DAMAGES: Final[dict[Damage, Callable[[Tensor, float, torch.Generator], Tensor]]] = {
    Damage.NOISE: _add_noise,
    Damage.BLUR: _blur,
    Damage.ROTATION: _rotate,
    Damage.SHIFT: _shift,
    Damage.THICKNESS: _change_thickness,
    Damage.OCCLUSION: _occlude,
    Damage.CONTRAST: _fade,
}
