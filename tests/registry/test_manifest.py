import json
from pathlib import Path

import pytest
from tests.registry.samples import manifest, v1_fields

from handwriting_ai.errors import ManifestError
from handwriting_ai.registry.manifest import DataSource, Manifest, read_manifest, write_manifest


def _write(root: Path, text: str | bytes) -> Path:
    path = root / "good" / "manifest.json"
    path.parent.mkdir()
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_v1_file_loads_unchanged(tmp_path: Path) -> None:
    """Its nine fields are read, every later field is None, and writing it gives the same fields back."""
    path = _write(tmp_path, json.dumps(v1_fields()))

    read = read_manifest(path)

    assert (read.model_id, read.n_classes, read.temperature) == ("good", 10, 1.25)
    assert read.created_at.isoformat() == "2026-01-31T12:00:00+00:00"
    later = Manifest.model_fields.keys() - v1_fields().keys()
    assert len(later) >= 16
    assert read.model_fields_set.isdisjoint(later)
    assert (read.test_acc, read.train_data, read.weights_sha256, read.test_overlap) == (None, None, None, None)
    write_manifest(path, read)
    written: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    assert written | {"created_at": ""} == v1_fields() | {"created_at": ""}


def test_unknown_fields_are_ignored(tmp_path: Path) -> None:
    """A file from a later minor version still loads."""
    path = _write(tmp_path, json.dumps(v1_fields() | {"colour": "blue"}))
    assert read_manifest(path) == manifest()


def test_every_field_survives_writing_and_reading(tmp_path: Path) -> None:
    """Optional fields come back equal, nested sources included, and nothing but the file is left in the folder."""
    later: dict[str, object] = {
        "schema_version": "v1.1",
        "training_seed": 3,
        "val_nll": 0.02,
        "n_parameters": 12345,
        "train_data": (DataSource(name="mnist", sha256="ab" * 32, count=55_000),),
    }
    full = manifest().model_copy(update=later)
    path = tmp_path / "good" / "manifest.json"
    path.parent.mkdir()

    write_manifest(path, full)

    assert read_manifest(path) == full
    assert [each.name for each in path.parent.iterdir()] == ["manifest.json"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The message gives the path."""
    with pytest.raises(ManifestError, match=r"good.manifest\.json"):
        read_manifest(tmp_path / "good" / "manifest.json")


@pytest.mark.parametrize("field", v1_fields())
def test_a_missing_field_is_named(tmp_path: Path, field: str) -> None:
    """The error is a ValueError, and names the field and the file."""
    fields = v1_fields()
    del fields[field]
    path = _write(tmp_path, json.dumps(fields))

    with pytest.raises(ValueError, match=field) as caught:
        read_manifest(path)

    assert isinstance(caught.value, ManifestError)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema_version", "v2"),
        ("schema_version", 1),
        ("n_classes", 1),
        ("n_classes", 2.5),
        ("created_at", "yesterday"),
        ("val_acc", -0.01),
        ("val_acc", 1.01),
        ("val_acc", float("nan")),
        ("val_acc", None),
        ("temperature", 0),
        ("temperature", -1),
        ("temperature", float("inf")),
        ("temperature", float("nan")),
        ("test_acc", 2),
        ("val_nll", -1),
        ("test_ece", 1.5),
        ("n_parameters", 0),
        ("train_seconds", -1),
        ("not_shipped", ""),
        ("not_shipped", "22 MB"),  # and nothing that tells whose the predictions are
        ("train_data", "mnist"),
        ("train_data", [{"name": "mnist"}]),
        ("model_id", ""),
        ("model_id", ".hidden"),
        ("model_id", "../good"),
        ("model_id", "a/b"),
        ("model_id", "a b"),
        ("model_id", "a" * 201),
        ("model_id", "good\n"),
        ("model_id", "other"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(tmp_path: Path, field: str, value: object) -> None:
    """The message names the field and the file."""
    path = _write(tmp_path, json.dumps(v1_fields() | {field: value}))

    with pytest.raises(ManifestError, match=field) as caught:
        read_manifest(path)

    assert str(path) in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '"text"', "{'model_id': 1}", b"\xff\xfe{}", "[" * 5000])
def test_a_file_that_is_no_json_object_is_refused(tmp_path: Path, text: str | bytes) -> None:
    """Broken JSON, bytes that are no text, and JSON of another kind are all errors that name the file."""
    path = _write(tmp_path, text)
    with pytest.raises(ManifestError, match=r"good.manifest\.json"):
        read_manifest(path)
