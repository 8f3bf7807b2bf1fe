"""A model's weights: loaded without running anything, and compared with what its architecture expects."""

import functools
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from handwriting_ai.architectures import build_model
from handwriting_ai.errors import UnknownArchitecture, WeightsError
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.support.files import read_regular_file
from handwriting_ai.support.places import PLACES, restoring
from handwriting_ai.support.tensors import load_tensors
from handwriting_ai.support.units import BYTES_PER_MB

WEIGHTS_NAME: Final = "model.pt"
MOST_WEIGHT_BYTES: Final = 1_000 * BYTES_PER_MB
"""The largest architecture here has 150 MB in single precision; what is larger is not read."""
_NAMES_SHOWN: Final = 5
_DIGESTS_KEPT: Final = 1_024


def load_state(path: Path, manifest: Manifest) -> tuple[dict[str, Tensor], str]:
    """The state dict of one file, floating-point numbers in single precision, and the file's SHA-256.

    Raises:
        WeightsError: it cannot be read, has another digest than the manifest says, or holds more than named, dense
            tensors.
    """
    try:
        data = read_regular_file(path, MOST_WEIGHT_BYTES)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}.") from error
    digest = hashlib.sha256(data).hexdigest()
    if manifest.weights_sha256 not in (None, digest):
        raise WeightsError(
            f"{path} is not the file its manifest describes: its SHA-256 is {digest}, expected "
            f"{manifest.weights_sha256}. {_restored(path)}"
        )
    try:
        content = load_tensors(data)
    except Exception as error:  # a bad file never stops the others
        raise WeightsError(f"{path} holds no weights that can be loaded safely: {error}.") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{path} holds a {type(content).__name__}, not a state dict.")
    entries: dict[object, object] = content
    state: dict[str, Tensor] = {}
    for name, value in entries.items():
        if not isinstance(name, str) or not torch.is_tensor(value) or not _is_dense(value):
            raise WeightsError(f"{path}: the entry {name!r} is not a named, dense tensor.")
        state[name] = value.float() if value.is_floating_point() else value
    return state, digest


def _restored(path: Path) -> str:
    if PLACES.shipped in path.parents:
        return f"{restoring(path.relative_to(PLACES.shipped).as_posix())} restores it."
    return "Restore it."


def require_weights(manifest: Manifest) -> None:
    """Let a model pass whose weights should be here.

    Raises:
        WeightsError: its manifest says that they are not.
    """
    if manifest.not_shipped is not None:
        raise WeightsError(
            f"Model {manifest.model_id!r} is not shipped ({manifest.not_shipped}): only its predictions are here, "
            "so that it can be scored, not loaded."
        )


def weights_digest(folder: Path, manifest: Manifest) -> str:
    """SHA-256 of a model's weights: its manifest's, or that of the file where a v1 manifest has none.

    Raises:
        WeightsError: there is neither.
    """
    if manifest.weights_sha256 is not None:
        return manifest.weights_sha256
    path = folder / WEIGHTS_NAME
    try:
        found = path.stat()
        return _file_digest(path, found.st_mtime_ns, found.st_size)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}.") from error


def _read_digest(path: Path, _modified_ns: int, _size: int) -> str:
    return hashlib.sha256(read_regular_file(path, MOST_WEIGHT_BYTES)).hexdigest()


_file_digest: Final[Callable[[Path, int, int], str]] = functools.lru_cache(_DIGESTS_KEPT)(_read_digest)
"""Of a file that was written at this time with this size: read once."""


def _is_dense(tensor: Tensor) -> bool:
    """Whether the numbers are there, one by one: neither sparse, nor quantized, nor on the meta device."""
    return tensor.layout is torch.strided and not tensor.is_quantized and tensor.device.type == "cpu"


def check_shapes(path: Path, manifest: Manifest, state: dict[str, Tensor]) -> None:
    """Compare with the architecture's own state dict, built without memory for its numbers.

    Raises:
        UnknownArchitecture: there is none of the manifest's name.
        WeightsError: names or shapes differ.
    """
    try:
        with torch.device("meta"):
            expected: dict[str, Tensor] = build_model(manifest.arch, manifest.n_classes).state_dict()
    except UnknownArchitecture as error:
        raise UnknownArchitecture(f"Model {manifest.model_id!r}: {error}") from error
    missing, unexpected = sorted(expected.keys() - state.keys()), sorted(state.keys() - expected.keys())
    if missing or unexpected:
        raise WeightsError(
            f"{path} does not fit {manifest.arch}: missing {_some(missing)}; unexpected {_some(unexpected)}."
        )
    for name, tensor in state.items():
        if tensor.shape != expected[name].shape:
            raise WeightsError(
                f"{path} does not fit {manifest.arch}: {name} has shape {tuple(tensor.shape)}, expected "
                f"{tuple(expected[name].shape)}."
            )


def _some(names: Sequence[str]) -> str:
    if not names:
        return "none"
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more
