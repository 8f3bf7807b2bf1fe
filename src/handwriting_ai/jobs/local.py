"""The queue on this machine: a thread that starts a process for each job, in order, so many at a time.

Each process is a session of its own and outlives whoever started it. All that is known lies on disk, so several
dashboards and commands may work on one folder.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

from handwriting_ai.errors import HandwritingError, JobConflict, JobDamaged
from handwriting_ai.jobs.queue import JobQueue, cancelled
from handwriting_ai.jobs.store import CANCEL_NAME, LOG_NAME, JobStore
from handwriting_ai.jobs.types import Job, JobState, JobStatus, TrainingConfig, running
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.support.locks import take_lock
from handwriting_ai.support.sharing import yielding
from handwriting_ai.training.sources import DataFolders

CHILD_COMMAND: Final = (sys.executable, "-m", "handwriting_ai.jobs.child")
_LOG: Final = logging.getLogger(__name__)


class LocalJobs(JobQueue):
    """Works the queue off with processes of this machine."""

    worked_off_by: ClassVar[str] = "An open dashboard, the API or `handwriting-ai jobs work` starts it."

    def __init__(
        self,
        root: Path,
        models: ModelStore,
        data: DataFolders,
        *,
        max_concurrent: int = 1,
        command: Sequence[str] = CHILD_COMMAND,
    ) -> None:
        """Jobs under `root`, with the models and data of `JobQueue`; `command` starts the process of a job."""
        super().__init__(JobStore(root, models), models, data)
        self._max_concurrent, self._command = max_concurrent, command
        self._children: list[subprocess.Popen[bytes]] = []
        self._elsewhere: set[str] = set()
        """Jobs that are to stop and run on another machine."""
        self._unstarted: dict[str, str] = {}
        """Jobs that could not be started when that was last tried, and why."""

    def close(self) -> None:
        """Stop the thread; the runs go on, and the log says so."""
        super().close()
        going_on = sum(child.poll() is None for child in self._children)
        if going_on:
            _LOG.info("%d of the runs started here go on; `handwriting-ai jobs list` shows them.", going_on)

    def refuse(self, config: TrainingConfig) -> None:
        """Find out, before work is done, whether a run cannot be queued."""
        super().refuse(config)
        self.models.require_writable()

    def _hindrance(self, jobs: Sequence[Job]) -> str | None:
        """Why the first of those that cannot be started is not."""
        reasons = [self._unstarted.get(job.job_id) for job in jobs if job.state.status is JobStatus.QUEUED]
        return next((reason for reason in reasons if reason is not None), None)

    def cancel(self, job_id: str) -> None:
        """Take a job out of the queue, or ask its process to stop; it is gone within a few seconds."""
        with self.store.lock():
            state = self._state(job_id)
            if not self.store.is_alive(job_id):
                state = self._state(job_id)  # its process may have ended between the two looks
            if state.status.ended:
                raise JobConflict(f"Job {job_id} is {state.status}: there is nothing to cancel.")
            (self.store.folder(job_id) / CANCEL_NAME).touch()
            if state.status is JobStatus.QUEUED:
                self.store.write_state(cancelled(state))
            else:
                self._signal(state, signal.SIGTERM)

    def delete(self, job_id: str) -> None:
        """Remove a job with its checkpoint, metrics and log; its model, if it made one, stays."""
        with self.store.lock():
            written = self.store.written_state(job_id)
            if self.store.is_alive(job_id) and (written is None or not written.status.ended):
                raise JobConflict(f"Job {job_id} is running. Cancel it first.")
            self.store.delete(job_id)

    def tick(self) -> None:
        """Set down what has happened, kill what did not stop when asked, and start what is next."""
        with self.store.lock():
            self._look_after()
            self._start_next()

    def _dispatch(self, job: Job) -> None:
        """Nothing: whoever works the queue off finds the folder."""

    def _look_after(self) -> None:
        """Under the folder's lock: set down what has happened, and kill what did not stop when asked."""
        self._children = [child for child in self._children if child.poll() is None]
        self.store.sweep()
        self.store.settle()
        for job_id in self.store.all().names:
            written = self.store.written_state(job_id)
            if written is not None and self.store.is_alive(job_id) and self._is_overdue(job_id):
                self._signal(written, signal.SIGKILL)

    def _start_next(self) -> None:
        """Under the folder's lock: start as many as may run at a time; one that cannot be started holds up no other."""
        found = self.store.all()
        at_work = {job_id for job_id in found.names if self.store.is_alive(job_id)}
        free = self._max_concurrent - len(at_work)
        waiting = [job for job in found.jobs if job.state.status is JobStatus.QUEUED and job.job_id not in at_work]
        unstarted = {job.job_id: self._unstarted[job.job_id] for job in waiting if job.job_id in self._unstarted}
        for job in waiting:
            if free > 0:
                try:
                    self._start(job)
                    unstarted.pop(job.job_id, None)
                except (OSError, HandwritingError) as error:
                    reason = f"Job {job.job_id} could not be started: {self.store.describe(error)}"
                    if reason != self._unstarted.get(job.job_id):  # once, not at each look
                        _LOG.warning("%s", reason)
                    unstarted[job.job_id] = reason
                free -= self.store.is_alive(job.job_id)
        self._unstarted = unstarted

    def _state(self, job_id: str) -> JobState:
        """How a job stands; where it can no longer be understood, but runs, as its process says."""
        try:
            return self.store.read(job_id).state
        except JobDamaged:
            written = self.store.written_state(job_id)
            if written is None or not self.store.is_alive(job_id):
                raise
            return written

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
                    env=yielding(os.environ),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    pass_fds=(descriptor,),
                )
            self._children.append(child)
            self.store.write_state(running(job.state, child.pid))
        finally:
            os.close(descriptor)

    def _signal(self, state: JobState, number: int) -> None:
        """Signal a process that was seen alive, if it is of this machine; one that has ended is none the worse."""
        if state.pid is None:
            return
        if state.host != socket.gethostname():
            where = f"on {state.host}" if state.host else "on a machine that its state does not name"
            if state.job_id not in self._elsewhere:  # once, not at each look
                _LOG.warning("Job %s runs %s, and ends when it sees there that it is to stop.", state.job_id, where)
            self._elsewhere.add(state.job_id)
            return
        try:
            os.kill(state.pid, number)
        except ProcessLookupError:
            _LOG.info("Process %d of job %s had ended already.", state.pid, state.job_id)
