"""Runs that start from a registered model's weights, its parent, instead of fresh ones."""

from contextlib import suppress
from typing import Final

from handwriting_ai.errors import ModelError, ParentMismatch
from handwriting_ai.jobs.types import TrainingConfig
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.store import ModelStore, StoredModel
from handwriting_ai.training.trainer import N_CLASSES

USUAL_ARCHITECTURE: Final = "compact"
"""What is trained where nobody asks for another."""


def find_parent(config: TrainingConfig, models: ModelStore) -> StoredModel | None:
    """The model whose weights a run starts from; None where they are fresh.

    Raises:
        ModelError: as `ModelStore.read`.
        ParentMismatch: it is another network than the one that is to be trained.
    """
    if config.parent is None:
        return None
    parent = models.read(config.parent, signature=preprocess_signature())
    kind = (parent.manifest.arch, parent.manifest.n_classes)
    if kind != (config.arch, N_CLASSES):
        raise ParentMismatch(
            f"Model {config.parent!r} is a {kind[0]} of {kind[1]} classes: a {config.arch} of {N_CLASSES} cannot start "
            "from its weights."
        )
    return parent


def architecture_for(asked: str | None, parent: str | None, models: ModelStore) -> str:
    """The architecture asked for; else the parent's; else `compact`.

    Raises:
        UnknownModel, ManifestError: as `ModelStore.read_manifest`.
    """
    if asked is not None:
        return asked
    return USUAL_ARCHITECTURE if parent is None else models.read_manifest(parent).arch


def possible_parents(arch: str, models: ModelStore) -> tuple[str, ...]:
    """The models of this architecture by their manifests, sorted; what cannot be read is no parent."""
    names: list[str] = []
    for model_id in models.model_ids():
        with suppress(ModelError):
            if models.read_manifest(model_id).arch == arch:
                names.append(model_id)
    return tuple(names)
