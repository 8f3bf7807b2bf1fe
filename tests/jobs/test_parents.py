"""Runs that start from a registered model's weights."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.jobs.samples import MNIST
from tests.registry.samples import SIGNATURE, fresh_state, saved, write_model
from typer.testing import CliRunner

from handwriting_ai import cli
from handwriting_ai.architectures import build_fresh_state_dict
from handwriting_ai.errors import (
    ClassesMismatch,
    ManifestError,
    ParentMismatch,
    SignatureMismatch,
    UnknownModel,
    WeightsError,
)
from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.jobs.parents import USUAL_ARCHITECTURE, check_parent, possible_parents, read_parent, start_from
from handwriting_ai.jobs.types import TrainingConfig, plan
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.manifest import MANIFEST_NAME
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.registry.weights import WEIGHTS_NAME

PARENT = "mnist_compact_baseline_seed0_trial40"
_TRIAL = ["train", "--recipe", "baseline", "--epochs", "1", "--trial", "40"]


@pytest.fixture()
def jobs(clean_environment: Path) -> Iterator[LocalJobs]:
    """An empty queue and an empty models folder."""
    opened = LocalJobs(clean_environment / "runs", ModelStore(clean_environment / "models"), MNIST)
    yield opened
    opened.close()


def _planned(jobs: LocalJobs, parent: str, arch: str | None = None) -> TrainingConfig:
    chosen, start = start_from(parent, arch, jobs.models)
    return plan(chosen, "baseline", seed=1, epochs=1, trial_digits=40, parent=start)


def _write(jobs: LocalJobs, model_id: str, *, seed: int = 0, **changes: object) -> None:
    weights = saved(build_fresh_state_dict("compact", 10, seed=seed))
    write_model(jobs.models.root, model_id, weights, {"preprocess_hash": preprocess_signature()} | changes)


def test_a_parent_must_fit(jobs: LocalJobs) -> None:
    """It is there, it is the network that is to be trained, for this preprocessing; only such are offered."""
    _write(jobs, "older", preprocess_hash=SIGNATURE)
    _write(jobs, "letters", n_classes=26)
    _write(jobs, "wide", arch="compact_wide")
    _write(jobs, "sound")
    _write(jobs, "broken")
    (jobs.models.folder("broken") / MANIFEST_NAME).write_text("{", encoding="utf-8")
    for name, error, said in (
        ("older", SignatureMismatch, "'older' was trained for the preprocessing"),
        ("letters", ClassesMismatch, "'letters' has 26 classes, not 10"),
        ("wide", ParentMismatch, "A compact cannot start from the weights of 'wide': it is a compact_wide"),
    ):
        with pytest.raises(error, match=said):
            start_from(name, "compact", jobs.models)
    with pytest.raises(UnknownModel, match=r"no model 'nobody'.*Available: broken, "):
        start_from("nobody", None, jobs.models)
    with pytest.raises(ManifestError):
        start_from("broken", None, jobs.models)
    assert possible_parents("compact", jobs.models) == ("sound",)
    assert possible_parents("compact_wide", jobs.models) == ("wide",)
    assert start_from("wide", None, jobs.models)[0] == "compact_wide"


def test_a_model_that_is_not_shipped_is_no_parent(jobs: LocalJobs) -> None:
    """It is not offered, and refused with the reason, before a run is queued and after."""
    _write(jobs, "mine")
    config = _planned(jobs, "mine")
    jobs.models.withhold("mine", "22 MB")
    assert possible_parents("compact", jobs.models) == ()
    with pytest.raises(WeightsError, match=r"not shipped \(22 MB\)"):
        start_from("mine", None, jobs.models)
    with pytest.raises(ParentMismatch, match=r"starts from the model 'mine': .*not shipped"):
        check_parent(config, jobs.models)


def test_without_a_parent_there_is_none(jobs: LocalJobs) -> None:
    """Fresh weights, and the architecture that is usual here."""
    assert start_from(None, None, jobs.models) == (USUAL_ARCHITECTURE, None)
    assert start_from(None, "resnet18", jobs.models) == ("resnet18", None)
    assert read_parent(plan("compact", "baseline", seed=0), jobs.models) is None


def test_a_queued_run_knows_its_parent_again(jobs: LocalJobs) -> None:
    """By its weights: neither another model of that name nor none at all is taken in its place."""
    _write(jobs, "mine")
    config = _planned(jobs, "mine")
    job = jobs.submit(config)
    assert jobs.store.read(job.job_id).config == config
    found = read_parent(config, jobs.models)
    assert found is not None
    assert found.manifest.model_id == "mine"
    (jobs.models.folder("mine") / WEIGHTS_NAME).write_bytes(b"spoilt")
    with pytest.raises(ParentMismatch, match=r"starts from the model 'mine': .*model\.pt is not the file"):
        read_parent(config, jobs.models)
    jobs.models.delete("mine")
    with pytest.raises(ParentMismatch, match="starts from the model 'mine': There is no model"):
        check_parent(config, jobs.models)
    _write(jobs, "mine", seed=1)
    elsewhere: dict[str, object] = {"model_id": "other"}
    with pytest.raises(ParentMismatch, match="'mine', which has been replaced since"):
        jobs.submit(config.model_copy(update=elsewhere))
    assert _planned(jobs, "mine").parent != config.parent


def test_a_queued_run_can_start_from_a_model(jobs: LocalJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that queues runs; the architecture is the parent's."""
    monkeypatch.setenv("APP__DATA_ROOT", str(jobs.models.root.parent))
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(jobs.models.root))
    write_model(
        jobs.models.root,
        "narrow",
        saved(build_fresh_state_dict("compact_narrow", 10)),
        {"preprocess_hash": preprocess_signature(), "arch": "compact_narrow"},
    )
    queued = CliRunner().invoke(cli.app, ["jobs", "submit", "--recipe", "baseline", "--parent", "narrow"])
    assert queued.exit_code == 0, queued.exception
    config = jobs.store.read(queued.stdout.strip()).config
    assert (config.arch, config.model_id) == ("compact_narrow", "mnist_compact_narrow_baseline_seed0_from_narrow")
    assert config.parent == start_from("narrow", None, jobs.models)[1]


