"""The command line: `handwriting-ai app | predict | train | models`.

Heavy imports stand inside the commands, so that `--help` answers at once.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from handwriting_ai.config import PROJECT_ROOT, Settings, load_settings
from handwriting_ai.errors import DataMissing, HandwritingError

if TYPE_CHECKING:
    from handwriting_ai.reader import DigitReader
    from handwriting_ai.training.trainer import EpochMetrics

PICTURE_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".webp"})
_PERCENT: Final = 100.0

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
models_app = typer.Typer(no_args_is_help=True, help="List and verify the models in the models folder.")
app.add_typer(models_app, name="models")


def run_app(
    port: Annotated[int, typer.Option(help="Port of the dashboard.", min=1, max=65535)] = 8501,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "localhost",
) -> None:
    """Start the dashboard."""
    load_settings()
    command = [sys.executable, "-m", "streamlit", "run", str(PROJECT_ROOT / "app" / "main.py")]
    options = [f"--server.port={port}", f"--server.address={host}"]
    raise typer.Exit(subprocess.run([*command, *options], cwd=PROJECT_ROOT, check=False).returncode)


def predict(
    paths: Annotated[list[Path], typer.Argument(help="Pictures, or folders of pictures (PNG, JPEG, WebP).")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Read the digit in each picture; an unreadable one is reported, the rest are still read."""
    from handwriting_ai.reader import DigitReader

    failed = False
    with DigitReader(load_settings()) as reader:
        _warn_of_refusals(reader)
        for path in _pictures(paths):
            answer = _read_one(reader, path)
            failed |= "error" in answer
            typer.echo(json.dumps(answer) if as_json else _sentence(answer))
    if failed:
        raise typer.Exit(1)


def train(
    arch: Annotated[str, typer.Option(help="Architecture; `models architectures` lists them.")] = "compact",
    recipe: Annotated[str, typer.Option(help="Recipe: every number of the training.")] = "drawn",
    epochs: Annotated[int | None, typer.Option(help="Another number of epochs; the schedule scales.", min=1)] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and augmentation.", min=0)] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    force: Annotated[bool, typer.Option("--force", help="Replace a model of the same name.")] = False,
) -> None:
    """Train a model and register it; an interrupted run of the same settings goes on where it stopped."""
    from handwriting_ai.registry.store import ModelStore
    from handwriting_ai.training.precision import choose_compute
    from handwriting_ai.training.recipes import get_recipe
    from handwriting_ai.training.run import RunConfig, Watcher, run_training, with_epochs
    from handwriting_ai.training.sources import prepare_data

    settings, console = load_settings(), Console()
    chosen = with_epochs(get_recipe(recipe), epochs)
    store = ModelStore(settings.digits.model_dir)
    compute = choose_compute(device)
    folder = settings.app.data_root / "runs" / f"{arch}_{recipe}_seed{seed}"
    config = RunConfig(arch=arch, recipe=chosen, seed=seed, run_folder=folder, store=store, force=force)
    ink_folder = _ink_folder(settings)
    console.print(f"Training {config.model_id} for {chosen.epochs} epochs ({compute.label}). State in {folder}.")
    with console.status("Rendering pen strokes …"):
        data = prepare_data(
            chosen,
            mnist_folder=settings.training.data_dir,
            ink_folder=ink_folder,
            workers=_workers(settings),
        )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("epoch")
        watcher = Watcher(
            on_step=lambda seen, total: progress.update(bar, completed=seen, total=total),
            on_epoch=lambda metrics: progress.console.print(_epoch_line(metrics)),
        )
        model_folder = run_training(config, data, compute, watcher)
    console.print(f"Registered {model_folder}.")


