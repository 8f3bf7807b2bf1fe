"""Jobs on disk, also damaged ones, without any process."""

import logging
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.registry.samples import fresh_state, manifest
from tests.training.samples import EPOCH

from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.errors import JobDamaged, TrainingDiverged, UnknownJob
from handwriting_ai.jobs import child
from handwriting_ai.jobs.child import Pulse, carry_out, run_job
from handwriting_ai.jobs.store import CANCEL_NAME, CONFIG_NAME, LOG_NAME, STATE_NAME, JobStore
from handwriting_ai.jobs.types import Job, JobStatus, plan, running
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.support.files import sweep_unfinished
from handwriting_ai.support.locks import is_locked, locked, take_lock
from handwriting_ai.training.progress import METRICS_NAME
from handwriting_ai.training.run import RunConfig, Watcher
from handwriting_ai.training.sources import TrainingData


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


def test_two_jobs_of_one_second_have_names_of_their_own(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where chance draws the same twice."""
    drawn = iter(["aaaa", "aaaa", "bbbb", *(["aaaa", "cccc"] * 9)])

    def draw(_: int) -> str:
        return next(drawn)

    monkeypatch.setattr("handwriting_ai.jobs.store.secrets.token_hex", draw)
    names = [_job(store, seed=seed).job_id for seed in range(3)]
    assert len(set(names)) == 3


def test_a_damaged_configuration_is_reported_beside_the_jobs(store: JobStore) -> None:
    """By the name of its folder, with what to do; it can be deleted."""
    job, other = _job(store), _job(store, seed=1)
    (store.folder(job.job_id) / CONFIG_NAME).write_text("{", encoding="utf-8")
    found = store.all()
    assert [each.job_id for each in found.jobs] == [other.job_id]
    assert [(each.job_id, job.job_id in each.problem) for each in found.damaged] == [(job.job_id, True)]
    with pytest.raises(JobDamaged):
        store.read(job.job_id)
    (store.folder(other.job_id) / CONFIG_NAME).unlink()
    assert all("Delete the job" in each.problem for each in store.all().damaged)
    store.delete(job.job_id)
    store.delete(other.job_id)
    assert store.all().damaged == ()


def test_a_configuration_that_the_system_refuses_is_not_to_be_deleted(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reason is said; the job may be sound."""
    job = _job(store)

    def denied(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    (damaged,) = store.all().damaged
    assert damaged.problem == f"{store.folder(job.job_id) / CONFIG_NAME} cannot be read: Permission denied."


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
        (KeyboardInterrupt(), JobStatus.CANCELLED, None),
    ],
)
def test_how_a_run_ended_is_written_down(
    store: JobStore, error: BaseException, status: JobStatus, said: str | None
) -> None:
    """A loss that is no number; a signal, which is as Ctrl-C."""

    def train(_: Job, __: Pulse) -> Path:
        raise error

    job = _job(store)
    state = carry_out(store, job, train)
    assert state.status is status
    assert store.read(job.job_id).state == state
    assert state.error is None if said is None else said in (state.error or "")


def test_a_run_cancelled_when_its_model_was_registered_is_completed(store: JobStore) -> None:
    """The signal came between the registration and the last word; whoever trains several is to stop."""
    models, job = ModelStore(store.root.parent / "models"), _job(store)

    def train(_: Job, __: Pulse) -> Path:
        fields: dict[str, object] = {"run_id": job.job_id}
        models.register(manifest(job.config.model_id).model_copy(update=fields), fresh_state())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(store, job, train)
    state = store.read(job.job_id).state
    assert (state.status, state.progress, state.error) == (JobStatus.COMPLETED, 1.0, None)


def test_a_model_that_cannot_be_scored_stays_its_runs(store: JobStore) -> None:
    """On a full disk, say: the run is completed as before, and says what was wrong."""
    models, job = ModelStore(store.root.parent / "models"), _job(store)

    def score(_: Job, __: Pulse) -> Path:
        fields: dict[str, object] = {"run_id": job.job_id}
        models.register(manifest(job.config.model_id).model_copy(update=fields), fresh_state())
        raise OSError(28, "No space left on device")

    state = carry_out(store, job, score)
    assert (state.status, state.progress) == (JobStatus.COMPLETED, 1.0)
    assert state.error == "The model could not be scored. [Errno 28] No space left on device."


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


@pytest.mark.parametrize(
    ("before", "between", "seen"),
    [
        (JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.QUEUED),
        (JobStatus.RUNNING, JobStatus.COMPLETED, JobStatus.COMPLETED),
        (JobStatus.RUNNING, JobStatus.RUNNING, JobStatus.FAILED),
    ],
)
def test_a_job_that_begins_or_ends_while_it_is_looked_at_has_not_failed(
    store: JobStore, monkeypatch: pytest.MonkeyPatch, before: JobStatus, between: JobStatus, seen: JobStatus
) -> None:
    """Only one that claims to run twice, without a process, is dead."""
    job = _job(store)

    def write(status: JobStatus) -> None:
        change: dict[str, object] = {"status": status}
        store.write_state(job.state.model_copy(update=change))

    def looks_free(_: Path) -> bool:
        write(between)
        return False

    write(before)
    monkeypatch.setattr("handwriting_ai.jobs.store.is_locked", looks_free)
    assert store.read(job.job_id).state.status is seen


