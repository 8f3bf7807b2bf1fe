"""`handwriting-ai models`: what is in the models folder, and whether it is sound."""

from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from handwriting_ai.config import load_settings
from handwriting_ai.errors import HandwritingError

if TYPE_CHECKING:
    from handwriting_ai.evaluation.predictions import EvaluationDigits
    from handwriting_ai.registry.manifest import Manifest
    from handwriting_ai.registry.store import ModelStore

_PERCENT: Final = 100.0


def list_models() -> None:
    """Show every model, why one would be refused, and which are not shipped."""
    from handwriting_ai.registry.store import ModelStore

    store = ModelStore(load_settings().digits.model_dir)
    found = store.require_models()
    # Plain and narrow, so that shipped models fit into 80 columns.
    table = Table(title=str(store.root), box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("model", no_wrap=True)
    for name in ("architecture", "validation", "temp.", "created"):
        table.add_column(name, overflow="fold")
    remarks: list[str] = []
    for model_id in found:
        try:
            manifest = _sound_manifest(store, model_id)
        except HandwritingError as error:
            table.add_row(model_id, "refused", "", "", "")
            remarks.append(f"{model_id}: {error}")
            continue
        accuracy = f"{_PERCENT * manifest.val_acc:.2f} %"
        created = f"{manifest.created_at:%Y-%m-%d}"
        table.add_row(model_id, manifest.arch, accuracy, f"{manifest.temperature:.3f}", created)
        if manifest.not_shipped is not None:
            remarks.append(f"{model_id}{_remark(manifest)}")
    Console().print(table)
    for line in remarks:
        typer.echo(line)


def _sound_manifest(store: "ModelStore", model_id: str) -> "Manifest":
    """Of a model that the engine would load, or that is known not to be shipped.

    Raises:
        ModelError: as `ModelStore.read`.
    """
    from handwriting_ai.preprocess import preprocess_signature

    manifest = store.fitting_manifest(model_id, signature=preprocess_signature())
    if manifest.not_shipped is None:
        store.read(model_id, signature=preprocess_signature())
    return manifest


def _remark(manifest: "Manifest") -> str:
    """What is to be said of a model although nothing is wrong with it."""
    return f": not shipped ({manifest.not_shipped}), only its predictions are here" if manifest.not_shipped else ""


def verify_models() -> None:
    """Check every model as the engine would, then run it and compare its validation figures with its manifest.

    Of one that is not shipped the predictions are compared.
    """
    from handwriting_ai.evaluation.predictions import load_evaluation_digits
    from handwriting_ai.registry.store import ModelStore

    settings = load_settings()
    store = ModelStore(settings.digits.model_dir)
    found = store.require_models()
    digits = load_evaluation_digits(settings.training.data_dir)
    failed = False
    for model_id in track(found, description="verifying", console=Console(stderr=True), transient=True):
        try:
            manifest = _verify(store, model_id, digits)
        except HandwritingError as error:
            failed = True
            typer.echo(f"refused  {model_id}: {error}")
        else:
            typer.echo(f"sound    {model_id}{_remark(manifest)}")
    if failed:
        raise typer.Exit(1)


def _verify(store: "ModelStore", model_id: str, digits: "EvaluationDigits") -> "Manifest":
    """Check one model; returns its manifest.

    Raises:
        ModelError: something is wrong with it.
    """
    from handwriting_ai.evaluation.verify import verify_figures, verify_predictions
    from handwriting_ai.preprocess import preprocess_signature

    manifest = store.fitting_manifest(model_id, signature=preprocess_signature())
    if manifest.not_shipped is None:
        verify_figures(store.read(model_id, signature=preprocess_signature()), digits.validation)
    else:
        verify_predictions(store.companions(model_id), manifest, digits)
    return manifest


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


def withhold_weights(
    model_id: Annotated[str, typer.Argument(help="The model, as `models list` names it.")],
    reason: Annotated[str, typer.Option(help="Why its weights are not shipped: `22 MB, over the limit of a file`.")],
) -> None:
    """Delete a model's weights and keep its scores: it can then be compared, and no longer loaded.

    Refused where a preset or DIGITS__ACTIVE_MODEL names it, or its predictions are not what its manifest says.
    """
    from handwriting_ai.evaluation.predictions import load_evaluation_digits
    from handwriting_ai.evaluation.verify import verify_predictions
    from handwriting_ai.registry.presets import refuse_named
    from handwriting_ai.registry.store import ModelStore
    from handwriting_ai.registry.weights import WEIGHTS_NAME

    if not reason.strip():
        raise typer.BadParameter("Say why.", param_hint="--reason")
    settings = load_settings()
    store = ModelStore(settings.digits.model_dir)
    refuse_named(model_id, settings.digits.active_model, store.root)
    # Checks the digest of weights that are shipped: else the predictions might be of others than those that go.
    manifest = _sound_manifest(store, model_id)
    # Weights that are still there are what an interrupted run of this command has left.
    if manifest.not_shipped is not None and not (store.folder(model_id) / WEIGHTS_NAME).exists():
        raise typer.BadParameter(
            f"The weights of {model_id!r} are gone already: {manifest.not_shipped}.", param_hint="MODEL_ID"
        )
    verify_predictions(store.companions(model_id), manifest, load_evaluation_digits(settings.training.data_dir))
    store.withhold(model_id, manifest.not_shipped or reason.strip())
    typer.echo(f"{model_id}: its weights are deleted, its scores stay")


def sign_models() -> None:
    """Sign models of an earlier preprocessing anew, once it is proved that clean pictures still come out the same."""
    from handwriting_ai.preprocess import preprocess_signature
    from handwriting_ai.registry.manifest import MANIFEST_NAME, read_manifest, write_manifest
    from handwriting_ai.registry.signing import prove_same
    from handwriting_ai.registry.store import ModelStore

    settings, present = load_settings(), preprocess_signature()
    store = ModelStore(settings.digits.model_dir)
    paths = [store.folder(model_id) / MANIFEST_NAME for model_id in store.require_models()]
    earlier = {path: manifest for path in paths if (manifest := read_manifest(path)).preprocess_hash != present}
    for signature in {manifest.preprocess_hash for manifest in earlier.values()}:
        prove_same(signature, settings.training)
    for path, manifest in earlier.items():
        signed: dict[str, object] = {"preprocess_hash": present}
        write_manifest(path, manifest.model_copy(update=signed))
        typer.echo(f"{manifest.model_id}: signed for {present}")
    if not earlier:
        typer.echo("Every model has the present signature.")


app = typer.Typer(no_args_is_help=True, help="List, verify, sign, withhold and delete the models in the models folder.")
app.command(name="list")(list_models)
app.command(name="verify")(verify_models)
app.command(name="sign")(sign_models)
app.command(name="delete")(delete_model)
app.command(name="withhold")(withhold_weights)
app.command(name="architectures")(list_architectures)
