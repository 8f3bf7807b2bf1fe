"""Predictions on disk: what they hold, and when they are refused."""

import io
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.evaluation.samples import evaluation_digits, fake_predictions, register_with_predictions
from tests.registry.samples import fresh_state

from handwriting_ai.architectures.fold import for_inference
from handwriting_ai.config import PROJECT_ROOT, DigitsSettings
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.errors import PredictionsError, WeightsError
from handwriting_ai.evaluation.metrics import count_errors
from handwriting_ai.evaluation.packing import pack
from handwriting_ai.evaluation.predictions import (
    PREDICTIONS_NAME,
    EvaluationDigits,
    Predictions,
    check_predictions,
    load_evaluation_digits,
    load_predictions,
    predict,
    refresh_predictions,
)
from handwriting_ai.inference.engine import InferenceEngine, PredictOptions
from handwriting_ai.inference.ensemble import member_probabilities, merge
from handwriting_ai.inference.views import views_for
from handwriting_ai.prediction import TtaMode
from handwriting_ai.preprocess import normalize, preprocess_signature
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.registry.weights import weights_digest
from handwriting_ai.support.files import read_regular_file

_Array = NDArray[np.float16] | NDArray[np.float32] | NDArray[np.uint8]


def _few(count: int) -> DigitImages:
    return _first(evaluation_digits().validation, count)


def _first(digits: DigitImages, count: int) -> DigitImages:
    rows: NDArray[np.int64] = np.arange(count)
    return digits.pick(rows)


def _single(logits: "NDArray[np.float16]") -> "NDArray[np.float32]":
    return logits.astype(np.float32)


def _five_views(logits: "NDArray[np.float16]") -> "NDArray[np.float16]":
    return logits[:5]


def _five_packed_views(logits: "NDArray[np.float16]") -> "NDArray[np.uint8]":
    return pack(logits[:5])


def _forty_digits(logits: "NDArray[np.float16]") -> "NDArray[np.float16]":
    return logits[:, :40]


def _forty_packed_digits(logits: "NDArray[np.float16]") -> "NDArray[np.uint8]":
    return pack(logits[:, :40])


def _high_bytes(logits: "NDArray[np.float16]") -> "NDArray[np.uint8]":
    return pack(logits)[:1]


def _packed_rows(logits: "NDArray[np.float16]") -> "NDArray[np.uint8]":
    return pack(logits).reshape(2, len(logits), -1)


def _keep(path: Path, validation: _Array, test: _Array) -> None:
    """Put arrays in the place of a model's, under the stamp that its file has, whatever they are."""
    before: Mapping[str, NDArray[np.str_]] = np.load(path)
    np.savez_compressed(path, made_from=before["made_from"], validation=validation, test=test)


def _keep_plainly(path: Path, predictions: Predictions) -> None:
    """Logits that are not packed."""
    validation: NDArray[np.float16] = predictions.validation.numpy()
    test: NDArray[np.float16] = predictions.test.numpy()
    _keep(path, validation, test)


def _manifest(root: Path, model_id: str) -> Manifest:
    return ModelStore(root).read_manifest(model_id)


@pytest.mark.parametrize("tta", list(TtaMode))
def test_stored_logits_give_the_engines_probabilities(model_dir: Path, tta: TtaMode) -> None:
    """The first views of the stored ones are each mode's; half precision costs next to nothing."""
    digits = EvaluationDigits(validation=_few(20), test=_few(5))
    stored = predict(for_inference("compact", 10, fresh_state()), digits, torch.device("cpu"))
    assert stored.validation.shape == (17, 20, 10)
    assert stored.test.shape == (17, 5, 10)
    settings = DigitsSettings(model_dir=model_dir, active_model="first")
    with InferenceEngine(settings, threads=1, signature=preprocess_signature()) as engine:
        engine.try_load_active()
        pictures = torch.from_numpy(normalize(digits.validation.images)).unsqueeze(1)
        expected = engine.predict_batch(pictures, PredictOptions(tta=tta))
    chosen = stored.validation[: len(views_for(tta))].float().unsqueeze(0)
    torch.testing.assert_close(merge(member_probabilities(chosen, [1.25])), expected, atol=1e-4, rtol=0)


def _with_weights() -> list[str]:
    store = ModelStore(PROJECT_ROOT / "models")
    return [name for name in store.model_ids() if store.read_manifest(name).not_shipped is None]


