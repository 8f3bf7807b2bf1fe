"""Out-of-fold answers: for choices that 5,000 validation digits are too coarse for.

    python benchmarks/out_of_fold.py scanned no_smoothing --base scanned --folds 0-3
    python benchmarks/out_of_fold.py --base scanned --report    # with names of arms: also what these read together
    python benchmarks/out_of_fold.py scanned --base scanned --by-writer --folds 0-5
    python benchmarks/out_of_fold.py scanned no_elastic --base scanned --by-writer 2 --folds 0,1

MNIST's 60,000 training digits are dealt into twelve folds of 5,000, stratified by label; fold 0 is the validation set.
Run k trains on the 55,000 digits outside fold k, with seed k, and answers those of fold k, in one view and in 17. Arms,
and what they are compared by, are those of ablations.py: on the folds that both have answered, which share no digit.
Their training digits overlap, so that ± over folds is a rough guide. Arms on MNIST alone are not watched on pen
strokes, and shipped models do not count as runs. Nothing here is for shipping: runs 1 to 11 have trained on validation
digits. Each run is kept in OUT after each epoch, an OUT of its own, not that of ablations.py; the same command goes on.
`--trial 300 --epochs 2` shows in a minute that it works here. The test digits are not answered.

The writers of a fold are trained on as well, by their other digits, and so are those of the validation set; MNIST's
test part has writers of its own. `--by-writer` asks about new writers: MNIST's odd rows lie writer by writer, as
writer_order.py shows, and fold k is the k-th sixth of them: 5,000 digits of writers that its run has not seen, but for
those at its two ends. The run trains on the 55,000 others; even rows, mostly shuffled and of other people, are never
answered. `--by-writer 2` deals them into halves instead: two runs answer all 30,000, each after 45,000 other digits.
The name of its recipe says how writers were dealt: one OUT may hold all kinds, and a table never mixes them.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from benchmarks.ablation_tables import Run, read_run, report
from benchmarks.ablations import Asked, arms_parser, parse_arms, planned, shortened_arms, train
from numpy.typing import NDArray
from torch import Tensor
from typer import BadParameter

from handwriting_ai.cli.train import parse_seeds
from handwriting_ai.config import PROJECT_ROOT, Settings, load_settings
from handwriting_ai.data.mnist import DigitImages, Part, load_mnist
from handwriting_ai.data.split import SPLIT_SEED, split_rows
from handwriting_ai.errors import HandwritingError
from handwriting_ai.evaluation.metrics import count_errors, negative_log_likelihood
from handwriting_ai.evaluation.predictions import EvaluationDigits
from handwriting_ai.evaluation.statistics import wilson_interval
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.precision import choose_compute
from handwriting_ai.training.recipes import Recipe
from handwriting_ai.training.run import RunConfig
from handwriting_ai.training.sources import DataFolders, Source, TrainingData, prepare_data
from handwriting_ai.training.stages import DataSet

FOLDS: Final = 12
WRITER_FOLDS: Final = 6
"""Parts that the odd rows are dealt into, unless the command line says otherwise."""
WRITER_FOLD_COUNTS: Final = (2, 3, 4, 5, 6, 8, 10, 12)
"""What deals the 30,000 odd rows into equal parts."""
Folds = tuple[NDArray[np.int64], ...]
"""The rows of each fold, sorted."""


def fold_rows(labels: "NDArray[np.int64]") -> Folds:
    """The rows of each fold, sorted: first the validation set, then the other digits, dealt out label by label.

    Args:
        labels: of MNIST's training part, `(60000,)`.
    """
    training, validation = split_rows(labels)
    shuffled: NDArray[np.int64] = np.random.default_rng(SPLIT_SEED).permutation(training)
    by_label: NDArray[np.int64] = shuffled[np.argsort(labels[shuffled], kind="stable")]
    dealt: list[NDArray[np.int64]] = [np.sort(by_label[fold :: FOLDS - 1]) for fold in range(FOLDS - 1)]
    return validation, *dealt


def writer_fold_rows(labels: "NDArray[np.int64]", count: int = WRITER_FOLDS) -> Folds:
    """The rows of each of `count` folds by writer: the odd ones, in their order, in equal parts.

    Args:
        labels: of MNIST's training part, `(60000,)`.
        count: of `WRITER_FOLD_COUNTS`.

    Raises:
        ValueError: the odd rows cannot be dealt into so many equal parts.
    """
    odd: NDArray[np.int64] = np.arange(1, labels.size, 2)
    return tuple(np.split(odd, count))


def by_writer(recipe: Recipe, count: int) -> Recipe:
    """The recipe under a name for this way of dealing: a trial's few digits may be the same in another one."""
    dealt = "by_writer" if count == WRITER_FOLDS else f"by_writer_{count}"
    return replace(recipe, name=f"{recipe.name}_{dealt}")


