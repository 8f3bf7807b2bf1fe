"""Models of an earlier preprocessing are signed anew where clean pictures come out the same."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from handwriting_ai import cli
from handwriting_ai.config import TrainingSettings
from handwriting_ai.errors import SignatureMismatch
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry import signing
from handwriting_ai.registry.manifest import MANIFEST_NAME, read_manifest, write_manifest
from handwriting_ai.registry.store import ModelStore


def _as_earlier(store: ModelStore, model_id: str, signature: str) -> None:
    path = store.folder(model_id) / MANIFEST_NAME
    earlier: dict[str, object] = {"preprocess_hash": signature}
    write_manifest(path, read_manifest(path).model_copy(update=earlier))


def test_the_shipped_pipeline_makes_what_the_earlier_one_made() -> None:
    """The digest was computed by the earlier version itself."""
    assert signing.proof_digest(TrainingSettings()) in signing.EARLIER.values()


@pytest.mark.usefixtures("clean_environment")
def test_models_are_signed_once_the_proof_holds(monkeypatch: pytest.MonkeyPatch, model_dir: Path) -> None:
    """Those of an earlier signature alone; the second time nothing is left to do."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    monkeypatch.setattr(signing, "EARLIER", {"earlier": "same"})
    monkeypatch.setattr(signing, "proof_digest", _same)
    _as_earlier(ModelStore(model_dir), "first", "earlier")
    result = CliRunner().invoke(cli.app, ["models", "sign"])
    assert result.exit_code == 0
    assert result.stdout == f"first: signed for {preprocess_signature()}\n"
    assert ModelStore(model_dir).read_manifest("first").preprocess_hash == preprocess_signature()
    assert "Every model" in CliRunner().invoke(cli.app, ["models", "sign"]).stdout


def _same(_: TrainingSettings) -> str:
    return "same"


def test_what_is_not_proved_is_not_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signature that nobody knows, and pictures that come out differently."""
    with pytest.raises(SignatureMismatch, match="Nothing is known of the preprocessing 'v0'"):
        signing.prove_same("v0", TrainingSettings())
    monkeypatch.setattr(signing, "EARLIER", {"earlier": "other"})
    monkeypatch.setattr(signing, "proof_digest", _same)
    with pytest.raises(SignatureMismatch, match=r"come out of .* differently than of 'earlier'"):
        signing.prove_same("earlier", TrainingSettings())
