"""Models made ready to answer: folded, checked to tell the ten digits apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from handwriting_ai.architectures import TypedModule
from handwriting_ai.architectures.fold import for_inference
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.registry.store import LoadReport, ModelStore, Refusal, StoredModel

N_CLASSES: Final = 10


@dataclass(frozen=True, eq=False)
class Member:
    """One model of an ensemble."""

    manifest: Manifest
    network: TypedModule

    @property
    def model_id(self) -> str:
        """The name of its folder."""
        return self.manifest.model_id


def load_members(root: Path, model_ids: Sequence[str], *, signature: str) -> tuple[tuple[Member, ...], LoadReport]:
    """Load models of a folder in order; what does not check out is refused with a reason, and stops no other."""
    read, found = ModelStore(root).read_all(model_ids, signature=signature)
    models, report = _only_ten_classes(read, found)
    return tuple(_prepare(model) for model in models), report


def _only_ten_classes(models: Sequence[StoredModel], report: LoadReport) -> tuple[tuple[StoredModel, ...], LoadReport]:
    """Refuse sound models that tell another number of classes apart: their answers cannot be averaged."""
    fitting = tuple(model for model in models if model.manifest.n_classes == N_CLASSES)
    others = tuple(
        Refusal(model_id=model.manifest.model_id, reason=f"It has {model.manifest.n_classes} classes, not {N_CLASSES}.")
        for model in models
        if model.manifest.n_classes != N_CLASSES
    )
    names = tuple(model.manifest.model_id for model in fitting)
    return fitting, LoadReport(loaded=names, refused=report.refused + others)


def _prepare(model: StoredModel) -> Member:
    return Member(model.manifest, for_inference(model.manifest.arch, model.manifest.n_classes, model.state))
