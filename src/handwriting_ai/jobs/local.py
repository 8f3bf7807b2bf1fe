"""The queue on this machine: a thread that starts a process for each job, in order, so many at a time.

Each process is a session of its own and outlives whoever started it. All that is known lies on disk, so several
dashboards and commands may work on one folder: what changes a job's status happens under the folder's lock.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from handwriting_ai.architectures import architecture_names
from handwriting_ai.errors import HandwritingError, JobConflict, JobDamaged, UnknownArchitecture
from handwriting_ai.jobs.store import CANCEL_NAME, LOG_NAME, JobStore
from handwriting_ai.jobs.types import Job, JobState, JobStatus, TrainingConfig
from handwriting_ai.locks import locked, take_lock
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.progress import METRICS_NAME
from handwriting_ai.training.run import CHECKPOINT_NAME

CANCEL_GRACE_S: Final = 3.0
"""A run that has not ended so long after it was asked to is killed."""
CHILD_COMMAND: Final = (sys.executable, "-m", "handwriting_ai.jobs.child")
_TICK_S: Final = 0.5
_LOG: Final = logging.getLogger(__name__)


class LocalJobs:
    """Takes, lists, cancels, resumes and deletes jobs; after `start` it also works the queue off."""

    def __init__(
        self, root: Path, models: ModelStore, *, max_concurrent: int = 1, command: Sequence[str] = CHILD_COMMAND
    ) -> None:
        """Jobs under `root`, whose models go to `models`; `command` starts the process of a job."""
        self.store, self.models, self._max_concurrent = JobStore(root, models), models, max_concurrent
        self._command = command
        self._children: list[subprocess.Popen[bytes]] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to work the queue off, in a thread; runs that an earlier server started are adopted."""
        self.models.recover()
        self._thread = threading.Thread(target=self._work, name="training-queue", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread; the processes go on."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def refuse(self, config: TrainingConfig) -> None:
        """Find out, before work is done, whether a run cannot be queued.

        Raises:
            UnknownArchitecture, UnknownRecipe, InvalidRecipe: it cannot be trained.
            ModelExists: its model is registered already and `force` is off.
            JobConflict: a queued or running job makes the same model.
        """
        config.resolved_recipe()
        if config.arch not in architecture_names():
            raise UnknownArchitecture(f"No architecture {config.arch!r}. Available: {', '.join(architecture_names())}.")
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
            return self.store.create(config)

    @contextmanager
    def in_foreground(self, config: TrainingConfig) -> Iterator[Job]:
        """A job for this very process to do, outside the queue: an unfinished run of this kind, or a new one.

        Raises:
            as `refuse`.
        """
        with ExitStack() as held:
            with self.store.lock():
                self.refuse(config)
                unfinished = [
                    job
                    for job in self.store.all().jobs
                    if job.state.status.can_be_resumed and job.config.trains_the_same(config)
                ]
                job = unfinished[-1] if unfinished else self.store.create(config)
                held.enter_context(locked(self.store.folder(job.job_id)))
                self.store.clear_up(job.job_id)
                self.store.write_state(_running(job.state, os.getpid()))
            yield Job(config=config, state=job.state)

    def cancel(self, job_id: str) -> None:
        """Take a job out of the queue, or ask its process to stop; it is gone within a few seconds.

        Raises:
            UnknownJob: there is none of this name.
            JobConflict: it has ended.
        """
        with self.store.lock():
            state = self._state(job_id)
            if state.status.ended:
                raise JobConflict(f"Job {job_id} is {state.status}: there is nothing to cancel.")
            (self.store.folder(job_id) / CANCEL_NAME).touch()
            if self.store.is_alive(job_id):
                _signal(state, signal.SIGTERM)
            else:
                self.store.write_state(_with(state, status=JobStatus.CANCELLED, completed_at=datetime.now(UTC)))

    def wait_until_ended(self, job_id: str, timeout_s: float) -> Job:
        """Look after a cancelled job until it has ended, or the time is up."""
        deadline = time.monotonic() + timeout_s
        while True:
            with self.store.lock():
                self._look_after()
            job = self.store.read(job_id)
            if job.state.status.ended or time.monotonic() > deadline:
                return job
            time.sleep(0.1)

    def resume(self, job_id: str, *, afresh: bool = False) -> None:
        """Queue a failed or cancelled job again; it goes on from its last checkpoint, or from nothing if `afresh`.

        Raises:
            UnknownJob: there is none of this name.
            JobConflict: it has not ended, or was completed, or another job makes the same model.
            ModelExists: its model is registered already and `force` is off.
        """
        with self.store.lock():
            job = self.store.read(job_id)
            if not job.state.status.can_be_resumed:
                raise JobConflict(f"Job {job_id} is {job.state.status}: only failed and cancelled jobs are resumed.")
            self.refuse(job.config)
            folder = self.store.folder(job_id)
            self.store.clear_up(job_id)
            if afresh:
                (folder / CHECKPOINT_NAME).unlink(missing_ok=True)
                (folder / METRICS_NAME).unlink(missing_ok=True)
            self.store.write_state(
                JobState(job_id=job_id, status=JobStatus.QUEUED, queued_at=datetime.now(UTC))
                if afresh
                else _with(
                    job.state, status=JobStatus.QUEUED, queued_at=datetime.now(UTC), error=None, completed_at=None
                )
            )

    def delete(self, job_id: str) -> None:
        """Remove a job with its checkpoint, metrics and log; its model, if it made one, stays.

        Raises:
            UnknownJob: there is none of this name.
            JobConflict: it is running.
        """
        with self.store.lock():
            written = self.store.written_state(job_id)
            if self.store.is_alive(job_id) and (written is None or not written.status.ended):
                raise JobConflict(f"Job {job_id} is running. Cancel it first.")
            descriptor = take_lock(self.store.folder(job_id))  # its process may still be leaving
            try:
                self.store.delete(job_id)
            finally:
                os.close(descriptor)

    def tick(self) -> None:
        """Set down what has happened, kill what did not stop when asked, and start what is next."""
        with self.store.lock():
            self._look_after()
            self._start_next()

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                self.tick()
            except (OSError, HandwritingError) as error:  # a full disk passes; the queue must not die of it
                _LOG.warning("The training queue could not be looked after: %s", error)
            self._stop.wait(_TICK_S)

    def _look_after(self) -> None:
        """Under the folder's lock: set down what has happened, and kill what did not stop when asked."""
        self._children = [child for child in self._children if child.poll() is None]
        self.store.sweep()
        self.store.settle()
        for job_id in self.store.all().names:
            if self.store.is_alive(job_id):
                self._kill_if_overdue(job_id)

    def _start_next(self) -> None:
        """Under the folder's lock: start as many as may run at a time; one that cannot be started holds up no other."""
        found = self.store.all()
        running = {job_id for job_id in found.names if self.store.is_alive(job_id)}
        free = self._max_concurrent - len(running)
        for job in found.jobs:
            if free > 0 and job.state.status is JobStatus.QUEUED and job.job_id not in running:
                try:
                    self._start(job)
                except (OSError, HandwritingError) as error:
                    _LOG.warning("Job %s could not be started: %s", job.job_id, error)
                free -= self.store.is_alive(job.job_id)

    def _state(self, job_id: str) -> JobState:
        """How a job stands; where it can no longer be understood, but runs, as its process says."""
        try:
            return self.store.read(job_id).state
        except JobDamaged:
            written = self.store.written_state(job_id)
            if written is None or not self.store.is_alive(job_id):
                raise
            return written

    def _kill_if_overdue(self, job_id: str) -> None:
        try:
            asked = (self.store.folder(job_id) / CANCEL_NAME).stat().st_mtime
        except FileNotFoundError:
            return
        written = self.store.written_state(job_id)
        if written is not None and time.time() - asked > CANCEL_GRACE_S:
            _signal(written, signal.SIGKILL)

    def _start(self, job: Job) -> None:
        """Start a process that inherits the job's lock, and so holds it until it ends."""
        folder = self.store.folder(job.job_id)
        arguments = [str(self.store.root.resolve()), str(self.models.root.resolve()), job.job_id]
        descriptor = take_lock(folder)
        try:
            self.store.clear_up(job.job_id)
            with (folder / LOG_NAME).open("ab") as log:
                child = subprocess.Popen(
                    [*self._command, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    pass_fds=(descriptor,),
                )
            self._children.append(child)
            self.store.write_state(_running(job.state, child.pid))
        finally:
            os.close(descriptor)


def _with(state: JobState, **changes: object) -> JobState:
    return state.model_copy(update=changes)


def _running(state: JobState, pid: int) -> JobState:
    now = datetime.now(UTC)
    begun: dict[str, object] = {"pid": pid, "started_at": now, "heartbeat": now, "activity": "starting"}
    return _with(state, status=JobStatus.RUNNING, error=None, completed_at=None, **begun)


def _signal(state: JobState, number: int) -> None:
    """Signal a process that was seen alive; one that has ended meanwhile is none the worse."""
    if state.pid is not None:
        try:
            os.kill(state.pid, number)
        except ProcessLookupError:
            _LOG.info("Process %d of job %s had ended already.", state.pid, state.job_id)
