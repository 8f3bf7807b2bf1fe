"""Jobs in processes of their own, and what happens to them."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import pytest
from tests.jobs.hurry import LONG_RUN
from tests.jobs.samples import MNIST
from tests.registry.samples import names_in

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.errors import (
    InvalidRecipe,
    JobConflict,
    ModelExists,
    QueueUnavailable,
    UnknownArchitecture,
    UnknownJob,
)
from handwriting_ai.evaluation.predictions import PREDICTIONS_NAME, check_predictions
from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.jobs.store import STATE_NAME
from handwriting_ai.jobs.types import Job, JobStatus, TrainingConfig, plan
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.progress import METRICS_NAME
from handwriting_ai.training.run import CHECKPOINT_NAME

LIMIT_S = 120.0
LONG = 100_000
"""Epochs: more than any test waits for."""


_CAN_BE_RESUMED = r"The run can be resumed: it goes on from its last checkpoint\.$"


class Open(Protocol):
    """Opens the jobs folder of a test."""

    def __call__(self, fault: str = "none", *, start: bool = True) -> LocalJobs:
        """With children that meet a fault; without `start` nobody works the queue off."""
        ...


@pytest.fixture()
def open_jobs(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens the one jobs folder of a test, as another server would; at the end no process is left."""
    monkeypatch.setenv("TRAINING__DATA_DIR", str(PROJECT_ROOT / "data" / "mnist"))
    monkeypatch.setenv("APP__DATA_ROOT", str(clean_environment))
    monkeypatch.setenv("PYTHONPATH", str(PROJECT_ROOT), prepend=os.pathsep)
    opened: list[LocalJobs] = []

    def open_one(fault: str = "none", *, start: bool = True) -> LocalJobs:
        command = (sys.executable, "-m", "tests.jobs.faulty_child", fault)
        jobs = LocalJobs(clean_environment / "runs", ModelStore(clean_environment / "models"), MNIST, command=command)
        opened.append(jobs)
        if start:
            jobs.start()
        return jobs

    yield open_one
    for jobs in opened:
        jobs.close()
    for job in opened[0].store.all().jobs if opened else ():
        if job.state.pid is not None and opened[0].store.is_alive(job.job_id):
            os.kill(job.state.pid, signal.SIGKILL)


def tiny(seed: int = 0, epochs: int = 2) -> TrainingConfig:
    """A run of a second or so."""
    return plan("compact_narrow", "baseline", seed=seed, epochs=epochs, trial_digits=40)


def until(jobs: LocalJobs, job: Job, reached: Callable[[Job], bool]) -> Job:
    """Wait for a job to get somewhere."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        seen = jobs.store.read(job.job_id)
        if reached(seen):
            return seen
        time.sleep(0.05)
    raise AssertionError(f"After {LIMIT_S} s: {jobs.store.read(job.job_id)}\n{jobs.store.log_tail(job.job_id)}")


def ended(job: Job) -> bool:
    """Whether nothing happens to it any more."""
    return job.state.status.ended


def trains(job: Job) -> bool:
    """Whether it has a checkpoint to go on from."""
    return job.state.current_epoch >= 1


def pid_of(job: Job) -> int:
    """The process of a running job."""
    assert job.state.pid is not None
    return job.state.pid


def lives(pid: int) -> bool:
    """Whether a process runs; one that has ended but was not waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def only_sound_models(jobs: LocalJobs, *names: str) -> None:
    """The models folder holds these models, all of them whole, and nothing else."""
    assert names_in(jobs.models.root) == sorted(names)
    for name in names:
        jobs.models.read(name, signature=preprocess_signature())


@pytest.mark.usefixtures("untraced")
def test_jobs_are_worked_off_in_order(open_jobs: Open) -> None:
    """One after the other; each registers its model and leaves its metrics and a log."""
    jobs = open_jobs(start=False)
    submitted = [jobs.submit(tiny(seed)) for seed in (2, 0, 1)]
    assert [job.job_id for job in jobs.store.all().jobs] == [job.job_id for job in submitted]
    jobs.start()
    done = [until(jobs, job, ended) for job in submitted]
    assert [job.state.status for job in done] == [JobStatus.COMPLETED] * 3, jobs.store.log_tail(done[0].job_id)
    spans: list[tuple[datetime | None, datetime | None]] = [
        (job.state.started_at, job.state.completed_at) for job in done
    ]
    for (_, finished), (begun, _) in pairwise(spans):
        assert finished is not None
        assert begun is not None
        assert finished <= begun
    assert [metrics.epoch for metrics in jobs.store.metrics(done[0].job_id)] == [1, 2]
    assert "Epoch 2 of 2" in jobs.store.log_tail(done[0].job_id)
    only_sound_models(jobs, *(job.config.model_id for job in done))
    assert jobs.models.read_manifest(done[0].config.model_id).run_id == done[0].job_id


