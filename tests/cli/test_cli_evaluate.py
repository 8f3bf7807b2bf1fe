"""`handwriting-ai evaluate`, on models whose figures are known."""

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pydantic import TypeAdapter
from tests.digit_strokes import DIGIT_STROKES
from tests.evaluation.samples import evaluation_digits, register_with_predictions
from typer.testing import CliRunner, Result

from handwriting_ai import cli
from handwriting_ai.architectures import TypedModule
from handwriting_ai.cli import measure
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.evaluation import robustness
from handwriting_ai.evaluation.damage import Damage, DamagePoint
from handwriting_ai.evaluation.predictions import PREDICTIONS_NAME, EvaluationDigits
from handwriting_ai.evaluation.robustness import measure_damage
from handwriting_ai.registry.manifest import MANIFEST_NAME, DataSource, read_manifest, write_manifest
from handwriting_ai.registry.store import ModelStore

RUNNER = CliRunner()
_ANSWER = TypeAdapter(dict[str, object])
_FIGURES = {"n", "errors", "accuracy", "wilson95", "nll", "brier", "ece", "errors_without_disputed"}


class Evaluate(Protocol):
    """Runs the command with these arguments."""

    def __call__(self, *arguments: str) -> Result:
        """What it printed, and how it ended."""


@pytest.fixture()
def evaluate(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Evaluate:
    """Runs `evaluate` on models `a` and `b`, of which the preset `default` reads with both."""
    root = clean_environment / "models"
    register_with_predictions(root, "a")
    register_with_predictions(root, "b", errors=30, seed=5)
    presets: dict[str, object] = {"default": {"members": ["a", "b"], "tta": "basic"}}
    (root / "presets.json").write_text(json.dumps(presets), encoding="utf-8")
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(root))
    monkeypatch.setenv("TRAINING__STROKES_DIR", str(root))  # which holds none

    def run(*arguments: str) -> Result:
        return RUNNER.invoke(cli.app, ["evaluate", *arguments], env={"COLUMNS": "120"})

    return run


@pytest.mark.usefixtures("clean_environment")
def test_figures_are_whole_in_80_columns() -> None:
    """Also those of the longest names that are shipped: these are broken instead."""
    shown = RUNNER.invoke(cli.app, ["evaluate"], env={"COLUMNS": "80"}).stdout
    assert "ECE" in shown
    assert "…" not in shown


def test_without_the_test_digits_nothing_is_said_of_them(evaluate: Evaluate) -> None:
    """Neither in the tables nor in JSON, for those who still choose; a report would show them."""
    shown = evaluate("a", "--no-test").stdout
    assert "validation, to choose by" in shown
    assert "test" not in shown.replace("test-time", "")
    assert set(_ANSWER.validate_json(evaluate("a", "--no-test", "--json").stdout)) == {
        "models",
        "tta",
        "temperature",
        "validation",
    }
    refused = evaluate("a", "--no-test", "--report", "page.html")
    assert refused.exit_code == 2
    assert "leave --no-test out" in refused.stderr


def test_json_holds_the_figures_of_both_parts(evaluate: Evaluate) -> None:
    """Of one model; without a mode there is no augmentation."""
    answer = _ANSWER.validate_json(evaluate("a", "--json").stdout)
    assert answer["models"] == ["a"]
    assert (answer["tta"], answer["temperature"]) == ("none", None)
    validation, test = _ANSWER.validate_python(answer["validation"]), _ANSWER.validate_python(answer["test"])
    assert set(validation) == set(test) == _FIGURES
    assert (validation["n"], validation["errors"]) == (5_000, 20)
    assert (test["n"], test["errors"]) == (10_000, 40)


def test_without_a_model_the_default_preset_is_scored(evaluate: Evaluate) -> None:
    """With its members and its views, unless another mode is asked for."""
    answer = _ANSWER.validate_json(evaluate("--json").stdout)
    assert (answer["models"], answer["tta"]) == (["a", "b"], "basic")
    other = _ANSWER.validate_json(evaluate("--tta", "advanced", "--temperature", "0.5", "--json").stdout)
    assert (other["tta"], other["temperature"]) == ("advanced", 0.5)


def test_a_name_that_is_a_preset_and_a_model_means_the_model_beside_others(
    evaluate: Evaluate, clean_environment: Path
) -> None:
    """By itself it means the preset."""
    register_with_predictions(clean_environment / "models", "default")
    assert _ANSWER.validate_json(evaluate("default", "a", "--json").stdout)["models"] == ["default", "a"]
    for name in ("default", " default "):
        assert _ANSWER.validate_json(evaluate(name, "--json").stdout)["models"] == ["a", "b"]


