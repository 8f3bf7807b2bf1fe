"""`handwriting-ai export`: an ensemble as one file that other programs run."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handwriting_ai.cli import options
from handwriting_ai.cli.evaluate import choose
from handwriting_ai.config import load_settings
from handwriting_ai.support.units import BYTES_PER_MB

if TYPE_CHECKING:
    from handwriting_ai.export.write import Exported


class ExportFormat(StrEnum):
    """What can be written; a format's name is the suffix of its files."""

    ONNX = "onnx"


def export(
    models: options.Models = None,
    file_format: Annotated[ExportFormat, typer.Option("--format", help="Kind of the file.")] = ExportFormat.ONNX,
    tta: options.Tta = None,
    temperature: options.Temperature = None,
    output: Annotated[
        Path | None, typer.Option(help="The file. Default: the model's id, or ensemble_<n>_models, here.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write views, models, temperatures and merging as one file, checked against the engine before it is written."""
    from handwriting_ai.export.write import export_ensemble
    from handwriting_ai.inference.ensemble import ensemble_name
    from handwriting_ai.registry.store import ModelStore

    settings = load_settings()
    root = settings.digits.model_dir
    choice = choose(models or [], tta, temperature, ModelStore(root))
    target = output or Path(f"{ensemble_name(choice.members)}.{file_format}")
    done = export_ensemble(choice, root, target, force=force, threads=settings.app.workers, on_step=_say)
    typer.echo(_sentence(done))


def _say(step: str) -> None:
    """On standard error, so that standard output holds the answer alone."""
    typer.echo(step, err=True)


def _sentence(done: "Exported") -> str:
    return (
        f"Wrote {done.path} ({done.size_bytes / BYTES_PER_MB:.1f} MB; models: {len(done.members)}, views: "
        f"{done.n_views}). Largest difference from the engine's probabilities: {done.difference:.0e}."
    )