@pytest.mark.parametrize("model_id", _with_weights())
def test_the_shipped_predictions_are_those_of_the_shipped_weights(model_id: str) -> None:
    """On a few digits in every view; those of all validation digits give the accuracy that the manifest states."""
    model = ModelStore(PROJECT_ROOT / "models").read(model_id, signature=preprocess_signature())
    manifest, digits = model.manifest, load_evaluation_digits(PROJECT_ROOT / "data" / "mnist")
    kept = load_predictions(PROJECT_ROOT / "models" / model_id, manifest, digits)
    few = EvaluationDigits(validation=_first(digits.validation, 8), test=_first(digits.test, 8))
    found = predict(for_inference(manifest.arch, manifest.n_classes, model.state), few, torch.device("cpu"))
    for stored, recomputed in ((kept.validation, found.validation), (kept.test, found.test)):
        torch.testing.assert_close(recomputed.float(), stored[:, :8].float(), atol=0.05, rtol=0.005)
    wrong = count_errors(kept.validation[0], torch.from_numpy(digits.validation.labels))
    assert 1 - wrong / len(digits.validation) == pytest.approx(manifest.val_acc)


def test_views_of_smaller_modes_come_first() -> None:
    """So that one array serves all modes."""
    advanced = views_for(TtaMode.ADVANCED)
    assert views_for(TtaMode.BASIC) == advanced[:5]
    assert views_for(TtaMode.NONE) == advanced[:1]


def test_predictions_survive_the_disk(tmp_path: Path) -> None:
    """Bit for bit."""
    folder = register_with_predictions(tmp_path, "a", errors=7)
    check_predictions(folder, _manifest(tmp_path, "a"))
    loaded, made = load_predictions(folder, _manifest(tmp_path, "a"), evaluation_digits()), fake_predictions(errors=7)
    assert torch.equal(loaded.validation, made.validation)
    assert torch.equal(loaded.test, made.test)


def test_plain_logits_are_read_as_well(tmp_path: Path) -> None:
    """As models have them that were registered before they were packed; packed, they take less room."""
    folder, made = register_with_predictions(tmp_path, "a", errors=7), fake_predictions(errors=7)
    path = folder / PREDICTIONS_NAME
    packed = path.stat().st_size
    _keep_plainly(path, made)
    assert path.stat().st_size > packed
    check_predictions(folder, _manifest(tmp_path, "a"))
    loaded = load_predictions(folder, _manifest(tmp_path, "a"), evaluation_digits())
    assert torch.equal(loaded.validation, made.validation)
    assert torch.equal(loaded.test, made.test)


@pytest.mark.parametrize("packed", [True, False])
def test_missing_and_damaged_predictions_are_refused(tmp_path: Path, packed: bool) -> None:
    """With the command that makes them."""
    folder = register_with_predictions(tmp_path, "a")
    manifest, path = _manifest(tmp_path, "a"), folder / PREDICTIONS_NAME
    if not packed:
        _keep_plainly(path, fake_predictions())
    sound = path.read_bytes()
    buffer = io.BytesIO()
    np.savez(buffer, other=np.zeros(1))
    array = io.BytesIO()
    np.save(array, np.zeros(3))
    half = len(sound) // 2
    flipped = sound[:half] + bytes([sound[half] ^ 0xFF]) + sound[half + 1 :]
    for content in (b"", b"no archive", sound[:half], flipped, buffer.getvalue(), array.getvalue()):
        path.write_bytes(content)
        with pytest.raises(PredictionsError, match=r"is damaged.*evaluate --refresh a"):
            load_predictions(folder, manifest, evaluation_digits())
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(PredictionsError, match=r"it is a named pipe"):
        check_predictions(folder, manifest)
    path.unlink()
    with pytest.raises(PredictionsError, match=r"has no predictions\.npz\. Make them with"):
        check_predictions(folder, manifest)


@pytest.mark.parametrize(
    ("spoilt", "found"),
    [
        (_single, "float32 (17, 10000, 10)"),
        (_five_views, "float16 (5, 10000, 10)"),
        (_five_packed_views, "float16 (5, 10000, 10)"),
        (_forty_digits, "float16 (17, 40, 10)"),
        (_forty_packed_digits, "float16 (17, 40, 10)"),
        (_high_bytes, "uint8 (1, 17, 10000, 10)"),
        (_packed_rows, "uint8 (2, 17, 100000)"),
    ],
)
def test_arrays_of_another_shape_or_type_are_refused(
    tmp_path: Path, spoilt: Callable[["NDArray[np.float16]"], _Array], found: str
) -> None:
    """Which the stamp does not show."""
    folder, made = register_with_predictions(tmp_path, "a"), fake_predictions()
    manifest = _manifest(tmp_path, "a")
    validation: NDArray[np.float16] = made.validation.numpy()
    test: NDArray[np.float16] = made.test.numpy()
    _keep(folder / PREDICTIONS_NAME, validation, spoilt(test))
    check_predictions(folder, manifest)
    message = f"is damaged: test holds {found}, expected float16 (17, 10000, 10). Make them with"
    with pytest.raises(PredictionsError, match=re.escape(message)):
        load_predictions(folder, manifest, evaluation_digits())


