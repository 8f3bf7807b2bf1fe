"""The queue's own work, without any training."""

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.jobs.test_local_jobs import LIMIT_S, ended, tiny, until
from typer.testing import CliRunner

from handwriting_ai import cli
from handwriting_ai.errors import JobConflict, UnknownJob
from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.jobs.store import CONFIG_NAME, LOG_NAME
from handwriting_ai.jobs.types import Job, JobStatus
from handwriting_ai.locks import locked
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.run import CHECKPOINT_NAME


@pytest.fixture()
def jobs(clean_environment: Path) -> Iterator[LocalJobs]:
    """An empty folder of jobs, whose queue nobody works off yet."""
    opened = LocalJobs(clean_environment / "runs", ModelStore(clean_environment / "models"))
    yield opened
    opened.close()


def _write(jobs: LocalJobs, job: Job, **changes: object) -> None:
    jobs.store.write_state(job.state.model_copy(update=changes))


def _failed(jobs: LocalJobs) -> Job:
    """A job whose run failed a while ago."""
    job = jobs.submit(tiny())
    _write(jobs, job, status=JobStatus.FAILED, error="a reason", completed_at=datetime.now(UTC))
    return job


def test_a_resumed_job_has_not_ended(jobs: LocalJobs) -> None:
    """Neither in the queue nor when the command `train` goes on with it."""
    job = _failed(jobs)
    left = jobs.store.folder(job.job_id) / f".{CHECKPOINT_NAME}-{'0' * 32}"
    left.touch()
    with jobs.in_foreground(tiny()) as taken:
        state = jobs.store.read(job.job_id).state
        assert (taken.job_id, state.status) == (job.job_id, JobStatus.RUNNING)
        assert (state.completed_at, state.error) == (None, None)
        assert not left.exists()
    _write(jobs, job, status=JobStatus.FAILED, error="a reason", completed_at=datetime.now(UTC))
    left.touch()
    jobs.resume(job.job_id)
    state = jobs.store.read(job.job_id).state
    assert (state.status, state.completed_at, state.error) == (JobStatus.QUEUED, None, None)
    assert not left.exists()


def test_a_foreground_run_that_cannot_begin_lets_go(jobs: LocalJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk the job is not held for as long as the process lives."""
    job = _failed(jobs)

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(jobs.store, "write_state", full)
    with pytest.raises(OSError, match="No space"), jobs.in_foreground(tiny()):
        raise AssertionError("It must not begin.")
    assert not jobs.store.is_alive(job.job_id)


def test_waiting_for_a_cancelled_job_starts_no_other(jobs: LocalJobs) -> None:
    """A command in a terminal does not begin to work the queue off."""
    cancelled, waiting = jobs.submit(tiny(0)), jobs.submit(tiny(1))
    jobs.cancel(cancelled.job_id)
    assert jobs.wait_until_ended(cancelled.job_id, 5).state.status is JobStatus.CANCELLED
    assert jobs.store.read(waiting.job_id).state.status is JobStatus.QUEUED
    assert not jobs.store.is_alive(waiting.job_id)


def test_a_running_job_with_a_damaged_configuration_is_stopped_and_deleted(jobs: LocalJobs) -> None:
    """Nobody waits for it to end; what its process wrote last is enough to find the process."""
    job = jobs.submit(tiny())
    folder = jobs.store.folder(job.job_id)
    (folder / CONFIG_NAME).write_text("{", encoding="utf-8")
    with subprocess.Popen(["/bin/sleep", "60"]) as process, locked(folder):
        _write(jobs, job, status=JobStatus.RUNNING, pid=process.pid)
        with pytest.raises(JobConflict, match="Cancel it first"):
            jobs.delete(job.job_id)
        jobs.cancel(job.job_id)
        assert process.wait(60) == -signal.SIGTERM
    jobs.delete(job.job_id)
    assert jobs.store.all().names == ()


def test_a_job_that_cannot_be_started_holds_up_no_other(jobs: LocalJobs, caplog: pytest.LogCaptureFixture) -> None:
    """Its log cannot be opened; the log of the queue says so, once."""
    quick = LocalJobs(jobs.store.root, jobs.models, command=[sys.executable, "-c", "import time"])
    first, second = jobs.submit(tiny(0)), jobs.submit(tiny(1))
    (jobs.store.folder(first.job_id) / LOG_NAME).mkdir()
    with caplog.at_level(logging.WARNING):
        quick.tick()
        quick.tick()
    assert jobs.store.read(first.job_id).state.status is JobStatus.QUEUED
    assert caplog.text.count(f"{first.job_id} could not be started") == 1
    assert until(jobs, second, ended).state.status is JobStatus.FAILED


def test_the_queue_outlives_an_error(
    jobs: LocalJobs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Such as a folder that was removed by hand at the wrong moment."""
    ticks: list[int] = []

    def tick() -> None:
        ticks.append(1)
        raise UnknownJob("There is no job 'removed'.")

    monkeypatch.setattr(jobs, "tick", tick)
    with caplog.at_level(logging.WARNING):
        jobs.start()
        deadline = time.monotonic() + LIMIT_S
        while len(ticks) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
    assert len(ticks) >= 2
    assert "removed" in caplog.text


@pytest.fixture()
def terminal(jobs: LocalJobs, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Commands that look at the same folders."""
    monkeypatch.setenv("APP__DATA_ROOT", str(jobs.store.root.parent))
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(jobs.models.root))
    return CliRunner()


def test_submit_queues_no_seed_if_one_of_them_cannot_be(jobs: LocalJobs, terminal: CliRunner) -> None:
    """Found out before the first of them is in the queue; a seed named twice is one run."""
    (jobs.models.root / "mnist_compact_baseline_seed1_trial40").mkdir(parents=True)
    command = ["jobs", "submit", "--recipe", "baseline", "--trial", "40", "--seeds"]
    assert terminal.invoke(cli.app, [*command, "0-1"]).exit_code != 0
    assert jobs.store.all().names == ()
    assert terminal.invoke(cli.app, [*command, "0,2,0"]).exit_code == 0
    assert [job.config.seed for job in jobs.store.all().jobs] == [0, 2]


def test_show_tells_a_silent_run(jobs: LocalJobs, terminal: CliRunner) -> None:
    """It lives, by its lock, but has not said so for a while."""
    job = jobs.submit(tiny())
    with locked(jobs.store.folder(job.job_id)):
        _write(jobs, job, status=JobStatus.RUNNING, heartbeat=datetime.now(UTC) - timedelta(seconds=90))
        assert "no sign of life for 90 s" in terminal.invoke(cli.app, ["jobs", "show", job.job_id]).output
