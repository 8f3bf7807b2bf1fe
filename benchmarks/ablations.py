"""What changes of the recipes `drawn` and `scanned` do, on validation and held-out writers.

    python benchmarks/ablations.py scanned no_elastic --seeds 0-2 --out runs/ablations
    python benchmarks/ablations.py no_elastic --base scanned --epochs 6
    python benchmarks/ablations.py --report     # the tables of whatever is done

Every arm is the base recipe but for what its name says, and every arm is watched on the same
pen strokes; arms on MNIST alone take fewer steps, since an epoch has fewer pictures. Each run is kept in OUT after each
epoch: stopped with Ctrl-C or killed, the same command goes on, and what is done is not done again. Recipes that models
are shipped of are taken from the models folder as well. One process for one OUT.
`--trial 300 --epochs 2` shows in a minute that it works here. The test digits are not scored.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.ablation_tables import Run, read_runs, report
from typer import BadParameter

from handwriting_ai.cli.train import parse_seeds
from handwriting_ai.config import PROJECT_ROOT, Settings, load_settings
from handwriting_ai.errors import HandwritingError
from handwriting_ai.evaluation.predictions import load_evaluation_digits
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.precision import Compute, choose_compute
from handwriting_ai.training.progress import TrainingMetrics
from handwriting_ai.training.recipes import DRAWN, DRAWN_LIGHT, SCANNED, Recipe, as_trial, model_name, with_epochs
from handwriting_ai.training.run import RunConfig, Watcher, run_training
from handwriting_ai.training.sources import DataFolders, TrainingData, prepare_data
from handwriting_ai.training.stages import DataSet


def arms_of(base: Recipe) -> dict[str, Recipe]:
    """The recipe itself, then what it is compared with; the name of a recipe becomes a part of its model's."""
    (stage,) = base.stages
    warp = stage.augmentation
    still = replace(warp, rotation_deg=0.0, scale=0.0, anisotropy=0.0, shear=0.0, shift_px=0.0)
    strong = replace(warp, rotation_deg=20.0, scale=0.2, anisotropy=0.15, shear=0.3)
    light = DRAWN_LIGHT.stages[0].augmentation
    lighter = replace(warp, rotation_deg=6.0, scale=0.06, anisotropy=0.03, shear=0.05, shift_px=1.0)
    stages = {
        "no_elastic": replace(stage, augmentation=replace(warp, elastic_alpha_px=0.0)),
        "no_affine": replace(stage, augmentation=still),
        "strong_affine": replace(stage, augmentation=strong),
        "light_elastic": replace(stage, augmentation=light),
        "light_no_repeats": replace(stage, augmentation=light, hard_repeats=1),
        "light_cutout": replace(stage, augmentation=replace(light, cutout_px=8)),
        "light_mixup": replace(stage, augmentation=replace(light, mixup_alpha=0.2)),
        "light_no_elastic": replace(stage, augmentation=replace(light, elastic_alpha_px=0.0)),
        "lighter_no_elastic": replace(stage, augmentation=replace(lighter, elastic_alpha_px=0.0)),
        "strong_pen": replace(stage, augmentation=replace(warp, pen_px=1.0)),
        "no_pen": replace(stage, augmentation=replace(warp, pen_px=0.0)),
        "no_smoothing": replace(stage, label_smoothing=0.0),
        "no_hard_repeats": replace(stage, hard_repeats=1),
        "epochs_6": replace(stage, epochs=6),
        "epochs_24": replace(stage, epochs=24),
    }
    return {
        base.name: base,
        **{name: replace(base, name=f"{base.name}_{name}", stages=(changed,)) for name, changed in stages.items()},
        "no_average": replace(base, name=f"{base.name}_no_average", ema_decay=0.0),
    }


_NO_SCRIBBLES: Final = replace(DRAWN.stages[0], data=(DataSet.MNIST, DataSet.STROKES))
ARMS: Final = {
    "drawn": arms_of(DRAWN)
    | {"scanned": SCANNED, "no_scribbles": replace(DRAWN, name="drawn_no_scribbles", stages=(_NO_SCRIBBLES,))},
    "scanned": arms_of(SCANNED),
}
"""Base → arm → recipe."""


def shortened(recipe: Recipe, epochs: int | None, trial_digits: int | None) -> Recipe:
    """An arm over fewer epochs, which its name then says, or on a few digits."""
    name = recipe.name if epochs in (None, recipe.epochs) else f"{recipe.name}_epochs_{epochs}"
    return replace(as_trial(with_epochs(recipe, epochs), trial_digits), name=name)


def shortened_arms(base: str, epochs: int | None, trial_digits: int | None) -> dict[str, Recipe]:
    """All arms of a base, as `shortened`; over other epochs there are none that only differ by their number."""
    return {
        name: shortened(recipe, epochs, trial_digits)
        for name, recipe in ARMS[base].items()
        if epochs is None or not name.startswith("epochs_")
    }


def data_for(recipe: Recipe, data: TrainingData) -> TrainingData:
    """Of the data of `drawn` what an arm trains on; it is watched on all."""
    return replace(data, sources=tuple(source for source in data.sources if recipe.needs(source.kind)))


