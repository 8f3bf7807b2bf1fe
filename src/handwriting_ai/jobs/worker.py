"""`handwriting-ai worker`: takes jobs from Redis, one at a time, and trains each in a process of its own."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue, get_current_job
from rq.executions import Execution
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException
from rq.worker import SpawnWorker
from rq.worker_registration import register

from handwriting_ai.config import Settings, load_settings
from handwriting_ai.errors import JobConflict, RunFailed, UnknownJob
from handwriting_ai.jobs.child import NICENESS, Pulse, carry_out, prepare, raise_cancelled, run_job
from handwriting_ai.jobs.opening import open_rq
from handwriting_ai.jobs.redis_words import RQ_LOG, RedisAway
from handwriting_ai.jobs.rq import RqJobs
from handwriting_ai.jobs.store import LOG_NAME
from handwriting_ai.jobs.types import Job, JobStatus
from handwriting_ai.support.locks import try_lock
from handwriting_ai.support.sharing import yielding

HEARTBEAT_S: Final = 5
"""How often a worker tells that it and its run live."""
SILENCE_S: Final = 20
"""A worker that has not told so for so long is taken for lost, and its job goes to another."""
_MAINTENANCE_S: Final = 10
"""How often a worker looks for jobs of lost ones; an idle one when it has waited `SILENCE_S` for a job."""
_RQ_NAME_S: Final = 60
"""RQ keeps the name of a lost worker for so much longer than the worker counts as alive."""
_RQ_MARGIN_S: Final = 15
"""RQ waits for a job by so much less than a worker counts as alive."""
_LOOK_EVERY_S: Final = 0.5
_HELD_LIMIT_S: Final = 10.0
"""How long a run waits for the process that had its job before."""
_HANDED_ON_IN: Final = "HANDWRITING_AI_REDIS_PASSWORD"
_STDOUT: Final = 1
_STDERR: Final = 2
_LOG: Final = logging.getLogger("handwriting_ai.job")


class TrainingWorker(SpawnWorker):
    """RQ's worker that spawns instead of forking, as CUDA wants it, and notices lost ones sooner."""

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Tell that the worker lives; a Redis that has lost its memory learns anew that there is one."""
        super().heartbeat(timeout, pipeline)
        register(self, pipeline)

    def get_heartbeat_ttl(self, job: RqJob, working_time: float = 0.0) -> int:
        """For how many seconds the worker counts as alive after a heartbeat: RQ's, but no more than ours."""
        return min(SILENCE_S, super().get_heartbeat_ttl(job, working_time))

    def maintain_heartbeats(self, job: RqJob, execution: Execution) -> None:
        """Tell that the run lives, and look for jobs of lost workers; while Redis is away the run goes on untold."""
        try:
            super().maintain_heartbeats(job, execution)
            if self.should_run_maintenance_tasks:
                self.run_maintenance_tasks()
        except RedisError as error:
            _LOG.warning("Redis does not answer (%s); the run goes on.", error)

    def set_shutdown_requested_date(self) -> None:
        """Tell that the worker is to stop; while Redis is away it stops untold, once its run has ended."""
        with suppress(RedisError):
            super().set_shutdown_requested_date()

    def main_work_horse(self, job: RqJob, queue: Queue) -> None:
        """In the process of a run: end it if its worker dies. The job then goes to another: two must not train it."""
        threading.Thread(target=self._leave_if_orphaned, daemon=True).start()
        super().main_work_horse(job, queue)

    def kill_horse(self, sig: signal.Signals = signal.SIGKILL) -> None:
        """Kill the process of a run; once it has gone, RQ's own would kill the worker."""
        if self.horse_pid:
            super().kill_horse(sig)

    def _leave_if_orphaned(self) -> None:
        while os.getppid() == self.pid:
            time.sleep(_LOOK_EVERY_S)
        os._exit(1)


def work(settings: Settings, *, burst: bool = False, name: str | None = None) -> None:
    """Train what the queue holds until SIGTERM or Ctrl-C, which let the present run end; a second one kills it.

    When a run ends while Redis is away, the worker ends too: whoever watches over it starts it again.

    Args:
        settings: which Redis, which queue, which folders.
        burst: stop when the queue is empty.
        name: of the worker, unlike that of any other; made up if None.

    Raises:
        QueueUnavailable: Redis does not answer.
    """
    queue = open_rq(settings).queue
    queue.check()
    os.environ.update(yielding(os.environ))  # of the runs, which are started with it
    # Without the short limits of a page's questions: a worker waits for minutes for its next job.
    connection = Redis.from_url(str(settings.redis_url))
    _hide_password(connection)
    RQ_LOG.addFilter(RedisAway())
    with queue.answering(), _name_clash_said():
        TrainingWorker(
            [queue.rq],
            name=name,
            connection=connection,
            serializer=JSONSerializer,
            worker_ttl=SILENCE_S + _RQ_MARGIN_S,
            maintenance_interval=_MAINTENANCE_S,
            job_monitoring_interval=HEARTBEAT_S,
            default_result_ttl=settings.rq.result_ttl_sec,
        ).work(burst=burst, logging_level="INFO")


