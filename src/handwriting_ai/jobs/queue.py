"""What every backend of the queue shares: jobs are folders, and what changes a job's status happens under one lock."""

import logging
import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from typing import ClassVar, Final

from handwriting_ai.architectures import require_architecture
from handwriting_ai.errors import HandwritingError, JobConflict, QueueUnavailable
from handwriting_ai.jobs.parents import check_parent
from handwriting_ai.jobs.store import AFRESH_NAME, CANCEL_NAME, JobStore
from handwriting_ai.jobs.types import Job, JobState, JobStatus, TrainingConfig, running
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.support.locks import locked
from handwriting_ai.support.said_once import SaidOnce
from handwriting_ai.training.run import CHECKPOINT_NAME
from handwriting_ai.training.sources import DataFolders

CANCEL_GRACE_S: Final = 3.0
"""A run that has not ended so long after it was asked to is killed."""
_LOOK_EVERY_S: Final = 0.1
_LOG: Final = logging.getLogger(__name__)


class JobQueue(ABC):
    """Takes, lists, cancels, resumes and deletes jobs; after `start` it also looks after them, in a thread."""

    tick_s: ClassVar[float] = 0.5
    """Between two looks."""
    worked_off_by: ClassVar[str]
    """Who starts a queued job, as a sentence."""

    def __init__(self, store: JobStore, models: ModelStore, data: DataFolders) -> None:
        """Jobs of `store`, whose models go to `models`, and which learn from what lies in the folders `data`."""
        self.store, self.models, self.data = store, models, data
        self._looks = SaidOnce(_LOG, "The training queue could not be looked after: %s")
        self._recovery = SaidOnce(_LOG, "The models folder could not be put in order: %s")
        self._is_recovered = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look after the queue, in a thread; runs that an earlier server started are adopted."""
        self._is_recovered = self._attempt(self.models.recover, self._recovery)
        self._thread = threading.Thread(target=self._work, name="training-queue", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread; the runs go on."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def refuse(self, config: TrainingConfig) -> None:
        """Find out, before work is done, whether a run cannot be queued.

        Raises:
            UnknownArchitecture, UnknownRecipe, InvalidRecipe: it cannot be trained.
            DataMissing: the sets that it needs are not here.
            ParentMismatch: it cannot start from its parent.
            ModelExists: its model is registered already and `force` is off.
            ModelsUnwritable: this machine trains it, and could not register its model.
            JobConflict: a queued or running job makes the same model.
            QueueUnavailable: the queue is elsewhere and does not answer.
        """
        recipe = config.resolved_recipe()
        require_architecture(config.arch)
        self.data.require(recipe)
        check_parent(config, self.models)
        self.models.refuse_existing(config.model_id, force=config.force)
        for job in self.store.all().jobs:
            if not job.state.status.ended and job.config.model_id == config.model_id:
                raise JobConflict(f"Job {job.job_id} ({job.state.status}) already makes the model {config.model_id!r}.")

    def submit(self, config: TrainingConfig) -> Job:
        """Put a job at the end of the queue.

        Raises:
            as `refuse`.
        """
        with self.store.lock():
            self.refuse(config)
            job = self.store.create(config)
            try:
                self._dispatch(job)
            except BaseException:
                self.store.delete(job.job_id)
                raise
        return job

    @contextmanager
    def in_foreground(self, config: TrainingConfig) -> Iterator[Job]:
        """A job for this very process to do, outside the queue: an unfinished run of this kind, or a new one.

        Raises:
            as `refuse`.
            ModelsUnwritable: the model could not be registered.
        """
        with ExitStack() as held:
            with self.store.lock():
                self.refuse(config)
                self.models.require_writable()
                unfinished = [
                    job
                    for job in self.store.all().jobs
                    if job.state.status.can_be_resumed and job.config.trains_the_same(config)
                ]
                job = unfinished[-1] if unfinished else self.store.create(config)
                held.enter_context(locked(self.store.folder(job.job_id)))
                self.store.clear_up(job.job_id)
                self.store.write_state(running(job.state, os.getpid()))
            yield Job(config=config, state=job.state)

    def left_over(self, job: Job) -> tuple[Job, ...]:
        """The other jobs for this job's model that have a checkpoint, from which it does not go on."""
        return tuple(
            other
            for other in self.store.all().jobs
            if other.job_id != job.job_id
            and other.config.model_id == job.config.model_id
            and (self.store.folder(other.job_id) / CHECKPOINT_NAME).exists()
        )

    def resume(self, job_id: str, *, afresh: bool = False) -> None:
        """Queue a failed or cancelled job again; it goes on from its last checkpoint, or from nothing if `afresh`.

        Raises:
            UnknownJob: there is none of this name.
            JobConflict: it has not ended, or was completed, or another job makes the same model.
            ModelExists: its model is registered already and `force` is off.
            DataMissing, ParentMismatch, ModelsUnwritable, QueueUnavailable: as `refuse`.
        """
        with self.store.lock():
            job = self.store.read(job_id)
            if not job.state.status.can_be_resumed:
                raise JobConflict(f"Job {job_id} is {job.state.status}: only failed and cancelled jobs are resumed.")
            self.refuse(job.config)
            self.store.clear_up(job_id)
            queued = _queued(job_id)
            mark = self.store.folder(job_id) / AFRESH_NAME
            mark.unlink(missing_ok=True)
            if afresh:
                mark.touch()  # who takes the job throws the checkpoint away, as soon as it begins
            else:
                queued = queued.model_copy(update=_so_far(job.state))
            try:
                self._put_back(job, queued)
            except BaseException:
                mark.unlink(missing_ok=True)
                raise

    def score(self, job_id: str) -> None:
        """Queue a completed job again to score its model and no more: earlier versions did not score trials.

        Raises:
            UnknownJob: there is none of this name.
            JobConflict: it has not ended well, or its model has been deleted or replaced since.
            DataMissing, QueueUnavailable: as `refuse`.
        """
        with self.store.lock():
            job = self.store.read(job_id)
            if job.state.status is not JobStatus.COMPLETED or not self.store.has_registered(job):
                raise JobConflict(f"Job {job_id} is {job.state.status} and has no model to score.")
            self.data.require(job.config.resolved_recipe())
            self.store.clear_up(job_id)
            self._put_back(job, _queued(job_id).model_copy(update=_so_far(job.state)))

    def _put_back(self, job: Job, queued: JobState) -> None:
        """Into the queue, in this state; a job that cannot be put there stays as it was."""
        try:
            self.store.write_state(queued)
            self._dispatch(Job(config=job.config, state=queued))
        except BaseException:
            self.store.write_state(job.state)
            raise

    def wait_until_ended(self, job_id: str, timeout_s: float) -> Job:
        """Look after a cancelled job until it has ended, or the time is up."""
        deadline = time.monotonic() + timeout_s
        while True:
            with suppress(QueueUnavailable), self.store.lock():  # the run itself sees that it is to stop
                self._look_after()
            job = self.store.read(job_id)
            if job.state.status.ended or time.monotonic() > deadline:
                return job
            time.sleep(_LOOK_EVERY_S)

    def standstill(self, jobs: Sequence[Job]) -> str | None:
        """Why nobody works off `jobs`, which are all there are, and what to do about it; None if somebody does.

        Raises:
            QueueUnavailable: as `refuse`.
        """
        hindrance = self._hindrance(jobs)
        if hindrance is not None or self._looks.trouble is None or all(job.state.status.ended for job in jobs):
            return hindrance
        return f"The training queue could not be looked after: {self._looks.trouble}"

    @abstractmethod
    def cancel(self, job_id: str) -> None:
        """Take a job out of the queue, or ask its process to stop; it is gone within a few seconds.

        Raises:
            UnknownJob: there is none of this name.
            JobConflict: it has ended.
            QueueUnavailable: as `refuse`.
        """

    @abstractmethod
    def delete(self, job_id: str) -> None:
        """Remove a job with its checkpoint, metrics and log; its model, if it made one, stays.

        Raises:
            UnknownJob: there is none of this name.
            JobConflict: it is running.
            QueueUnavailable: as `refuse`.
        """

    @abstractmethod
    def tick(self) -> None:
        """Set down what has happened, kill what did not stop when asked, and see to it that what is next begins."""

    @abstractmethod
    def _hindrance(self, jobs: Sequence[Job]) -> str | None:
        """What `standstill` says where this program itself looks after the queue as it should."""

    @abstractmethod
    def _dispatch(self, job: Job) -> None:
        """Under the lock: see to it that somebody does a job whose folder stands ready."""

    @abstractmethod
    def _look_after(self) -> None:
        """Under the lock: set down what has happened, and kill what did not stop when asked."""

    def _is_overdue(self, job_id: str) -> bool:
        """Whether a run was asked to stop so long ago that it is to be killed."""
        with suppress(FileNotFoundError):
            return time.time() - (self.store.folder(job_id) / CANCEL_NAME).stat().st_mtime > CANCEL_GRACE_S
        return False

    def _attempt(self, step: Callable[[], None], outcome: SaidOnce) -> bool:
        """Whether it went well. A full disk passes, a models folder may be read-only; the queue must not die of it."""
        try:
            step()
        except (OSError, HandwritingError) as error:
            outcome.note(self.store.describe(error))
            return False
        outcome.note(None)
        return True

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                self._is_recovered = self._is_recovered or self._attempt(self.models.recover, self._recovery)
                self._attempt(self.tick, self._looks)
                self._stop.wait(self.tick_s)
        except BaseException as error:
            self._looks.note(f"{type(error).__name__}: {error}. Nobody does so any more: start this program again.")
            raise


def _queued(job_id: str) -> JobState:
    """The state of a job at the end of the queue."""
    return JobState(job_id=job_id, status=JobStatus.QUEUED, queued_at=datetime.now(UTC))


def _so_far(state: JobState) -> dict[str, object]:
    """What a job keeps that goes on from where it was."""
    return {"progress": state.progress, "current_epoch": state.current_epoch, "started_at": state.started_at}


def cancelled(state: JobState) -> JobState:
    """The state of a job that was taken out of the queue."""
    ended: dict[str, object] = {"status": JobStatus.CANCELLED, "completed_at": datetime.now(UTC), "activity": ""}
    return state.model_copy(update=ended)
