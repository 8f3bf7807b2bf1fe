"""Models loaded beside the active set, for requests that name them."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from handwriting_ai.errors import HandwritingError
from handwriting_ai.inference.members import Member, load_members
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.registry.report import LoadReport
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.registry.weights import WEIGHTS_NAME

MOST_KEPT: Final = 16
"""Models that stay loaded after those asked for last."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """What tells a model from another under the same name, without reading its weights."""

    manifest: Manifest
    """It holds the digest of the weights, if it is no v1 manifest."""
    written_ns: int
    size_bytes: int
    """When the weights were written, and how large they are."""


def version_of(root: Path, model_id: str) -> Version | None:
    """The version that lies on the disk; None if it cannot be read."""
    store = ModelStore(root)
    try:
        manifest = store.read_manifest(model_id)
        found = (store.folder(model_id) / WEIGHTS_NAME).stat()
    except (HandwritingError, OSError):
        return None  # loading it says why
    return Version(manifest=manifest, written_ns=found.st_mtime_ns, size_bytes=found.st_size)


@dataclass(frozen=True, eq=False)
class _Kept:
    member: Member
    version: Version | None


class Shelf:
    """Keeps the models asked for last, and loads anew what was replaced; every method may be called from any thread."""

    def __init__(self, root: Path, signature: str) -> None:
        """Load from this models folder what was trained for the preprocessing of this signature."""
        self._root, self._signature = root, signature
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}
        """The one asked for last at the end; replaced, never changed, so that readers need no lock."""

    @property
    def members(self) -> dict[str, Member]:
        """What is loaded, by name."""
        return {name: kept.member for name, kept in self._kept.items()}

    def forget(self, model_ids: Sequence[str]) -> None:
        """Forget these models, which are active now; the others stay for whoever names them."""
        with self._lock:
            self._kept = {name: kept for name, kept in self._kept.items() if name not in model_ids}

    def load(self, model_ids: Sequence[str], active: Mapping[str, Version | None]) -> LoadReport:
        """Load those of these models that are not `active`, nor here, in the version that lies on the disk.

        What cannot be read there stays as it was loaded; the report names what was loaded or refused now.
        """
        once: dict[str, None] = dict.fromkeys(name.strip() for name in model_ids)
        asked = list(once)
        with self._lock:
            on_disk = {name: version_of(self._root, name) for name in asked}
            known: dict[str, Version | None] = {}
            known.update(active)
            known.update((name, kept.version) for name, kept in self._kept.items())
            missing = [name for name in asked if name not in known or on_disk[name] not in (None, known[name])]
            members, report = load_members(self._root, missing, signature=self._signature)
            fresh = {member.model_id: _Kept(member, on_disk[member.model_id]) for member in members}
            refused = [refusal.model_id for refusal in report.refused]
            self._keep(self._kept | fresh, asked, refused)
        return report

    def _keep(self, found: Mapping[str, _Kept], asked: Sequence[str], refused: Sequence[str]) -> None:
        """All that were asked for, and of the others the last ones there is room for."""
        wanted = [name for name in asked if name in found]
        older = [name for name in found if name not in wanted]
        room = max(0, MOST_KEPT - len(wanted))
        kept = [*older[max(0, len(older) - room) :], *wanted]
        self._kept = {name: found[name] for name in kept if name not in refused}
