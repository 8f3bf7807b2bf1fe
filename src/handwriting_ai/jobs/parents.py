"""Runs that start from a registered model's weights, its parent, instead of fresh ones."""

from contextlib import suppress
from typing import Final

from handwriting_ai.errors import ModelError, ParentMismatch
from handwriting_ai.jobs.types import Parent, TrainingConfig
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.store import ModelStore, StoredModel
from handwriting_ai.registry.weights import require_weights, weights_digest

USUAL_ARCHITECTURE: Final = "compact"
"""What is trained where nobody asks for another."""


def start_from(parent: str | None, arch: str | None, models: ModelStore) -> tuple[str, Parent | None]:
    """The architecture to train, and what it starts from.

    Args:
        parent: a model's name; None for fresh weights.
        arch: None for the parent's, or else `compact`.
        models: where the parent lies.

    Raises:
        UnknownModel, ManifestError, SignatureMismatch, ClassesMismatch: as `ModelStore.fitting_manifest`.
        WeightsError: it has no weights.
        ParentMismatch: it is another architecture.
    """
    if parent is None:
        return arch or USUAL_ARCHITECTURE, None
    manifest = models.fitting_manifest(parent, signature=preprocess_signature())
    require_weights(manifest)
    chosen = arch or manifest.arch
    if manifest.arch != chosen:
        raise ParentMismatch(f"A {chosen} cannot start from the weights of {parent!r}: it is a {manifest.arch}.")
    return chosen, Parent(model_id=parent, weights_sha256=weights_digest(models.folder(parent), manifest))


def possible_parents(arch: str, models: ModelStore) -> tuple[str, ...]:
    """The models that this architecture can start from, sorted; one that is refused is none.

    Raises:
        ModelsUnreadable: as `ModelStore.model_ids`.
    """
    names: list[str] = []
    for model_id in models.model_ids():
        with suppress(ModelError):
            manifest = models.fitting_manifest(model_id, signature=preprocess_signature())
            require_weights(manifest)
            if manifest.arch == arch:
                names.append(model_id)
    return tuple(names)


def check_parent(config: TrainingConfig, models: ModelStore) -> None:
    """Find out, before work is done, whether a run can start as it was planned; no weights are read.

    Raises:
        ParentMismatch: its parent is gone, has been replaced, or is of another kind.
    """
    if config.parent is None:
        return
    try:
        _, found = start_from(config.parent.model_id, config.arch, models)
    except ModelError as error:
        raise ParentMismatch(f"The run starts from the model {config.parent.model_id!r}: {error}") from error
    if found != config.parent:
        raise _replaced(config.parent)


def read_parent(config: TrainingConfig, models: ModelStore) -> StoredModel | None:
    """The model whose weights a run starts from; None where they are fresh.

    Raises:
        ParentMismatch: as `check_parent`, or its weights are not sound.
    """
    if config.parent is None:
        return None
    check_parent(config, models)
    try:
        parent = models.read(config.parent.model_id, signature=preprocess_signature())
    except ModelError as error:
        raise ParentMismatch(f"The run starts from the model {config.parent.model_id!r}: {error}") from error
    if parent.weights_sha256 != config.parent.weights_sha256:
        raise _replaced(config.parent)
    return parent


def _replaced(parent: Parent) -> ParentMismatch:
    return ParentMismatch(
        f"The run starts from the model {parent.model_id!r}, which has been replaced since. Plan the run anew."
    )
