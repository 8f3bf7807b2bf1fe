"""What a job is, in plain values."""

import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from handwriting_ai.training.recipes import Recipe, as_trial, get_recipe, model_name, with_epochs
from handwriting_ai.training.taught import TAUGHT

MOST_EPOCHS: Final = 500
LARGEST_SEED: Final = 2**32 - 1
"""What may be asked for on a page, on the command line and over HTTP."""
SILENCE_S: Final = 30.0
"""A run that gave no sign of life for so long, where it should give one each second, deserves a word."""


class JobStatus(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing happens any more unless somebody resumes it."""
        return self not in (JobStatus.QUEUED, JobStatus.RUNNING)

    @property
    def can_be_resumed(self) -> bool:
        """Whether it ended before it was done."""
        return self in (JobStatus.FAILED, JobStatus.CANCELLED)


class Parent(BaseModel):
    """A registered model whose weights a run starts from."""

    model_config = ConfigDict(frozen=True, protected_namespaces=(), extra="forbid")

    model_id: str
    weights_sha256: str
    """As they were when the run was planned: a model that took its place since is another parent."""


class LessonNamed(BaseModel):
    """The lesson of a teaching run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """Whose hand it is."""
    sha256: str
    """Of its file, which lies beside the runs."""
    count: int = Field(ge=1)
    """Drawings."""


class TrainingConfig(BaseModel):
    """What is trained: one recipe, one architecture, one seed."""

    model_config = ConfigDict(frozen=True, protected_namespaces=(), extra="forbid")

    arch: str
    recipe: str
    epochs: int = Field(ge=1)
    seed: int = Field(ge=0)
    model_id: str
    """The name the model is registered under."""
    created_at: datetime
    trial_digits: int | None = Field(default=None, ge=1)
    """For a quick trial: so many digits of each set, and no more."""
    device: str = "auto"
    force: bool = False
    """Whether a model of the same name is replaced."""
    parent: Parent | None = None
    """What it starts from; fresh weights without it."""
    lesson: LessonNamed | None = None
    """The drawings that a teaching run teaches; None of all other runs."""

    def resolved_recipe(self) -> Recipe:
        """The recipe with this number of epochs and digits.

        Raises:
            UnknownRecipe: there is none of this name.
            InvalidRecipe: it has more stages than there are epochs.
        """
        if self.lesson is not None:
            return as_trial(with_epochs(TAUGHT, self.epochs), self.trial_digits or TAUGHT.trial_digits)
        return as_trial(with_epochs(get_recipe(self.recipe), self.epochs), self.trial_digits)

    def trains_the_same(self, other: "TrainingConfig") -> bool:
        """Whether both lead to the same weights under the same name."""
        twin: dict[str, object] = {"created_at": self.created_at, "force": self.force}
        return self == other.model_copy(update=twin)


def plan(
    arch: str,
    recipe: str,
    *,
    seed: int,
    epochs: int | None = None,
    trial_digits: int | None = None,
    device: str = "auto",
    force: bool = False,
    parent: Parent | None = None,
) -> TrainingConfig:
    """A configuration with the recipe's own number of epochs unless another is given.

    Raises:
        UnknownRecipe, InvalidRecipe: as `TrainingConfig.resolved_recipe`.
    """
    resolved = as_trial(with_epochs(get_recipe(recipe), epochs), trial_digits)
    return TrainingConfig(
        arch=arch,
        recipe=recipe,
        epochs=resolved.epochs,
        seed=seed,
        model_id=model_name(arch, resolved, seed, None if parent is None else parent.model_id),
        created_at=datetime.now(UTC),
        trial_digits=trial_digits,
        device=device,
        force=force,
        parent=parent,
    )


class JobState(BaseModel):
    """How a job stands at one moment."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    job_id: str
    status: JobStatus
    queued_at: datetime
    """When it was put into the queue, which is worked off in this order."""
    progress: float = Field(default=0.0, ge=0, le=1)
    current_epoch: int = 0
    """Epochs completed."""
    activity: str = ""
    """What it is at, in a few words."""
    seconds_left: float | None = None
    error: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    """When it ended, in whatever way."""
    pid: int | None = None
    host: str | None = None
    """The machine, or container, of the process: nowhere else does its `pid` mean anything."""
    heartbeat: datetime | None = None
    """The last sign of life."""

    def silent_for(self, now: datetime) -> float | None:
        """Seconds since the last sign of life of a run that has been silent for long; None for all others."""
        if self.status is not JobStatus.RUNNING or self.heartbeat is None:
            return None
        seconds = (now - self.heartbeat).total_seconds()
        return seconds if seconds > SILENCE_S else None


class Job(BaseModel):
    """A job as pages and commands show it."""

    model_config = ConfigDict(frozen=True)

    config: TrainingConfig
    state: JobState

    @property
    def job_id(self) -> str:
        """The name of its folder."""
        return self.state.job_id


def running(state: JobState, pid: int | None) -> JobState:
    """The state of a job whose process has just been started, on this machine if its `pid` is known."""
    now, host = datetime.now(UTC), None if pid is None else socket.gethostname()
    begun: dict[str, object] = {"pid": pid, "host": host, "started_at": now, "heartbeat": now, "activity": "starting"}
    fresh: dict[str, object] = {"status": JobStatus.RUNNING, "error": None, "completed_at": None}
    return state.model_copy(update=begun | fresh)


@dataclass(frozen=True, kw_only=True)
class Jobs:
    """All jobs of a folder."""

    jobs: tuple[Job, ...]
    """In the order in which they were queued."""
    damaged: tuple["DamagedJob", ...]
    """Folders that can no longer be understood."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of all folders, damaged or not."""
        return tuple(job.job_id for job in self.jobs) + tuple(each.job_id for each in self.damaged)


@dataclass(frozen=True, kw_only=True)
class DamagedJob:
    """A folder that can no longer be understood, but deleted."""

    job_id: str
    problem: str