@pytest.mark.usefixtures("untraced")
def test_two_servers_on_one_folder_train_each_job_once(open_jobs: Open) -> None:
    """The folder's lock keeps them apart."""
    first, second = open_jobs(), open_jobs()
    submitted = [first.submit(tiny(0)), second.submit(tiny(1))]
    done = [until(first, job, ended) for job in submitted]
    assert [job.state.status for job in done] == [JobStatus.COMPLETED] * 2
    assert [first.store.log_tail(job.job_id).count("Registered") for job in done] == [1, 1]
    finished, begun = done[0].state.completed_at, done[1].state.started_at
    assert finished is not None
    assert begun is not None
    assert finished <= begun


@pytest.mark.usefixtures("untraced")
def test_a_killed_run_is_shown_as_failed_and_goes_on_from_its_checkpoint(open_jobs: Open) -> None:
    """`kill -9` in the middle of an epoch."""
    jobs = open_jobs()
    job = until(jobs, jobs.submit(tiny(epochs=2 * LONG_RUN)), trains)
    os.kill(pid_of(job), signal.SIGKILL)
    failed = until(jobs, job, ended)
    assert failed.state.status is JobStatus.FAILED
    assert "killed" in (failed.state.error or "")
    assert f"Epoch 1 of {2 * LONG_RUN}" in jobs.store.log_tail(job.job_id)
    only_sound_models(jobs)
    jobs.resume(job.job_id)
    done = until(jobs, job, ended)
    assert done.state.status is JobStatus.COMPLETED, done
    assert "Going on after epoch" in jobs.store.log_tail(job.job_id)
    assert [metrics.epoch for metrics in jobs.store.metrics(job.job_id)] == list(range(1, 2 * LONG_RUN + 1))
    only_sound_models(jobs, job.config.model_id)


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("die-writing-checkpoint.pt", "killed"),
        ("die-scoring", "killed"),
        ("die-writing-model.pt", "killed"),
        ("disk-full", rf"/checkpoint\.pt: File too large\. .*APP__DATA_ROOT\. {_CAN_BE_RESUMED}"),
        ("disk-full-at-registration", rf"/model\.pt: File too large\. .*DIGITS__MODEL_DIR\. {_CAN_BE_RESUMED}"),
        ("nan-loss", "The training loss of epoch 1 is nan"),
    ],
)
def test_a_fault_while_writing_leaves_nothing_half_done(open_jobs: Open, fault: str, said: str) -> None:
    """Failed with a reason, no half model; once the fault is gone the run is finished."""
    faulty = open_jobs(fault)
    job = until(faulty, faulty.submit(tiny()), ended)
    assert job.state.status is JobStatus.FAILED
    assert re.search(said, job.state.error or "")
    faulty.close()
    jobs = open_jobs()
    only_sound_models(jobs)
    jobs.resume(job.job_id)
    assert until(jobs, job, ended).state.status is JobStatus.COMPLETED, jobs.store.log_tail(job.job_id)
    only_sound_models(jobs, job.config.model_id)
    assert [name for name in names_in(jobs.store.folder(job.job_id)) if name.startswith(".")] == []


def _scores(job: Job) -> bool:
    return job.state.activity.startswith("scoring the model, ")


@pytest.mark.usefixtures("untraced")
def test_a_run_is_scored_whatever_becomes_of_its_server(open_jobs: Open) -> None:
    """A new server finds it scoring; cancelled there, killed there, and resumed, it goes through no epoch again."""
    jobs = open_jobs("slow-scoring")
    job = until(jobs, jobs.submit(tiny()), _scores)
    assert (job.state.current_epoch, job.state.progress >= 0.9) == (2, True)
    jobs.cancel(job.job_id)
    assert until(jobs, job, ended).state.status is JobStatus.CANCELLED
    only_sound_models(jobs)
    jobs.resume(job.job_id)
    os.kill(pid_of(until(jobs, job, _scores)), signal.SIGKILL)
    assert until(jobs, job, ended).state.status is JobStatus.FAILED
    jobs.resume(job.job_id)
    until(jobs, job, _scores)
    jobs.close()
    jobs = open_jobs()
    assert until(jobs, job, ended).state.status is JobStatus.COMPLETED, jobs.store.log_tail(job.job_id)
    assert jobs.store.log_tail(job.job_id).count("Epoch 1 of 2") == 1
    only_sound_models(jobs, job.config.model_id)
    folder = jobs.models.folder(job.config.model_id)
    assert not check_predictions(folder, jobs.models.read_manifest(job.config.model_id))


