"""Runs of an earlier version: their folders are read as they are."""

from pathlib import Path

from tests.jobs.samples import MNIST

from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.jobs.store import CONFIG_NAME, STATE_NAME
from handwriting_ai.jobs.types import JobStatus
from handwriting_ai.registry.notes import Note
from handwriting_ai.registry.store import ModelStore

_CONFIG = """{"arch": "compact", "recipe": "drawn", "epochs": 3, "seed": 1,
"model_id": "mnist_compact_drawn_seed1_trial2000", "created_at": "2026-11-30T10:00:00Z", "trial_digits": 2000,
"device": "auto", "force": false, "parent": null}"""
_STATE = """{"job_id": "20261130-100000-abcd", "status": "failed", "queued_at": "2026-11-30T10:00:00Z",
"progress": 1.0, "current_epoch": 3, "activity": "", "seconds_left": null, "error": "Killed.",
"started_at": "2026-11-30T10:00:01Z", "completed_at": "2026-11-30T10:09:00Z", "pid": null, "host": "box",
"heartbeat": "2026-11-30T10:08:59Z"}"""
_METRICS = """{"epoch": 1, "epochs": 3, "learning_rate": 0.001, "train_loss": 0.5, "val_loss": 0.2,
"val_accuracy": 0.95, "drawn_accuracy": {}, "scribble_confidence": null, "images_per_second": 900.0, "seconds": 9.0}"""


def test_a_run_of_before_notes_and_scoring_is_read(tmp_path: Path) -> None:
    """It can be resumed, whose scoring is then all that is left; nobody has said anything of it yet."""
    folder = tmp_path / "runs" / "20261130-100000-abcd"
    folder.mkdir(parents=True)
    (folder / CONFIG_NAME).write_text(_CONFIG, encoding="utf-8")
    (folder / STATE_NAME).write_text(_STATE, encoding="utf-8")
    (folder / "metrics.jsonl").write_text(_METRICS.replace("\n", " ") + "\n", encoding="utf-8")
    jobs = LocalJobs(tmp_path / "runs", ModelStore(tmp_path / "models"), MNIST)
    found = jobs.store.all()
    assert found.damaged == ()
    (job,) = found.jobs
    assert job.state.status is JobStatus.FAILED
    assert job.state.status.can_be_resumed
    assert [metrics.epoch for metrics in jobs.store.metrics(job.job_id)] == [1]
    assert jobs.store.note(job.job_id) == Note()
