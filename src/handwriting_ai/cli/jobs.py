"""`handwriting-ai jobs`: look after training runs, whoever started them."""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from handwriting_ai.cli import options
from handwriting_ai.cli.train import force_named, open_jobs, parse_seeds, say_left_over
from handwriting_ai.config import load_settings
from handwriting_ai.errors import ModelExists

if TYPE_CHECKING:
    from handwriting_ai.jobs.queue import JobQueue
    from handwriting_ai.jobs.types import Job

JobId = Annotated[str, typer.Argument(help="The job, as `jobs list` names it.")]
_CANCEL_LIMIT_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.5
_STEPS: Final = 1.0


def list_jobs() -> None:
    """Show every job in the order of the queue: id, status, model, epochs done, what it is at."""
    jobs = open_jobs(load_settings())
    found = jobs.store.all()
    for job in found.jobs:
        state = job.state
        at = f"  {state.activity}" if state.activity else ""
        typer.echo(
            f"{job.job_id}  {state.status:9}  {job.config.model_id}  {state.current_epoch}/{job.config.epochs}{at}"
        )
        if state.error:
            typer.echo(f"    {state.error}")
    if not found.names:
        typer.echo(f"No runs in {jobs.store.root} yet.", err=True)
    for damaged in found.damaged:
        typer.echo(f"damaged: {damaged.problem}")
    standstill = jobs.standstill(found.jobs)
    if standstill is not None:
        typer.echo(standstill)


def show_job(job_id: JobId) -> None:
    """Show one job: how it stands, its epochs, the end of its log."""
    jobs = open_jobs(load_settings())
    job = jobs.store.read(job_id)
    typer.echo(job.model_dump_json(indent=2))
    silent_s = job.state.silent_for(datetime.now(UTC))
    if silent_s is not None:
        typer.echo(f"no sign of life for {silent_s:.0f} s")
    for metrics in jobs.store.metrics(job_id):
        typer.echo(
            f"epoch {metrics.epoch}/{metrics.epochs}: train {metrics.train_loss:.4f}, validation "
            f"{metrics.val_loss:.4f}, {metrics.val_accuracy:.2%}"
        )
    typer.echo(jobs.store.log_tail(job_id).rstrip())


def submit_jobs(
    arch: options.Arch = None,
    recipe: options.Recipe = "drawn",
    epochs: options.Epochs = None,
    seeds: options.Seeds = "0",
    trial: options.Trial = None,
    parent: options.Parent = None,
    force: options.ForceModel = False,
) -> None:
    """Put runs into the queue, which `jobs work`, an open dashboard or the workers of TRAINING__BACKEND=rq work off."""
    from handwriting_ai.jobs.parents import start_from
    from handwriting_ai.jobs.types import plan

    jobs = open_jobs(load_settings())
    chosen, start = start_from(parent, arch, jobs.models)
    plans = [
        plan(chosen, recipe, seed=seed, epochs=epochs, trial_digits=trial, force=force, parent=start)
        for seed in parse_seeds(seeds)
    ]
    with force_named():
        for config in plans:  # before any is queued
            jobs.refuse(config)
    for config in plans:
        job = jobs.submit(config)
        typer.echo(job.job_id)
        say_left_over(jobs, job)


def work_off() -> None:
    """Work the queue off in the background of this terminal until it is empty; Ctrl-C leaves running jobs alone.

    With TRAINING__BACKEND=rq the workers do the work: this waits, and passes on the jobs of lost ones.
    """
    jobs = open_jobs(load_settings())
    jobs.start()
    try:
        while any(not job.state.status.ended for job in jobs.store.all().jobs):
            time.sleep(_LOOK_EVERY_S)
    finally:
        jobs.close()


def cancel_job(job_id: JobId) -> None:
    """Take a job out of the queue or stop its process; what was trained is kept."""
    jobs = open_jobs(load_settings())
    jobs.cancel(job_id)
    job = jobs.wait_until_ended(job_id, _CANCEL_LIMIT_S)
    typer.echo(f"{job_id}: {job.state.status}")


def resume_job(
    job_id: JobId,
    afresh: Annotated[bool, typer.Option("--afresh", help="Throw its checkpoint away and begin again.")] = False,
) -> None:
    """Queue a failed or cancelled job again; it goes on from its last checkpoint."""
    jobs = open_jobs(load_settings())
    try:
        jobs.resume(job_id, afresh=afresh)
    except ModelExists as error:
        raise ModelExists(f"{error} Delete it with `models delete`, or queue the run anew with --force.") from error
    typer.echo(f"{job_id}: queued. {jobs.worked_off_by}")


def delete_job(job_id: JobId) -> None:
    """Remove a job with its checkpoint and log; a model it registered stays."""
    open_jobs(load_settings()).delete(job_id)
    typer.echo(f"{job_id}: deleted")


def follow_job(job_id: JobId) -> None:
    """Watch a job until it ends; Ctrl-C stops the watching, not the job."""
    jobs, console = open_jobs(load_settings()), Console()
    with Progress(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), console=console) as progress:
        bar, seen = progress.add_task(job_id, total=_STEPS), 0
        while True:
            job = jobs.store.read(job_id)
            seen = _print_epochs(jobs, job, seen, progress.console)
            progress.update(bar, completed=job.state.progress, description=job.state.activity or job.state.status)
            if job.state.status.ended:
                break
            time.sleep(_LOOK_EVERY_S)
    typer.echo(f"{job_id}: {job.state.status}{': ' + job.state.error if job.state.error else ''}")


def _print_epochs(jobs: "JobQueue", job: "Job", seen: int, console: Console) -> int:
    """Print the epochs after the `seen` first; returns how many there are now."""
    from handwriting_ai.jobs.child import describe

    history = jobs.store.metrics(job.job_id)
    for metrics in history[seen:]:
        console.print(f"epoch {metrics.epoch}/{metrics.epochs}: {describe(metrics)}")
    return len(history)


app = typer.Typer(no_args_is_help=True, help="Look after training runs, whoever started them.")
app.command(name="list")(list_jobs)
app.command(name="show")(show_job)
app.command(name="submit")(submit_jobs)
app.command(name="work")(work_off)
app.command(name="follow")(follow_job)
app.command(name="cancel")(cancel_job)
app.command(name="resume")(resume_job)
app.command(name="delete")(delete_job)
