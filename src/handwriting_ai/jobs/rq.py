"""The queue for several machines: jobs are folders that all of them share, and Redis hands them to workers."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Final

from handwriting_ai.errors import JobConflict, JobDamaged
from handwriting_ai.jobs.queue import JobQueue, cancelled
from handwriting_ai.jobs.redis_queue import Place, RedisQueue, Ticket
from handwriting_ai.jobs.store import CANCEL_NAME, JobStore
from handwriting_ai.jobs.types import Job, JobState, JobStatus, TrainingConfig, running
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.sources import DataFolders

_ENQUEUE_LIMIT_S: Final = 10.0
"""A job that is being submitted may have its folder for so long before Redis knows it."""
_LET_GO_LIMIT_S: Final = 5.0
"""A worker whose run has ended has a few words with Redis yet."""
_LOOK_EVERY_S: Final = 0.1
_LOST: Final = "Redis no longer knows this job: it was emptied, or lost its memory. The run can be resumed."
_KILLED: Final = "The process ended without a result, also when it was tried again (killed, or out of memory)."


class RqStore(JobStore):
    """Jobs whose folders are shared; Redis knows which of them wait and which are with a worker."""

    def __init__(self, root: Path, models: ModelStore, queue: RedisQueue) -> None:
        """Jobs under `root`."""
        super().__init__(root, models)
        self._queue = queue

    def write_state(self, state: JobState) -> None:
        """Replace the state of a job, in its folder and in Redis, each also where the other refuses.

        Raises:
            OSError: the folder cannot be written.
            QueueUnavailable: Redis does not answer.
        """
        try:
            super().write_state(state)
        finally:
            self._queue.note(state)

    def _as_it_stands(self, folder: Path, written: Job) -> Job:
        """A job as it truly stands; one that has ended, or whose folder is locked, is as its folder says."""
        if written.state.status.ended or self.is_alive(written.job_id):
            return written
        ticket = self._queue.find(written.job_id)
        if ticket is None:
            return self._unknown(folder, written)
        if ticket.place is Place.OVER:
            return self._over(folder, written, ticket)
        state = _latest(written.state, ticket.state)
        if ticket.place is Place.AT_WORK:
            state = state if state.status is JobStatus.RUNNING else running(state, None)
        elif state.status is not JobStatus.QUEUED:
            waits: dict[str, object] = {
                "status": JobStatus.QUEUED,
                "activity": "its worker was lost, waits for another",
            }
            state = state.model_copy(update=waits)
        return Job(config=written.config, state=state)

    def _unknown(self, folder: Path, written: Job) -> Job:
        """A job that Redis does not know: just submitted, in the foreground of a terminal, or lost."""
        if written.state.status is not JobStatus.QUEUED:
            return super()._as_it_stands(folder, written)
        age_s = (datetime.now(UTC) - written.state.queued_at).total_seconds()
        return written if age_s < _ENQUEUE_LIMIT_S else self.post_mortem(written, reason=_LOST, spoke=False)

    def _over(self, folder: Path, written: Job, ticket: Ticket) -> Job:
        """A job that no worker has any more, whose folder did not say how it ended when that was first read."""
        again = Job(config=written.config, state=self._read_state(folder, written.config))
        if again.state.status.ended:
            return again
        if ticket.state is not None and ticket.state.status.ended:  # the folder's disk was full
            return Job(config=written.config, state=ticket.state)
        return self.post_mortem(again, reason=_KILLED)


class RqJobs(JobQueue):
    """Hands jobs to the workers of all machines."""

    tick_s: ClassVar[float] = 2.0
    worked_off_by: ClassVar[str] = "The next free `handwriting-ai worker` starts it."

    def __init__(self, root: Path, models: ModelStore, data: DataFolders, queue: RedisQueue) -> None:
        """Jobs under `root`, whose models go to `models`: folders that the workers see as well, as those of `data`."""
        super().__init__(RqStore(root, models, queue), models, data)
        self.queue = queue

    def close(self) -> None:
        """Stop the thread, and let go of Redis."""
        super().close()
        self.queue.close()

    def refuse(self, config: TrainingConfig) -> None:
        """Find out, before work is done, whether a run cannot be queued."""
        self.queue.check()
        super().refuse(config)

    def _hindrance(self, jobs: Sequence[Job]) -> str | None:
        """That no worker listens, if so."""
        self.queue.check()
        statuses = {job.state.status for job in jobs}
        if JobStatus.QUEUED not in statuses or JobStatus.RUNNING in statuses or self.queue.has_workers():
            return None
        return (
            f"No worker listens to the queue {self.queue.rq.name!r} in Redis at {self.queue.address}. "
            "Start one: `handwriting-ai worker`."
        )

    def submit(self, config: TrainingConfig) -> Job:
        """Put a job at the end of the queue; a Redis that hangs is waited for before the lock is taken."""
        self.queue.check()
        return super().submit(config)

    def cancel(self, job_id: str) -> None:
        """Take a job out of the queue, or ask its process to stop, which looks for this once a second."""
        with self.store.lock():
            state = self.store.read(job_id).state
            if state.status.ended:
                raise JobConflict(f"Job {job_id} is {state.status}: there is nothing to cancel.")
            if state.status is JobStatus.QUEUED:
                self.queue.forget(job_id)
            (self.store.folder(job_id) / CANCEL_NAME).touch()
            if state.status is JobStatus.QUEUED:
                self.store.write_state(cancelled(state))

    def delete(self, job_id: str) -> None:
        """Remove a job with its checkpoint, metrics and log; its model, if it made one, stays."""
        with self.store.lock():
            if self._runs(job_id):
                raise JobConflict(f"Job {job_id} is running. Cancel it first.")
            self.queue.forget(job_id)
            self.store.delete(job_id)

    def tick(self) -> None:
        """Give jobs of lost workers to others, set down what has happened, and kill what did not stop when asked."""
        self.queue.rescue()
        with self.store.lock():
            self._look_after()

    def _dispatch(self, job: Job) -> None:
        """Put it into Redis, once the worker that had it before has let go of it."""
        deadline = time.monotonic() + _LET_GO_LIMIT_S
        while self.queue.is_at_work(job.job_id) and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY_S)
        self.queue.add(job)

    def _look_after(self) -> None:
        """Under the folder's lock: set down what has happened, and kill what did not stop when asked."""
        self.store.sweep()
        self.store.settle()
        for job in self.store.all().jobs:
            if job.state.status is JobStatus.RUNNING and self._is_overdue(job.job_id):
                self.queue.stop(job.job_id)
            elif job.state.status is JobStatus.QUEUED and self.store.is_to_stop(job.job_id):  # its worker was lost
                self.queue.forget(job.job_id)
                self.store.write_state(cancelled(job.state))

    def _runs(self, job_id: str) -> bool:
        """Whether somebody is at work on a job, also on one whose folder is damaged."""
        try:
            return self.store.read(job_id).state.status is JobStatus.RUNNING
        except JobDamaged:
            return self.store.is_alive(job_id)


def _latest(written: JobState, told: JobState | None) -> JobState:
    """The later of two states of a run: a shared folder may lag behind Redis by some seconds."""
    if told is None or told.heartbeat is None:
        return written
    return told if written.heartbeat is None or told.heartbeat > written.heartbeat else written