def test_a_parent_without_a_digest_is_told_by_its_file(jobs: LocalJobs) -> None:
    """A v1 manifest has none."""
    _write(jobs, "old", weights_sha256=None)
    config = _planned(jobs, "old")
    assert config.parent is not None
    assert config.parent.weights_sha256 == hashlib.sha256(saved(fresh_state())).hexdigest()
    found = read_parent(config, jobs.models)
    assert found is not None
    assert found.weights_sha256 == config.parent.weights_sha256
    (jobs.models.folder("old") / WEIGHTS_NAME).unlink()
    with pytest.raises(WeightsError, match=r"model\.pt cannot be read"):
        start_from("old", None, jobs.models)


@pytest.mark.usefixtures("few_validation_digits")
def test_a_child_goes_on_from_its_parent(jobs: LocalJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """It starts far below the loss of fresh weights, and its name and its manifest say where it comes from."""
    root = jobs.models.root
    monkeypatch.setenv("APP__DATA_ROOT", str(root.parent))
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(root))
    taught = ["train", "--recipe", "baseline", "--epochs", "20", "--trial", "40"]
    losses: list[float] = []
    for command in (taught, [*_TRIAL, "--seeds", "1"], [*_TRIAL, "--seeds", "1", "--parent", PARENT]):
        result = CliRunner().invoke(cli.app, command, env={"COLUMNS": "200"})
        assert result.exit_code == 0, f"{result.output}\n{result.exception}"
        printed: list[str] = re.findall(r"loss (\d+\.\d+)", result.stdout)
        losses.append(float(printed[-1]))
    child = jobs.models.read_manifest("mnist_compact_baseline_seed1_trial40_from_baseline_seed0_trial40")
    fresh = jobs.models.read_manifest("mnist_compact_baseline_seed1_trial40")
    assert (child.parent_model_id, fresh.parent_model_id) == (PARENT, None)
    assert child.recipe_hash == fresh.recipe_hash
    assert child.train_data == fresh.train_data
    assert losses[2] < losses[1] / 2


def test_a_model_without_a_full_name_can_be_a_parent(jobs: LocalJobs) -> None:
    """Its name stands in the child's as it is; a full one without what both names share."""
    _write(jobs, "mine")
    _write(jobs, PARENT)
    assert _planned(jobs, "mine").model_id == "mnist_compact_baseline_seed1_trial40_from_mine"
    assert _planned(jobs, PARENT).model_id == "mnist_compact_baseline_seed1_trial40_from_baseline_seed0_trial40"
