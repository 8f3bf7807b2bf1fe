"""Jobs on disk: one folder each, which whoever works on the job keeps locked.

`config.json` never changes; `state.json` is replaced as a whole; `cancel` asks the run to stop, `afresh` asks the next
one to begin again; metrics, checkpoint and log are the run's. The lock on the folder says whether the process that
trains lives, however it ended.
"""

import itertools
import os
import secrets
import shutil
import socket
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from handwriting_ai.data.lessons import forget_lessons
from handwriting_ai.errors import HandwritingError, JobDamaged, UnknownJob
from handwriting_ai.jobs.types import DamagedJob, Job, Jobs, JobState, JobStatus, TrainingConfig
from handwriting_ai.registry.notes import Note, read_note
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.support.files import describe_refusal, remove, sweep_unfinished, tail_of, write_atomically
from handwriting_ai.support.locks import is_locked, locked, take_lock
from handwriting_ai.support.problems import describe_problems
from handwriting_ai.training.progress import TrainingMetrics, read_metrics

CONFIG_NAME: Final = "config.json"
STATE_NAME: Final = "state.json"
LOG_NAME: Final = "log.txt"
CANCEL_NAME: Final = "cancel"
AFRESH_NAME: Final = "afresh"
_DELETED: Final = ".deleted-"
_ID_BYTES: Final = 2
_LOG_TAIL_BYTES: Final = 16_384
_LINES_IN_ERROR: Final = 3


