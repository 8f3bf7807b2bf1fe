"""The models folder: `<model_id>/manifest.json` and `model.pt`. What does not check out is refused with a reason."""

import hashlib
import io
import shutil
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from handwriting_ai.errors import (
    HandwritingError,
    ModelExists,
    ModelsUnwritable,
    UnknownModel,
    WeightsError,
)
from handwriting_ai.registry.folders import (
    INCOMING,
    clean_up,
    hidden_beside,
    is_there,
    leftover,
    may_be,
    move_into_place,
    remove_or_say,
)
from handwriting_ai.registry.layers import ModelFolders
from handwriting_ai.registry.manifest import (
    MANIFEST_NAME,
    Manifest,
    check_fit,
    read_manifest,
    write_manifest,
)
from handwriting_ai.registry.report import LoadReport, Refusal
from handwriting_ai.registry.weights import WEIGHTS_NAME, check_shapes, load_state, require_weights, weights_digest
from handwriting_ai.support.files import remove, write_atomically
from handwriting_ai.support.locks import locked
from handwriting_ai.support.names import did_you_mean


@dataclass(frozen=True, kw_only=True, eq=False)
class StoredModel:
    """A model that passed every check."""

    manifest: Manifest
    state: dict[str, Tensor]
    """The weights, in single precision."""
    weights_sha256: str
    """Of the file itself, since a v1 manifest states none."""


def _no_companions(_: str) -> dict[str, bytes]:
    return {}