def list_models() -> None:
    """Show every model, and why one would be refused."""
    from handwriting_ai.registry.store import ModelStore

    store = ModelStore(load_settings().digits.model_dir)
    table = Table("model", "architecture", "validation", "temperature", "created", title=str(store.root))
    for model_id in store.model_ids():
        try:
            manifest = store.read_manifest(model_id)
        except HandwritingError as error:
            table.add_row(model_id, "refused", str(error), "", "")
            continue
        accuracy = f"{_PERCENT * manifest.val_acc:.2f} %"
        created = f"{manifest.created_at:%Y-%m-%d}"
        table.add_row(model_id, manifest.arch, accuracy, f"{manifest.temperature:.3f}", created)
    Console().print(table)


def verify_models() -> None:
    """Check every model as the engine would: signature, digest, architecture, shapes, numbers."""
    from handwriting_ai.preprocess import preprocess_signature
    from handwriting_ai.registry.store import ModelStore

    store = ModelStore(load_settings().digits.model_dir)
    failed = False
    for model_id in store.model_ids():
        try:
            store.read(model_id, signature=preprocess_signature())
        except HandwritingError as error:
            failed = True
            typer.echo(f"refused  {model_id}: {error}")
        else:
            typer.echo(f"sound    {model_id}")
    if failed:
        raise typer.Exit(1)


def list_architectures() -> None:
    """Name the architectures that can be trained."""
    from handwriting_ai.architectures import architecture_names

    for name in architecture_names():
        typer.echo(name)


def main() -> None:
    """Run a command; an error of ours ends it with one line and status 2."""
    try:
        app()
    except HandwritingError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(2)


def _warn_of_refusals(reader: "DigitReader") -> None:
    for refusal in reader.report.refused:
        typer.echo(f"Refused {refusal.model_id}: {refusal.reason}", err=True)


def _pictures(paths: list[Path]) -> Iterator[Path]:
    """The files named, and the pictures in the folders named, in order."""
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.suffix.lower() in PICTURE_SUFFIXES)
        else:
            yield path


def _read_one(reader: "DigitReader", path: Path) -> dict[str, object]:
    """One line of the answer."""
    try:
        prediction = reader.read(path.read_bytes()).prediction
    except OSError as error:
        return {"path": str(path), "error": f"The file cannot be read: {error.strerror}."}
    except HandwritingError as error:
        return {"path": str(path), "error": str(error)}
    return {
        "path": str(path),
        "digit": prediction.digit,
        "confidence": prediction.confidence,
        "probs": list(prediction.probs),
        "model_id": prediction.model_id,
        "uncertain": prediction.uncertain,
    }


def _sentence(answer: dict[str, object]) -> str:
    if "error" in answer:
        return f"{answer['path']}: {answer['error']}"
    doubt = " (uncertain)" if answer["uncertain"] else ""
    return f"{answer['path']}: {answer['digit']}{doubt}  {float(str(answer['confidence'])):.1%}"


def _ink_folder(settings: Settings) -> Path:
    if settings.training.ink_dir is None:
        raise DataMissing(
            "The recipe `drawn` learns from pen strokes. Set TRAINING__INK_DIR to a folder of *.jsonl.gz files: the "
            "README names public sets, and the Draw page exports saved drawings in this format."
        )
    return settings.training.ink_dir


def _workers(settings: Settings) -> int:
    from handwriting_ai.inference.engine import resolve_threads

    return resolve_threads(settings.app.threads)


def _epoch_line(metrics: "EpochMetrics") -> str:
    drawn = ", ".join(f"{name} {_PERCENT * share:.2f} %" for name, share in metrics.drawn_accuracy.items())
    return (
        f"epoch {metrics.epoch}/{metrics.epochs}: loss {metrics.train_loss:.4f}, validation {metrics.val_loss:.4f}, "
        f"{_PERCENT * metrics.val_accuracy:.2f} % ({drawn}), {metrics.images_per_second:.0f} images/s"
    )


app.command(name="app")(run_app)
app.command()(predict)
app.command()(train)
models_app.command(name="list")(list_models)
models_app.command(name="verify")(verify_models)
models_app.command(name="architectures")(list_architectures)
