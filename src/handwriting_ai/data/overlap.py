"""Pictures that nearly repeat another picture: moved, scaled or blurred copies of the same handwriting.

EMNIST was cut anew from the forms that MNIST's digits come from. Near-duplicates are found in two passes: pictures
in a common frame (centred and scaled by their moments) are compared all with all; each close pair is then fitted to
one another at full resolution, by moments again, under several blurs. On MNIST itself, whose two parts share no writer,
`tests/data/test_overlap.py` hides copies and counts what is found.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from handwriting_ai.preprocess import FULL_INK

FRAME_PX: Final = 20
"""Side of the common frame."""
FRAME_RADIUS: Final = 0.42
"""Root mean square distance of the ink from its centre, as a share of half the frame."""
FRAME_BLUR_PX: Final = 1.2
"""Evens out how sharp a copy is."""
CLOSE: Final = 0.98
"""Cosine in the common frame from which a pair is looked at closely."""
NEIGHBOURS: Final = 16
"""Pairs looked at for each picture: the strokes of many a 1 are closer in the common frame than its own copy."""
BLURS_PX: Final = (0.0, 0.5, 0.8, 1.1)
"""Standard deviations that one of a pair is blurred with to match the other."""
SAME: Final = 0.99
"""Cosine after the fit from which a pair is the same handwriting: between 1s of different writers it stays below."""
PARAMETERS: Final = (FRAME_PX, FRAME_RADIUS, FRAME_BLUR_PX, CLOSE, NEIGHBOURS, BLURS_PX, SAME)
"""All that the result depends on, beside the pictures."""
_CHUNK: Final = 1_000
_TRUNCATE: Final = 4.0
_TINY: Final = 1e-6


def near_duplicates(images: "NDArray[np.uint8]", references: "NDArray[np.uint8]") -> "NDArray[np.bool_]":
    """Which pictures repeat a reference.

    Args:
        images: `(n, side, side)`, ink bright on paper 0.
        references: `(m, side, side)`.

    Returns:
        `(n,)`: True where a picture is a moved, scaled or blurred copy of some reference.
    """
    originals = _as_ink(references)
    found = torch.zeros(len(images), dtype=torch.bool)
    starts = range(0, len(originals), _CHUNK)
    framed = torch.cat([_in_common_frame(originals[start : start + _CHUNK]) for start in starts])
    for start in range(0, len(images), _CHUNK):
        chunk = _as_ink(images[start : start + _CHUNK])
        for rows, columns in _close_pairs(_in_common_frame(chunk), framed):
            same = _likeness(chunk[rows], originals[columns]) >= SAME
            found[start + rows[same]] = True
    answer: NDArray[np.bool_] = found.numpy()
    return answer


def _as_ink(images: "NDArray[np.uint8]") -> Tensor:
    """`(n, side, side)` bytes as `(n, 1, side, side)` in [0, 1]."""
    writable: NDArray[np.uint8] = images.copy()
    return torch.from_numpy(writable).float().unsqueeze(1) / FULL_INK


def _close_pairs(framed: Tensor, references: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Rows of pictures and of references that are close in the common frame, a chunk at a time."""
    likeness, neighbours = (framed @ references.T).topk(min(NEIGHBOURS, len(references)), dim=1)
    rows, ranks = (likeness >= CLOSE).nonzero(as_tuple=True)
    columns = neighbours[rows, ranks]
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK], columns[start : start + _CHUNK]


def _in_common_frame(ink: Tensor) -> Tensor:
    """`(n, 1, side, side)` → `(n, FRAME_PX²)`: blurred, centred by mass, scaled by its spread, of length 1."""
    side = ink.shape[-1]
    x, y, spread = _moments(ink)
    zoom = spread.sqrt() / (FRAME_RADIUS * side / 2)
    grid = _grid(zoom, 2 * x / side, 2 * y / side, FRAME_PX)
    framed = functional.grid_sample(_blur(ink, FRAME_BLUR_PX), grid, align_corners=False)
    return functional.normalize(framed.flatten(1), dim=1)


def _likeness(first: Tensor, second: Tensor) -> Tensor:
    """Cosine of each pair `(n, 1, side, side)` after the best of several fits of one to the other, `(n,)`."""
    side = first.shape[-1]
    best = torch.zeros(len(first))
    for target, source in ((first, second), (second, first)):
        x, y, spread = _moments(target)
        for blur_px in BLURS_PX:
            blurred = _blur(source, blur_px)
            source_x, source_y, source_spread = _moments(blurred)
            zoom = (source_spread / spread.clamp_min(_TINY)).sqrt()
            grid = _grid(zoom, 2 * (source_x - zoom * x) / side, 2 * (source_y - zoom * y) / side, side)
            fitted = functional.grid_sample(blurred, grid, align_corners=False)
            best = torch.maximum(best, functional.cosine_similarity(fitted.flatten(1), target.flatten(1)))
    return best


def _moments(ink: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Centre of mass x and y in pixels from the middle, and the variance about it (x and y together), `(n,)` each."""
    side = ink.shape[-1]
    offsets = torch.arange(side) - (side - 1) / 2
    mass = ink.sum(dim=(1, 2, 3)).clamp_min(_TINY)
    columns, rows = ink.sum(dim=(1, 2)), ink.sum(dim=(1, 3))
    x, y = columns @ offsets / mass, rows @ offsets / mass
    spread = (columns + rows) @ offsets.square() / mass - x.square() - y.square()
    return x, y, spread


def _grid(zoom: Tensor, x: Tensor, y: Tensor, side: int) -> Tensor:
    """Sampling grid of a zoom about a point in [−1, 1], `(n, side, side, 2)`."""
    zero = torch.zeros_like(zoom)
    rows = [torch.stack([zoom, zero, x], dim=1), torch.stack([zero, zoom, y], dim=1)]
    return functional.affine_grid(torch.stack(rows, dim=1), [len(zoom), 1, side, side], align_corners=False)


def _blur(ink: Tensor, sigma_px: float) -> Tensor:
    """Gaussian blur; what lies outside is paper."""
    if sigma_px == 0:
        return ink
    reach = int(_TRUNCATE * sigma_px + 1)
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma_px) ** 2)
    weights = weights / weights.sum()
    blurred = functional.conv2d(ink, weights.view(1, 1, -1, 1), padding=(reach, 0))
    return functional.conv2d(blurred, weights.view(1, 1, 1, -1), padding=(0, reach))
