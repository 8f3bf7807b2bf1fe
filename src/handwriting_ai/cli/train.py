"""`handwriting-ai train`: runs in the foreground, kept as jobs like all others."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress

from handwriting_ai.cli import options
from handwriting_ai.config import Settings, load_settings
from handwriting_ai.errors import ModelExists
from handwriting_ai.jobs.types import LARGEST_SEED
from handwriting_ai.support.sharing import yielding

if TYPE_CHECKING:
    from handwriting_ai.jobs.queue import JobQueue
    from handwriting_ai.jobs.types import Job, JobState, TrainingConfig
    from handwriting_ai.training.sources import TrainingData

_MOST_SEEDS: Final = 1_000
"""More are a slip of the keyboard."""


def open_jobs(settings: Settings) -> "JobQueue":
    """The queue that the settings name, with all that it imports."""
    from handwriting_ai.jobs import opening

    return opening.open_jobs(settings)


def train(
    arch: options.Arch = None,
    recipe: options.Recipe = "drawn",
    epochs: options.Epochs = None,
    seeds: options.Seeds = "0",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    trial: options.Trial = None,
    parent: options.Parent = None,
    force: options.ForceModel = False,
) -> None:
    """Train one model for each seed and register it; an interrupted run goes on where it stopped."""
    os.environ.update(yielding(os.environ))  # before torch is loaded
    from handwriting_ai.jobs.child import raise_cancelled
    from handwriting_ai.jobs.parents import start_from
    from handwriting_ai.jobs.types import JobStatus, plan
    from handwriting_ai.training.precision import choose_compute

    choose_compute(device)
    settings, console = load_settings(), Console()
    jobs = open_jobs(settings)
    chosen, start = start_from(parent, arch, jobs.models)
    plans = [
        plan(chosen, recipe, seed=seed, epochs=epochs, trial_digits=trial, device=device, force=force, parent=start)
        for seed in parse_seeds(seeds)
    ]
    with force_named():
        for config in plans:  # before any work is done
            jobs.refuse(config)
    previous = signal.signal(signal.SIGTERM, raise_cancelled)  # so that `jobs cancel` works from elsewhere
    try:
        for config in plans:
            state = _train_one(jobs, config, settings, console)
            if state.status is not JobStatus.COMPLETED:
                typer.echo(f"{state.job_id} {state.status}: {state.error or 'the same command goes on'}", err=True)
                raise typer.Exit(1)
    finally:
        signal.signal(signal.SIGTERM, previous)


@contextmanager
def force_named() -> Iterator[None]:
    """Where a name is taken, say what this command can do about it."""
    try:
        yield
    except ModelExists as error:
        raise ModelExists(f"{error} Use --force to replace it.") from error


def say_left_over(jobs: "JobQueue", job: "Job") -> None:
    """Name the checkpoints of earlier runs for the same model, which a run does not go on from."""
    for other in jobs.left_over(job):
        typer.echo(
            f"The checkpoint of {other.job_id} ({other.state.status}, {other.state.current_epoch} of "
            f"{other.config.epochs} epochs) is not used: only an unfinished run of the same configuration goes on. "
            f"`handwriting-ai jobs delete {other.job_id}` removes it.",
            err=True,
        )


def parse_seeds(text: str, *, option: str = "--seeds") -> list[int]:
    """`3`, `0-4` and `0,2,5` as numbers, out of the option of this name."""
    seeds: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        ends = first.strip(), (last or first).strip()
        if not all(_is_seed(word) for word in ends):
            problem = f"{text!r} names no numbers up to {LARGEST_SEED}. Write 3, 0-4 or 0,2,5."
            raise typer.BadParameter(problem, param_hint=option)
        span = range(int(ends[0]), int(ends[1]) + 1)
        if len(seeds) + len(span) > _MOST_SEEDS:
            raise typer.BadParameter(f"{text!r} names more than {_MOST_SEEDS:,} numbers.", param_hint=option)
        seeds += span
    if not seeds:
        raise typer.BadParameter(f"{text!r} is an empty range.", param_hint=option)
    once: dict[int, None] = dict.fromkeys(seeds)
    return list(once)


def _is_seed(word: str) -> bool:
    """Looks at the length first: Python makes no number of thousands of digits."""
    return word.isdecimal() and len(word) <= len(str(LARGEST_SEED)) and int(word) <= LARGEST_SEED


def _train_one(jobs: "JobQueue", config: "TrainingConfig", settings: Settings, console: Console) -> "JobState":
    """Train with a progress bar for the epoch and a line for each finished one."""
    from handwriting_ai.jobs.child import carry_out, describe, prepare, run_job
    from handwriting_ai.training.run import Watcher

    with jobs.in_foreground(config) as job, Progress(*options.BAR, console=console) as progress:
        bar = progress.add_task("preparing the data", total=None)
        plural = "" if config.epochs == 1 else "s"
        progress.console.print(f"{config.model_id}: {config.epochs} epoch{plural}, job {job.job_id}")
        say_left_over(jobs, job)

        def data() -> "TrainingData":
            prepared = prepare(job, settings)
            progress.update(bar, description="epoch")
            return prepared

        watcher = Watcher(
            on_step=lambda seen, total: progress.update(bar, completed=seen, total=total),
            on_epoch=lambda metrics: progress.console.print(
                f"epoch {metrics.epoch}/{metrics.epochs}: {describe(metrics)}"
            ),
            on_resume=lambda epoch: progress.console.print(f"going on after epoch {epoch}"),
            on_predict=lambda seen, total: progress.update(
                bar, description="scoring the model", completed=seen, total=total
            ),
        )
        state = carry_out(jobs.store, job, run_job(jobs.store, jobs.models, data, watcher))
    if not state.error:
        console.print(f"{config.model_id}: {state.status}")
    return state
