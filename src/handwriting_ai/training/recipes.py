"""Recipes: every number a run depends on, apart from architecture and seed."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Final

from handwriting_ai.errors import InvalidRecipe, UnknownRecipe


class DataSet(StrEnum):
    """What a stage can learn from."""

    MNIST = "mnist"
    EMNIST = "emnist"
    """EMNIST's digits without near-duplicates of MNIST's test pictures."""
    STROKES = "strokes"
    """Digits drawn with a pen, from `TRAINING__INK_DIR`."""
    SCRIBBLES = "scribbles"
    """Drawings that are no digit."""


class Optimizer(StrEnum):
    """How weights are updated."""

    ADAM = "adam"
    """Kingma & Ba 2015; weight decay is added to the gradient."""
    ADAMW = "adamw"
    """Loshchilov & Hutter 2019; weight decay is decoupled."""


class Schedule(StrEnum):
    """How the learning rate moves over a stage; all of them scale with its number of epochs."""

    CONSTANT = "constant"
    STEP = "step"
    """A tenth from half of the stage on."""
    COSINE = "cosine"
    """Down to 1e-6 along a cosine (Loshchilov & Hutter 2017)."""
    ONE_CYCLE = "one_cycle"
    """Up over a fifth of the stage, then down to nearly nothing (Smith & Topin 2018)."""


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Ranges of the random changes; each picture gets a draw of its own, all geometry in one warp."""

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
    elastic_alpha_px: float = 0.0
    """Strength of the elastic distortion: noise in ±α pixels is smoothed and added to the grid (Simard et al. 2003)."""
    elastic_sigma_px: float = 4.0
    """Standard deviation of the Gaussian that smooths it."""
    pen_px: float = 0.0
    """Largest change of the stroke's width, either way."""
    cutout_px: int = 0
    """Side of a square that is wiped out, its centre anywhere in the picture (DeVries & Taylor 2017)."""
    mixup_alpha: float = 0.0
    """Pictures and targets are blended in shares from Beta(α, α) (Zhang et al. 2018)."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One optimizer and schedule over one choice of data."""

    data: tuple[DataSet, ...]
    epochs: int
    batch_size: int
    optimizer: Optimizer
    learning_rate: float
    """The largest of the schedule."""
    schedule: Schedule
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    """Share of the target that is spread over all digits (Szegedy et al. 2016)."""
    dropout: float = 0.0
    """Share of the last layer's inputs that are dropped (Srivastava et al. 2014)."""
    hard_repeats: int = 1
    """How often an epoch shows a hard digit, which the network knew but was not sure of; 1 means like any other."""
    augmentation: Augmentation = Augmentation()


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Settings of a run: stages one after the other, each going on from the weights of the one before."""

    name: str
    summary: str
    """One sentence for people who choose."""
    stages: tuple[Stage, ...]
    ema_decay: float = 0.0
    """Of the moving average of weights and batch-norm statistics that is kept as the model; 0 keeps the last ones."""
    renderings: int = 1
    """Pictures rendered of each drawn digit, of which an epoch shows one."""
    scribbles: int = 0
    """Drawings an epoch shows that are no digit."""
    trial_digits: int | None = None
    """For a quick trial: so many digits of each set to train on and to watch; None takes all."""

    @property
    def epochs(self) -> int:
        """Of all stages."""
        return sum(stage.epochs for stage in self.stages)

    def needs(self, data: DataSet) -> bool:
        """Whether any stage learns from it."""
        return any(data in stage.data for stage in self.stages)

    def digest(self) -> str:
        """SHA-256 of every field but the summary: two recipes with one digest train alike."""
        fields: dict[str, object] = asdict(self)
        del fields["summary"]
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


BASELINE: Final = Recipe(
    name="baseline",
    summary="MNIST with slight rotations and shifts: the plain recipe to compare others with.",
    stages=(
        Stage(
            data=(DataSet.MNIST,),
            epochs=100,
            batch_size=128,
            optimizer=Optimizer.ADAM,
            learning_rate=1e-3,
            schedule=Schedule.STEP,
            augmentation=Augmentation(rotation_deg=10.0, shift_px=2.8),
        ),
    ),
)

HEAVY_AUG: Final = Recipe(
    name="heavy_aug",
    summary="MNIST with elastic distortion, cutout, mixup, label smoothing and dropout, over many epochs.",
    stages=(
        Stage(
            data=(DataSet.MNIST,),
            epochs=150,
            batch_size=128,
            optimizer=Optimizer.ADAMW,
            learning_rate=1e-3,
            schedule=Schedule.COSINE,
            weight_decay=1e-4,
            label_smoothing=0.1,
            dropout=0.3,
            augmentation=Augmentation(
                rotation_deg=15.0,
                shift_px=4.2,
                scale=0.15,
                elastic_alpha_px=34.0,
                elastic_sigma_px=4.0,
                cutout_px=8,
                mixup_alpha=0.2,
            ),
        ),
    ),
)

DRAWN: Final = Recipe(
    name="drawn",
    summary="MNIST together with digits drawn with a pen, and scribbles: for models that read what people draw.",
    stages=(
        Stage(
            data=(DataSet.MNIST, DataSet.STROKES, DataSet.SCRIBBLES),
            epochs=12,
            batch_size=128,
            optimizer=Optimizer.ADAMW,
            learning_rate=4e-3,
            schedule=Schedule.ONE_CYCLE,
            beta2=0.99,
            weight_decay=0.01,
            label_smoothing=0.05,
            hard_repeats=4,
            augmentation=Augmentation(
                rotation_deg=15.0,
                scale=0.15,
                anisotropy=0.07,
                shear=0.2,
                shift_px=2.0,
                elastic_alpha_px=15.5,
                elastic_sigma_px=4.0,
                pen_px=0.5,
            ),
        ),
    ),
    ema_decay=0.999,
    renderings=3,
    scribbles=8_000,
)

SCANNED: Final = replace(
    DRAWN,
    name="scanned",
    summary="The settings of `drawn` on MNIST alone: for scanned digits; worse on drawn ones.",
    stages=(replace(DRAWN.stages[0], data=(DataSet.MNIST,)),),
    renderings=1,
    scribbles=0,
)

SEMI_SUPERVISED: Final = Recipe(
    name="semi_supervised",
    summary="EMNIST's digits first, then MNIST at a tenth of the learning rate.",
    stages=(
        Stage(
            data=(DataSet.EMNIST,),
            epochs=50,
            batch_size=256,
            optimizer=Optimizer.ADAM,
            learning_rate=1e-3,
            schedule=Schedule.CONSTANT,
        ),
        Stage(
            data=(DataSet.MNIST,),
            epochs=100,
            batch_size=128,
            optimizer=Optimizer.ADAMW,
            learning_rate=1e-4,
            schedule=Schedule.CONSTANT,
            label_smoothing=0.1,
            augmentation=Augmentation(rotation_deg=15.0, shift_px=4.2, scale=0.15),
        ),
    ),
)

_RECIPES: Final = {recipe.name: recipe for recipe in (DRAWN, SCANNED, BASELINE, HEAVY_AUG, SEMI_SUPERVISED)}


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


def with_epochs(recipe: Recipe, epochs: int | None) -> Recipe:
    """The recipe over another number of epochs, shared out as before, one to each stage at least; None changes nothing.

    Raises:
        InvalidRecipe: there are fewer epochs than stages.
    """
    if epochs is None or epochs == recipe.epochs:
        return recipe
    if epochs < len(recipe.stages):
        raise InvalidRecipe(f"Recipe {recipe.name!r} has {len(recipe.stages)} stages, {epochs} epochs are too few.")
    shares = _share_out(epochs, [stage.epochs for stage in recipe.stages])
    stages = [replace(stage, epochs=share) for stage, share in zip(recipe.stages, shares, strict=True)]
    return replace(recipe, stages=tuple(stages))


def as_trial(recipe: Recipe, digits: int | None) -> Recipe:
    """The recipe on so many digits of each set; None changes nothing."""
    return replace(recipe, trial_digits=digits)


def model_name(arch: str, recipe: Recipe, seed: int) -> str:
    """The name a run's model is registered under; a trial's says that it is one."""
    trial = "" if recipe.trial_digits is None else f"_trial{recipe.trial_digits}"
    return f"mnist_{arch}_{recipe.name}_seed{seed}{trial}"


def _share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights`, each part at least 1."""
    shares: list[int] = []
    rest = total
    for index, weight in enumerate(weights):
        stages_left = len(weights) - index - 1
        share = rest if stages_left == 0 else round(rest * weight / sum(weights[index:]))
        shares.append(min(max(1, share), rest - stages_left))
        rest -= shares[-1]
    return shares
