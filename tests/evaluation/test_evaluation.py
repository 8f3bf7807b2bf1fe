"""Metrics on cases worked by hand, and the temperature of logits whose temperature is known."""

import math

import pytest
import torch

from handwriting_ai.evaluation.calibration import fit_temperature
from handwriting_ai.evaluation.metrics import count_errors, expected_calibration_error, negative_log_likelihood


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
