"""Ablations of `drawn` and `scanned`: what each arm changes, and the maths of the tables."""

import math
import statistics
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from benchmarks.ablation_tables import (
    Run,
    difference_row,
    mean_and_deviation,
    mean_and_error,
    pooled_mcnemar,
    read_runs,
    report,
    summary_row,
)
from benchmarks.ablations import ARMS, shortened, shortened_arms
from benchmarks.deals import Deal
from scipy.stats import binomtest
from tests.evaluation.samples import evaluation_digits, register_with_predictions

from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.evaluation.predictions import PREDICTIONS_NAME
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.progress import TrainingMetrics, write_metrics
from handwriting_ai.training.recipes import DRAWN, SCANNED, Recipe, model_name, recipe_names
from handwriting_ai.training.sources import Source, TrainingData
from handwriting_ai.training.stages import Augmentation, DataSet, Stage

LIGHT: dict[str, object] = {"rotation_deg": 10.0, "scale": 0.1, "anisotropy": 0.05, "shear": 0.1}
CHANGES: dict[str, dict[str, object]] = {
    "no_elastic": {"elastic_alpha_px": 0.0},
    "no_affine": {"rotation_deg": 0.0, "scale": 0.0, "anisotropy": 0.0, "shear": 0.0, "shift_px": 0.0},
    "no_pen": {"pen_px": 0.0},
    "strong_affine": {"rotation_deg": 20.0, "scale": 0.2, "anisotropy": 0.15, "shear": 0.3},
    "light_elastic": LIGHT | {"elastic_alpha_px": 8.0},
    "light_no_repeats": LIGHT | {"elastic_alpha_px": 8.0, "hard_repeats": 1},
    "light_cutout": LIGHT | {"elastic_alpha_px": 8.0, "cutout_px": 8},
    "light_mixup": LIGHT | {"elastic_alpha_px": 8.0, "mixup_alpha": 0.2},
    "light_no_elastic": LIGHT | {"elastic_alpha_px": 0.0},
    "lighter_no_elastic": {
        "rotation_deg": 6.0,
        "scale": 0.06,
        "anisotropy": 0.03,
        "shear": 0.05,
        "shift_px": 1.0,
        "elastic_alpha_px": 0.0,
    },
    "strong_pen": {"pen_px": 1.0},
    "no_smoothing": {"label_smoothing": 0.0},
    "no_hard_repeats": {"hard_repeats": 1},
    "no_average": {"ema_decay": 0.0},
    "epochs_6": {"epochs": 6},
    "epochs_24": {"epochs": 24},
}
"""Fields of recipe, stage and augmentation, all of different names."""
CHANGES_OF_DATA: dict[str, dict[str, object]] = {
    "scanned": {"data": (DataSet.MNIST,), "renderings": 1, "scribbles": 0},
    "no_scribbles": {"data": (DataSet.MNIST, DataSet.STROKES)},
}
"""Arms of `drawn` alone."""
DEAL = Deal(digits=evaluation_digits(), mnist=evaluation_digits().validation)
"""All answer the validation digits."""
EPOCH = TrainingMetrics(
    epoch=12,
    epochs=12,
    learning_rate=1e-6,
    train_loss=0.5,
    val_loss=0.06,
    val_accuracy=0.996,
    drawn_accuracy={"pens": 0.98},
    scribble_confidence=0.01,
    images_per_second=1_000.0,
    seconds=50.0,
)


def _flat(recipe: Recipe) -> dict[str, object]:
    (stage,) = recipe.stages
    return _fields(recipe) | _fields(stage) | _fields(stage.augmentation)


def _changed(base: Recipe, arm: Recipe) -> dict[str, object]:
    before, after = _flat(base), _flat(arm)
    nested = {"name", "summary", "stages", "augmentation"}
    return {field: after[field] for field in before if after[field] != before[field] and field not in nested}


def _fields(part: Recipe | Stage | Augmentation) -> dict[str, object]:
    fields: dict[str, object] = asdict(part)
    return fields


def _register(
    root: Path, recipe: Recipe, seed: int, errors: int, drawn: float = 0.98, parent: str | None = None
) -> None:
    """A model whose answers are made up, and which says that this recipe made it, from these weights or fresh ones."""
    claims = {"training_recipe": recipe.name, "recipe_hash": recipe.digest(), "parent_model_id": parent}
    name = model_name("compact", recipe, seed, parent)
    folder = register_with_predictions(root, name, errors=errors, seed=seed, changes=claims)
    write_metrics(folder, [replace(EPOCH, epoch=11), replace(EPOCH, drawn_accuracy={"pens": drawn})])


