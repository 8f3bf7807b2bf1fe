"""Jobs on disk, also damaged ones, without any process."""

import logging
from pathlib import Path

import pytest

from handwriting_ai.errors import JobCancelled, JobDamaged, TrainingDiverged, UnknownJob
from handwriting_ai.jobs.child import Pulse, carry_out
from handwriting_ai.jobs.store import CANCEL_NAME, CONFIG_NAME, LOG_NAME, STATE_NAME, JobStore
from handwriting_ai.jobs.types import Job, JobStatus, plan
from handwriting_ai.locks import is_locked, locked, take_lock
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.progress import METRICS_NAME


@pytest.fixture()
def store(tmp_path: Path) -> JobStore:
    """An empty folder of jobs."""
    return JobStore(tmp_path / "runs", ModelStore(tmp_path / "models"))


def _job(store: JobStore, seed: int = 0) -> Job:
    return store.create(plan("compact", "baseline", seed=seed, epochs=2))


def _claim_to_run(store: JobStore, job: Job) -> None:
    """Write what a process would have written before it died."""
    dead: dict[str, object] = {"status": JobStatus.RUNNING, "pid": 1, "current_epoch": 1, "progress": 0.5}
    store.write_state(job.state.model_copy(update=dead))


def test_a_lock_ends_with_its_holder(tmp_path: Path) -> None:
    """Seen from elsewhere, and free again afterwards; a folder that is not there is not locked."""
    assert not is_locked(tmp_path)
    with locked(tmp_path):
        assert is_locked(tmp_path)
    assert not is_locked(tmp_path)
    assert not is_locked(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError):
        take_lock(tmp_path / "nowhere")


def test_a_running_job_without_a_process_has_failed(store: JobStore) -> None:
    """With the last lines of its log, and what it had reached."""
    job = _job(store)
    _claim_to_run(store, job)
    (store.folder(job.job_id) / LOG_NAME).write_text("one\ntwo\nthree\nKilled by the weather\n", encoding="utf-8")
    state = store.read(job.job_id).state
    assert (state.status, state.current_epoch) == (JobStatus.FAILED, 1)
    assert "two / three / Killed by the weather" in (state.error or "")


def test_one_that_was_asked_to_stop_is_cancelled(store: JobStore) -> None:
    """Even if it had no time to say so."""
    job = _job(store)
    _claim_to_run(store, job)
    (store.folder(job.job_id) / CANCEL_NAME).touch()
    assert store.read(job.job_id).state.status is JobStatus.CANCELLED


@pytest.mark.parametrize("content", [b"", b'{"job_id": "x", "sta', b"[]", b'{"status": "dancing"}'])
def test_a_damaged_state_costs_no_job(store: JobStore, content: bytes) -> None:
    """It counts as failed, says why, and can be resumed; the others are not touched."""
    job, other = _job(store), _job(store, seed=1)
    (store.folder(job.job_id) / STATE_NAME).write_bytes(content)
    found = {each.job_id: each.state for each in store.all().jobs}
    assert found[job.job_id].status is JobStatus.FAILED
    assert STATE_NAME in (found[job.job_id].error or "")
    assert found[other.job_id].status is JobStatus.QUEUED


def test_a_damaged_configuration_is_reported_beside_the_jobs(store: JobStore) -> None:
    """By the name of its folder, with what to do; it can be deleted."""
    job, other = _job(store), _job(store, seed=1)
    (store.folder(job.job_id) / CONFIG_NAME).write_text("{", encoding="utf-8")
    found = store.all()
    assert [each.job_id for each in found.jobs] == [other.job_id]
    assert [job.job_id in str(error) for error in found.damaged] == [True]
    with pytest.raises(JobDamaged):
        store.read(job.job_id)
    store.delete(job.job_id)
    assert store.all().damaged == ()


@pytest.mark.parametrize("name", ["nothing", "../runs", ".", "", "a/b"])
def test_unknown_jobs_are_refused(store: JobStore, name: str) -> None:
    """No name leads out of the folder."""
    _job(store)
    with pytest.raises(UnknownJob):
        store.read(name)


def test_an_interrupted_deletion_is_finished_later(store: JobStore) -> None:
    """Its folder is out of sight at once."""
    job = _job(store)
    store.folder(job.job_id).rename(store.root / f".deleted-{job.job_id}")
    assert store.all().jobs == ()
    store.sweep()
    assert list(store.root.iterdir()) == []


def test_metrics_are_read_as_far_as_they_are_sound(store: JobStore) -> None:
    """None yet, or a damaged line."""
    job = _job(store)
    assert store.metrics(job.job_id) == []
    (store.folder(job.job_id) / METRICS_NAME).write_text("{}\n", encoding="utf-8")
    assert store.metrics(job.job_id) == []
    assert store.log_tail(job.job_id) == ""


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (TrainingDiverged("The training loss of epoch 3 is nan."), JobStatus.FAILED, "epoch 3 is nan"),
        (JobCancelled("Signal 15."), JobStatus.CANCELLED, None),
        (KeyboardInterrupt(), JobStatus.CANCELLED, None),
    ],
)
def test_how_a_run_ended_is_written_down(
    store: JobStore, error: BaseException, status: JobStatus, said: str | None
) -> None:
    """A loss that is no number, a signal, Ctrl-C."""

    def train(_: Job, __: Pulse) -> Path:
        raise error

    job = _job(store)
    state = carry_out(store, job, train)
    assert state.status is status
    assert store.read(job.job_id).state == state
    assert state.error is None if said is None else said in (state.error or "")


def test_an_unforeseen_error_is_written_down_and_goes_on(store: JobStore) -> None:
    """A bug fails the run, and its trace is not swallowed."""

    def train(_: Job, __: Pulse) -> Path:
        raise ZeroDivisionError("a bug")

    job = _job(store)
    with pytest.raises(ZeroDivisionError):
        carry_out(store, job, train)
    assert store.read(job.job_id).state.error == "ZeroDivisionError: a bug"


def test_a_full_disk_does_not_stop_the_heart(
    store: JobStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The run goes on, and the log says what could not be written."""
    job = _job(store)

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write_state", full)
    with caplog.at_level(logging.WARNING):
        state = carry_out(store, job, lambda _, __: Path("model"))
    assert state.status is JobStatus.COMPLETED
    assert "No space left" in caplog.text
