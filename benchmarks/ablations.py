"""What changes of the recipes `drawn` and `scanned` do, on validation, on more digits, and on held-out writers.

    python benchmarks/ablations.py scanned no_elastic --seeds 0-2 --out runs/ablations
    python benchmarks/ablations.py no_elastic --base scanned --epochs 6
    python benchmarks/ablations.py scanned no_elastic --base scanned --by-writer 2 --folds 0,1
    python benchmarks/ablations.py --report     # the tables of whatever is done; with --by-writer, of those

Every arm is the base recipe but for what its name says, and every arm is watched on the same pen strokes. Arms on MNIST
alone take fewer steps, since an epoch has fewer pictures. Each run
is kept in OUT after each epoch: stopped with Ctrl-C or killed, the same command goes on, and what is done is not done
again. One process for one OUT. `--trial 300 --epochs 2` shows in a minute that it works here. The test digits are not
scored. `--seeds` answers the 5,000 validation digits; recipes that models are shipped of are taken from the models
folder as well.

The writers of the validation set are trained on as well, by their other digits; MNIST's test part has writers of its
own. `--by-writer` asks about new writers: MNIST's odd rows lie writer by writer, and fold k is the k-th sixth of them:
5,000 digits of writers that its run has not seen, but for those at its two ends. Run k trains on the 55,000 others,
with seed k, and answers those of fold k, in one view and in 17; even rows, mostly shuffled and of other people, are
never answered. `--by-writer 2` deals them into halves instead: two runs answer all 30,000, each after 45,000 other
digits. Arms are compared on the folds that both have answered, which share no digit; their training digits overlap, so
that ± over folds is a rough guide. Shipped models do not count as runs, and no run is for shipping: it has trained on
validation digits. The name of its recipe says how writers were dealt, and a table never mixes them.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from benchmarks.ablation_tables import Run, read_runs, report, together, totals
from benchmarks.deals import WRITER_FOLD_COUNTS, WRITER_FOLDS, Deal, writer_fold_rows
from typer import BadParameter

from handwriting_ai.cli.train import parse_seeds
from handwriting_ai.config import PROJECT_ROOT, Settings, load_settings
from handwriting_ai.data.mnist import Part, load_mnist
from handwriting_ai.errors import HandwritingError
from handwriting_ai.evaluation.predictions import load_evaluation_digits
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.precision import choose_compute
from handwriting_ai.training.progress import TrainingMetrics
from handwriting_ai.training.recipes import DRAWN, DRAWN_LIGHT, SCANNED, Recipe, as_trial, model_name, with_epochs
from handwriting_ai.training.run import RunConfig, Watcher, run_training
from handwriting_ai.training.sources import DataFolders, prepare_data
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


def shortened_arms(base: str, epochs: int | None, trial_digits: int | None, dealt: str = "") -> dict[str, Recipe]:
    """All arms of a base, as `shortened`; over other epochs there are none that only differ by their number.

    `dealt` ends the name for a way of dealing digits: a trial's few may be the same in another one.
    """
    arms = {
        name: shortened(recipe, epochs, trial_digits)
        for name, recipe in ARMS[base].items()
        if epochs is None or not name.startswith("epochs_")
    }
    return {name: replace(recipe, name=f"{recipe.name}{dealt}") for name, recipe in arms.items()}


def train_missing(plan: Sequence[RunConfig], deal: Deal, settings: Settings, trial: int | None, device: str) -> None:
    """Train what is asked for, one run after the other, on data that is prepared once; a line for each epoch.

    Raises:
        ModelExists: OUT holds a model of this name and another recipe or other data.
        DataMissing: an arm needs pen strokes, and there are none. Both are found out before the first step.
    """
    folders, compute = DataFolders.of(settings), choose_compute(device)
    for config in plan:
        config.require_place()
        folders.require(config.recipe)
    if not plan:
        return
    widest = SCANNED if folders.strokes is None else DRAWN
    data = prepare_data(as_trial(widest, trial), folders, workers=settings.app.workers)
    for config in plan:
        watcher = Watcher(on_step=lambda _, __: None, on_epoch=partial(_tell, config.model_id))
        run_training(config, deal.data(data, config.recipe, config.seed), compute, watcher)


def _tell(model_id: str, metrics: TrainingMetrics) -> None:
    done = f"epoch {metrics.epoch}/{metrics.epochs}"
    print(f"{model_id}: {done}, validation {metrics.val_accuracy:.2%}, {metrics.seconds:.0f} s", flush=True)


class Asked(argparse.Namespace):
    """The command line."""

    arms: list[str]
    base: str
    arch: str
    seeds: str
    folds: str
    by_writer: int | None
    """Into how many folds writers are dealt; None for runs that answer the validation digits."""
    out: Path | None
    epochs: int | None
    trial: int | None
    device: str
    report: bool


def dealt(asked: Asked, settings: Settings) -> Deal:
    """Which digits are answered."""
    digits = load_evaluation_digits(settings.training.data_dir)
    mnist = load_mnist(settings.training.data_dir, Part.TRAIN)
    folds = () if asked.by_writer is None else writer_fold_rows(mnist.labels, asked.by_writer)
    return Deal(digits=digits, mnist=mnist, folds=folds)


def work(asked: Asked) -> None:
    """Train what is asked for and not done yet, then print the tables of what is done."""
    settings = load_settings()
    deal = dealt(asked, settings)
    out = asked.out or PROJECT_ROOT / "runs" / ("folds" if deal.folds else "ablations")
    store = ModelStore(out / "models")
    suffix = {None: "", WRITER_FOLDS: "_by_writer"}.get(asked.by_writer, f"_by_writer_{asked.by_writer}")
    arms = shortened_arms(asked.base, asked.epochs, asked.trial, suffix)
    chosen = parse_seeds(asked.folds, option="--folds") if deal.folds else parse_seeds(asked.seeds, option="--seeds")
    if deal.folds and max(chosen) >= len(deal.folds):
        raise BadParameter(f"There is no fold {max(chosen)}: they are 0 to {len(deal.folds) - 1}.")
    once: dict[str, None] = dict.fromkeys(asked.arms)
    named = list(once)
    plan: list[RunConfig] = []
    for name in [] if asked.report else named:
        done = read_runs(store, asked.arch, arms[name], deal)
        for run in [each for each in chosen if each not in done]:
            folder = out / "runs" / model_name(asked.arch, arms[name], run)
            plan.append(RunConfig(arch=asked.arch, recipe=arms[name], seed=run, run_folder=folder, store=store))
    train_missing(plan, deal, settings, asked.trial, asked.device)
    stores = [store] if deal.folds else [ModelStore(settings.digits.model_dir), store]
    shown = arms if asked.report or deal.folds else {name: arms[name] for name in [asked.base, *named]}
    results: dict[str, dict[int, Run]] = {name: {} for name in shown}
    for name, recipe in shown.items():
        for each in stores:
            results[name] |= read_runs(each, asked.arch, recipe, deal)
    if not deal.folds:
        print("\n".join(report(results, asked.base)))
        return
    count = min(asked.trial or len(deal.folds[0]), len(deal.folds[0]))
    labels = [torch.from_numpy(deal.mnist.labels[rows[: asked.trial]]) for rows in deal.folds]
    of_arms = report(results, asked.base, digits=f"own folds, by writer, of {asked.by_writer}", unit="folds")
    print("\n".join([*totals(results, count), *together(results, named, labels), *of_arms]))


def parse_arguments() -> Asked:
    """What the command line says; ends the program where that makes no sense."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "arms", nargs="*", help=f"of: {', '.join(ARMS['drawn'])}; or, with --base scanned: {', '.join(ARMS['scanned'])}"
    )
    parser.add_argument("--base", choices=ARMS, default="drawn", help="the recipe that the arms change")
    parser.add_argument("--arch", default="compact", help="`handwriting-ai models architectures` lists them")
    parser.add_argument("--seeds", default="0-2", help="3, or 0-4, or 0,2,5")
    parser.add_argument(
        "--by-writer",
        type=int,
        nargs="?",
        const=WRITER_FOLDS,
        choices=WRITER_FOLD_COUNTS,
        help=f"so many folds of unseen writers; {WRITER_FOLDS} if no number is given; after the arms",
    )
    parser.add_argument("--folds", default="0,1", help="with --by-writer, instead of seeds")
    parser.add_argument("--out", type=Path, help="holds runs/ and models/; runs/ablations, or runs/folds")
    parser.add_argument("--epochs", type=int, help="fewer for every arm; the schedule scales")
    parser.add_argument("--trial", type=int, help="so many digits of each set: does it work here?")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--report", action="store_true", help="train nothing: the tables of every arm that is done")
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
    try:
        work(parse_arguments())
    except (HandwritingError, BadParameter) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
