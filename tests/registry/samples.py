"""A small valid model, to be spoilt in one way per test."""

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from handwriting_ai.architectures import build_fresh_state_dict
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.support.locks import LOCK_NAME

SIGNATURE = "v1/this/pipeline"
ARCH = "compact"


def names_in(folder: Path) -> list[str]:
    """What a folder holds, in order, beside its lock; nothing where there is no folder."""
    return sorted(path.name for path in folder.iterdir() if path.name != LOCK_NAME) if folder.exists() else []


def v1_fields(model_id: str = "good") -> dict[str, object]:
    """Exactly the required fields of a v1 manifest."""
    return {
        "schema_version": "v1",
        "model_id": model_id,
        "arch": ARCH,
        "n_classes": 10,
        "version": "1.0.0",
        "created_at": "2026-01-31T12:00:00+00:00",
        "preprocess_hash": SIGNATURE,
        "val_acc": 0.99,
        "temperature": 1.25,
    }


def manifest(model_id: str = "good") -> Manifest:
    """A valid manifest with the v1 fields only."""
    return Manifest.model_validate_json(json.dumps(v1_fields(model_id)))


def fresh_state() -> dict[str, Tensor]:
    """A state dict that fits `ARCH` with ten classes."""
    return build_fresh_state_dict(ARCH, 10)


def saved(content: object) -> bytes:
    """What `torch.save` writes."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def write_model(root: Path, model_id: str, weights: bytes, changes: Mapping[str, object] | None = None) -> Path:
    """Write a folder by hand, without the store's care; `changes` spoil the manifest, which has the right digest."""
    folder = root / model_id
    folder.mkdir(parents=True)
    fields = v1_fields(model_id) | {"weights_sha256": hashlib.sha256(weights).hexdigest()} | dict(changes or {})
    (folder / "manifest.json").write_text(json.dumps(fields), encoding="utf-8")
    (folder / "model.pt").write_bytes(weights)
    return folder
