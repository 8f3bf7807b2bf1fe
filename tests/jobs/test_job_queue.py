"""The queue's own work, without any training."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.jobs.samples import MNIST
from tests.jobs.test_local_jobs import LIMIT_S, ended, tiny, until
from typer.testing import CliRunner

from handwriting_ai import cli
from handwriting_ai.errors import DataMissing, JobConflict, ModelsUnwritable, UnknownJob
from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.jobs.store import CANCEL_NAME, CONFIG_NAME, LOG_NAME
from handwriting_ai.jobs.types import Job, JobStatus, running
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.support.locks import locked
from handwriting_ai.training.run import CHECKPOINT_NAME
from handwriting_ai.training.sources import DataFolders


@pytest.fixture()
def jobs(clean_environment: Path) -> Iterator[LocalJobs]:
    """An empty folder of jobs, whose queue nobody works off yet."""
    models = ModelStore(clean_environment / "models")
    opened = LocalJobs(clean_environment / "runs", models, MNIST, command=(sys.executable, "-c", "pass"))
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
        jobs.store.write_state(running(job.state, process.pid))
        with pytest.raises(JobConflict, match="Cancel it first"):
            jobs.delete(job.job_id)
        jobs.cancel(job.job_id)
        assert process.wait(60) == -signal.SIGTERM
    jobs.delete(job.job_id)
    assert jobs.store.all().names == ()


def test_the_threads_of_a_run_do_not_hold_cores_while_they_wait(
    jobs: LocalJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process is told so before it loads torch, unless whoever started the queue has chosen."""
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.delenv(name, raising=False)
    says = ("/bin/sh", "-c", "echo $GOMP_SPINCOUNT $OMP_WAIT_POLICY")
    queue = LocalJobs(jobs.store.root, jobs.models, jobs.data, max_concurrent=2, command=says)
    first = queue.submit(tiny())
    queue.tick()
    _wait(lambda: queue.store.log_tail(first.job_id) == "5000\n")
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    second = queue.submit(tiny(1))
    queue.tick()
    _wait(lambda: queue.store.log_tail(second.job_id) == "active\n")


def test_a_job_that_cannot_be_started_holds_up_no_other(jobs: LocalJobs, caplog: pytest.LogCaptureFixture) -> None:
    """Its log cannot be opened; the log of the queue says so, once."""
    quick = LocalJobs(jobs.store.root, jobs.models, jobs.data, command=[sys.executable, "-c", "import time"])
    first, second = jobs.submit(tiny(0)), jobs.submit(tiny(1))
    (jobs.store.folder(first.job_id) / LOG_NAME).mkdir()
    with caplog.at_level(logging.WARNING):
        quick.tick()
        quick.tick()
    assert jobs.store.read(first.job_id).state.status is JobStatus.QUEUED
    assert caplog.text.count(f"{first.job_id} could not be started") == 1
    assert f"{first.job_id} could not be started" in (quick.standstill([first]) or "")
    assert quick.standstill([]) is None
    assert until(jobs, second, ended).state.status is JobStatus.FAILED
    (jobs.store.folder(first.job_id) / LOG_NAME).rmdir()
    quick.tick()
    assert quick.standstill([first]) is None
    assert until(jobs, first, ended).state.status is JobStatus.FAILED


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
    job = jobs.store.create(tiny())
    assert "no job 'removed'" in (jobs.standstill([job]) or "")
    monkeypatch.setattr(jobs, "tick", lambda: None)
    _wait(lambda: jobs.standstill([job]) is None)