class _InEnvironment(str):
    """A password that is written, where RQ writes Python for the process of a run, as the place to read it from."""

    def __repr__(self) -> str:
        """RQ puts this on a command line, which everybody on the machine may read; the environment is its owner's."""
        return f"os.environ[{_HANDED_ON_IN!r}]"


def _hide_password(connection: Redis) -> None:
    """Have RQ hand the password on to the processes of runs by their environment."""
    options = connection.connection_pool.connection_kwargs
    password = options.get("password")
    if isinstance(password, str):
        os.environ[_HANDED_ON_IN] = password
        options["password"] = _InEnvironment(password)


@contextmanager
def _name_clash_said() -> Iterator[None]:
    """RQ's error about a name that is taken as ours: the worker's loop lets no other out."""
    try:
        yield
    except ValueError as error:
        free_after_s = SILENCE_S + _RQ_MARGIN_S + _RQ_NAME_S
        raise JobConflict(
            f"{error}. Choose another --name; that of a killed worker is free after {free_after_s} s."
        ) from error


def train(job_id: str) -> None:
    """What a worker does for one job, in a process that it spawned; all output goes to the job's log.

    Raises:
        RunFailed: the run ended without a model; the job's state says the same. RQ does not retry it.
    """
    settings = load_settings()
    jobs = open_rq(settings)
    try:
        folder = jobs.store.folder(job_id)
        descriptor = try_lock(folder, _HELD_LIMIT_S)
    except (UnknownJob, FileNotFoundError):
        _LOG.info("Job %s has been deleted meanwhile.", job_id)
        return
    if descriptor is None:
        _LOG.warning("Job %s is still at work in another process, which will end it.", job_id)
        return
    try:
        _write_to(folder / LOG_NAME)
        _train(jobs, job_id, settings)
    finally:
        os.close(descriptor)


def _train(jobs: RqJobs, job_id: str, settings: Settings) -> None:
    """Do a job whose lock this process holds, unless an earlier process has done it, or it is to stop."""
    store = jobs.store
    job = store.read(job_id)
    if job.state.status.ended:
        return
    verdict, written = store.post_mortem(job), store.written_state(job_id)
    is_to_be_scored = (  # its model is there, and nobody had begun
        verdict.state.status is JobStatus.COMPLETED and written is not None and written.status is JobStatus.QUEUED
    )
    if verdict.state.status is not JobStatus.FAILED and not is_to_be_scored:
        store.write_state(verdict.state)
        return
    signal.signal(signal.SIGTERM, raise_cancelled)
    os.nice(NICENESS)
    body = run_job(store, jobs.models, lambda: prepare(job, settings))
    ticket = get_current_job()
    if ticket is not None:
        ticket.retries_left = 0  # what fails here would fail again; a lost process is the worker's to report
        body = _in_time(body, ticket.timeout)
    try:
        state = carry_out(store, job, body)
    except KeyboardInterrupt:
        if not store.has_registered(job):
            raise
        return  # too late
    except Exception:
        _LOG.exception("Failed, which was not foreseen:")
        raise
    if state.status is JobStatus.FAILED:
        raise RunFailed(state.error)


def _in_time(train_job: Callable[[Job, Pulse], Path], limit_s: float | None) -> Callable[[Job, Pulse], Path]:
    """The same, but RQ's alarm has words; the limit is that of the job, set where it was queued."""

    def timed(job: Job, pulse: Pulse) -> Path:
        try:
            return train_job(job, pulse)
        except JobTimeoutException as error:
            raise RunFailed(
                f"The run took longer than its limit of {limit_s} s. Resume it, and it goes on from its last "
                "checkpoint; a larger RQ__JOB_TIMEOUT_SEC, set where jobs are queued, lets it end."
            ) from error

    return timed


def _write_to(log: Path) -> None:
    """Send this process's output, and what it logs, to a file."""
    with log.open("ab") as stream:
        os.dup2(stream.fileno(), _STDOUT)
        os.dup2(stream.fileno(), _STDERR)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", force=True)
    logging.getLogger("rq.worker").setLevel(logging.CRITICAL)  # its "Job OK" and its traces are no words of the run