def _run(seed: int, errors: int, nll: float, right: list[bool] | None = None) -> Run:
    known = None if right is None else torch.tensor(right)
    return Run(
        seed=seed, errors=errors, nll=nll, drawn_accuracy={"pens": 0.9}, sure_scribbles=None, seconds=9, right=known
    )


def test_every_arm_is_listed() -> None:
    """Here and there."""
    assert set(ARMS["scanned"]) == {"scanned", *CHANGES}
    assert set(ARMS["drawn"]) == {"drawn", *CHANGES, *CHANGES_OF_DATA}


@pytest.mark.parametrize("base", [DRAWN, SCANNED])
@pytest.mark.parametrize("name", CHANGES)
def test_an_arm_changes_what_its_name_says(base: Recipe, name: str) -> None:
    """And nothing else, but its name and the copies of it in the fields that hold others."""
    arm = ARMS[base.name][name]
    assert _changed(base, arm) == CHANGES[name]
    assert arm.name == f"{base.name}_{name}"


@pytest.mark.parametrize("name", CHANGES_OF_DATA)
def test_arms_of_other_data(name: str) -> None:
    """The whole recipe beside that is the same."""
    assert _changed(DRAWN, ARMS["drawn"][name]) == CHANGES_OF_DATA[name]


@pytest.mark.parametrize("base", [DRAWN, SCANNED])
def test_the_base_is_the_recipe_itself(base: Recipe) -> None:
    """So that shipped models are runs of it."""
    assert ARMS[base.name][base.name] == base


def test_arms_have_names_and_digests_of_their_own() -> None:
    """So that no model takes another's place, and none is taken for another."""
    every = [recipe for base in ARMS.values() for recipe in base.values()]
    assert len({arm.name for arm in every}) == len({arm.digest() for arm in every}) == len(every) - 1
    assert ARMS["drawn"]["scanned"] is ARMS["scanned"]["scanned"]
    assert {arm.name for arm in every} & set(recipe_names()) == {"drawn", "scanned"}


def test_a_shortened_arm_says_so() -> None:
    """Its name has the epochs; `drawn` in 6 epochs is the arm `epochs_6`."""
    short = shortened(ARMS["drawn"]["no_pen"], 3, 300)
    assert (short.name, short.epochs, short.trial_digits) == ("drawn_no_pen_epochs_3", 3, 300)
    assert shortened(DRAWN, 6, None).digest() == ARMS["drawn"]["epochs_6"].digest()
    assert shortened(DRAWN, None, None) == shortened(DRAWN, 12, None) == DRAWN


def test_arms_that_differ_by_their_epochs_alone_are_left_out_over_other_epochs() -> None:
    """All would be the base."""
    assert set(shortened_arms("scanned", None, None)) == set(ARMS["scanned"])
    assert set(shortened_arms("scanned", 3, None)) == set(ARMS["scanned"]) - {"epochs_6", "epochs_24"}


def test_an_arm_learns_from_its_own_sources_and_is_watched_on_all() -> None:
    """`scanned` is still measured on pen strokes, and its manifest names MNIST only."""
    digits = evaluation_digits().validation
    sources = tuple(
        Source(name=kind, kind=kind, images=digits.images[None, :2], labels=digits.labels[:2], sha256="")
        for kind in (DataSet.MNIST, DataSet.STROKES, DataSet.SCRIBBLES)
    )
    drawn: dict[str, DigitImages] = {"pens": digits}
    data = TrainingData(sources=sources, validation=digits, watched=digits, drawn_validation=drawn)
    alone = DEAL.data(data, ARMS["drawn"]["scanned"], 0)
    assert [source.name for source in alone.sources] == ["mnist"]
    assert alone.drawn_validation == drawn
    assert DEAL.data(data, DRAWN, 0) == data


