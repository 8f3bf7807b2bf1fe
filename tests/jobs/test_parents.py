"""Runs that start from a registered model's weights."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.registry.samples import SIGNATURE, fresh_state, saved, write_model
from typer.testing import CliRunner

from handwriting_ai import cli
from handwriting_ai.errors import ParentMismatch, SignatureMismatch, UnknownModel
from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.jobs.parents import USUAL_ARCHITECTURE, architecture_for, find_parent, possible_parents
from handwriting_ai.jobs.types import TrainingConfig, plan
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.manifest import MANIFEST_NAME
from handwriting_ai.registry.store import ModelStore

PARENT = "mnist_compact_baseline_seed0_trial40"
_TRIAL = ["train", "--recipe", "baseline", "--epochs", "1", "--trial", "40"]


@pytest.fixture()
def jobs(clean_environment: Path) -> Iterator[LocalJobs]:
    """An empty queue and an empty models folder."""
    opened = LocalJobs(clean_environment / "runs", ModelStore(clean_environment / "models"))
    yield opened
    opened.close()


def _config(parent: str, arch: str = "compact") -> TrainingConfig:
    return plan(arch, "baseline", seed=1, epochs=1, trial_digits=40, parent=parent)


def _write(jobs: LocalJobs, model_id: str, **changes: object) -> None:
    write_model(jobs.models.root, model_id, saved(fresh_state()), {"preprocess_hash": preprocess_signature()} | changes)


def test_a_parent_is_checked_before_anything_is_queued(jobs: LocalJobs) -> None:
    """It must be there, be sound, and be the network that is to be trained."""
    _write(jobs, "sound")
    _write(jobs, "older", preprocess_hash=SIGNATURE)
    with pytest.raises(UnknownModel, match=r"no model 'nobody'.*Available: older, sound"):
        jobs.submit(_config("nobody"))
    with pytest.raises(SignatureMismatch, match="'older'"):
        jobs.submit(_config("older"))
    with pytest.raises(ParentMismatch, match="'sound' is a compact of 10 classes: a simplecnn_m5 of 10 cannot start"):
        jobs.submit(_config("sound", "simplecnn_m5"))
    assert jobs.store.all().jobs == ()
    job = jobs.submit(_config("sound"))
    assert jobs.store.read(job.job_id).config.parent == "sound"
    found = find_parent(job.config, jobs.models)
    assert found is not None
    assert found.manifest.model_id == "sound"


def test_without_a_parent_there_is_none(jobs: LocalJobs) -> None:
    """Fresh weights, and the architecture that is usual here."""
    assert find_parent(plan("compact", "baseline", seed=0), jobs.models) is None
    assert architecture_for(None, None, jobs.models) == USUAL_ARCHITECTURE
    assert architecture_for("resnet18", None, jobs.models) == "resnet18"


def test_parents_are_models_of_the_same_architecture(jobs: LocalJobs) -> None:
    """One whose manifest is broken is not offered."""
    _write(jobs, "a")
    _write(jobs, "b", arch="compact_wide")
    _write(jobs, "c")
    (jobs.models.folder("c") / MANIFEST_NAME).write_text("{", encoding="utf-8")
    assert possible_parents("compact", jobs.models) == ("a",)
    assert architecture_for(None, "b", jobs.models) == "compact_wide"


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
    assert losses[2] < losses[1] / 2


def test_a_model_without_a_full_name_can_be_a_parent() -> None:
    """Its name stands in the child's as it is."""
    assert _config("mine").model_id == "mnist_compact_baseline_seed1_trial40_from_mine"
