"""The queue in Redis: several workers, and what happens when one of them, or Redis itself, is lost."""

import dataclasses
import os
import signal
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import pytest
from redis import Redis
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer
from tests.jobs.hurry import LONG_RUN
from tests.jobs.redis_server import RedisServer, Workers
from tests.jobs.samples import MNIST
from tests.registry.samples import names_in
from typer.testing import CliRunner

from handwriting_ai.cli import app
from handwriting_ai.config import PROJECT_ROOT, load_settings
from handwriting_ai.errors import JobConflict, QueueUnavailable, UnknownJob
from handwriting_ai.evaluation.predictions import PREDICTIONS_NAME
from handwriting_ai.jobs import rq
from handwriting_ai.jobs.opening import open_jobs
from handwriting_ai.jobs.redis_queue import RedisQueue
from handwriting_ai.jobs.rq import RqJobs
from handwriting_ai.jobs.store import CANCEL_NAME, CONFIG_NAME, LOG_NAME
from handwriting_ai.jobs.types import Job, JobState, JobStatus, TrainingConfig, plan
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.support.locks import locked
from handwriting_ai.training.run import CHECKPOINT_NAME

LIMIT_S = 120.0
LONG = 100_000
"""Epochs: more than any test waits for."""
TASK = "tests.jobs.rq_task.train"
JOBS, WORKERS = 20, 3
SESAME = "open-sesame-0815"


@dataclass(frozen=True, kw_only=True)
class Site:
    """A shared folder, a Redis, and those who use them."""

    redis: RedisServer
    jobs: RqJobs
    workers: Workers

    def until(self, job: Job, reached: Callable[[Job], bool]) -> Job:
        """Wait for a job to get somewhere."""
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            seen = self.jobs.store.read(job.job_id)
            if reached(seen):
                return seen
            time.sleep(0.1)
        raise AssertionError(f"{self.jobs.store.read(job.job_id)}\n{self.jobs.store.log_tail(job.job_id)}")

    def has_resumed(self, job: Job, *, tries: int) -> bool:
        """Whether a process is at work on it that went on from a checkpoint, after others that did so as well."""
        return trains(job) and self.jobs.store.log_tail(job.job_id).count("Going on after epoch") == tries

    def redis_is_silent(self) -> bool:
        """Whether it gives no answer, or gave none a moment ago."""
        try:
            self.jobs.queue.check()
        except QueueUnavailable:
            return True
        return False

    def ticket(self, job: Job) -> RqJob:
        """What RQ has of a job."""
        return RqJob.fetch(job.job_id, self.jobs.queue.connection, JSONSerializer)


