"""Metrics on cases worked by hand, and the temperature of logits whose temperature is known."""

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.evaluation.samples import evaluation_digits
from tests.registry.samples import fresh_state, manifest

from handwriting_ai.architectures.fold import for_inference
from handwriting_ai.errors import FiguresMismatch
from handwriting_ai.evaluation.calibration import fit_temperature
from handwriting_ai.evaluation.metrics import count_errors, expected_calibration_error, negative_log_likelihood
from handwriting_ai.evaluation.verify import verify_figures
from handwriting_ai.preprocess import normalize
from handwriting_ai.registry.store import StoredModel


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
