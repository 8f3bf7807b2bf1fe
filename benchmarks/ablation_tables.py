"""What `ablations.py` prints: figures of their runs, and tables of them in Markdown."""

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from benchmarks.deals import Deal
from torch import Tensor

from handwriting_ai.evaluation.calibration import fit_temperature
from handwriting_ai.evaluation.metrics import count_errors, negative_log_likelihood
from handwriting_ai.evaluation.predictions import PREDICTIONS_NAME, EvaluationDigits, load_predictions
from handwriting_ai.evaluation.statistics import mcnemar, wilson_interval
from handwriting_ai.inference.ensemble import member_probabilities, merge
from handwriting_ai.inference.views import views_for
from handwriting_ai.prediction import TtaMode
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.progress import read_metrics
from handwriting_ai.training.recipes import Recipe


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """One model's figures; those of 17 views are None where no predictions are kept: after a trial."""

    seed: int
    errors: int
    """Of the validation digits, or those of the fold, with one view."""
    nll: float
    """With one view, at the temperature fitted to it."""
    drawn_accuracy: Mapping[str, float]
    """Of each file of pen strokes, on its held-out writers, with one view."""
    sure_scribbles: float | None
    """Share of the drawings that are no digit and are read with a confidence of 0.7, at temperature 1."""
    seconds: float
    errors_17: int | None = None
    nll_17: float | None = None
    """At the temperature fitted to 17 views."""
    probs_17: Tensor | None = None
    """`(n, 10)`: the answers to all digits that it was scored on in 17 views, at that temperature."""
    right: Tensor | None = None
    """Bool `(n,)`: which of these digits one view reads."""


Figure = Callable[[Run], float | None]
"""One number of a run."""


def read_runs(store: ModelStore, arch: str, recipe: Recipe, deal: Deal) -> dict[int, Run]:
    """Every model of this architecture that was trained from fresh weights by this very recipe, by seed or fold."""
    runs: list[Run] = []
    for manifest in (store.read_manifest(name) for name in store.model_ids()):
        is_fitting = manifest.arch == arch and manifest.recipe_hash == recipe.digest()
        digits = deal.scored(recipe, manifest) if is_fitting else None
        if digits is not None:
            runs.append(read_run(store, manifest, digits))
    return {run.seed: run for run in sorted(runs, key=_seed)}


def _seed(run: Run) -> int:
    return run.seed


def read_run(store: ModelStore, manifest: Manifest, digits: EvaluationDigits) -> Run:
    """A model's figures, out of its manifest, its learning curve and its predictions.

    Raises:
        PredictionsError: its predictions are damaged.
    """
    folder = store.folder(manifest.model_id)
    last = read_metrics(folder)[-1]
    assert manifest.training_seed is not None
    assert manifest.val_nll is not None
    run = Run(
        seed=manifest.training_seed,
        errors=round((1 - manifest.val_acc) * len(digits.validation)),
        nll=manifest.val_nll,
        drawn_accuracy=last.drawn_accuracy,
        sure_scribbles=last.scribble_confidence,
        seconds=manifest.train_seconds or 0.0,
    )
    if not (folder / PREDICTIONS_NAME).exists():
        return run
    logits = load_predictions(folder, manifest, digits).validation[: len(views_for(TtaMode.ADVANCED))].float()
    labels = torch.from_numpy(digits.validation.labels)
    fitted = fit_temperature(logits.unsqueeze(0), labels, start=manifest.temperature)
    merged = merge(member_probabilities(logits.unsqueeze(0), [fitted]))
    errors_17, nll_17 = count_errors(merged, labels), negative_log_likelihood(merged, labels)
    right = logits[0].argmax(dim=1) == labels
    return replace(run, errors_17=errors_17, nll_17=nll_17, probs_17=merged, right=right)


