"""Recipes: every number a run depends on, apart from architecture and seed."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Final

from handwriting_ai.errors import UnknownRecipe


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Ranges of the random geometry; each picture gets a draw of its own, all of it in one warp."""

    rotation_deg: float = 0.0
    """Largest rotation, either way."""
    scale: float = 0.0
    """Largest change of size, as a share: 0.15 means 0.85 to 1.15."""
    anisotropy: float = 0.0
    """Largest further change of width against height, as a share."""
    shear: float = 0.0
    """Largest horizontal shear, either way, as the tangent of the slant."""
    shift_px: float = 0.0
    """Largest shift in x and in y, either way."""
    elastic_px: float = 0.0
    """Standard deviation of the smooth displacement at the 5 × 5 points it is drawn at (Simard et al. 2003)."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Settings of a run."""

    name: str
    epochs: int
    batch_size: int
    learning_rate: float
    """The peak of the one-cycle schedule (Smith & Topin 2018)."""
    warmup_share: float
    """Share of the steps until the peak."""
    beta1: float
    beta2: float
    weight_decay: float
    """Decoupled, as in AdamW (Loshchilov & Hutter 2019)."""
    label_smoothing: float
    ema_decay: float
    """Of the moving average of weights and batch-norm statistics that is kept as the model."""
    renderings: int
    """Pictures rendered of each drawn digit, of which an epoch shows one."""
    scribbles: int
    """Drawings an epoch shows that are no digit."""
    augmentation: Augmentation

    def digest(self) -> str:
        """SHA-256 of every field: two recipes with one digest train alike."""
        fields: dict[str, object] = asdict(self)
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


DRAWN: Final = Recipe(
    name="drawn",
    epochs=24,
    batch_size=128,
    learning_rate=4e-3,
    warmup_share=0.2,
    beta1=0.9,
    beta2=0.99,
    weight_decay=0.01,
    label_smoothing=0.0,
    ema_decay=0.999,
    renderings=3,
    scribbles=3_000,
    augmentation=Augmentation(rotation_deg=15.0, scale=0.15, anisotropy=0.07, shear=0.2, shift_px=2.0, elastic_px=0.63),
)

_RECIPES: Final = {recipe.name: recipe for recipe in (DRAWN,)}


def recipe_names() -> tuple[str, ...]:
    """The names `get_recipe` knows."""
    return tuple(_RECIPES)


def get_recipe(name: str) -> Recipe:
    """The recipe of this name.

    Raises:
        UnknownRecipe: there is none; the message lists those there are.
    """
    if name not in _RECIPES:
        raise UnknownRecipe(f"Unknown recipe {name!r}. Available: {', '.join(_RECIPES)}.")
    return _RECIPES[name]