def without_fold(data: TrainingData, mnist: DigitImages, rows: "NDArray[np.int64]", recipe: Recipe) -> TrainingData:
    """What a run that leaves out these rows of MNIST trains on and answers; pen strokes and scribbles stay."""
    trained = mnist.pick(_others(mnist, rows)[: recipe.trial_digits])
    answered = mnist.pick(rows[: recipe.trial_digits])
    images: NDArray[np.uint8] = trained.images[np.newaxis]

    def changed(source: Source) -> Source:
        if source.kind is not DataSet.MNIST:
            return source
        return replace(source, images=images, labels=trained.labels, sha256=trained.digest())

    return replace(
        data,
        sources=tuple(changed(source) for source in data.sources),
        validation=answered,
        watched=answered,
        test=_in_place_of_test(answered),
    )


def _others(mnist: DigitImages, rows: "NDArray[np.int64]") -> "NDArray[np.int64]":
    others: NDArray[np.int64] = np.setdiff1d(np.arange(len(mnist)), rows)
    return others


def _in_place_of_test(answered: DigitImages) -> DigitImages:
    """One digit: answers in 17 views are kept only where there are test digits, and those are not to be answered."""
    return answered.pick(np.arange(1))


def read_folds(store: ModelStore, arch: str, recipe: Recipe, mnist: DigitImages, folds: Folds) -> dict[int, Run]:
    """Every run of this architecture and recipe, by the fold that it answered; models of other data do not count."""
    found: dict[int, Run] = {}
    for name in store.model_ids():
        manifest = store.read_manifest(name)
        fold = manifest.training_seed
        if manifest.arch != arch or manifest.recipe_hash != recipe.digest() or fold is None or fold >= len(folds):
            continue
        trained = mnist.pick(_others(mnist, folds[fold])[: recipe.trial_digits])
        if trained.digest() in {source.sha256 for source in manifest.train_data or ()}:
            answered = mnist.pick(folds[fold][: recipe.trial_digits])
            digits = EvaluationDigits(validation=answered, test=_in_place_of_test(answered))
            found[fold] = read_run(store, manifest, digits)
    return dict(sorted(found.items()))


def train_missing(plan: Sequence[RunConfig], mnist: DigitImages, folds: Folds, settings: Settings, device: str) -> None:
    """Train what is asked for, one run after the other.

    Raises:
        ModelExists: OUT holds a model of this name and another recipe or other data.
        DataMissing: an arm needs pen strokes, and there are none. Both are found out before the first step.
    """
    folders = DataFolders.of(settings)
    for config in plan:
        config.require_place()
        folders.require(config.recipe)
    for recipe, runs in groupby(plan, key=_recipe):
        data = prepare_data(recipe, folders, workers=settings.app.workers)
        for config in runs:
            train(config, without_fold(data, mnist, folds[config.seed], recipe), choose_compute(device))


def _recipe(config: RunConfig) -> Recipe:
    return config.recipe


def totals(results: Mapping[str, Mapping[int, Run]], count: int) -> Iterator[str]:
    """A table in Markdown: each arm's misread digits of all its folds together.

    Args:
        results: arm → fold → run.
        count: digits of a fold.
    """
    yield "| arm | folds | digits | errors | accuracy | 95 % interval | 17 views: errors |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name, runs in results.items():
        if runs:
            digits, errors = count * len(runs), sum(run.errors for run in runs.values())
            low, high = wilson_interval(digits - errors, digits)
            folds = " ".join(str(fold) for fold in runs)
            in_17 = [run.errors_17 for run in runs.values() if run.errors_17 is not None]
            views = str(sum(in_17)) if len(in_17) == len(runs) else "–"
            yield (
                f"| {name} | {folds} | {digits:,} | {errors} | {1 - errors / digits:.2%} | {low:.2%} to {high:.2%} "
                f"| {views} |"
            )
    yield ""