@pytest.mark.usefixtures("untraced")
def test_a_model_without_predictions_is_scored_by_its_run(open_jobs: Open) -> None:
    """Trials of earlier versions have none; a full disk and a killed process leave the model as it was."""
    jobs = open_jobs()
    job = until(jobs, jobs.submit(tiny()), ended)
    folder = jobs.models.folder(job.config.model_id)
    kept = (folder / PREDICTIONS_NAME).read_bytes()
    (folder / PREDICTIONS_NAME).unlink()
    jobs.close()
    faulty = open_jobs("die-scoring")
    faulty.score(job.job_id)
    assert until(faulty, job, ended).state.status is JobStatus.COMPLETED
    faulty.close()
    assert not (folder / PREDICTIONS_NAME).exists()
    jobs = open_jobs()
    jobs.score(job.job_id)
    assert until(jobs, job, ended).state.status is JobStatus.COMPLETED
    assert (folder / PREDICTIONS_NAME).read_bytes() == kept
    jobs.models.delete(job.config.model_id)
    with pytest.raises(JobConflict, match="has no model to score"):
        jobs.score(job.job_id)


@pytest.mark.usefixtures("untraced")
def test_a_run_killed_after_its_registration_is_completed(open_jobs: Open) -> None:
    """The manifest names the job, so that it is known to be done, also if its state is damaged later."""
    jobs = open_jobs("die-after-registration")
    job = until(jobs, jobs.submit(tiny()), ended)
    assert job.state.status is JobStatus.COMPLETED
    (jobs.store.folder(job.job_id) / STATE_NAME).write_bytes(b"{")
    assert jobs.store.read(job.job_id).state.status is JobStatus.COMPLETED
    only_sound_models(jobs, job.config.model_id)


@pytest.mark.usefixtures("untraced")
def test_a_run_outlives_its_server_and_is_adopted(open_jobs: Open) -> None:
    """`kill -9` of the server; another one sees the run, and can stop it."""
    jobs = open_jobs(start=False)
    command = [sys.executable, "-m", "handwriting_ai.cli", "jobs", "work"]
    job = jobs.submit(tiny(epochs=LONG))
    environment = os.environ | {"DIGITS__MODEL_DIR": str(jobs.models.root)}
    with subprocess.Popen(command, env=environment) as server:
        running = until(jobs, job, trains)
        server.kill()
    assert lives(pid_of(running))
    jobs.start()
    before = jobs.store.read(job.job_id).state.current_epoch
    until(jobs, job, lambda seen: seen.state.current_epoch > before)
    jobs.cancel(job.job_id)
    assert until(jobs, job, ended).state.status is JobStatus.CANCELLED
    until(jobs, job, lambda _: not lives(pid_of(running)))


def test_a_cancelled_run_ends_within_five_seconds_and_goes_on_when_resumed(open_jobs: Open) -> None:
    """While queued, while running, and not after the end."""
    jobs = open_jobs()
    job = until(jobs, jobs.submit(tiny(epochs=LONG)), trains)
    waiting = jobs.submit(tiny(seed=1))
    jobs.cancel(waiting.job_id)
    assert jobs.store.read(waiting.job_id).state.status is JobStatus.CANCELLED
    asked = time.monotonic()
    jobs.cancel(job.job_id)
    cancelled = until(jobs, job, ended)
    assert time.monotonic() - asked < 10  # 5 on a machine that is not busy
    running = pid_of(job)
    until(jobs, job, lambda _: not lives(running))
    assert cancelled.state.status is JobStatus.CANCELLED
    with pytest.raises(JobConflict, match="cancelled"):
        jobs.cancel(job.job_id)
    jobs.resume(job.job_id)
    reached = cancelled.state.current_epoch
    again = until(jobs, job, lambda seen: seen.state.current_epoch > reached)
    assert again.state.status is JobStatus.RUNNING
    with pytest.raises(JobConflict, match="Cancel it first"):
        jobs.delete(job.job_id)
    jobs.cancel(job.job_id)
    until(jobs, job, ended)
    jobs.delete(job.job_id)
    with pytest.raises(UnknownJob, match=job.job_id):
        jobs.store.read(job.job_id)


