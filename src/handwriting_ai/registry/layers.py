"""Whose model it is: the user's own models folder, and behind it the models that an installed package brought."""

from pathlib import Path

from handwriting_ai.errors import ModelsUnreadable, ModelsUnwritable, UnknownModel
from handwriting_ai.registry.folders import holds_a_model
from handwriting_ai.registry.manifest import check_model_id
from handwriting_ai.support.places import shipped_models


class ModelFolders:
    """Finds models by name. Where nothing was installed, or `root` was chosen, all of them lie in `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._shipped = shipped_models(root)

    def model_ids(self) -> tuple[str, ...]:
        """The folders that hold a manifest or weights, sorted; none where there is no models folder.

        Raises:
            ModelsUnreadable: the folder cannot be listed.
        """
        shipped = () if self._shipped is None else _models_in(self._shipped)
        return tuple(sorted({*_models_in(self.root), *shipped}))

    def require_models(self) -> tuple[str, ...]:
        """As `model_ids`, where there must be some.

        Raises:
            UnknownModel: the folder is not there, or holds none.
            ModelsUnreadable: as `model_ids`.
        """
        found = self.model_ids()
        if not found:
            lacking = "are no models in" if self.root.is_dir() else "is no models folder"
            advice = "Train one with `handwriting-ai train`, or correct DIGITS__MODEL_DIR."
            raise UnknownModel(f"There {lacking} {self.root}. {advice}")
        return found

    def folder(self, model_id: str) -> Path:
        """Where a model of this name lies, or would lie; the user's own go before those of the package.

        Raises:
            UnknownModel: the name is not plain, and so might lead elsewhere.
        """
        own = self.own_folder(model_id)
        if self._shipped is None or holds_a_model(own) or not holds_a_model(self._shipped / model_id):
            return own
        return self._shipped / model_id

    def companions(self, model_id: str) -> Path:
        """Where the further files of a model lie: its folder, or the user's own beside a model of the package.

        Raises:
            UnknownModel: as `folder`.
        """
        own = self.own_folder(model_id)
        return own if own.is_dir() else self.folder(model_id)

    def own_folder(self, model_id: str) -> Path:
        """Where a model of this name is written to.

        Raises:
            UnknownModel: as `folder`.
        """
        try:
            return self.root / check_model_id(model_id)
        except ValueError as error:
            raise UnknownModel(f"There is no model {model_id!r}: {error}.") from error

    def require_own(self, model_id: str) -> None:
        """Let a model be changed that is not the package's.

        Raises:
            ModelsUnwritable: it is.
        """
        if self.folder(model_id).parent != self.root:
            raise ModelsUnwritable(f"The model {model_id!r} is part of the installed package, and stays as it is.")


def _models_in(root: Path) -> tuple[str, ...]:
    try:
        return tuple(folder.name for folder in root.iterdir() if holds_a_model(folder))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise ModelsUnreadable(f"The models folder {root} cannot be read: {error.strerror}.") from error
