"""Recipes: every number a run depends on, apart from architecture and seed."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

from handwriting_ai.data.styles import Styles
from handwriting_ai.errors import InvalidRecipe, UnknownRecipe
from handwriting_ai.support.names import did_you_mean
from handwriting_ai.training.stages import Augmentation, DataSet, Optimizer, Residue, Schedule, Stage

_UNUSED: Final[dict[str, object]] = {"residue": None, "styles": None, "signs": 0, "scan_repeats": 1}
"""Fields that came after models had been trained, as a recipe leaves them that knows nothing of them."""


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
    signs: int = 0
    """Letters, signs and drawings of things an epoch shows."""
    styles: Styles | None = None
    """How often drawn digits are changed into shapes that others write; None changes none."""
    scan_repeats: int = 1
    """How often an epoch shows each scanned digit."""
    trial_digits: int | None = None
    """For a quick trial: so many digits of each set to train on and to watch; None takes all."""

    @property
    def epochs(self) -> int:
        """Of all stages."""
        return sum(stage.epochs for stage in self.stages)

    def limited(self, count: int) -> int:
        """So many digits of a set, or as many of them as a trial takes."""
        return count if self.trial_digits is None else min(count, self.trial_digits)

    def needs(self, data: DataSet) -> bool:
        """Whether any stage learns from it."""
        return any(data in stage.data for stage in self.stages)

    def digest(self) -> str:
        """SHA-256 of every field but the summary, and but later ones that are not used.

        Two recipes with one digest train alike, and one that was there before a field was added keeps its digest.
        """
        fields: dict[str, object] = asdict(self, dict_factory=_used)
        del fields["summary"]
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _used(fields: list[tuple[str, object]]) -> dict[str, object]:
    return {name: value for name, value in fields if name not in _UNUSED or value != _UNUSED[name]}


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

_LIGHT: Final = replace(
    DRAWN.stages[0].augmentation, rotation_deg=10.0, scale=0.1, anisotropy=0.05, shear=0.1, elastic_alpha_px=8.0
)
"""Chosen on writers whom nobody had trained on: docs/evaluation.md."""

DRAWN_LIGHT: Final = replace(
    DRAWN,
    name="drawn_light",
    summary="`drawn` with weaker distortion, over more epochs: for models that read what people draw.",
    stages=(replace(DRAWN.stages[0], epochs=20, augmentation=_LIGHT),),
)

DRAWN_STYLES: Final = replace(
    DRAWN_LIGHT,
    name="drawn_styles",
    summary="`drawn_light` with further hands, made styles, letters and signs: for models that read strangers.",
    stages=(
        replace(
            DRAWN_LIGHT.stages[0],
            data=(DataSet.MNIST, DataSet.STROKES, DataSet.SCANS, DataSet.SCRIBBLES, DataSet.SIGNS),
            augmentation=replace(
                _LIGHT,
                residue=Residue(
                    share=0.25, noise=0.25, blur=1.0, fade=0.5, breaks=0.7, specks=6.0, lines=0.6, hole_px=5
                ),
            ),
        ),
    ),
    scribbles=6_000,
    signs=6_000,
    scan_repeats=3,
    styles=Styles(
        flagged_one=0.25,
        footed_one=0.1,
        flagged_and_footed_one=0.15,
        crossed_seven=0.2,
        crossed_and_footed_seven=0.1,
        hooked_seven=0.12,
        hooked_nine=0.2,
        curled_four=0.1,
        open_four=0.15,
        closed_four=0.15,
        slashed_zero=0.08,
        curled_start=0.1,
        gap=0.1,
        lift=0.05,
        hand=0.5,
        thick=0.12,
    ),
)

SCANNED_LIGHT: Final = replace(
    SCANNED,
    name="scanned_light",
    summary="`scanned` with weaker distortion, over more epochs: for scanned digits; worse on drawn ones.",
    stages=(replace(SCANNED.stages[0], epochs=20, augmentation=_LIGHT),),
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

_RECIPES: Final = {
    recipe.name: recipe
    for recipe in (DRAWN, DRAWN_LIGHT, DRAWN_STYLES, SCANNED, SCANNED_LIGHT, BASELINE, HEAVY_AUG, SEMI_SUPERVISED)
}


def recipe_names() -> tuple[str, ...]:
    """The names `get_recipe` knows."""
    return tuple(_RECIPES)


def get_recipe(name: str) -> Recipe:
    """The recipe of this name.

    Raises:
        UnknownRecipe: there is none; the message lists those there are.
    """
    if name not in _RECIPES:
        near = did_you_mean(name, _RECIPES)
        raise UnknownRecipe(f"Unknown recipe {name!r}.{near} Available: {', '.join(_RECIPES)}.")
    return _RECIPES[name]


def with_epochs(recipe: Recipe, epochs: int | None) -> Recipe:
    """The recipe over another number of epochs, shared out as before, one to each stage at least; None changes nothing.

    Raises:
        InvalidRecipe: there are fewer epochs than stages.
    """
    if epochs is None or epochs == recipe.epochs:
        return recipe
    if epochs < len(recipe.stages):
        raise InvalidRecipe(
            f"Recipe {recipe.name!r} has {len(recipe.stages)} stages: train at least as many epochs, not {epochs}."
        )
    shares = _share_out(epochs, [stage.epochs for stage in recipe.stages])
    stages = [replace(stage, epochs=share) for stage, share in zip(recipe.stages, shares, strict=True)]
    return replace(recipe, stages=tuple(stages))


def as_trial(recipe: Recipe, digits: int | None) -> Recipe:
    """The recipe on so many digits of each set; None changes nothing."""
    return replace(recipe, trial_digits=digits)


def model_name(arch: str, recipe: Recipe, seed: int, parent: str | None = None) -> str:
    """The name a run's model is registered under: it tells a trial, and the model whose weights the run starts from."""
    trial = "" if recipe.trial_digits is None else f"_trial{recipe.trial_digits}"
    origin = "" if parent is None else f"_from_{parent.removeprefix(f'mnist_{arch}_')}"
    return f"mnist_{arch}_{recipe.name}_seed{seed}{trial}{origin}"


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
