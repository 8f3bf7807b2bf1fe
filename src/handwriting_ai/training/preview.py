"""What a network sees in training: a few pictures under a recipe's augmentation."""

import numpy as np
import torch
from numpy.typing import NDArray

from handwriting_ai.preprocess import FULL_INK, grey_levels
from handwriting_ai.training.augment import augment, mix
from handwriting_ai.training.recipes import Recipe


def augmented(images: "NDArray[np.uint8]", recipe: Recipe, *, draws: int, seed: int = 0) -> "NDArray[np.uint8]":
    """Each picture as it is, and then in several random draws of the recipe's last stage.

    Args:
        images: `(n, 28, 28)`, ink 255 on paper 0.
        recipe: whose augmentation is shown.
        draws: of each picture.
        seed: the same seed shows the same draws.

    Returns:
        `uint8 (n, 1 + draws, 28, 28)`.
    """
    ranges = recipe.stages[-1].augmentation
    generator = torch.Generator().manual_seed(seed)
    writable: NDArray[np.uint8] = images.copy()
    ink = torch.from_numpy(writable).unsqueeze(1) / FULL_INK
    shown = [ink]
    for _ in range(draws):
        changed = augment(ink, ranges, generator)
        if ranges.mixup_alpha > 0:
            changed, _targets = mix(changed, torch.eye(len(ink)), ranges.mixup_alpha, generator)
        shown.append(changed)
    pictures: NDArray[np.float32] = torch.cat(shown, dim=1).numpy()
    return grey_levels(pictures)
