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
from handwriting_ai.errors import HandwritingError

if TYPE_CHECKING:
    from handwriting_ai.reader import DigitReader
    from handwriting_ai.training.precision import Compute
    from handwriting_ai.training.run import RunConfig
    from handwriting_ai.training.sources import TrainingData
    from handwriting_ai.training.trainer import EpochMetrics

PICTURE_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".webp"})
_PERCENT: Final = 100.0
_BAR: Final = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())

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
    seeds: Annotated[str, typer.Option(help="Seeds of weights, order and augmentation: 3, or 0-4, or 0,2,5.")] = "0",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    force: Annotated[bool, typer.Option("--force", help="Replace a model of the same name.")] = False,
) -> None:
    """Train one model for each seed and register it; an interrupted run goes on where it stopped."""
    from handwriting_ai.registry.store import ModelStore
    from handwriting_ai.training.precision import choose_compute
    from handwriting_ai.training.recipes import get_recipe, with_epochs
    from handwriting_ai.training.run import RunConfig
    from handwriting_ai.training.sources import prepare_data

    settings, console = load_settings(), Console()
    chosen = with_epochs(get_recipe(recipe), epochs)
    compute = choose_compute(device)
    configs = [
        RunConfig(
            arch=arch,
            recipe=chosen,
            seed=seed,
            run_folder=settings.app.data_root / "runs" / f"{arch}_{recipe}_seed{seed}",
            store=ModelStore(settings.digits.model_dir),
            force=force,
        )
        for seed in parse_seeds(seeds)
    ]
    for config in configs:  # before any work is done
        config.refuse_existing()
    with console.status("Preparing the data …"):
        data = prepare_data(
            chosen,
            mnist_folder=settings.training.data_dir,
            ink_folder=settings.training.ink_dir,
            workers=_workers(settings),
        )
    for config in configs:
        console.print(f"{config.model_id}: {chosen.epochs} epochs, {compute.label}; state in {config.run_folder}")
        console.print(f"Registered {_train_one(config, data, compute, console)}.")


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


def parse_seeds(text: str) -> list[int]:
    """`3`, `0-4` and `0,2,5` as numbers."""
    seeds: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not first.strip().isdecimal() or (last and not last.strip().isdecimal()):
            raise typer.BadParameter(f"{text!r} names no seeds. Write 3, 0-4 or 0,2,5.", param_hint="--seeds")
        seeds += range(int(first), int(last or first) + 1)
    if not seeds:
        raise typer.BadParameter(f"{text!r} is an empty range.", param_hint="--seeds")
    return seeds


def _train_one(config: "RunConfig", data: "TrainingData", compute: "Compute", console: Console) -> Path:
    """Train with a progress bar for the epoch and a line for each finished one."""
    from handwriting_ai.training.run import Watcher, run_training

    with Progress(*_BAR, console=console) as progress:
        bar = progress.add_task("epoch")
        watcher = Watcher(
            on_step=lambda seen, total: progress.update(bar, completed=seen, total=total),
            on_epoch=lambda metrics: progress.console.print(_epoch_line(metrics)),
        )
        return run_training(config, data, compute, watcher)


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