@pytest.fixture()
def site(clean_environment: Path, monkeypatch: pytest.MonkeyPatch, redis_server: RedisServer) -> Iterator[Site]:
    """A queue that nobody looks after, without workers."""
    variables = {
        "TRAINING__BACKEND": "rq",
        "REDIS_URL": redis_server.url,
        "TRAINING__DATA_DIR": str(PROJECT_ROOT / "data" / "mnist"),
        "APP__DATA_ROOT": str(clean_environment),
        "DIGITS__MODEL_DIR": str(clean_environment / "models"),
        "PYTHONPATH": os.pathsep.join([str(PROJECT_ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    workers = Workers(os.environ, clean_environment)
    settings = load_settings()
    queue = RedisQueue(settings.redis_url, settings.rq, task=TASK)
    jobs = RqJobs(clean_environment / "runs", ModelStore(clean_environment / "models"), MNIST, queue)
    yield Site(redis=redis_server, jobs=jobs, workers=workers)
    jobs.close()
    workers.stop()


def tiny(seed: int = 0, epochs: int = 2) -> TrainingConfig:
    """A run of a second or so."""
    return plan("compact_narrow", "baseline", seed=seed, epochs=epochs, trial_digits=40)


def ended(job: Job) -> bool:
    """Whether nothing happens to it any more."""
    return job.state.status.ended


def trains(job: Job) -> bool:
    """Whether a process is at work on it and has a checkpoint to go on from."""
    return job.state.status is JobStatus.RUNNING and job.state.current_epoch >= 1


@pytest.mark.usefixtures("untraced")
def test_a_worker_trains_what_is_queued_in_order(site: Site) -> None:
    """The state lies in Redis as well, all of it as JSON; the folder keeps what local jobs keep."""
    first, second = (site.jobs.submit(tiny(seed)) for seed in (1, 0))
    assert "handwriting-ai worker" in (site.jobs.standstill(site.jobs.store.all().jobs) or "")
    assert [job.state.status for job in site.jobs.store.all().jobs] == [JobStatus.QUEUED] * 2
    site.workers.start()
    done = [site.until(job, ended) for job in (first, second)]
    assert [job.state.status for job in done] == [JobStatus.COMPLETED] * 2, site.jobs.store.log_tail(first.job_id)
    assert site.jobs.standstill([first]) is None
    finished, begun = done[0].state.completed_at, done[1].state.started_at
    assert finished is not None
    assert begun is not None
    assert finished <= begun
    assert [metrics.epoch for metrics in site.jobs.store.metrics(first.job_id)] == [1, 2]
    log = site.jobs.store.log_tail(first.job_id)
    assert "Epoch 2 of 2" in log
    assert "Registered" in log.splitlines()[-1]
    assert "Job OK" not in log
    site.jobs.models.read(first.config.model_id, signature=preprocess_signature())
    assert JobState.model_validate(site.ticket(first).meta["state"]).status is JobStatus.COMPLETED
    raw = Redis.from_url(site.redis.url).hget(f"rq:job:{first.job_id}", "data")
    assert raw is not None
    assert zlib.decompress(raw).startswith(b"[")


@pytest.mark.usefixtures("untraced")
@pytest.mark.timeout(800)
def test_twenty_jobs_over_three_workers_of_which_one_is_killed(site: Site) -> None:
    """Each job is completed once, that of the killed worker by another, without anybody else's help; none is lost."""
    submitted = [site.jobs.submit(tiny(seed)) for seed in range(JOBS)]
    for _ in range(WORKERS):
        site.workers.start()
    deadline = time.monotonic() + 5 * LIMIT_S
    while not any(job.state.status is JobStatus.RUNNING for job in site.jobs.store.all().jobs):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    seed = time.time_ns()
    print(f"seed {seed}")  # shown if the test fails
    chance = Random(seed)
    time.sleep(chance.uniform(0, 5))
    chance.choice(site.workers.processes).send_signal(signal.SIGKILL)
    while not all(ended(job) for job in site.jobs.store.all().jobs) and time.monotonic() < deadline:
        time.sleep(1)  # each look reads twenty folders
    done = site.jobs.store.all().jobs
    assert [job.job_id for job in done] == [job.job_id for job in submitted]
    assert Counter(job.state.status for job in done) == {JobStatus.COMPLETED: JOBS}, done
    assert all(site.jobs.store.log_tail(job.job_id).count("Registered") <= 1 for job in done)
    assert names_in(site.jobs.models.root) == sorted(job.config.model_id for job in done)
    for job in done:
        assert site.jobs.models.read_manifest(job.config.model_id).run_id == job.job_id


def test_whoever_is_killed_at_maintenance_holds_nobody_up_for_long(site: Site) -> None:
    """RQ's lock, of which one process at a time looks for lost jobs, ends by itself."""
    queue = site.jobs.queue
    assert queue.rq.acquire_maintenance_lock()
    assert not queue.rq.acquire_maintenance_lock()
    assert 0 < queue.connection.ttl(queue.rq.registry_cleaning_key) <= 30


@pytest.mark.usefixtures("untraced")
def test_a_model_without_predictions_is_scored_by_a_worker(site: Site) -> None:
    """It trains nothing: the model is the same."""
    job = site.jobs.submit(tiny())
    site.workers.start()
    site.until(job, ended)
    folder = site.jobs.models.folder(job.config.model_id)
    kept = (folder / PREDICTIONS_NAME).read_bytes()
    (folder / PREDICTIONS_NAME).unlink()
    site.jobs.score(job.job_id)
    site.until(job, lambda seen: ended(seen) and (folder / PREDICTIONS_NAME).exists())
    assert site.jobs.store.read(job.job_id).state.status is JobStatus.COMPLETED
    assert (folder / PREDICTIONS_NAME).read_bytes() == kept
    assert site.jobs.store.log_tail(job.job_id).count("Epoch 1 of 2") == 1


@pytest.mark.usefixtures("untraced")
def test_a_queued_job_is_cancelled_and_resumed(site: Site) -> None:
    """It leaves Redis, and comes back."""
    job = site.jobs.submit(tiny())
    site.jobs.cancel(job.job_id)
    assert site.jobs.store.read(job.job_id).state.status is JobStatus.CANCELLED
    assert site.jobs.queue.find(job.job_id) is None
    with pytest.raises(JobConflict, match="nothing to cancel"):
        site.jobs.cancel(job.job_id)
    site.jobs.resume(job.job_id)
    assert site.jobs.store.read(job.job_id).state.status is JobStatus.QUEUED
    site.workers.start()
    assert site.until(job, ended).state.status is JobStatus.COMPLETED


@pytest.mark.usefixtures("untraced")
def test_a_running_job_is_cancelled_within_seconds_goes_on_and_is_deleted(site: Site) -> None:
    """Resumed, it has its epochs behind it; running, it cannot be deleted; deleted, Redis has forgotten it."""
    job = site.jobs.submit(tiny(epochs=LONG))
    site.workers.start()
    site.until(job, trains)
    with pytest.raises(JobConflict, match="is running"):
        site.jobs.delete(job.job_id)
    site.jobs.cancel(job.job_id)
    asked = time.monotonic()
    cancelled = site.jobs.wait_until_ended(job.job_id, 30)
    assert cancelled.state.status is JobStatus.CANCELLED
    assert time.monotonic() - asked < 10
    site.jobs.resume(job.job_id)
    resumed = site.until(job, lambda seen: seen.state.current_epoch > cancelled.state.current_epoch)
    assert "Going on after epoch" in site.jobs.store.log_tail(job.job_id)
    assert resumed.state.status is JobStatus.RUNNING
    site.jobs.cancel(job.job_id)
    site.jobs.wait_until_ended(job.job_id, 30)
    site.jobs.delete(job.job_id)
    assert site.jobs.store.all().names == ()
    assert site.jobs.queue.find(job.job_id) is None
    with pytest.raises(UnknownJob):
        site.jobs.cancel(job.job_id)


@pytest.mark.usefixtures("untraced")
def test_a_killed_process_is_tried_again_from_its_checkpoint(site: Site) -> None:
    """Out of memory, say: its worker notices at once; after the last try the job fails with a reason."""
    job = site.jobs.submit(tiny(epochs=LONG))
    site.workers.start()
    for tries in range(3):
        running = site.until(job, partial(site.has_resumed, tries=tries))
        epoch, pid = running.state.current_epoch, running.state.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    failed = site.until(job, ended)
    assert failed.state.status is JobStatus.FAILED
    assert failed.state.error is not None
    assert "also when it was tried again" in failed.state.error
    assert failed.state.current_epoch >= epoch
    assert site.jobs.store.log_tail(job.job_id).count("Going on after epoch") == 2
    assert (site.jobs.store.folder(job.job_id) / CHECKPOINT_NAME).exists()


def test_a_run_that_cannot_succeed_is_not_tried_again(site: Site) -> None:
    """The loss is no number: the job fails with that reason, also for RQ."""
    job = site.jobs.submit(tiny())
    site.workers.start(fault="no-number")
    failed = site.until(job, ended)
    assert failed.state.status is JobStatus.FAILED
    assert failed.state.error is not None
    assert "nan" in failed.state.error
    deadline = time.monotonic() + LIMIT_S
    while site.ticket(job).get_status() != "failed" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert site.ticket(job).get_status() == "failed"
    log = site.jobs.store.log_tail(job.job_id)
    assert log.count("preparing the data") == 1
    assert "Failed: The training loss of epoch 1 is nan" in log.splitlines()[-1]


def test_a_run_that_takes_too_long_names_the_variable(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be resumed."""
    monkeypatch.setenv("RQ__JOB_TIMEOUT_SEC", "20")
    settings = load_settings()
    monkeypatch.delenv("RQ__JOB_TIMEOUT_SEC")  # the worker's own is another
    queue = RedisQueue(settings.redis_url, settings.rq, task=TASK)
    jobs = RqJobs(site.jobs.store.root, site.jobs.models, site.jobs.data, queue)
    job = jobs.submit(tiny(epochs=LONG))
    site.workers.start()
    failed = site.until(job, ended)
    assert failed.state.status is JobStatus.FAILED
    assert failed.state.error is not None
    assert "longer than its limit of 20 s" in failed.state.error
    assert "RQ__JOB_TIMEOUT_SEC" in failed.state.error


def test_the_password_of_redis_stands_on_no_command_line(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody on the machine can read those; worker and run need it all the same."""
    job = site.jobs.submit(tiny(epochs=LONG))
    site.jobs.queue.connection.config_set("requirepass", SESAME)
    monkeypatch.setenv("REDIS_URL", site.redis.url.replace("//", f"//:{SESAME}@"))
    queue = RedisQueue(load_settings().redis_url, load_settings().rq, task=TASK)
    protected = dataclasses.replace(site, jobs=RqJobs(site.jobs.store.root, site.jobs.models, MNIST, queue))
    worker = Workers(os.environ, site.jobs.store.root.parent)
    with closing(protected.jobs):
        process = worker.start()
        try:
            begun = protected.until(job, trains).state.pid
            lines = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in (begun, process.pid)}
            log = worker.log(0)
        finally:
            worker.stop()
    assert b"TrainingWorker" in lines[begun]
    assert SESAME.encode() not in b"".join(lines.values())
    assert SESAME not in log


def test_a_closed_queue_keeps_no_connection(site: Site) -> None:
    """Redis counts them; whatever is asked later makes a new one."""
    queue = site.jobs.queue
    queue.check()
    with closing(RedisQueue(load_settings().redis_url, load_settings().rq)) as observer:
        before = len(observer.connection.client_list())
        site.jobs.close()
        deadline = time.monotonic() + LIMIT_S
        while len(observer.connection.client_list()) != before - 1:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    queue.check()


def test_redis_stopped_before_a_job(site: Site) -> None:
    """Nothing is queued or half-written, and the command line says where Redis was looked for."""
    old = site.jobs.submit(tiny(7))
    site.jobs.cancel(old.job_id)
    site.redis.stop()
    with pytest.raises(QueueUnavailable, match=f"127.0.0.1:{site.redis.port}/0 does not answer"):
        site.jobs.submit(tiny())
    with pytest.raises(QueueUnavailable):
        site.jobs.resume(old.job_id)
    with pytest.raises(QueueUnavailable):
        site.jobs.delete(old.job_id)
    assert [job.state.status for job in site.jobs.store.all().jobs] == [JobStatus.CANCELLED]
    site.redis.start()
    site.jobs.resume(old.job_id)
    assert site.jobs.store.read(old.job_id).state.status is JobStatus.QUEUED


def test_redis_stopped_during_a_job(site: Site) -> None:
    """The run goes on, registers its model, and its folder says so, before and after Redis is back."""
    job = site.jobs.submit(tiny(epochs=2 * LONG_RUN))
    site.workers.start()
    site.until(job, trains)
    site.redis.stop()
    assert not ended(site.jobs.store.read(job.job_id))
    done = site.until(job, ended)
    assert done.state.status is JobStatus.COMPLETED, site.jobs.store.log_tail(job.job_id)
    site.redis.start()
    assert site.jobs.store.read(job.job_id).state.status is JobStatus.COMPLETED
    other = site.jobs.submit(tiny(1))
    site.workers.start()
    assert site.until(other, ended).state.status is JobStatus.COMPLETED
    assert site.jobs.store.log_tail(job.job_id).count("Registered") == 1
    assert "Redis does not answer (Error 111" in site.workers.log(0)
    assert "Traceback" not in site.workers.log(0)


@pytest.mark.usefixtures("untraced")
def test_a_run_is_cancelled_while_redis_is_away(site: Site) -> None:
    """The run sees it in its folder."""
    job = site.jobs.submit(tiny(epochs=LONG))
    site.workers.start()
    site.until(job, trains)
    site.redis.stop()
    site.jobs.cancel(job.job_id)
    assert site.jobs.wait_until_ended(job.job_id, 30).state.status is JobStatus.CANCELLED


@pytest.mark.usefixtures("untraced")
def test_a_run_that_does_not_stop_when_asked_is_killed_by_its_worker(site: Site) -> None:
    """It hangs: whoever looks after the queue has the worker kill it, a few seconds later, and the worker goes on."""
    job = site.jobs.submit(tiny(epochs=LONG))
    worker = site.workers.start()
    pid = site.until(job, trains).state.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    site.jobs.cancel(job.job_id)
    site.jobs.tick()
    assert site.jobs.store.read(job.job_id).state.status is JobStatus.RUNNING
    done = site.jobs.wait_until_ended(job.job_id, LIMIT_S)
    assert (done.state.status, done.state.error) == (JobStatus.CANCELLED, None)
    assert not site.jobs.store.is_alive(job.job_id)
    other = site.jobs.submit(tiny(1))
    assert site.until(other, ended).state.status is JobStatus.COMPLETED
    assert worker.poll() is None


def test_a_workers_name_that_is_taken_is_refused(site: Site) -> None:
    """In a sentence; the first one goes on."""
    first = site.workers.start(name="one")
    while not site.jobs.queue.has_workers():
        time.sleep(0.1)
    second = site.workers.start(name="one")
    assert second.wait(60) == 2
    assert "Choose another --name" in site.workers.log(1)
    assert first.poll() is None


def test_redis_that_forgot_a_job(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A queued job that Redis lost is shown as failed, and can be resumed; its log is of an earlier run."""
    monkeypatch.setattr(rq, "_ENQUEUE_LIMIT_S", 0.0)
    job = site.jobs.submit(tiny())
    (site.jobs.store.folder(job.job_id) / LOG_NAME).write_text("Cancelled.\n", encoding="utf-8")
    site.jobs.queue.connection.flushdb()
    site.jobs.tick()
    lost = site.jobs.store.read(job.job_id)
    assert lost.state.status is JobStatus.FAILED
    said = "Redis no longer knows this job: it was emptied, or lost its memory. The run can be resumed."
    assert lost.state.error == said
    site.jobs.resume(job.job_id)
    assert site.jobs.store.read(job.job_id).state.status is JobStatus.QUEUED


def test_a_run_in_the_foreground_of_a_terminal_is_seen(site: Site) -> None:
    """Redis does not know it; its lock says that it lives, and it sees that it is to stop."""
    with site.jobs.in_foreground(tiny()) as job:
        assert site.jobs.store.read(job.job_id).state.status is JobStatus.RUNNING
        with pytest.raises(JobConflict, match="is running"):
            site.jobs.delete(job.job_id)
        site.jobs.cancel(job.job_id)
        assert site.jobs.store.is_to_stop(job.job_id)
    assert site.jobs.store.read(job.job_id).state.status is JobStatus.CANCELLED


def test_a_job_held_by_another_process_is_left_to_it(site: Site) -> None:
    """A worker that was taken for lost and lives: the second one does not train the job as well."""
    job = site.jobs.submit(tiny())
    with locked(site.jobs.store.folder(job.job_id)):
        site.workers.start()
        site.until(job, lambda seen: site.ticket(seen).get_status() == "finished")
    assert "Epoch 1" not in site.jobs.store.log_tail(job.job_id)


def test_the_job_of_a_lost_worker_is_cancelled_resumed_and_deleted(site: Site) -> None:
    """It waits for another one: Redis still lists the execution of the first, and must not stumble over it."""
    job = site.jobs.submit(tiny(epochs=LONG))
    site.workers.start()
    site.until(job, trains)
    site.workers.stop()
    while site.jobs.store.read(job.job_id).state.status is JobStatus.RUNNING:
        site.jobs.tick()
        time.sleep(0.2)
    waiting = site.jobs.store.read(job.job_id)
    assert waiting.state.status is JobStatus.QUEUED
    assert "its worker was lost" in waiting.state.activity
    site.jobs.cancel(job.job_id)
    assert site.jobs.store.read(job.job_id).state.status is JobStatus.CANCELLED
    site.jobs.resume(job.job_id)
    assert site.jobs.queue.rq.count == 1
    site.jobs.delete(job.job_id)
    assert site.jobs.queue.rq.count == 0
    assert site.jobs.store.all().names == ()


def test_a_job_that_is_to_stop_and_waits_again_is_cancelled(site: Site) -> None:
    """Its worker was lost before it saw that."""
    job = site.jobs.submit(tiny())
    (site.jobs.store.folder(job.job_id) / CANCEL_NAME).touch()
    site.jobs.tick()
    assert site.jobs.store.read(job.job_id).state.status is JobStatus.CANCELLED
    assert site.jobs.queue.find(job.job_id) is None


def test_a_redis_that_hangs_is_given_up_within_seconds(site: Site) -> None:
    """It takes connections and says nothing; other questions are not even asked, until it is tried again."""
    job = site.jobs.submit(tiny())
    assert site.jobs.standstill([job]) is not None
    site.redis.pause()
    begun = time.monotonic()
    for _ in range(20):
        with pytest.raises(QueueUnavailable, match=f"127.0.0.1:{site.redis.port}/0 does not answer: Timeout"):
            site.jobs.store.read(job.job_id)
    assert time.monotonic() - begun < 2 * 3.0
    site.redis.resume()
    deadline = time.monotonic() + LIMIT_S
    while site.redis_is_silent():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert site.jobs.store.read(job.job_id).state.status is JobStatus.QUEUED


def test_a_full_disk_leaves_the_state_in_redis(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """And so the job's end is known."""
    job = site.jobs.submit(tiny())
    failed: dict[str, object] = {"status": JobStatus.FAILED, "error": "The loss is nan."}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("handwriting_ai.jobs.store.write_atomically", full)
    with pytest.raises(OSError, match="No space"):
        site.jobs.store.write_state(job.state.model_copy(update=failed))
    found = site.jobs.queue.find(job.job_id)
    assert found is not None
    assert found.state is not None
    assert found.state.error == "The loss is nan."


def test_a_damaged_job_is_deleted(site: Site) -> None:
    """Its configuration cannot be read."""
    job = site.jobs.submit(tiny())
    (site.jobs.store.folder(job.job_id) / CONFIG_NAME).write_text("{", encoding="utf-8")
    assert [damaged.job_id for damaged in site.jobs.store.all().damaged] == [job.job_id]
    site.jobs.delete(job.job_id)
    assert site.jobs.store.all().names == ()


def test_the_commands_work_on_this_backend(site: Site) -> None:
    """`jobs submit`, `list`, `cancel`, `resume`; without Redis one line and status 2."""
    terminal = CliRunner()
    submitted = terminal.invoke(app, ["jobs", "submit", "--recipe", "baseline", "--epochs", "1", "--trial", "40"])
    job_id = submitted.output.strip()
    listed = terminal.invoke(app, ["jobs", "list"]).output
    assert f"{job_id}  queued" in listed
    assert "No worker listens" in listed
    assert f"{job_id}: cancelled" in terminal.invoke(app, ["jobs", "cancel", job_id]).output
    assert "handwriting-ai worker" in terminal.invoke(app, ["jobs", "resume", job_id]).output
    assert isinstance(open_jobs(load_settings()), RqJobs)
    site.redis.stop()
    assert isinstance(terminal.invoke(app, ["jobs", "submit", "--recipe", "baseline"]).exception, QueueUnavailable)
    assert isinstance(terminal.invoke(app, ["worker", "--burst"]).exception, QueueUnavailable)
