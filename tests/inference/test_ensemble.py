"""Temperature, merging and the split of uncertainty, on analytic cases."""

import math

import pytest
import torch
from torch import Tensor

from handwriting_ai.inference.ensemble import (
    ensemble_name,
    entropy,
    member_probabilities,
    merge,
    split_uncertainty,
    to_predictions,
)
from handwriting_ai.inference.views import views_for
from handwriting_ai.prediction import Prediction, TtaMode


def test_each_member_is_divided_by_its_own_temperature() -> None:
    """A temperature of two on doubled logits gives what one gives on the originals."""
    logits = torch.randn(1, 3, 4, 10)
    both = member_probabilities(torch.cat([logits, 2 * logits]), [1.0, 2.0])
    torch.testing.assert_close(both[0], both[1])
    torch.testing.assert_close(both.sum(dim=-1), torch.ones(2, 3, 4))


def test_merging_averages_probabilities() -> None:
    """Two members that are each certain of another digit leave one half for both."""
    probs = torch.zeros(2, 1, 1, 10)
    probs[0, 0, 0, 3] = probs[1, 0, 0, 8] = 1.0
    merged = merge(probs)
    assert merged.shape == (1, 10)
    assert (float(merged[0, 3]), float(merged[0, 8])) == (0.5, 0.5)


def test_entropy_of_certainty_and_of_ignorance() -> None:
    """Zero, and log ten."""
    assert float(entropy(torch.eye(10)[3])) == 0.0
    assert math.isclose(float(entropy(torch.full((10,), 0.1))), math.log(10), rel_tol=1e-6)


def test_disagreement_of_certain_members_is_all_there_is() -> None:
    """Certain members have no entropy of their own: log two comes from their disagreement."""
    split = split_uncertainty(torch.eye(10)[3:9:5])
    assert math.isclose(float(split.disagreement), math.log(2), rel_tol=1e-6)
    assert split.member_mean == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_uncertainty_splits_without_remainder(seed: int) -> None:
    """Total = mean member entropy + mutual information, and neither is negative."""
    members = torch.randn(4, 10, generator=torch.Generator().manual_seed(seed)).softmax(dim=1)
    split = split_uncertainty(members)
    assert math.isclose(float(split.total), float(split.member_mean + split.disagreement), rel_tol=1e-5)
    assert split.disagreement >= 0


def test_prediction_is_in_plain_numbers() -> None:
    """The answer carries every view's and member's share."""
    views = views_for(TtaMode.BASIC)
    probs = torch.randn(2, 5, 10).softmax(dim=-1)
    (answer,) = to_predictions(
        probs.unsqueeze(2),
        views=views,
        model_ids=("a", "b"),
        temperatures=(1.0, 2.0),
        uncertain_below=0.99,
        latency_ms=1.5,
    )
    assert answer.model_id == "ensemble_2_models"
    assert answer.uncertain
    assert math.isclose(sum(answer.probs), 1.0, rel_tol=1e-5)
    assert answer.confidence == max(answer.probs) == answer.probs[answer.digit]
    assert [view.name for view in answer.views] == [view.name for view in views]
    assert [member.temperature for member in answer.members] == [1.0, 2.0]


def test_each_picture_of_a_batch_has_its_own_answer() -> None:
    """What it would have alone."""
    views = views_for(TtaMode.BASIC)
    probs = torch.randn(2, 5, 3, 10, generator=torch.Generator().manual_seed(0)).softmax(dim=-1)

    def answers(some: Tensor) -> list[Prediction]:
        return to_predictions(
            some, views=views, model_ids=("a", "b"), temperatures=(1.0, 2.0), uncertain_below=0.5, latency_ms=1.0
        )

    for index, answer in enumerate(answers(probs)):
        (alone,) = answers(probs[:, :, index : index + 1])
        assert (answer.digit, answer.views[0].name) == (alone.digit, "original")
        assert answer.probs == pytest.approx(alone.probs)
        assert answer.views[4].probs == pytest.approx(alone.views[4].probs)
        assert answer.members[1].probs == pytest.approx(alone.members[1].probs)
        assert answer.disagreement == pytest.approx(alone.disagreement)


def test_a_single_member_gives_its_name() -> None:
    """No ensemble of one."""
    assert ensemble_name(["only"]) == "only"