@pytest.mark.usefixtures("untraced")
def test_a_run_that_does_not_listen_is_killed(open_jobs: Open) -> None:
    """Stopped by SIGSTOP it cannot end by itself."""
    jobs = open_jobs()
    job = until(jobs, jobs.submit(tiny(epochs=LONG)), trains)
    os.kill(pid_of(job), signal.SIGSTOP)
    asked = time.monotonic()
    jobs.cancel(job.job_id)
    assert until(jobs, job, ended).state.status is JobStatus.CANCELLED
    assert time.monotonic() - asked < 10


def test_a_damaged_checkpoint_is_named_and_can_be_thrown_away(open_jobs: Open) -> None:
    """The run fails with the file's name; resumed afresh it begins again."""
    jobs = open_jobs(start=False)
    job = jobs.submit(tiny())
    (jobs.store.folder(job.job_id) / CHECKPOINT_NAME).write_bytes(b"no checkpoint")
    jobs.start()
    failed = until(jobs, job, ended)
    assert failed.state.status is JobStatus.FAILED
    assert CHECKPOINT_NAME in (failed.state.error or "")
    jobs.resume(job.job_id, afresh=True)
    assert until(jobs, job, ended).state.status is JobStatus.COMPLETED


def test_a_checkpoint_outlives_a_queue_that_does_not_take_the_job(
    open_jobs: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resuming afresh throws it away only once the run begins, also where whoever queues it is killed."""
    jobs = open_jobs(start=False)
    job = jobs.submit(tiny())
    jobs.cancel(job.job_id)
    kept = [jobs.store.folder(job.job_id) / name for name in (CHECKPOINT_NAME, METRICS_NAME)]
    for path in kept:
        path.write_text("hours of training")

    def refuse(_: Job) -> None:
        raise QueueUnavailable("It is full.")

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "_dispatch", refuse)
        with pytest.raises(QueueUnavailable):
            jobs.resume(job.job_id, afresh=True)
    assert [path.read_text() for path in kept] == ["hours of training"] * 2
    assert jobs.store.read(job.job_id).state.status is JobStatus.CANCELLED
    jobs.resume(job.job_id, afresh=True)
    assert [path.read_text() for path in kept] == ["hours of training"] * 2
    assert jobs.store.metrics(job.job_id) == []
    jobs.cancel(job.job_id)
    jobs.resume(job.job_id)  # not afresh after all
    jobs.start()
    assert CHECKPOINT_NAME in (until(jobs, job, ended).state.error or "")
    jobs.resume(job.job_id, afresh=True)
    assert until(jobs, job, ended).state.status is JobStatus.COMPLETED, jobs.store.log_tail(job.job_id)
    assert [metrics.epoch for metrics in jobs.store.metrics(job.job_id)] == [1, 2]


def test_missing_data_are_named(open_jobs: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The run fails with the way to get them."""
    monkeypatch.setenv("TRAINING__DATA_DIR", str(tmp_path / "nowhere"))
    jobs = open_jobs()
    job = until(jobs, jobs.submit(tiny()), ended)
    assert job.state.status is JobStatus.FAILED
    assert "data fetch mnist" in (job.state.error or "")


@pytest.mark.usefixtures("untraced")
def test_what_cannot_be_trained_is_refused_before_it_is_queued(open_jobs: Open) -> None:
    """Unknown names, too few epochs, a model that exists or is being made."""
    jobs = open_jobs(start=False)
    with pytest.raises(UnknownArchitecture, match="compact"):
        jobs.submit(plan("magic", "baseline", seed=0))
    with pytest.raises(InvalidRecipe, match="at least as many epochs"):
        plan("compact", "semi_supervised", seed=0, epochs=1)
    job = jobs.submit(tiny())
    with pytest.raises(JobConflict, match=job.job_id):
        jobs.submit(tiny())
    jobs.start()
    until(jobs, job, ended)
    with pytest.raises(ModelExists, match="exists in"):
        jobs.submit(tiny())
    with pytest.raises(JobConflict, match="completed"):
        jobs.resume(job.job_id)