def test_predictions_of_as_many_digits_as_are_in_use_are_loaded(tmp_path: Path) -> None:
    """Forty of forty, and not of five thousand."""
    folder = register_with_predictions(tmp_path, "a")
    manifest, made = _manifest(tmp_path, "a"), fake_predictions()
    few = Predictions(validation=made.validation[:, :40].contiguous(), test=made.test[:, :5].contiguous())
    (folder / PREDICTIONS_NAME).write_bytes(few.packed(manifest.weights_sha256 or ""))
    loaded = load_predictions(folder, manifest, EvaluationDigits(validation=_few(40), test=_few(5)))
    assert torch.equal(loaded.validation, few.validation)
    with pytest.raises(PredictionsError, match=re.escape("expected float16 (17, 5000, 10)")):
        load_predictions(folder, manifest, evaluation_digits())


def test_weights_without_a_digest_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the file changes."""
    folder = register_with_predictions(tmp_path, "a")
    none: dict[str, object] = {"weights_sha256": None}
    manifest = _manifest(tmp_path, "a").model_copy(update=none)
    first = weights_digest(folder, manifest)
    reads: list[Path] = []

    def count(path: Path, max_bytes: int) -> bytes:
        reads.append(path)
        return read_regular_file(path, max_bytes)

    monkeypatch.setattr("handwriting_ai.registry.weights.read_regular_file", count)
    assert weights_digest(folder, manifest) == first
    assert not reads
    (folder / "model.pt").write_bytes(b"other weights")
    assert weights_digest(folder, manifest) != first
    assert len(reads) == 1


def test_predictions_of_other_weights_are_stale(tmp_path: Path) -> None:
    """Another digest in the manifest, or another file under a manifest that has none."""
    folder = register_with_predictions(tmp_path, "a")
    changed: dict[str, object] = {"weights_sha256": "0" * 64}
    with pytest.raises(PredictionsError, match="other weights, views or digits"):
        check_predictions(folder, _manifest(tmp_path, "a").model_copy(update=changed))
    none: dict[str, object] = {"weights_sha256": None}
    v1 = _manifest(tmp_path, "a").model_copy(update=none)
    check_predictions(folder, v1)
    (folder / "model.pt").write_bytes(b"other weights")
    with pytest.raises(PredictionsError, match="other weights, views or digits"):
        check_predictions(folder, v1)
    (folder / "model.pt").unlink()
    with pytest.raises(WeightsError, match=r"model\.pt cannot be read"):
        check_predictions(folder, v1)


def test_predictions_are_refreshed(model_dir: Path) -> None:
    """A model without any gets its own, with word of how far it is."""
    store, said = ModelStore(model_dir), list[tuple[int, int]]()
    model = store.read("first", signature=preprocess_signature())

    def note(done: int, total: int) -> None:
        said.append((done, total))

    path = refresh_predictions(store, model, EvaluationDigits(validation=_few(20), test=_few(5)), note)
    check_predictions(path.parent, model.manifest)
    assert [done for done, _ in said] == [4, 8, 12, 16, 20, 24, 25]
    assert {total for _, total in said} == {25}
    assert store.read_manifest("first") == model.manifest


def test_predictions_of_a_trial_are_of_the_first_digits(tmp_path: Path) -> None:
    """They say so themselves: fewer digits than that are damage all the same."""
    folder = register_with_predictions(tmp_path, "a")
    manifest, made = _manifest(tmp_path, "a"), fake_predictions()
    few = Predictions(validation=made.validation[:, :40], test=made.test[:, :30], of_first_only=True)
    kept = few.packed(manifest.weights_sha256 or "")
    (folder / PREDICTIONS_NAME).write_bytes(kept)
    assert not check_predictions(folder, manifest)
    loaded = load_predictions(folder, manifest, evaluation_digits())
    assert (loaded.validation.shape[1], loaded.test.shape[1], loaded.of_first_only) == (40, 30, True)
    assert torch.equal(loaded.test, few.test)
    none = Predictions(validation=made.validation[:, :0], test=made.test[:, :30], of_first_only=True)
    (folder / PREDICTIONS_NAME).write_bytes(none.packed(manifest.weights_sha256 or ""))
    with pytest.raises(PredictionsError, match="is damaged"):
        check_predictions(folder, manifest)
