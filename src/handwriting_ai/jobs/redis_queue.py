"""The queue in Redis: RQ's jobs under the names of ours, all of it as JSON, so that nothing is ever unpickled.

RQ (https://python-rq.org) hands jobs to workers, notices lost ones and retries their jobs. What a job is and how it
ended lies in its folder, which all machines share.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from pydantic import RedisDsn, ValidationError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry as ConnectionRetry
from rq import Queue
from rq.command import send_stop_job_command
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job as RqJob
from rq.job import JobStatus as RqStatus
from rq.job import Retry
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer
from rq.worker import SpawnWorker

from handwriting_ai.config import RqSettings
from handwriting_ai.errors import QueueUnavailable
from handwriting_ai.jobs.types import Job, JobState

TASK: Final = "handwriting_ai.jobs.worker.train"
"""What a worker calls, with the job's name."""
RETRIES: Final = 2
"""How often a job whose worker was lost goes to another one, which goes on from its last checkpoint."""
_CONNECT_LIMIT_S: Final = 2.0
_ANSWER_LIMIT_S: Final = 3.0
_SILENT_FOR_S: Final = 5.0
"""After a question without an answer no other is asked for so long: a page and its queue ask many."""
_RESCUE_LIMIT_S: Final = 30
_STATE: Final = "state"
"""Where a job's meta keeps its state."""


class Place(Enum):
    """Where RQ has a job."""

    WAITING = auto()
    AT_WORK = auto()
    OVER = auto()


_PLACES: Final = {
    RqStatus.STARTED: Place.AT_WORK,
    RqStatus.FINISHED: Place.OVER,
    RqStatus.FAILED: Place.OVER,
    RqStatus.STOPPED: Place.OVER,
    RqStatus.CANCELED: Place.OVER,
}
"""All others wait."""


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """What Redis knows of a job."""

    place: Place
    state: JobState | None
    """As the run last gave it; None if it gave none that can be read."""


class _TendedQueue(Queue):
    """RQ's queue, whose maintenance nobody can hold up for long."""

    def acquire_maintenance_lock(self) -> bool:
        """Take the lock for half a minute, not for RQ's fifteen: whoever holds it may be killed."""
        is_mine = super().acquire_maintenance_lock()
        if is_mine:
            self.connection.expire(self.registry_cleaning_key, _RESCUE_LIMIT_S)
        return is_mine


class RedisQueue:
    """Jobs that wait for a worker or are with one."""

    def __init__(self, url: RedisDsn, settings: RqSettings, *, task: str = TASK) -> None:
        """A connection is made when something is asked; `task` is what a worker calls, with the job's name."""
        self._settings, self._url, self._task = settings, url, task
        self.connection = Redis.from_url(
            str(url),
            socket_connect_timeout=_CONNECT_LIMIT_S,
            socket_timeout=_ANSWER_LIMIT_S,
            # A connection that was closed meanwhile is made anew; whoever hangs is not asked twice.
            retry=ConnectionRetry(NoBackoff(), 1, (ConnectionLost,)),
        )
        self._silent_until, self._silence = 0.0, ""
        self.rq = _TendedQueue(settings.queue_name, self.connection, serializer=JSONSerializer)

    @property
    def address(self) -> str:
        """Where Redis is looked for, without its password."""
        return f"{self._url.host}:{self._url.port}{self._url.path or ''}"

    def close(self) -> None:
        """End all connections; whatever is asked later makes a new one."""
        self.connection.close()

    def check(self) -> None:
        """See whether Redis is there.

        Raises:
            QueueUnavailable: it is not; so do all other methods.
        """
        with self.answering():
            self.connection.ping()

    def has_workers(self) -> bool:
        """Whether anybody takes jobs from this queue."""
        with self.answering():
            keys = SpawnWorker.all_keys(queue=self.rq)
            return bool(keys) and self.connection.exists(*keys) > 0

    def add(self, job: Job) -> None:
        """Put a job at the end; one of the same name that is over is forgotten."""
        state: dict[str, object] = job.state.model_dump(mode="json")
        with self.answering():
            self.forget(job.job_id)
            ticket = self.rq.create_job(
                self._task,
                (job.job_id,),
                timeout=self._settings.job_timeout_sec,
                result_ttl=self._settings.result_ttl_sec,
                failure_ttl=self._settings.failure_ttl_sec,
                description=f"train {job.config.model_id}",
                job_id=job.job_id,
                meta={_STATE: state},
                retry=Retry(RETRIES),
            )
            self.rq.enqueue_job(ticket)

    def find(self, job_id: str) -> Ticket | None:
        """What Redis knows of a job; None if nothing."""
        with self.answering():
            found = self._fetch(job_id)
        if found is None:
            return None
        place = _PLACES.get(found.get_status(refresh=False), Place.WAITING)
        try:
            state = JobState.model_validate(found.meta.get(_STATE))
        except ValidationError:
            state = None
        return Ticket(place=place, state=state)

    def is_at_work(self, job_id: str) -> bool:
        """Whether a worker has a job."""
        ticket = self.find(job_id)
        return ticket is not None and ticket.place is Place.AT_WORK

    def note(self, state: JobState) -> None:
        """Keep a state in the meta of its job, if Redis knows that."""
        with self.answering():
            found = self._fetch(state.job_id)
            if found is not None:
                packed: dict[str, object] = state.model_dump(mode="json")
                found.meta[_STATE] = packed
                found.save_meta()

    def forget(self, job_id: str) -> None:
        """Remove a job, also from those that wait; nothing happens if Redis does not know it."""
        with self.answering(), suppress(InvalidJobOperation):  # it has expired by itself
            found = self._fetch(job_id)
            if found is not None:
                # RQ lists executions of a lost worker for longer than it keeps them, and would stumble over that.
                self.connection.delete(found.execution_registry.key)
                found.delete()

    def stop(self, job_id: str) -> None:
        """Have the worker kill the job's process, which did not stop when it was asked to."""
        with self.answering(), suppress(InvalidJobOperation, NoSuchJobError):  # it has ended by itself
            send_stop_job_command(self.connection, job_id, serializer=JSONSerializer)

    def rescue(self) -> None:
        """Queue jobs again whose worker gives no sign of life any more, or let them fail when they were retried enough.

        Workers do this as well; one caller at a time does.
        """
        with self.answering():
            if self.rq.acquire_maintenance_lock():
                try:
                    StartedJobRegistry(queue=self.rq).cleanup()
                finally:
                    self.rq.release_maintenance_lock()

    def _fetch(self, job_id: str) -> RqJob | None:
        try:
            return RqJob.fetch(job_id, self.connection, JSONSerializer)
        except NoSuchJobError:
            return None

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Redis's errors as ours.

        Raises:
            QueueUnavailable: Redis does not answer, or not as it should, or did not when it was asked a moment ago.
        """
        if time.monotonic() < self._silent_until:
            raise QueueUnavailable(self._silence)
        try:
            yield
        except RedisError as error:
            problem = (
                f"Redis at {self.address} does not answer: {str(error).rstrip('.')}. Start it, or correct REDIS_URL; "
                "with TRAINING__BACKEND=local this machine trains by itself."
            )
            if isinstance(error, NoAnswer):
                self._silent_until, self._silence = time.monotonic() + _SILENT_FOR_S, problem
            raise QueueUnavailable(problem) from error