def test_people_get_a_table_with_a_row_for_each_member(evaluate: Evaluate) -> None:
    """Validation first, then test as a report."""
    shown = evaluate().stdout
    assert "validation, to choose by (5,000 digits, TTA basic" in shown
    assert "test, reported only (10,000 digits" in shown
    first_words = [line.split()[0] for line in shown.splitlines() if line.split()]
    assert [first_words.count(name) for name in ("ensemble_2_models", "a", "b")] == [2, 2, 2]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["nobody"], 1, "There is no preset and no model 'nobody'"),
        (["nobody"], 1, "Presets: default. Models: a, b."),
        (["a", "nobody"], 1, "There is no model 'nobody'"),
        ([""], 2, "A name is empty"),
        ([","], 2, "A name is empty"),
        (["default,a"], 2, "'default': a preset is named by itself."),
        (["a", "--report", "."], 2, ". is a folder"),
        (["default", "a"], 2, "'default': a preset is named by itself."),
        (["a", "default"], 2, "'default': a preset is named by itself."),
        (["a", "--temperature", "-1"], 2, "must be a positive number"),
        (["a", "--strokes"], 1, "git checkout -- data/strokes"),
        (["a", "--damage", "--report", "nowhere/page.html"], 2, "There is no folder nowhere"),
    ],
)
def test_what_cannot_be_done_is_said(evaluate: Evaluate, arguments: list[str], status: int, message: str) -> None:
    """By name and value."""
    result = evaluate(*arguments)
    assert result.exit_code == status
    assert message in result.output + str(result.exception)


