"""Rendered pictures, kept on disk: every seed of a recipe shows the same ones, and drawing them takes minutes."""

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.support.files import write_atomically


def kept(folder: Path | None, parts: dict[str, object], make: Callable[[], "NDArray[np.uint8]"]) -> "NDArray[np.uint8]":
    """What `make` returns, from `folder` if it was made before.

    Args:
        folder: where arrays are kept; None makes them anew.
        parts: everything the result depends on, as JSON can hold it.
        make: called where nothing, or nothing sound, is kept.
    """
    if folder is None:
        return make()
    name = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    path = folder / f"{name}.npy"
    found = _read(path)
    if found is not None:
        return found
    made = make()
    buffer = io.BytesIO()
    np.save(buffer, made, allow_pickle=False)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(path, buffer.getvalue())
    return made


def _read(path: Path) -> "NDArray[np.uint8] | None":
    """The array of one file; None where there is none, or it is damaged and must be made again."""
    try:
        found: NDArray[np.uint8] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found