def train(config: RunConfig, data: TrainingData, compute: Compute) -> None:
    """One run, with a line for each epoch; goes on where it stopped."""

    def tell(metrics: TrainingMetrics) -> None:
        done = f"epoch {metrics.epoch}/{metrics.epochs}"
        print(f"{config.model_id}: {done}, validation {metrics.val_accuracy:.2%}, {metrics.seconds:.0f} s", flush=True)

    def resume(epoch: int) -> None:
        print(f"{config.model_id}: goes on after epoch {epoch}", flush=True)

    watcher = Watcher(on_step=lambda _, __: None, on_epoch=tell, on_resume=resume)
    run_training(config, data_for(config.recipe, data), compute, watcher)


def planned(arch: str, recipe: Recipe, seed: int, out: Path) -> RunConfig:
    """A run whose state and model have places of their own in OUT."""
    folder = out / "runs" / model_name(arch, recipe, seed)
    return RunConfig(arch=arch, recipe=recipe, seed=seed, run_folder=folder, store=ModelStore(out / "models"))


def train_missing(plan: Sequence[RunConfig], settings: Settings, trial_digits: int | None, device: str) -> None:
    """Train what is asked for, one run after the other, on data that is prepared once.

    Raises:
        ModelExists: OUT holds a model of this name and another recipe; found out before the first step.
        DataMissing: there are no pen strokes.
    """
    for config in plan:
        config.require_place()
    if plan:
        compute, workers = choose_compute(device), settings.app.workers
        data = prepare_data(as_trial(DRAWN, trial_digits), DataFolders.of(settings), workers=workers)
        for config in plan:
            train(config, data, compute)


class Asked(argparse.Namespace):
    """The command line of `arms_parser`."""

    arms: list[str]
    base: str
    arch: str
    runs: str
    """Seeds or folds."""
    out: Path
    epochs: int | None
    trial: int | None
    device: str
    report: bool
    by_writer: int | None = None
    """Into how many folds writers are dealt, where there are folds; None deals digits."""


def work(asked: Asked) -> None:
    """Train what is asked for and not done yet, then print the tables of what is done."""
    settings, store = load_settings(), ModelStore(asked.out / "models")
    digits = load_evaluation_digits(settings.training.data_dir)
    arms = shortened_arms(asked.base, asked.epochs, asked.trial)
    names: list[str] = [asked.base, *asked.arms, *(arms if asked.report else [])]
    recipes = {name: arms[name] for name in names}
    if not asked.report:
        plan: list[RunConfig] = []
        once: dict[str, None] = dict.fromkeys(asked.arms)
        for name in once:
            done = read_runs(store, asked.arch, recipes[name], digits)
            missing = [seed for seed in parse_seeds(asked.runs) if seed not in done]
            plan += [planned(asked.arch, recipes[name], seed, asked.out) for seed in missing]
        train_missing(plan, settings, asked.trial, asked.device)
    stores = (ModelStore(settings.digits.model_dir), store)
    results: dict[str, dict[int, Run]] = {name: {} for name in recipes}
    for name, recipe in recipes.items():
        for each in stores:
            results[name] |= read_runs(each, asked.arch, recipe, digits)
    print("\n".join(report(results, asked.base)))


def arms_parser(description: str | None, out: Path) -> argparse.ArgumentParser:
    """The command line of everything that trains arms; `parse_arms` reads it."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "arms", nargs="*", help=f"of: {', '.join(ARMS['drawn'])}; or, with --base scanned: {', '.join(ARMS['scanned'])}"
    )
    parser.add_argument("--base", choices=ARMS, default="drawn", help="the recipe that the arms change")
    parser.add_argument("--arch", default="compact", help="`handwriting-ai models architectures` lists them")
    parser.add_argument("--out", type=Path, default=out, help="holds runs/ and models/")
    parser.add_argument("--epochs", type=int, help="fewer for every arm; the schedule scales")
    parser.add_argument("--trial", type=int, help="so many digits of each set: does it work here?")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--report", action="store_true", help="train nothing: the tables of every arm that is done")
    return parser


def parse_arms(parser: argparse.ArgumentParser) -> Asked:
    """What the command line says; ends the program where that makes no sense."""
    asked = parser.parse_args(namespace=Asked())
    unknown = [name for name in asked.arms if name not in ARMS[asked.base]]
    if unknown:
        parser.error(f"no arms {', '.join(unknown)} of {asked.base}; there are {', '.join(ARMS[asked.base])}")
    if not asked.arms and not asked.report:
        parser.error(f"name arms of {', '.join(ARMS[asked.base])}, or --report")
    if asked.epochs is not None and any(name.startswith("epochs_") for name in asked.arms):
        parser.error("--epochs would undo the arms epochs_…")
    return asked


def main() -> None:
    """Read the command line; errors are told in a sentence."""
    parser = arms_parser(__doc__, PROJECT_ROOT / "runs" / "ablations")
    parser.add_argument("--seeds", dest="runs", default="0-2", help="3, or 0-4, or 0,2,5")
    asked = parse_arms(parser)
    try:
        work(asked)
    except (HandwritingError, BadParameter) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