class JobStore:
    """Reads and writes jobs; it starts none."""

    def __init__(self, root: Path, models: ModelStore) -> None:
        self.root, self._models = root, models

    def lock(self) -> AbstractContextManager[None]:
        """Held while a job is queued, started, ended or deleted, by one process and thread at a time."""
        return locked(self.root)

    @property
    def lessons(self) -> Path:
        """Where the drawings of teaching runs lie."""
        return self.root / ".lessons"

    def folder(self, job_id: str) -> Path:
        """Where one job lies.

        Raises:
            UnknownJob: there is none of this name.
        """
        folder = self.root / job_id
        if folder.parent != self.root or job_id.startswith(".") or not folder.is_dir():
            known = ", ".join(path.name for path in self._folders()) or "none"
            raise UnknownJob(f"There is no job {job_id!r} in {self.root}. Jobs: {known}.")
        return folder

    def create(self, config: TrainingConfig) -> Job:
        """A new job at the end of the queue; only under the lock."""
        now = datetime.now(UTC)
        ids = (f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(_ID_BYTES)}" for _ in itertools.count())
        job_id = next(each for each in ids if not (self.root / each).exists())
        state = JobState(job_id=job_id, status=JobStatus.QUEUED, queued_at=now)
        unfinished = self.root / f".{job_id}"
        unfinished.mkdir(parents=True)
        try:
            _write(unfinished / CONFIG_NAME, config)
            _write(unfinished / STATE_NAME, state)
            unfinished.rename(self.root / job_id)
        except OSError:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        return Job(config=config, state=state)

    def all(self) -> Jobs:
        """Every job as it truly stands: one whose process has died is never shown as running."""
        jobs: list[Job] = []
        damaged: list[DamagedJob] = []
        for folder in self._folders():
            try:
                jobs.append(self._read(folder))
            except JobDamaged as error:
                if folder.is_dir():  # not deleted meanwhile
                    damaged.append(DamagedJob(job_id=folder.name, problem=str(error)))
        jobs.sort(key=_place_in_queue)
        return Jobs(jobs=tuple(jobs), damaged=tuple(damaged))

    def read(self, job_id: str) -> Job:
        """One job as it truly stands.

        Raises:
            UnknownJob: there is none of this name.
            JobDamaged: its configuration cannot be read, or makes no sense.
        """
        return self._read(self.folder(job_id))

    def written_state(self, job_id: str) -> JobState | None:
        """What was last written, true or not, also where the configuration is damaged; None if it cannot be read.

        Raises:
            UnknownJob: there is none of this name.
        """
        try:
            return JobState.model_validate_json((self.folder(job_id) / STATE_NAME).read_bytes())
        except (OSError, ValidationError):
            return None

    def write_state(self, state: JobState) -> None:
        """Replace the state of a job."""
        _write(self.folder(state.job_id) / STATE_NAME, state)

    def is_alive(self, job_id: str) -> bool:
        """Whether a process is at work on it."""
        return is_locked(self.root / job_id)

    def runs_here(self) -> int:
        """How many processes of this machine, or container, are at work on jobs; each writes so when it begins."""
        count, here = 0, socket.gethostname()
        for folder in self._folders():
            with suppress(UnknownJob):  # deleted meanwhile
                state = self.written_state(folder.name) if is_locked(folder) else None
                count += state is not None and not state.status.ended and state.host == here
        return count

    def is_to_stop(self, job_id: str) -> bool:
        """Whether somebody asked the run to stop."""
        return (self.root / job_id / CANCEL_NAME).exists()

    def metrics(self, job_id: str) -> list[TrainingMetrics]:
        """The epochs so far; none of a run that is to begin again."""
        folder = self.folder(job_id)
        return [] if (folder / AFRESH_NAME).exists() else read_metrics(folder)

    def note(self, job_id: str) -> Note:
        """What people say of a job; nothing of one that is gone."""
        return read_note(self.root / job_id)

    def _lessons_of_jobs(self) -> dict[str, str | None]:
        """The digest of the lesson that each job needs: "" without one, None where the job cannot be read."""
        found = self.all()
        lessons: dict[str, str | None] = {each.job_id: None for each in found.damaged}
        for job in found.jobs:
            lessons[job.job_id] = "" if job.config.lesson is None else job.config.lesson.sha256
        return lessons

    def log_tail(self, job_id: str) -> str:
        """The end of what the process wrote."""
        return tail_of(self.folder(job_id) / LOG_NAME, _LOG_TAIL_BYTES)

    def clear_up(self, job_id: str) -> None:
        """Before a run begins: forget that an earlier one was to stop, and what its killed writes left."""
        folder = self.folder(job_id)
        (folder / CANCEL_NAME).unlink(missing_ok=True)
        sweep_unfinished(folder)

    def delete(self, job_id: str) -> None:
        """Remove a job's folder, once its process has left; its name is gone at once, also if this is interrupted."""
        folder, lessons = self.folder(job_id), self._lessons_of_jobs()
        doomed = self.root / f"{_DELETED}{job_id}"
        descriptor = take_lock(folder)
        try:
            folder.rename(doomed)
        finally:
            os.close(descriptor)  # before it is removed: NFS keeps open files, and so their folder
        remove(doomed)
        others = {lesson for each, lesson in lessons.items() if each != job_id}
        if None not in others:  # a job that cannot be read may need any of them
            forget_lessons(self.lessons, others, at_once=lessons.get(job_id))

    def sweep(self) -> None:
        """Remove what interrupted deletions and submissions left; only under the lock."""
        for pattern in (f"{_DELETED}*", ".[0-9]*"):
            for doomed in self.root.glob(pattern):
                with suppress(OSError):  # hidden, and in nobody's way
                    remove(doomed)

    def settle(self) -> None:
        """Write down what became of runs whose process has died, so that it does not change any more."""
        for folder in self._folders():
            try:
                written, found = self.written_state(folder.name), self._read(folder).state
                if written is not None and not written.status.ended and found.status.ended:
                    self.write_state(found)
            except (JobDamaged, UnknownJob):
                continue  # `all` reports the one; the other is gone

    def has_registered(self, job: Job) -> bool:
        """Whether this very job has brought its model into the models folder."""
        try:
            return self._models.read_manifest(job.config.model_id).run_id == job.job_id
        except HandwritingError:
            return False

    def describe(self, error: Exception) -> str:
        """What is wrong, in words; what the disk refused, with the variable that names where it lies."""
        if not isinstance(error, OSError):
            return str(error)
        return describe_refusal(error, {"APP__DATA_ROOT": self.root.parent, "DIGITS__MODEL_DIR": self._models.root})

    def _folders(self) -> Sequence[Path]:
        if not self.root.is_dir():
            return ()
        return sorted(path for path in self.root.iterdir() if path.is_dir() and not path.name.startswith("."))

    def _read(self, folder: Path) -> Job:
        path, advice = folder / CONFIG_NAME, f"Delete the job {folder.name!r}."
        try:
            config = TrainingConfig.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise JobDamaged(f"{path} is damaged: {describe_problems(error)}. {advice}") from error
        except FileNotFoundError as error:
            raise JobDamaged(f"{path} is missing. {advice}") from error
        except OSError as error:  # the job may be sound
            raise JobDamaged(f"{path} cannot be read: {error.strerror}.") from error
        return self._as_it_stands(folder, Job(config=config, state=self._read_state(folder, config)))

    def _as_it_stands(self, folder: Path, written: Job) -> Job:
        """A job as it truly stands, by its folder's lock; `written` is what its `state.json` says."""
        if written.state.status is not JobStatus.RUNNING or is_locked(folder):
            return written
        # Its process has ended. It may have written its last state after the first look, and not after a second.
        again = Job(config=written.config, state=self._read_state(folder, written.config))
        if again.state.status is not JobStatus.RUNNING or is_locked(folder):
            return again
        return self.post_mortem(again)

    def _read_state(self, folder: Path, config: TrainingConfig) -> JobState:
        """The state as written; one that is damaged is taken for that of a job that ran."""
        try:
            return JobState.model_validate_json((folder / STATE_NAME).read_bytes())
        except (OSError, ValidationError) as error:
            problem = describe_problems(error) if isinstance(error, ValidationError) else str(error)
            return JobState(
                job_id=folder.name,
                status=JobStatus.RUNNING,
                queued_at=config.created_at,
                error=f"{STATE_NAME} could not be read ({problem}). The run can be resumed.",
            )

    def post_mortem(
        self,
        job: Job,
        *,
        reason: str = "The process ended without a result (killed, or out of memory).",
        spoke: bool = True,
    ) -> Job:
        """What became of a run that ended without a result: completed, cancelled, or failed (`reason`).

        Unless it never `spoke`, which leaves the log to an earlier process, the end of its log is repeated.
        """
        folder, state = self.root / job.job_id, job.state
        if self.has_registered(job):
            end: dict[str, object] = {"status": JobStatus.COMPLETED, "progress": 1.0, "error": None}
        elif self.is_to_stop(job.job_id):
            end = {"status": JobStatus.CANCELLED, "error": None}
        else:
            lines = tail_of(folder / LOG_NAME, _LOG_TAIL_BYTES).strip().splitlines()[-_LINES_IN_ERROR:] if spoke else []
            said = f" Its last words: {' / '.join(lines)}" if lines else ""
            end = {"status": JobStatus.FAILED, "error": state.error or f"{reason}{said}"}
        return Job(config=job.config, state=state.model_copy(update=end | _ended()))


def _ended() -> dict[str, object]:
    return {"completed_at": datetime.now(UTC), "activity": "", "seconds_left": None, "pid": None}


def _place_in_queue(job: Job) -> tuple[datetime, str]:
    return job.state.queued_at, job.job_id


def _write(path: Path, content: BaseModel) -> None:
    write_atomically(path, content.model_dump_json(indent=2).encode() + b"\n")
