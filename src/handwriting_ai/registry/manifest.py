"""A model's manifest: what it is, how it was made, and how good it is."""

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from handwriting_ai.errors import ClassesMismatch, ManifestError, SignatureMismatch
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.support.files import MOST_JSON_BYTES, read_regular_file, write_atomically
from handwriting_ai.support.problems import describe_problems

MANIFEST_NAME: Final = "manifest.json"
_LONGEST_NAME: Final = 200
"""Folders have names of 255 characters at most, some of them with a mark of ours before them."""
_PLAIN_NAME: Final = re.compile(rf"(?!\.)[A-Za-z0-9._-]{{1,{_LONGEST_NAME}}}")


# JSON as Python reads it may hold NaN; no field of a manifest may.
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def check_model_id(model_id: str) -> str:
    """Return a plain name unchanged, so that it never leads out of the models folder.

    Raises:
        ValueError: it holds other characters than letters, digits, `.`, `_`, `-`, starts with a dot, or is too long.
    """
    if not _PLAIN_NAME.fullmatch(model_id):
        raise ValueError(
            f"{model_id!r} is not a plain name: at most {_LONGEST_NAME} letters, digits, '.', '_', '-', no leading dot"
        )
    return model_id


class DataSource(BaseModel):
    """One set that the model was trained on."""

    model_config = ConfigDict(frozen=True)

    name: str
    sha256: str
    count: int = Field(ge=0)
    """Digits, each counted once however often it was rendered."""
    dropped: int = Field(default=0, ge=0)
    """Digits left out because they nearly repeat a test picture."""


class Manifest(BaseModel):
    """Versions v1 and v1.1, and this project's own fields; what a file lacks is None."""

    model_config = ConfigDict(frozen=True, protected_namespaces=(), extra="ignore")

    schema_version: Literal["v1", "v1.1"]
    model_id: str
    arch: str
    n_classes: int = Field(ge=2, le=10_000)
    version: str
    created_at: datetime
    preprocess_hash: str
    """The signature of the preprocessing the model was trained with."""
    val_acc: Share
    """On MNIST's 5,000 validation digits, without test-time augmentation."""
    temperature: Positive
    """Divides the logits; fitted on validation."""

    training_recipe: str | None = None
    parent_model_id: str | None = None
    training_seed: int | None = None
    training_epochs: int | None = None
    test_acc: Share | None = None
    recipe_hash: str | None = None

    weights_sha256: str | None = None
    train_data: tuple[DataSource, ...] | None = None
    val_nll: NonNegative | None = None
    val_ece: Share | None = None
    test_nll: NonNegative | None = None
    test_ece: Share | None = None
    n_parameters: int | None = Field(default=None, gt=0)
    train_seconds: NonNegative | None = None
    device: str | None = None
    torch_version: str | None = None
    test_overlap: str | None = None
    """ "none", or "possible" with a sentence."""
    run_id: str | None = None
    """The job that trained it."""
    not_shipped: str | None = Field(default=None, min_length=1)
    """Why its weights are not here: such a model is scored by its predictions, and never loaded."""

    @field_validator("model_id")
    @classmethod
    def _plain_model_id(cls, value: str) -> str:
        return check_model_id(value)

    @model_validator(mode="after")
    def _known_by_its_digest(self) -> Self:
        if self.not_shipped is not None and self.weights_sha256 is None:
            raise ValueError("not_shipped needs weights_sha256: it tells whose the predictions are")
        return self


def read_manifest(path: Path) -> Manifest:
    """Read and check one manifest.

    Raises:
        ManifestError: missing, unreadable, not JSON, a field missing or out of range, or for another folder.
    """
    try:
        text = read_regular_file(path, MOST_JSON_BYTES)
    except OSError as error:
        raise ManifestError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        raise ManifestError(f"{path}: {describe_problems(error)}.") from error
    if manifest.model_id != path.parent.name:
        raise ManifestError(f"{path}: model_id is {manifest.model_id!r}, but the folder is {path.parent.name!r}.")
    return manifest


def check_fit(manifest: Manifest, signature: str) -> None:
    """Let a model pass that reads the ten digits in pictures of this preprocessing.

    Raises:
        SignatureMismatch: it was trained for another one.
        ClassesMismatch: it tells other classes apart.
    """
    if manifest.preprocess_hash != signature:
        raise SignatureMismatch(
            f"Model {manifest.model_id!r} was trained for the preprocessing {manifest.preprocess_hash!r}; here runs "
            f"{signature!r}. Train it again, or run the version it was made with."
        )
    if manifest.n_classes != N_CLASSES:
        raise ClassesMismatch(f"Model {manifest.model_id!r} has {manifest.n_classes} classes, not {N_CLASSES}.")


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write one manifest atomically; fields that are None are left out."""
    write_atomically(path, manifest.model_dump_json(indent=2, exclude_none=True).encode() + b"\n")
