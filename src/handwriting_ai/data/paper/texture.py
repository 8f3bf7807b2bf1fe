"""Random textures: paper, wood, creases, noise. The fine ones are made once and cut out at random places."""

import functools
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.paper.scene import Field

BANK_SIDE: Final = 768
"""Height and width of a texture of the bank, in pixels."""
_BANK_SEED: Final = 7


def smooth_field(rng: np.random.Generator, size: tuple[int, int], cells: int) -> Field:
    """A random landscape with mean 0 and standard deviation of about 1, `(h, w)`, with so many hills a side."""
    seeds: Field = rng.standard_normal((cells + 1, cells + 1), dtype=np.float32)
    return cv2.resize(seeds, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)


def _blurred_noise(rng: np.random.Generator, across: float, down: float) -> Field:
    """Noise with standard deviation 1, smeared by so many pixels; it has no seam where it is laid side by side."""
    noise: Field = rng.standard_normal((BANK_SIDE, BANK_SIDE), dtype=np.float32)
    blurred = cv2.GaussianBlur(cv2.repeat(noise, 3, 3), (0, 0), sigmaX=across, sigmaY=down)
    middle: Field = blurred[BANK_SIDE : 2 * BANK_SIDE, BANK_SIDE : 2 * BANK_SIDE]
    spread: float = middle.std(dtype=np.float64)
    return np.divide(middle, np.float32(spread), dtype=np.float32)


def _around(distances: Field, side: int) -> Field:
    """The shorter way where right and left, above and below are the same edge."""
    half = np.float32(side / 2)
    return np.subtract(np.mod(np.add(distances, half), np.float32(side)), half, dtype=np.float32)


def _creases(rng: np.random.Generator) -> Field:
    """Facets of crumpled paper, each shaded by how it is turned and by how it is bent."""
    side, facets_count = 256, 220
    seeds: NDArray[np.float32] = rng.uniform(0, side, (facets_count, 2)).astype(np.float32)
    slopes: NDArray[np.float32] = rng.normal(0, 1, (facets_count, 3)).astype(np.float32)
    axis: NDArray[np.float32] = np.arange(side, dtype=np.float32)
    x = _around(np.subtract(axis[np.newaxis, np.newaxis, :], seeds[:, 0, np.newaxis, np.newaxis]), side)
    y = _around(np.subtract(axis[np.newaxis, :, np.newaxis], seeds[:, 1, np.newaxis, np.newaxis]), side)
    nearest: NDArray[np.int64] = np.argmin(np.add(np.square(x), np.square(y)), axis=0)
    bent = np.multiply(_around(np.subtract(axis[np.newaxis, :], seeds[:, 0][nearest]), side), slopes[:, 1][nearest])
    bent += np.multiply(_around(np.subtract(axis[:, np.newaxis], seeds[:, 1][nearest]), side), slopes[:, 2][nearest])
    facets: Field = np.add(np.multiply(slopes[:, 0][nearest], np.float32(0.6)), np.multiply(bent, np.float32(0.06)))
    large = cv2.resize(facets, (BANK_SIDE, BANK_SIDE), interpolation=cv2.INTER_LINEAR)
    return cv2.GaussianBlur(large, (0, 0), sigmaX=2.0)


def _make_bank() -> dict[str, Field]:
    rng = np.random.default_rng(_BANK_SEED)
    return {
        "noise": rng.standard_normal((BANK_SIDE, BANK_SIDE), dtype=np.float32),
        "noise2": rng.standard_normal((BANK_SIDE, BANK_SIDE), dtype=np.float32),
        "fine": _blurred_noise(rng, 0.8, 0.8),
        "grain": _blurred_noise(rng, 1.3, 1.3),
        "fibres": _blurred_noise(rng, 5.0, 0.9),
        "clouds": _blurred_noise(rng, 14.0, 14.0),
        "wood": _blurred_noise(rng, 60.0, 1.6),
        "boards": _blurred_noise(rng, 90.0, 7.0),
        "creases": _creases(rng),
    }


_bank: Final[Callable[[], dict[str, Field]]] = functools.cache(_make_bank)


def texture(rng: np.random.Generator, name: str, size: tuple[int, int]) -> Field:
    """A random piece of a texture of the bank, `(h, w)`: with mean 0 and standard deviation of about 1."""
    whole = _bank()[name]
    if rng.random() < 0.5:
        whole = whole.T
    height, width = size
    rows, columns = -(-height // BANK_SIDE) + 1, -(-width // BANK_SIDE) + 1
    top, left = int(rng.integers(BANK_SIDE)), int(rng.integers(BANK_SIDE))
    if top + height > BANK_SIDE or left + width > BANK_SIDE:
        if height < BANK_SIDE and width < BANK_SIDE:
            top, left = top % (BANK_SIDE - height), left % (BANK_SIDE - width)
        else:
            whole = np.tile(whole, (rows, columns))
    return whole[top : top + height, left : left + width]