def test_missing_predictions_are_made(
    evaluate: Evaluate, clean_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the command, and the command works."""
    (clean_environment / "models" / "a" / PREDICTIONS_NAME).unlink()
    assert "evaluate --refresh a" in str(evaluate("a").exception)

    def few(_: Path) -> EvaluationDigits:
        rows: NDArray[np.int64] = np.arange(40)
        whole = evaluation_digits()
        return EvaluationDigits(validation=whole.validation.pick(rows), test=whole.test.pick(rows))

    monkeypatch.setattr("handwriting_ai.evaluation.predictions.load_evaluation_digits", few)
    monkeypatch.setattr("handwriting_ai.evaluation.scoreboard.DISPUTED_TEST_ROWS", frozenset[int]())
    refreshed = evaluate("a", "--refresh", "--no-test", "--json")
    assert "Models to run: 1, " in refreshed.stderr
    assert "validation and test, 80 digits, also with --no-test" in refreshed.stderr
    assert refreshed.stderr.startswith("Loading the models' libraries")  # before anything takes long
    assert "1 of 1: a\n" in refreshed.stderr
    assert "  80 of 80 digits\n" in refreshed.stderr
    answer = _ANSWER.validate_json(refreshed.stdout)
    assert _ANSWER.validate_python(answer["validation"])["n"] == 40
    assert (clean_environment / "models" / "a" / PREDICTIONS_NAME).is_file()


def _measure_on_few(
    network: TypedModule, digits: DigitImages, device: torch.device, on_step: Callable[[int, int], None]
) -> tuple[DamagePoint, ...]:
    """Every damage and severity, but not on all 5,000 validation digits: that is minutes of one core."""
    rows: NDArray[np.int64] = np.arange(20)
    return measure_damage(network, digits.pick(rows), device, on_step)


@pytest.fixture()
def ink(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of pen strokes, empty."""
    folder = clean_environment / "ink"
    folder.mkdir()
    monkeypatch.setenv("TRAINING__STROKES_DIR", str(folder))
    return folder


@pytest.fixture()
def few_scribbles(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand take seconds to draw."""
    monkeypatch.setattr(measure, "_SCRIBBLES", 20)


def _write_strokes(path: Path, *, writers: int, repeats: int = 1) -> str:
    """Every digit so often by each writer; returns the file's digest."""
    digits: list[dict[str, object]] = [
        {"label": digit, "writer": f"w{writer}", "strokes": strokes}
        for writer in range(writers)
        for digit, strokes in [*DIGIT_STROKES.items()] * repeats
    ]
    packed = gzip.compress("\n".join(json.dumps(digit) for digit in digits).encode())
    path.write_bytes(packed)
    return hashlib.sha256(packed).hexdigest()


def test_damage_and_strokes_are_measured_and_reported(
    evaluate: Evaluate, clean_environment: Path, ink: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In JSON, and on one page that needs nothing else."""
    _write_strokes(ink / "mine.jsonl.gz", writers=6)
    monkeypatch.setattr(robustness, "measure_damage", _measure_on_few)
    report = clean_environment / "out.html"
    answer = _ANSWER.validate_json(evaluate("a", "--damage", "--strokes", "--json", "--report", str(report)).stdout)
    damage = TypeAdapter(dict[str, list[dict[str, object]]]).validate_python(answer["damage"])
    assert {row["severity"] for row in damage["a"]} == set(range(6))
    strokes = TypeAdapter(list[dict[str, object]]).validate_python(answer["pen_strokes"])
    assert [(row["file"], row["pen_px"], row["n"]) for row in strokes] == [
        ("mine", None, 10),
        ("mine", 6, 10),
        ("mine", 14, 10),
        ("mine", 22, 10),
    ]
    assert TypeAdapter(dict[str, int]).validate_python(answer["scribbles"])["n"] == 1_000
    page = report.read_text(encoding="utf-8")
    assert page.count("<svg") == 5
    assert "Pen strokes of writers held out" in page
    assert 'src="http' not in page
    assert "<script" not in page


@pytest.mark.usefixtures("evaluate")
def test_damage_is_whole_in_80_columns(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table with a column for each severity, a row for each damage, whatever the model is called."""
    name = "mnist_compact_scanned_light_seed0_from_drawn_light_seed0"
    register_with_predictions(clean_environment / "models", name)
    monkeypatch.setattr(robustness, "measure_damage", _measure_on_few)
    shown = RUNNER.invoke(cli.app, ["evaluate", name, "--damage", "--no-test"], env={"COLUMNS": "80"}).stdout
    assert "…" not in shown
    rows = {line.split()[0]: line.split()[1:] for line in shown.splitlines() if line.strip(" ─")}
    assert rows["0"] == ["1", "2", "3", "4", "5"]
    for damage in Damage:
        assert len(rows[damage]) == 6
        assert all(cell.endswith("%") for cell in rows[damage])


@pytest.mark.usefixtures("few_scribbles")
def test_strokes_are_shown_as_tables(evaluate: Evaluate, ink: Path) -> None:
    """For people: those of each file, and the scribbles."""
    _write_strokes(ink / "mine.jsonl.gz", writers=6)
    shown = evaluate("a", "--strokes").stdout
    assert "writers held out" in shown
    assert "scribbles" in shown


@pytest.mark.usefixtures("few_scribbles")
def test_nobody_is_scored_on_strokes_that_were_learnt(evaluate: Evaluate, clean_environment: Path, ink: Path) -> None:
    """A file of one writer is trained on as a whole: it is left out, and that is said."""
    learnt = DataSource(name="mine", sha256=_write_strokes(ink / "mine.jsonl.gz", writers=1), count=10)
    path = clean_environment / "models" / "a" / MANIFEST_NAME
    changes: dict[str, object] = {"train_data": (learnt,)}
    write_manifest(path, read_manifest(path).model_copy(update=changes))
    alone = evaluate("a", "--strokes")
    assert alone.exit_code != 0
    assert "have learnt from all of them" in str(alone.exception)
    _write_strokes(ink / "mine.jsonl.gz", writers=1, repeats=2)  # it has grown since
    _write_strokes(ink / "others.jsonl.gz", writers=2)
    result = evaluate("a", "--strokes", "--json")
    assert "mine is left out" in result.stderr
    answer = _ANSWER.validate_json(result.stdout)
    strokes = TypeAdapter(list[dict[str, object]]).validate_python(answer["pen_strokes"])
    assert {row["file"] for row in strokes} == {"others"}


def test_a_model_that_is_not_shipped_is_scored_but_not_run(evaluate: Evaluate, clean_environment: Path) -> None:
    """By its predictions; whatever runs models is refused before any work, also beside one that is here."""
    root = clean_environment / "models"
    ModelStore(root).withhold("b", "22 MB")
    answer = _ANSWER.validate_json(evaluate("b", "--json").stdout)
    assert _ANSWER.validate_python(answer["validation"])["errors"] == 30
    assert _ANSWER.validate_json(evaluate("a", "b", "--json").stdout)["models"] == ["a", "b"]
    for option in ("--refresh", "--damage", "--strokes"):
        result = evaluate("a", "b", option)
        assert result.exit_code == 1
        assert "'b' is not shipped (22 MB)" in str(result.exception)
    (root / "presets.json").unlink()
    assert _ANSWER.validate_json(evaluate("--json").stdout)["models"] == ["a"]
    ModelStore(root).delete("a")
    assert "No model here has its weights" in evaluate().output
