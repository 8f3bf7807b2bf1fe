"""Metrics on cases worked by hand, and the temperature of logits whose temperature is known."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.evaluation.samples import evaluation_digits, register_with_predictions
from tests.registry.samples import fresh_state, manifest

from handwriting_ai.architectures.fold import for_inference
from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.errors import FiguresMismatch, PredictionsError, UnknownArchitecture
from handwriting_ai.evaluation.calibration import fit_temperature
from handwriting_ai.evaluation.metrics import count_errors, expected_calibration_error, negative_log_likelihood
from handwriting_ai.evaluation.predictions import PREDICTIONS_NAME
from handwriting_ai.evaluation.verify import verify_figures, verify_predictions
from handwriting_ai.preprocess import normalize
from handwriting_ai.registry.manifest import MANIFEST_NAME, Manifest, read_manifest
from handwriting_ai.registry.store import ModelStore, StoredModel


def test_errors_are_counted() -> None:
    """Two of three."""
    probs = torch.eye(10)[:3]
    assert count_errors(probs, torch.arange(3) * 2) == 2


def test_negative_log_likelihood_of_known_probabilities() -> None:
    """The mean of −log 0.5 and −log 0.25; a zero is no infinity."""
    probs = torch.zeros(2, 10)
    probs[0, 3], probs[1, 3] = 0.5, 0.25
    labels = torch.full((2,), 3)
    assert negative_log_likelihood(probs, labels) == pytest.approx((math.log(2) + math.log(4)) / 2)
    assert math.isfinite(negative_log_likelihood(torch.eye(10)[:1], torch.full((1,), 5)))


def test_calibration_error_of_sure_answers() -> None:
    """Always certain and right in three of four cases: a gap of one quarter."""
    probs = torch.eye(10)[:1].repeat(4, 1)
    labels = torch.zeros(4, dtype=torch.int64)
    labels[3] = 1
    assert expected_calibration_error(probs, labels) == pytest.approx(0.25)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_a_known_temperature_is_recovered(temperature: float) -> None:
    """Labels drawn from softmax(logits / T) lead back to T."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(20_000, 10, generator=generator) * 3 * temperature
    labels = torch.multinomial((logits / temperature).softmax(dim=1), 1, generator=generator).squeeze(1)
    assert fit_temperature(logits, labels) == pytest.approx(temperature, rel=0.05)


@pytest.mark.parametrize("start", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("shape", [(2_000, 10), (3, 5, 2_000, 10)])
def test_no_temperature_near_the_fitted_one_is_better(shape: tuple[int, ...], start: float) -> None:
    """From whatever guess: within 1e-3 of the best of a fine grid, after averaging over members and views."""
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(2_000, 10, generator=generator) * 4 + torch.randn(shape, generator=generator)
    labels = torch.multinomial((logits.view(-1, 2_000, 10)[0] / 1.7).softmax(dim=1), 1, generator=generator).squeeze(1)

    def loss(temperature: float) -> float:
        probs = (logits.double() / temperature).softmax(dim=-1).view(-1, 2_000, 10).mean(dim=0)
        return negative_log_likelihood(probs, labels)

    fitted = fit_temperature(logits, labels, start=start)
    assert min([fitted * (1 + step / 1_000) for step in range(-20, 21)], key=loss) == pytest.approx(fitted, rel=1.1e-3)


@pytest.mark.parametrize(("label", "low", "high"), [(0, 1e-4, 0.1), (1, 100.0, 1e4)])
def test_a_temperature_without_a_best_value_stays_finite(label: int, low: float, high: float) -> None:
    """All answers are right, or all are wrong."""
    logits = (torch.eye(10)[:1] * 3).repeat(4, 1)
    assert low < fit_temperature(logits, torch.full((4,), label)) < high


def _shipped() -> list[Path]:
    store = ModelStore(PROJECT_ROOT / "models")
    return [store.folder(name) for name in store.model_ids()]


def _name(folder: Path) -> str:
    return folder.name


@pytest.mark.parametrize(("off_by", "is_sound"), [(0, True), (1, True), (-1, True), (2, False), (-2, False)])
def test_one_digit_may_lie_on_the_edge(off_by: int, *, is_sound: bool) -> None:
    """A manifest may be one digit off, for any number of digits, and not two."""
    state = fresh_state()
    network = for_inference("compact", 10, state)
    for count in (60, 49):
        rows: NDArray[np.int64] = np.arange(count)
        digits = evaluation_digits().validation.pick(rows)
        with torch.inference_mode():
            logits = network(torch.from_numpy(normalize(digits.images)).unsqueeze(1))
        right = count - count_errors(logits, torch.from_numpy(digits.labels))
        stated: dict[str, object] = {"val_acc": (right + off_by) / count}
        model = StoredModel(manifest=manifest().model_copy(update=stated), state=state, weights_sha256="0" * 64)
        if is_sound:
            verify_figures(model, digits)
        else:
            with pytest.raises(FiguresMismatch, match="says val_acc="):
                verify_figures(model, digits)


@pytest.mark.parametrize("folder", _shipped(), ids=_name)
def test_the_shipped_predictions_are_what_their_manifests_say(folder: Path) -> None:
    """Also of models whose weights are not shipped."""
    verify_predictions(folder, read_manifest(folder / MANIFEST_NAME), evaluation_digits())


def test_predictions_alone_are_compared_with_the_manifest(tmp_path: Path) -> None:
    """Where the weights are not here: errors, NLL, ECE, whose they are, and whether the network is known."""
    folder = register_with_predictions(tmp_path, "a")
    ModelStore(tmp_path).withhold("a", "22 MB")
    sound, digits = read_manifest(folder / MANIFEST_NAME), evaluation_digits()

    def spoilt(field: str, value: object) -> Manifest:
        changes: dict[str, object] = {field: value}
        return sound.model_copy(update=changes)

    verify_predictions(folder, sound, digits)
    for field, value in (("val_acc", 0.99), ("val_nll", 0.5), ("val_ece", 0.5)):
        with pytest.raises(FiguresMismatch, match=f"says {field}=.*, its predictions give"):
            verify_predictions(folder, spoilt(field, value), digits)
    with pytest.raises(UnknownArchitecture):
        verify_predictions(folder, spoilt("arch", "nothing"), digits)
    with pytest.raises(PredictionsError, match=r"other weights.*Restore the file"):
        verify_predictions(folder, spoilt("weights_sha256", "0" * 64), digits)
    (folder / PREDICTIONS_NAME).unlink()
    with pytest.raises(PredictionsError, match=r"has no predictions\.npz\. Restore the file"):
        verify_predictions(folder, sound, digits)
