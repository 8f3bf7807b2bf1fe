"""`handwriting-ai models`: what is in the models folder, and whether it is sound."""

from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from handwriting_ai.config import load_settings
from handwriting_ai.errors import HandwritingError

_PERCENT: Final = 100.0


def list_models() -> None:
    """Show every model, and why one would be refused."""
    from handwriting_ai.preprocess import preprocess_signature
    from handwriting_ai.registry.store import ModelStore

    store = ModelStore(load_settings().digits.model_dir)
    found = store.require_models()
    # Plain and narrow, so that shipped models fit into 80 columns.
    table = Table(title=str(store.root), box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("model", no_wrap=True)
    for name in ("architecture", "validation", "temp.", "created"):
        table.add_column(name, overflow="fold")
    for model_id in found:
        try:
            manifest = store.read(model_id, signature=preprocess_signature()).manifest
        except HandwritingError as error:
            table.add_row(model_id, "refused", str(error), "", "")
            continue
        accuracy = f"{_PERCENT * manifest.val_acc:.2f} %"
        created = f"{manifest.created_at:%Y-%m-%d}"
        table.add_row(model_id, manifest.arch, accuracy, f"{manifest.temperature:.3f}", created)
    Console().print(table)


def verify_models() -> None:
    """Check every model as the engine would, then run it and compare its validation figures with its manifest."""
    from handwriting_ai.evaluation.predictions import load_evaluation_digits
    from handwriting_ai.evaluation.verify import verify_figures
    from handwriting_ai.preprocess import preprocess_signature
    from handwriting_ai.registry.store import ModelStore

    settings = load_settings()
    store = ModelStore(settings.digits.model_dir)
    found = store.require_models()
    validation = load_evaluation_digits(settings.training.data_dir).validation
    failed = False
    for model_id in track(found, description="verifying", console=Console(stderr=True), transient=True):
        try:
            verify_figures(store.read(model_id, signature=preprocess_signature()), validation)
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


def delete_model(model_id: Annotated[str, typer.Argument(help="The model, as `models list` names it.")]) -> None:
    """Remove a model with its weights and predictions, unless a preset or DIGITS__ACTIVE_MODEL names it."""
    from handwriting_ai.registry.presets import refuse_named
    from handwriting_ai.registry.store import ModelStore

    digits = load_settings().digits
    refuse_named(model_id, digits.active_model, digits.model_dir)
    ModelStore(digits.model_dir).delete(model_id)
    typer.echo(f"{model_id}: deleted")


app = typer.Typer(no_args_is_help=True, help="List, verify and delete the models in the models folder.")
app.command(name="list")(list_models)
app.command(name="verify")(verify_models)
app.command(name="delete")(delete_model)
app.command(name="architectures")(list_architectures)
