"""Teaching as a job: planned, refused, done, and what happens to its parent meanwhile."""

import errno
import os
from pathlib import Path

import pytest
from tests.jobs.samples import MNIST
from tests.training.test_teaching import QUICK, drawings_of, small_data

from handwriting_ai.data.lessons import Lesson
from handwriting_ai.errors import DataMissing, JobConflict, ModelExists, NothingToTeach, ParentMismatch, UnknownModel
from handwriting_ai.jobs import child
from handwriting_ai.jobs.child import carry_out, run_job
from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.jobs.teaching import Teacher, possible_pupils, usual_parent
from handwriting_ai.jobs.types import JobStatus, TrainingConfig
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.run import RunConfig, Watcher
from handwriting_ai.training.sources import DataFolders, TrainingData
from handwriting_ai.training.teaching import run_teaching


def _teach_quickly(config: RunConfig, lesson: Lesson, data: TrainingData, watcher: Watcher) -> Path:
    return run_teaching(config, lesson, data, watcher, QUICK)


@pytest.fixture()
def jobs(tmp_path: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> LocalJobs:
    """A queue that nobody works off, whose lessons are short."""
    strokes = tmp_path / "strokes"
    strokes.mkdir()
    (strokes / "some.jsonl.gz").write_bytes(b"")
    data = DataFolders(mnist=MNIST.mnist, strokes=(strokes,))

    monkeypatch.setattr(child, "run_teaching", _teach_quickly)
    return LocalJobs(tmp_path / "runs", ModelStore(model_dir), data)


def _plan(jobs: LocalJobs, folder: Path, digits: list[int]) -> TrainingConfig:
    return Teacher(jobs).plan("Ann", drawings_of(folder, digits, "Ann"), parent="first")


def _do(jobs: LocalJobs, config: TrainingConfig) -> JobStatus:
    with jobs.in_foreground(config) as job:
        return carry_out(jobs.store, job, run_job(jobs.store, jobs.models, small_data)).status


def test_lesson_becomes_a_model_of_its_own(jobs: LocalJobs, tmp_path: Path) -> None:
    """From plan to report; the parent stays, and the same lesson once more would take its place."""
    config = _plan(jobs, tmp_path / "drawings", [0, 1, 0, 1])
    assert _do(jobs, config) is JobStatus.COMPLETED
    assert Teacher(jobs).report(config).parent_model_id == "first"
    assert set(jobs.models.model_ids()) == {"first", "second", config.model_id}
    with pytest.raises(ModelExists):
        jobs.refuse(config)


def test_two_sessions_teach_at_once(jobs: LocalJobs, tmp_path: Path) -> None:
    """Different lessons queue; the same lesson twice is refused with the job that does it."""
    first, second = _plan(jobs, tmp_path / "a", [0, 1]), _plan(jobs, tmp_path / "b", [2, 3])
    job = jobs.submit(first)
    jobs.submit(second)
    assert len(jobs.store.all().jobs) == 2
    with pytest.raises(JobConflict, match=job.job_id):
        jobs.submit(first)


def test_parent_deleted_meanwhile(jobs: LocalJobs, tmp_path: Path) -> None:
    """The run fails and says which model is gone; nothing is registered."""
    config = _plan(jobs, tmp_path / "drawings", [0, 1])
    with jobs.in_foreground(config) as job:
        jobs.models.delete("first")
        state = carry_out(jobs.store, job, run_job(jobs.store, jobs.models, small_data))
    assert state.status is JobStatus.FAILED
    assert "'first'" in (state.error or "")
    with pytest.raises(ParentMismatch):
        jobs.refuse(config)


def test_drawings_deleted_meanwhile_are_still_taught(jobs: LocalJobs, tmp_path: Path) -> None:
    """The lesson keeps its own copy; only where that is gone the run fails, and says so."""
    config = _plan(jobs, tmp_path / "drawings", [0, 1])
    for path in (tmp_path / "drawings").iterdir():
        path.unlink()
    assert _do(jobs, config) is JobStatus.COMPLETED
    other = _plan(jobs, tmp_path / "others", [2, 3])
    for path in jobs.store.lessons.iterdir():
        path.unlink()
    assert _do(jobs, other) is JobStatus.FAILED


def test_full_disk_is_said_and_the_run_goes_on_later(
    jobs: LocalJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint that cannot be written fails the run; the same plan completes once there is room."""
    config = _plan(jobs, tmp_path / "drawings", [0, 1])
    with monkeypatch.context() as patch:
        patch.setattr("handwriting_ai.training.teaching.save_checkpoint", _no_room)
        assert _do(jobs, config) is JobStatus.FAILED
    (job,) = jobs.store.all().jobs
    assert "No space left" in (job.state.error or "")
    assert _do(jobs, config) is JobStatus.COMPLETED


def _no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_pupils_and_the_usual_one(jobs: LocalJobs, tmp_path: Path) -> None:
    """All models that fit; without presets the first. No drawings or no such parent: said at once."""
    assert possible_pupils(jobs.models) == ("first", "second")
    assert usual_parent(jobs.models) == "first"
    with pytest.raises(NothingToTeach):
        Teacher(jobs).plan("Ann", [], parent="first")
    with pytest.raises(UnknownModel):
        Teacher(jobs).plan("Ann", drawings_of(tmp_path / "drawings", [1]), parent="nobody")


def test_report_of_a_model_that_was_not_taught(jobs: LocalJobs, tmp_path: Path) -> None:
    """There is none, and that is said."""
    named: dict[str, object] = {"model_id": "first"}
    config = _plan(jobs, tmp_path / "drawings", [1]).model_copy(update=named)
    with pytest.raises(DataMissing, match="no teaching run"):
        Teacher(jobs).report(config)
