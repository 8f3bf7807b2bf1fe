"""A run's whole state on disk, so that it can go on where it stopped."""

import io
import pickle
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch

from handwriting_ai.errors import CheckpointError
from handwriting_ai.support.files import write_atomically

_DAMAGE: Final = (
    AttributeError,
    EOFError,
    LookupError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
    struct.error,
)
"""What torch raises for a file that is not what it wrote; all else, as the queue's alarm, says nothing of the file."""


def save_checkpoint(path: Path, identity: str, state: Mapping[str, object]) -> None:
    """Write `state` atomically, tied to the run's `identity` (architecture, recipe, seed and data in one string)."""
    buffer = io.BytesIO()
    torch.save({"identity": identity, "state": dict(state)}, buffer)
    write_atomically(path, buffer.getvalue())


def load_checkpoint(path: Path, identity: str) -> dict[str, object]:
    """Read what `save_checkpoint` wrote.

    Raises:
        CheckpointError: the file cannot be read, is damaged, or belongs to another run or to other data.
    """
    advice = f"Delete {path} to start the run afresh."
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"The checkpoint {path} cannot be read: {error.strerror}.") from error
    try:
        content: object = torch.load(io.BytesIO(packed), map_location="cpu", weights_only=True)
    except _DAMAGE as error:
        raise CheckpointError(f"The checkpoint {path} is damaged: {error}. {advice}") from error
    if not isinstance(content, dict) or not isinstance(content.get("state"), dict):
        raise CheckpointError(f"The checkpoint {path} is damaged: it holds no state. {advice}")
    found: object = content.get("identity")
    if found != identity:
        whose = f"belongs to another run or to other data: {found}, not {identity}"
        raise CheckpointError(f"The checkpoint {path} {whose}. {advice}")
    state: dict[str, object] = content["state"]
    return state