def test_runs_are_found_by_their_recipe(tmp_path: Path) -> None:
    """Not by their name: a model of another version of the recipe is none of this arm's."""
    _register(tmp_path, DRAWN, 1, errors=20, drawn=0.97)
    _register(tmp_path, DRAWN, 0, errors=30)
    _register(tmp_path, ARMS["drawn"]["no_pen"], 0, errors=40)
    _register(tmp_path, DRAWN, 2, errors=10, parent="another")  # no run of the recipe alone
    runs = read_runs(ModelStore(tmp_path), "compact", DRAWN, DEAL)
    assert list(runs) == [0, 1]
    assert [(run.errors, run.errors_17) for run in runs.values()] == [(30, 15), (20, 10)]
    assert runs[1].drawn_accuracy == {"pens": 0.97}
    assert read_runs(ModelStore(tmp_path), "resnet18", DRAWN, DEAL) == {}
    right, nll_17 = runs[0].right, runs[0].nll_17
    assert right is not None
    assert nll_17 is not None
    assert int((~right).sum()) == 30
    assert 0 < nll_17 < runs[0].nll


def test_a_trial_has_no_figures_of_views(tmp_path: Path) -> None:
    """No predictions are kept with it; its other figures are there."""
    _register(tmp_path, DRAWN, 0, errors=30)
    (tmp_path / model_name("compact", DRAWN, 0) / PREDICTIONS_NAME).unlink()
    (run,) = read_runs(ModelStore(tmp_path), "compact", DRAWN, DEAL).values()
    assert (run.errors, run.errors_17, run.nll_17, run.right) == (30, None, None, None)
    assert summary_row([run], ["pens"])[2:5] == ["–", "–", "98.00"]


def test_means_deviations_and_errors() -> None:
    """Against Python's own statistics; one value has no spread."""
    values = [3.0, 5.0, 10.0]
    assert mean_and_deviation(values) == (6.0, statistics.stdev(values))
    mean, error = mean_and_error(values)
    assert error is not None
    assert (mean, round(error, 9)) == (6.0, round(statistics.stdev(values) / math.sqrt(3), 9))
    assert mean_and_deviation([4.0]) == mean_and_error([4.0]) == (4.0, None)


def test_rows_of_made_up_runs() -> None:
    """By hand: errors 20 and 24 against 18 and 18, each with its own seed."""
    arm, drawn = [_run(0, 20, 0.02), _run(1, 24, 0.03)], [_run(0, 18, 0.02), _run(1, 18, 0.02)]
    assert summary_row(arm, ["pens"])[:2] == ["22.0 ± 2.8", "0.0250 ± 0.0071"]
    differences = difference_row(list(zip(arm, drawn, strict=True)), ["pens", "other"])
    assert differences[:2] == ["+4.0 ± 2.0", "+0.0050 ± 0.0050"]
    assert differences[4:6] == ["+0.00 ± 0.00", "–"]


def test_answers_of_all_seeds_are_pooled() -> None:
    """1 + 3 digits only the arm reads, 1 only `drawn`: the exact test of 4 against 1."""
    first = (_run(0, 0, 0, [True, True, False, False]), _run(0, 0, 0, [True, False, True, False]))
    second = (_run(1, 0, 0, [True, True, True, True]), _run(1, 0, 0, [False, False, False, True]))
    assert pooled_mcnemar([first, second]) == f"4 : 1, p {binomtest(1, 5).pvalue:.3f}"
    assert pooled_mcnemar([(first[0], _run(0, 0, 0))]) == "–"


def test_the_report_pairs_seeds(tmp_path: Path) -> None:
    """Seed 2 of the arm has no partner: it counts in the first table, not in the second."""
    for seed, errors in ((0, 20), (1, 22)):
        _register(tmp_path, DRAWN, seed, errors)
    for seed, errors in ((0, 30), (1, 30), (2, 60)):
        _register(tmp_path, ARMS["drawn"]["no_pen"], seed, errors)
    store = ModelStore(tmp_path)
    results = {
        name: read_runs(store, "compact", ARMS["drawn"][name], DEAL) for name in ("drawn", "no_pen", "no_elastic")
    }
    lines = list(report(results, "drawn"))
    assert [line for line in lines if line.startswith("| drawn | 0 1 | 21.0 ± 1.4 |")]
    summary, difference = [line for line in lines if line.startswith("| no_pen ")]
    assert summary.startswith("| no_pen | 0 1 2 | 40.0 ± 17.3 |")
    assert difference.startswith("| no_pen | 0 1 | +9.0 ± 1.0 |")
    assert not [line for line in lines if "no_elastic" in line]
    assert len({line.count("|") for line in lines[:4]}) == 1


def test_the_report_says_what_is_missing() -> None:
    """Without `drawn` there is nothing to compare with."""
    lines = list(report({"drawn": {}, "no_pen": {0: _run(0, 20, 0.02)}}, "drawn"))
    assert "train the arm `drawn`" in lines[-1]