def together(results: Mapping[str, Mapping[int, Run]], names: Sequence[str], labels: Sequence[Tensor]) -> Iterator[str]:
    """For two arms, three, and so on: what their mean answers misread in 17 views, on the folds that all have.

    Args:
        results: arm → fold → run.
        names: the arms, in the order that they are added in.
        labels: of each fold's digits, `(n,)`.
    """
    for count in range(2, len(names) + 1):
        arms = [results[name] for name in names[:count]]
        folds = [fold for fold in arms[0] if all(fold in runs for runs in arms)]
        answers = [_mean_answers([runs[fold] for runs in arms]) for fold in folds]
        known = [(probs, labels[fold]) for probs, fold in zip(answers, folds, strict=True) if probs is not None]
        if known:
            probs, truth = torch.cat([each for each, _ in known]), torch.cat([each for _, each in known])
            errors, nll = count_errors(probs, truth), negative_log_likelihood(probs, truth)
            yield f"{' + '.join(names[:count])} together: {errors} errors of {len(truth):,} in 17 views, NLL {nll:.4f}"
    yield ""


def _mean_answers(runs: Sequence[Run]) -> Tensor | None:
    """The mean of several runs' answers to one fold, `(n, 10)`; None where one of them kept no answers in 17 views."""
    kept = [run.probs_17 for run in runs if run.probs_17 is not None]
    return torch.stack(kept).mean(dim=0) if len(kept) == len(runs) else None


def work(asked: Asked) -> None:
    """Train what is asked for and not done yet, then print the tables of what is done."""
    settings, store = load_settings(), ModelStore(asked.out / "models")
    mnist = load_mnist(settings.training.data_dir, Part.TRAIN)
    recipes = shortened_arms(asked.base, asked.epochs, asked.trial)
    folds = fold_rows(mnist.labels)
    if asked.by_writer is not None:
        folds = writer_fold_rows(mnist.labels, asked.by_writer)
        recipes = {name: by_writer(recipe, asked.by_writer) for name, recipe in recipes.items()}
    chosen = parse_seeds(asked.runs, option="--folds")
    if max(chosen) >= len(folds):
        raise BadParameter(f"There is no fold {max(chosen)}: they are 0 to {len(folds) - 1}.")
    once: dict[str, None] = dict.fromkeys(asked.arms)
    named = list(once)
    plan: list[RunConfig] = []
    for name in [] if asked.report else named:
        done = read_folds(store, asked.arch, recipes[name], mnist, folds)
        plan += [planned(asked.arch, recipes[name], fold, asked.out) for fold in chosen if fold not in done]
    train_missing(plan, mnist, folds, settings, asked.device)
    results = {name: read_folds(store, asked.arch, recipe, mnist, folds) for name, recipe in recipes.items()}
    count = len(folds[0]) if asked.trial is None else min(asked.trial, len(folds[0]))
    labels = [torch.from_numpy(mnist.labels[rows[: asked.trial]]) for rows in folds]
    dealt = "own folds" if asked.by_writer is None else f"own folds, by writer, of {asked.by_writer}"
    of_arms = report(results, asked.base, digits=dealt, unit="folds")
    print("\n".join([*totals(results, count), *together(results, named, labels), *of_arms]))


def main() -> None:
    """Read the command line; errors are told in a sentence."""
    parser = arms_parser(__doc__, PROJECT_ROOT / "runs" / "folds")
    parser.add_argument(
        "--folds", dest="runs", default="0-2", help=f"3, or 0-4, or 0,2,5; 0 to {FOLDS - 1}, or fewer by writer"
    )
    parser.add_argument(
        "--by-writer",
        type=int,
        nargs="?",
        const=WRITER_FOLDS,
        choices=WRITER_FOLD_COUNTS,
        help=f"so many folds of unseen writers; {WRITER_FOLDS} if no number is given; after the arms",
    )
    asked = parse_arms(parser)
    try:
        work(asked)
    except (HandwritingError, BadParameter) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