class ModelStore(ModelFolders):
    """Reads, checks and writes the models under one folder."""

    def read_manifest(self, model_id: str) -> Manifest:
        """The manifest of one model.

        Raises:
            UnknownModel: there is no such folder.
            ManifestError: as `registry.manifest.read_manifest`.
        """
        folder = self.folder(model_id)
        if not may_be(stat.S_ISDIR, folder):
            raise self._unknown(model_id)
        return read_manifest(folder / MANIFEST_NAME)

    def _unknown(self, model_id: str) -> UnknownModel:
        models = self.model_ids()
        known = f"{did_you_mean(model_id, models)} Available: {', '.join(models) or 'none'}."
        return UnknownModel(f"There is no model {model_id!r} in {self.root}.{known}")

    def fitting_manifest(self, model_id: str, *, signature: str) -> Manifest:
        """The manifest of one model that reads digits in pictures of this preprocessing.

        Raises:
            UnknownModel, ManifestError: as `read_manifest`.
            SignatureMismatch, ClassesMismatch: as `check_fit`.
        """
        manifest = self.read_manifest(model_id)
        check_fit(manifest, signature)
        return manifest

    def read(self, model_id: str, *, signature: str) -> StoredModel:
        """Load one model after checking folder, manifest, signature, classes, digest, architecture, shapes and numbers.

        Raises:
            UnknownModel, ManifestError, SignatureMismatch, ClassesMismatch, UnknownArchitecture, WeightsError: the
                first check that fails; nothing of the file is executed before or after.
        """
        manifest = self.fitting_manifest(model_id, signature=signature)
        require_weights(manifest)
        path = self.folder(model_id) / WEIGHTS_NAME
        state, digest = load_state(path, manifest)
        check_shapes(path, manifest, state)
        for name, tensor in state.items():
            if not bool(torch.isfinite(tensor).all()):
                raise WeightsError(f"{path}: {name} holds NaN or infinite numbers. Restore the file or train again.")
        return StoredModel(manifest=manifest, state=state, weights_sha256=digest)

    def read_all(self, model_ids: Sequence[str], *, signature: str) -> tuple[tuple[StoredModel, ...], LoadReport]:
        """Load several models in order; a bad one never stops the others. Blank and repeated names do not count."""
        loaded: list[StoredModel] = []
        refused: list[Refusal] = []
        asked: dict[str, None] = dict.fromkeys(name.strip() for name in model_ids if name.strip())
        for model_id in asked:
            try:
                loaded.append(self.read(model_id, signature=signature))
            except HandwritingError as error:
                refused.append(Refusal(model_id=model_id, reason=str(error)))
        names = tuple(model.manifest.model_id for model in loaded)
        return tuple(loaded), LoadReport(loaded=names, refused=tuple(refused))

    def refuse_existing(self, model_id: str, *, force: bool) -> None:
        """Stop before work is done for a name that is taken.

        Raises:
            ModelExists: it is, and `force` is off.
            UnknownModel: no model can have it.
        """
        folder = self.folder(model_id)
        if not force and is_there(folder):
            raise ModelExists(f"Model {model_id!r} exists in {self.root}.")

    def require_writable(self) -> None:
        """Find out, before a model is trained, whether it could be registered; the folder is made if need be.

        Raises:
            ModelsUnwritable: it could not.
        """
        try:
            with locked(self.root), TemporaryDirectory(prefix=INCOMING, dir=self.root):
                pass
        except OSError as error:
            raise ModelsUnwritable(
                f"The models folder {self.root} cannot be written: {error.strerror}. See to its permissions and its "
                "disk, or name another in DIGITS__MODEL_DIR."
            ) from error

    def register(
        self,
        manifest: Manifest,
        state: dict[str, Tensor],
        *,
        force: bool = False,
        companions: Callable[[str], Mapping[str, bytes]] = _no_companions,
    ) -> Path:
        """Write a model as a whole: into a hidden folder first, which is then renamed. Returns its folder.

        The digest of the weights is filled in; tensors are stored in the precision they come in. `companions` makes,
        from that digest, the content of further files of the folder.

        Raises:
            ModelExists: the name is taken and `force` is off.
        """
        buffer = io.BytesIO()
        # A clone stores only its own numbers, where a slice would store all that it was cut from.
        stored: dict[str, Tensor] = {}
        for name, tensor in state.items():
            stored[name] = tensor.detach().cpu().clone()
        torch.save(stored, buffer)
        weights = buffer.getvalue()
        digest = hashlib.sha256(weights).hexdigest()
        stamp: dict[str, object] = {"weights_sha256": digest}
        complete = manifest.model_copy(update=stamp)
        further = companions(digest)
        target = self.own_folder(manifest.model_id)
        with locked(self.root):
            clean_up(self.root)
            self.refuse_existing(manifest.model_id, force=force)
            incoming = hidden_beside(target, INCOMING)
            incoming.mkdir()
            try:
                write_atomically(incoming / WEIGHTS_NAME, weights)
                for name, content in further.items():
                    write_atomically(incoming / name, content)
                write_manifest(incoming / MANIFEST_NAME, complete)
                move_into_place(incoming, target)
            finally:
                remove_or_say(incoming)
        return target

    def add_file(self, model_id: str, name: str, content: bytes) -> Path:
        """Write, or replace, a further file of a model's folder as a whole; returns its path.

        Raises:
            UnknownModel: there is no such folder.
        """
        with locked(self.root):
            self.read_manifest(model_id)
            own, present = self.own_folder(model_id), self.companions(model_id)
            if own != present:
                left: Callable[[str, list[str]], set[str]] = shutil.ignore_patterns(MANIFEST_NAME, WEIGHTS_NAME)
                shutil.copytree(present, own, ignore=left)
            path = own / name
            write_atomically(path, content)
        return path

    def withhold(self, model_id: str, reason: str) -> None:
        """Remove a model's weights; from then on its manifest says why they are not here.

        Raises:
            UnknownModel, ManifestError: as `read_manifest`.
            WeightsError: as `weights_digest`.
            ValueError: there is no reason.
        """
        if not reason.strip():
            raise ValueError("Say why the weights are not shipped.")
        self.require_own(model_id)
        with locked(self.root):
            manifest, folder = self.read_manifest(model_id), self.folder(model_id)
            stamp: dict[str, object] = {"not_shipped": reason, "weights_sha256": weights_digest(folder, manifest)}
            # First the manifest, so that no moment looks like a loss.
            write_manifest(folder / MANIFEST_NAME, manifest.model_copy(update=stamp))
            (folder / WEIGHTS_NAME).unlink(missing_ok=True)

    def delete(self, model_id: str) -> None:
        """Remove a model's folder, or the link to one; its name is gone at once, also if this is interrupted.

        Raises:
            UnknownModel: there is no such folder.
            ModelsUnwritable: it cannot be moved, or something of it stays, under a hidden name.
        """
        self.require_own(model_id)
        folder = self.own_folder(model_id)
        with locked(self.root):
            clean_up(self.root)  # else an older model that was set aside under this name would return
            if not (folder.is_symlink() or folder.is_dir()):
                raise self._unknown(model_id)
            doomed = hidden_beside(folder, INCOMING)  # what a killed registration leaves is swept, and so is this
            try:
                folder.rename(doomed)
            except OSError as error:
                raise ModelsUnwritable(
                    f"{folder} cannot be deleted: {error.strerror}. See to its permissions."
                ) from error
            try:
                remove(doomed)
            except OSError as error:
                raise ModelsUnwritable(f"Model {model_id!r} is deleted, but {leftover(doomed, error)}") from error

    def recover(self) -> None:
        """Undo what a registration that was killed left behind: its half model goes, a model it moved aside returns."""
        if self.root.is_dir():
            with locked(self.root):
                clean_up(self.root)
