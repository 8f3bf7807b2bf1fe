"""Models made ready to answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from handwriting_ai.architectures import TypedModule
from handwriting_ai.architectures.fold import for_inference
from handwriting_ai.errors import EngineNotReady
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.registry.report import LoadReport
from handwriting_ai.registry.store import ModelStore, StoredModel


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
    models, report = ModelStore(root).read_all(model_ids, signature=signature)
    return tuple(_prepare(model) for model in models), report


def no_models(root: Path) -> EngineNotReady:
    """The error where none of a folder is loaded."""
    return EngineNotReady(
        f"No model is loaded from {root}. Either DIGITS__ACTIVE_MODEL names none that is there, or those it names are "
        "refused: `handwriting-ai models list` shows which."
    )


def _prepare(model: StoredModel) -> Member:
    return Member(model.manifest, for_inference(model.manifest.arch, model.manifest.n_classes, model.state))