def test_an_interrupted_submission_is_forgotten(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed, it leaves a hidden folder, which is swept; on a full disk it leaves nothing."""
    _job(store)

    def full(_: Path, __: object) -> None:
        raise OSError(28, "No space left on device")

    (store.root / ".20260101-000000-abcd").mkdir()
    monkeypatch.setattr("handwriting_ai.jobs.store.write_atomically", full)
    with pytest.raises(OSError, match="No space"):
        _job(store)
    store.sweep()
    assert [path.name for path in store.root.iterdir()] == [job.job_id for job in store.all().jobs]


def test_a_linked_folder_of_a_job_is_deleted(store: JobStore, tmp_path: Path) -> None:
    """The link goes, what it points to stays; what an earlier deletion left is swept, whatever it is."""
    job = _job(store)
    folder = store.folder(job.job_id)
    elsewhere = folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(elsewhere)
    (store.root / ".deleted-older").symlink_to(elsewhere)
    store.delete(job.job_id)
    store.sweep()
    assert list(store.root.iterdir()) == []
    assert (elsewhere / CONFIG_NAME).exists()


def test_what_a_killed_write_left_is_swept(tmp_path: Path) -> None:
    """Nothing else is, hidden or not."""
    kept = {".hidden", "checkpoint.pt", ".checkpoint.pt-0123"}
    for name in (*kept, f".checkpoint.pt-{'0a' * 16}"):
        (tmp_path / name).touch()
    (tmp_path / f".folder-{'0a' * 16}").mkdir()
    sweep_unfinished(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_a_silent_run_is_told_from_a_lively_one(store: JobStore) -> None:
    """After half a minute, and only while it should give signs of life."""
    now = datetime.now(UTC)
    silent: dict[str, object] = {"status": JobStatus.RUNNING, "heartbeat": now - timedelta(seconds=40)}
    state = _job(store).state.model_copy(update=silent)
    assert state.silent_for(now) == 40
    assert state.silent_for(now - timedelta(seconds=20)) is None
    ended: dict[str, object] = {"status": JobStatus.FAILED}
    assert state.model_copy(update=ended).silent_for(now) is None


def _no_data() -> TrainingData:
    nothing = DigitImages(images=np.zeros((0, 28, 28), dtype=np.uint8), labels=np.zeros(0, dtype=np.int64))
    return TrainingData(sources=(), validation=nothing, watched=nothing, drawn_validation={})


def test_the_time_left_is_that_of_the_training_alone(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither preparing the data nor building the network and reading the checkpoint count."""
    clock = [0.0]
    seen: list[tuple[bool, float | None]] = []

    def data() -> TrainingData:
        clock[0] += 1_000
        return _no_data()

    def train(_: RunConfig, __: TrainingData, ___: object, watcher: Watcher) -> Path:
        assert watcher.on_resume is not None
        for resumed in (False, True):
            if resumed:
                clock[0] += 1_000
                watcher.on_resume(1)
            clock[0] += 10
            watcher.on_step(1, 2)
            seen.append((resumed, pulse.state.seconds_left))
        return Path("model")

    monkeypatch.setattr(child, "run_training", train)
    monkeypatch.setattr("handwriting_ai.jobs.child.time.monotonic", lambda: clock[0])
    job = _job(store)
    pulse = Pulse(store, job.state)
    run_job(store, ModelStore(store.root / "models"), data)(job, pulse)
    assert seen == [(False, 30.0), (True, 10.0)]


def test_whoever_watches_a_run_hears_all_of_it(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps, epochs, a resumption, and the predictions at the end."""
    heard: list[str] = []
    metrics = replace(EPOCH, epoch=2)

    def train(_: RunConfig, __: TrainingData, ___: object, told: Watcher) -> Path:
        assert told.on_resume is not None
        assert told.on_predict is not None
        told.on_resume(1)
        told.on_step(1, 2)
        told.on_epoch(metrics)
        told.on_predict(500, 15_000)
        return Path("model")

    watcher = Watcher(
        on_step=lambda seen, total: heard.append(f"step {seen} of {total}"),
        on_epoch=lambda each: heard.append(f"epoch {each.epoch}"),
        on_resume=lambda epoch: heard.append(f"after {epoch}"),
        on_predict=lambda seen, total: heard.append(f"read {seen} of {total}"),
    )
    monkeypatch.setattr(child, "run_training", train)
    job = _job(store)
    run_job(store, ModelStore(store.root / "models"), _no_data, watcher)(job, Pulse(store, job.state))
    assert heard == ["after 1", "step 1 of 2", "epoch 2", "read 500 of 15000"]


def test_runs_at_a_time_share_the_cores(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight threads for two runs; for one again once the other has ended; afterwards the process has what it had."""
    used: list[int] = []
    beside = [2, 1]

    def train(_: RunConfig, __: TrainingData, ___: object, told: Watcher) -> Path:
        used.append(torch.get_num_threads())
        told.on_epoch(EPOCH)
        used.append(torch.get_num_threads())
        return Path("model")

    monkeypatch.setattr(child, "run_training", train)
    monkeypatch.setattr(store, "runs_here", lambda: beside.pop(0))
    job, before = _job(store), torch.get_num_threads()
    try:
        torch.set_num_threads(8)
        run_job(store, ModelStore(store.root / "models"), _no_data)(job, Pulse(store, job.state))
        assert (used, torch.get_num_threads()) == ([4, 8], 8)
    finally:
        torch.set_num_threads(before)


def test_runs_of_this_machine_are_counted(store: JobStore) -> None:
    """Those whose process lives; not the queued, the dead, nor another machine's."""
    here, other, dead, queued = (_job(store, seed) for seed in range(4))
    for job in (here, other, dead):
        store.write_state(running(job.state, 1))
    elsewhere: dict[str, object] = {"host": "elsewhere"}
    store.write_state(running(other.state, 1).model_copy(update=elsewhere))
    assert store.runs_here() == 0
    with ExitStack() as held:
        for job in (here, other, queued):
            held.enter_context(locked(store.folder(job.job_id)))
        assert store.runs_here() == 1
