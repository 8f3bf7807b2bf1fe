"""Teaching as a job: planned, refused, done, and what happens to its parent meanwhile."""

import dataclasses
import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.jobs.samples import MNIST
from tests.training.test_teaching import QUICK, drawings_of, small_data

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.drawings import DrawingStore
from handwriting_ai.data.lessons import Lesson
from handwriting_ai.errors import DataMissing, JobConflict, ModelExists, NothingToTeach, ParentMismatch, UnknownModel
from handwriting_ai.evaluation.predictions import PREDICTIONS_NAME, check_predictions
from handwriting_ai.jobs import child
from handwriting_ai.jobs.child import carry_out, run_job
from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.jobs.teaching import Teacher, possible_pupils, usual_parent
from handwriting_ai.jobs.types import JobStatus, TrainingConfig
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.run import RunConfig, Watcher
from handwriting_ai.training.sources import DataFolders, TrainingData
from handwriting_ai.training.teaching import run_teaching


def teach_quickly(config: RunConfig, lesson: Lesson, data: TrainingData, watcher: Watcher) -> Path:
    """In three steps."""
    return run_teaching(config, lesson, data, watcher, QUICK)


@pytest.fixture()
def jobs(tmp_path: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> LocalJobs:
    """A queue that nobody works off, whose lessons are short."""
    strokes = tmp_path / "strokes"
    strokes.mkdir()
    (strokes / "some.jsonl.gz").write_bytes(b"")
    data = DataFolders(mnist=MNIST.mnist, strokes=(strokes,))

    monkeypatch.setattr(child, "run_teaching", teach_quickly)
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


def test_copies_of_drawings_go_with_the_last_job_that_needs_them(jobs: LocalJobs, tmp_path: Path) -> None:
    """Others' stay; while a job cannot be read, so do all."""
    first, second = _plan(jobs, tmp_path / "a", [0, 1]), _plan(jobs, tmp_path / "b", [2, 3])
    named: dict[str, object] = {"seed": 1, "model_id": "again"}
    twin = jobs.submit(first.model_copy(update=named))
    ids = [jobs.submit(config).job_id for config in (first, second)]
    assert first.lesson is not None
    copies = jobs.store.lessons / f"{first.lesson.sha256}.json"
    jobs.delete(ids[0])
    assert copies.exists()
    config = jobs.store.folder(ids[1]) / "config.json"
    sound = config.read_bytes()
    config.write_bytes(b"{")
    jobs.delete(twin.job_id)
    assert copies.exists()
    config.write_bytes(sound)
    jobs.delete(jobs.submit(first).job_id)
    assert not copies.exists()
    assert len(list(jobs.store.lessons.iterdir())) == 1


def test_taught_model_is_scored_as_part_of_its_run(jobs: LocalJobs, tmp_path: Path) -> None:
    """By the few digits that such a run reads; what was lost is made again by the same job."""
    config = _plan(jobs, tmp_path / "drawings", [0, 1])
    with jobs.in_foreground(config) as job:
        assert carry_out(jobs.store, job, run_job(jobs.store, jobs.models, few_of_test)).status is JobStatus.COMPLETED
    folder, manifest = jobs.models.folder(config.model_id), jobs.models.read_manifest(config.model_id)
    assert check_predictions(folder, manifest) is False  # of the first digits alone
    (folder / PREDICTIONS_NAME).unlink()
    jobs.score(job.job_id)
    again = jobs.store.read(job.job_id)
    assert carry_out(jobs.store, again, run_job(jobs.store, jobs.models, few_of_test)).status is JobStatus.COMPLETED
    check_predictions(folder, manifest)


def few_of_test() -> TrainingData:
    """Of which a run scores its model by the first ten digits of each part."""
    data = small_data()
    first = data.validation.pick(np.arange(10))
    return dataclasses.replace(data, watched=first, test=first)


def test_damaged_drawings_are_left_out_of_a_lesson(jobs: LocalJobs, tmp_path: Path) -> None:
    """The store says which cannot be read; the others are taught."""
    folder = tmp_path / "drawings"
    drawings_of(folder, [0, 1, 2])
    damaged = sorted(folder.iterdir())[0]
    damaged.write_bytes(damaged.read_bytes()[:40])
    found = DrawingStore(folder).all()
    assert len(found.unreadable) == 1
    config = Teacher(jobs).plan("Ann", found.drawings, parent="first")
    assert config.lesson is not None
    assert config.lesson.count == 2
    assert _do(jobs, config) is JobStatus.COMPLETED


def test_damaged_lesson_fails_its_run_with_a_sentence(jobs: LocalJobs, tmp_path: Path) -> None:
    """Half a file is no lesson."""
    config = _plan(jobs, tmp_path / "drawings", [0, 1])
    (copies,) = jobs.store.lessons.iterdir()
    copies.write_bytes(copies.read_bytes()[:100])
    assert _do(jobs, config) is JobStatus.FAILED
    (job,) = jobs.store.all().jobs
    assert "damaged" in (job.state.error or "")


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("fault", ["die-writing-checkpoint.pt", "die-scoring", "die-writing-model.pt"])
def test_killed_process_leaves_a_run_that_goes_on(
    tmp_path: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """`kill -9` while a checkpoint is written, while the model is scored, and while it is registered."""
    monkeypatch.chdir(PROJECT_ROOT)
    monkeypatch.setenv("APP__DATA_ROOT", str(tmp_path))
    folders = DataFolders(mnist=MNIST.mnist, strokes=(PROJECT_ROOT / "data" / "strokes",))
    models = ModelStore(model_dir)
    jobs = LocalJobs(tmp_path / "runs", models, folders)
    drawings = drawings_of(tmp_path / "drawings", [0, 1, 0, 1])
    job = jobs.submit(Teacher(jobs).plan("Ann", drawings, parent="first", trial_digits=10))
    command = [sys.executable, "-m", "tests.jobs.faulty_child", "FAULT", *map(str, (jobs.store.root, model_dir))]
    killed = subprocess.run([*command[:3], fault, *command[4:], job.job_id], check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    state = jobs.store.read(job.job_id).state
    assert (state.status, "killed" in (state.error or "")) == (JobStatus.FAILED, True)
    assert models.model_ids() == ("first", "second")
    jobs.resume(job.job_id)
    done = subprocess.run([*command[:3], "none", *command[4:], job.job_id], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert jobs.store.read(job.job_id).state.status is JobStatus.COMPLETED
    assert Teacher(jobs).report(job.config).own.n == 4
