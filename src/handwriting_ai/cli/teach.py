"""`handwriting-ai teach`: a model learns a hand from saved drawings."""

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from handwriting_ai.cli import options
from handwriting_ai.cli.train import force_named, open_jobs, train_one
from handwriting_ai.config import load_settings
from handwriting_ai.errors import UnknownWriter
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.support.sharing import yielding

if TYPE_CHECKING:
    from handwriting_ai.data.drawings import SavedDrawing
    from handwriting_ai.training.teaching_report import TeachingReport

_ADVISED: Final = 3
"""Drawings of each digit."""


def teach(
    writer: Annotated[
        list[str] | None, typer.Option(help="Whose drawings; repeat it for several people. Default: everybody's.")
    ] = None,
    parent: Annotated[
        str | None, typer.Option(help="The model that goes on learning. Default: the preset fast's, or the first.")
    ] = None,
    drawings: Annotated[
        Path | None,
        typer.Option(help="The folder of saved drawings. Default: the page's own.", file_okay=False, exists=True),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of what is kept back, and of all draws.", min=0)] = 0,
    trial: options.Trial = None,
    force: options.ForceModel = False,
) -> None:
    """Teach a model your hand: it learns from your saved drawings, and is tried on those kept back."""
    os.environ.update(yielding(os.environ))  # before torch is loaded
    from handwriting_ai.data.drawings import DrawingStore
    from handwriting_ai.jobs.child import raise_cancelled
    from handwriting_ai.jobs.teaching import Teacher, usual_parent
    from handwriting_ai.jobs.types import JobStatus

    settings, console = load_settings(), Console()
    found = DrawingStore(drawings or settings.app.data_root / "drawings").all()
    for problem in found.unreadable:
        typer.echo(f"Left out: {problem}", err=True)
    chosen, name = _of(writer or [], found.drawings)
    jobs = open_jobs(settings)
    teacher = Teacher(jobs)
    parent_id = parent or usual_parent(jobs.models)
    config = teacher.plan(name, chosen, parent=parent_id, seed=seed, trial_digits=trial, force=force)
    with force_named():
        jobs.refuse(config)
    few = _few_of(chosen)
    if few:
        typer.echo(f"Three drawings of each digit are advised; there are fewer of {few}.", err=True)
    previous = signal.signal(signal.SIGTERM, raise_cancelled)
    try:
        state = train_one(jobs, config, settings, console)
    finally:
        signal.signal(signal.SIGTERM, previous)
    if state.status is not JobStatus.COMPLETED:
        typer.echo(f"{state.job_id} {state.status}: {state.error or 'the same command goes on'}", err=True)
        raise typer.Exit(1)
    _tell(teacher.report(config))


def _of(writers: list[str], drawings: "tuple[SavedDrawing, ...]") -> "tuple[list[SavedDrawing], str]":
    """Their drawings, and a name for the lesson.

    Raises:
        UnknownWriter: somebody named has none.
    """
    from handwriting_ai.data.lessons import writer_of

    known = sorted({writer_of(drawing) for drawing in drawings})
    for name in writers:
        if name not in known:
            raise UnknownWriter(f"There are no drawings by {name!r}. Writers: {', '.join(known) or 'none'}.")
    chosen = [drawing for drawing in drawings if not writers or writer_of(drawing) in writers]
    return chosen, " and ".join(writers or known) or "nobody"


def _few_of(chosen: "list[SavedDrawing]") -> str:
    """The digits of which there are fewer drawings than a lesson should have."""
    labels = [drawing.label for drawing in chosen]
    return ", ".join(str(digit) for digit in range(N_CLASSES) if labels.count(digit) < _ADVISED)


def _tell(report: "TeachingReport") -> None:
    """The report in lines."""
    own, validation = report.own, report.validation
    if own.n:
        typer.echo(f"Drawings kept back: {own.before} of {own.n} misread before, {own.after} after.")
    typer.echo(f"Validation: {validation.before} of {validation.n:,} misread before, {validation.after} after.")
    for each in report.strangers:
        typer.echo(f"Other people, {each.name}: {each.before} of {each.n:,} misread before, {each.after} after.")
    for odd in report.suspects:
        drawing = odd.drawing
        typer.echo(f"Is the label right? {drawing.drawing_id}: saved as {drawing.label}, looks like {odd.looks_like}.")
    if report.more:
        wanted = ", ".join(f"{count} of {digit}" for digit, count in report.more.items())
        typer.echo(f"More drawings would help: {wanted}.")
    for reason in report.hindrances:
        typer.echo(f"Not recommended: {reason}")
    advice = "Draw with it all the same" if report.hindrances else "Draw with it"
    typer.echo(f"{advice}: DIGITS__ACTIVE_MODEL={report.model_id}")