def columns(files: Sequence[str]) -> "dict[str, tuple[Figure, float, int]]":
    """Title → figure of a run, factor, places after the point."""
    strokes: dict[str, tuple[Figure, float, int]] = {f"{name} %": (_accuracy(name), 100, 2) for name in files}
    return {
        "errors": (lambda run: run.errors, 1, 1),
        "NLL": (lambda run: run.nll, 1, 4),
        "17 views: errors": (lambda run: run.errors_17, 1, 1),
        "17 views: NLL": (lambda run: run.nll_17, 1, 4),
        **strokes,
        "sure scribbles %": (lambda run: run.sure_scribbles, 100, 1),
        "seconds": (lambda run: run.seconds, 1, 0),
    }


def _accuracy(name: str) -> Figure:
    return lambda run: run.drawn_accuracy.get(name)


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and sample standard deviation; None for one value."""
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None


def mean_and_error(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean of differences between runs of one seed, and its standard error; None for one value."""
    mean, deviation = mean_and_deviation(values)
    return mean, None if deviation is None else deviation / math.sqrt(len(values))


def summary_row(runs: Sequence[Run], files: Sequence[str]) -> list[str]:
    """Mean ± SD of every column over an arm's runs; – where a run lacks the figure."""
    return [
        _written(mean_and_deviation, [figure(run) for run in runs], factor, places, "")
        for figure, factor, places in columns(files).values()
    ]


def difference_row(pairs: Sequence[tuple[Run, Run]], files: Sequence[str]) -> list[str]:
    """Mean ± SE of arm − base of every column over pairs of one seed."""
    return [
        _written(mean_and_error, [_minus(figure(arm), figure(base)) for arm, base in pairs], factor, places, "+")
        for figure, factor, places in columns(files).values()
    ]


def _minus(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first - second


def _written(
    spread: Callable[[Sequence[float]], tuple[float, float | None]],
    values: Sequence[float | None],
    factor: float,
    places: int,
    sign: str,
) -> str:
    known = [factor * value for value in values if value is not None]
    if not known or len(known) < len(values):
        return "–"
    mean, around = spread(known)
    return f"{mean:{sign}.{places}f}" + ("" if around is None else f" ± {around:.{places}f}")


def pooled_mcnemar(pairs: Sequence[tuple[Run, Run]]) -> str:
    """Answers of all seeds together: how many only the arm reads, how many only the base, and the exact p.

    The seeds' answers to one digit are not independent, so that the p is too small where there are several.
    """
    ours = [arm.right for arm, _ in pairs if arm.right is not None]
    theirs = [base.right for _, base in pairs if base.right is not None]
    if not pairs or len(ours) < len(pairs) or len(theirs) < len(pairs):
        return "–"
    test = mcnemar(torch.cat(ours), torch.cat(theirs))
    return f"{test.only_first_right} : {test.only_second_right}, p {test.p_value:.3f}"


def report(
    results: Mapping[str, Mapping[int, Run]], base: str, *, digits: str = "validation", unit: str = "seeds"
) -> Iterator[str]:
    """Two tables in Markdown: every arm, and every arm against the base of the same seeds, or folds.

    Args:
        results: arm → seed → run, the base among them; an arm without runs is left out.
        base: the arm that the others are compared with.
        digits: which were answered.
        unit: what a run is one of.
    """
    files = sorted({name for runs in results.values() for run in runs.values() for name in run.drawn_accuracy})
    titles = list(columns(files))
    yield from _head(f"{digits}: mean ± SD over {unit}", [unit, *titles])
    for name, runs in results.items():
        if runs:
            yield _line([name, *_seeds(runs), *summary_row(list(runs.values()), files)])
    yield ""
    yield from _head(f"arm − {base}: mean ± SE", [unit, *titles, f"only arm : only {base} right"])
    for name, runs in results.items():
        shared = {seed: (run, results[base][seed]) for seed, run in runs.items() if seed in results[base]}
        if shared and name != base:
            pairs = list(shared.values())
            yield _line([name, *_seeds(shared), *difference_row(pairs, files), pooled_mcnemar(pairs)])
    if not results[base]:
        yield f"`{base}` is not done in this length and size: train the arm `{base}` as well."


def _seeds(runs: Mapping[int, object]) -> list[str]:
    return [" ".join(str(seed) for seed in runs)]


def _head(first: str, titles: Sequence[str]) -> list[str]:
    return [_line([first, *titles]), _line(["---"] * (len(titles) + 1))]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


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
