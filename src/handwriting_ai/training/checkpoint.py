"""A run's whole state on disk, so that it can go on where it stopped."""

import io
from collections.abc import Mapping
from pathlib import Path

import torch

from handwriting_ai.errors import CheckpointError
from handwriting_ai.support.files import read_regular_file, write_atomically
from handwriting_ai.support.tensors import load_tensors


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
        packed = read_regular_file(path)
    except OSError as error:
        raise CheckpointError(f"The checkpoint {path} cannot be read: {error.strerror}.") from error
    try:
        content = load_tensors(packed)
    except ValueError as error:
        raise CheckpointError(f"The checkpoint {path} is damaged: {error}. {advice}") from error
    if not isinstance(content, dict) or not isinstance(content.get("state"), dict):
        raise CheckpointError(f"The checkpoint {path} is damaged: it holds no state. {advice}")
    found: object = content.get("identity")
    if found != identity:
        whose = f"belongs to another run or to other data: {found}, not {identity}"
        raise CheckpointError(f"The checkpoint {path} {whose}. {advice}")
    state: dict[str, object] = content["state"]
    return state


def part_of(state: dict[str, object], name: str) -> dict[str, object]:
    """One part of a checkpoint's state, which must be a dict.

    Raises:
        CheckpointError: there is none.
    """
    part = state.get(name)
    if not isinstance(part, dict):
        raise CheckpointError(f"The checkpoint lacks its {name}. Delete it to start afresh.")
    entries: dict[str, object] = part
    return entries
