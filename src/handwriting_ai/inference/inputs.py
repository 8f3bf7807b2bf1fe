"""What the engine reads: one picture, or several, checked before anything is computed."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from handwriting_ai.preprocess import IMAGE_SIDE

Picture = Tensor | NDArray[np.float32]


def one_picture(x: Picture) -> Tensor:
    """`(1, 28, 28)` or `(1, 1, 28, 28)` → `float32 (1, 1, 28, 28)`.

    Raises:
        ValueError: another shape, or numbers that are not finite.
    """
    tensor = torch.as_tensor(x, dtype=torch.float32)
    if tuple(tensor.shape) not in ((1, IMAGE_SIDE, IMAGE_SIDE), (1, 1, IMAGE_SIDE, IMAGE_SIDE)):
        raise ValueError(f"Expected one picture (1, 28, 28), got shape {tuple(tensor.shape)}.")
    return several_pictures(tensor.reshape(1, 1, IMAGE_SIDE, IMAGE_SIDE))


def several_pictures(x: Picture) -> Tensor:
    """`(n, 1, 28, 28)` → `float32 (n, 1, 28, 28)`.

    Raises:
        ValueError: another shape, or numbers that are not finite.
    """
    tensor = torch.as_tensor(x, dtype=torch.float32)
    if tuple(tensor.shape[1:]) != (1, IMAGE_SIDE, IMAGE_SIDE):
        raise ValueError(f"Expected pictures (n, 1, 28, 28), got shape {tuple(tensor.shape)}.")
    if not bool(torch.isfinite(tensor).all()):
        raise ValueError("The picture holds NaN or infinite numbers.")
    return tensor