def _wait(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_queue_that_nobody_looks_after_any_more_says_so(jobs: LocalJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug ended its thread."""

    def tick() -> None:
        raise ZeroDivisionError("a bug")

    job = jobs.submit(tiny())
    monkeypatch.setattr(jobs, "tick", tick)
    assert jobs.standstill([job]) is None
    jobs.start()
    _wait(lambda: "ZeroDivisionError: a bug. Nobody does so any more" in (jobs.standstill([job]) or ""))


def test_a_models_folder_that_cannot_be_written_does_not_keep_the_queue_from_starting(
    jobs: LocalJobs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so, once, and the queue is looked after; later the folder is put in order, once."""
    ticks, recovered, may_write = list[int](), list[int](), threading.Event()

    def recover() -> None:
        if not may_write.is_set():
            raise OSError(30, "Read-only file system", "models/.lock")
        recovered.append(1)

    monkeypatch.setattr(jobs.models, "recover", recover)
    monkeypatch.setattr(jobs, "tick", lambda: ticks.append(1))
    with caplog.at_level(logging.WARNING):
        jobs.start()
        _wait(lambda: len(ticks) > 1)
    assert caplog.text.count("The models folder could not be put in order: models/.lock: Read-only file system.") == 1
    may_write.set()
    _wait(lambda: len(recovered) > 0)
    seen = len(ticks)
    _wait(lambda: len(ticks) > seen + 2)
    assert recovered == [1]


@pytest.mark.parametrize("host", ["elsewhere", None])
def test_a_process_of_another_machine_is_not_signalled(
    jobs: LocalJobs, caplog: pytest.LogCaptureFixture, host: str | None
) -> None:
    """Here its number is that of a stranger; the run itself sees that it is to stop."""
    job = jobs.submit(tiny())
    with subprocess.Popen(["/bin/sleep", "60"]) as process, locked(jobs.store.folder(job.job_id)):
        _write(jobs, job, status=JobStatus.RUNNING, pid=process.pid, host=host)
        with caplog.at_level(logging.WARNING):
            jobs.cancel(job.job_id)
        assert jobs.store.is_to_stop(job.job_id)
        assert f"runs on {host or 'a machine that its state does not name'}" in caplog.text
        os.utime(jobs.store.folder(job.job_id) / CANCEL_NAME, (0, 0))  # long ago
        jobs.tick()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.2)
        process.kill()


def test_a_job_whose_data_are_gone_is_not_resumed(jobs: LocalJobs, tmp_path: Path) -> None:
    """It could only fail; so does one that is submitted."""
    job = _failed(jobs)
    elsewhere = LocalJobs(jobs.store.root, jobs.models, DataFolders(mnist=tmp_path / "nowhere"))
    with pytest.raises(DataMissing, match="data fetch mnist"):
        elsewhere.resume(job.job_id)
    with pytest.raises(DataMissing, match="data fetch mnist"):
        elsewhere.submit(tiny(1))
    assert [each.state.status for each in jobs.store.all().jobs] == [JobStatus.FAILED]


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
    assert "Use --force" in str(terminal.invoke(cli.app, [*command, "0-1"]).exception)
    assert jobs.store.all().names == ()
    assert terminal.invoke(cli.app, [*command, "0,2,0"]).exit_code == 0
    assert [job.config.seed for job in jobs.store.all().jobs] == [0, 2]


@pytest.mark.parametrize("command", [["train"], ["jobs", "submit"]])
def test_no_run_is_queued_whose_model_could_not_be_registered(
    jobs: LocalJobs, terminal: CliRunner, command: list[str]
) -> None:
    """The models folder is a file; nothing is left behind."""
    jobs.models.root.touch()
    said = terminal.invoke(cli.app, [*command, "--recipe", "baseline", "--trial", "40"]).exception
    assert isinstance(said, ModelsUnwritable)
    assert str(jobs.models.root) in str(said)
    assert jobs.store.all().names == ()


def test_runs_that_go_on_are_named_when_the_queue_is_closed(jobs: LocalJobs, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody need think that they have ended with the server."""
    slow = LocalJobs(
        jobs.store.root, jobs.models, jobs.data, command=[sys.executable, "-c", "import time; time.sleep(60)"]
    )
    job = jobs.submit(tiny())
    slow.tick()
    with caplog.at_level(logging.INFO):
        slow.close()
    assert "1 of the runs started here go on" in caplog.text
    os.kill(jobs.store.read(job.job_id).state.pid or 0, signal.SIGKILL)
    until(jobs, job, ended)
    caplog.clear()
    with caplog.at_level(logging.INFO):
        slow.close()
    assert caplog.text == ""


def test_resume_says_what_it_can_do_where_the_name_is_taken(jobs: LocalJobs, terminal: CliRunner) -> None:
    """It has no `--force` of its own."""
    job = _failed(jobs)
    (jobs.models.root / job.config.model_id).mkdir(parents=True)
    said = str(terminal.invoke(cli.app, ["jobs", "resume", job.job_id]).exception)
    assert "exists in" in said
    assert "Delete it with `models delete`" in said


def test_show_tells_a_silent_run(jobs: LocalJobs, terminal: CliRunner) -> None:
    """It lives, by its lock, but has not said so for a while."""
    job = jobs.submit(tiny())
    with locked(jobs.store.folder(job.job_id)):
        _write(jobs, job, status=JobStatus.RUNNING, heartbeat=datetime.now(UTC) - timedelta(seconds=90))
        assert "no sign of life for 90 s" in terminal.invoke(cli.app, ["jobs", "show", job.job_id]).output
