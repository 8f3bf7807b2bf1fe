"""Every ensemble of some members, against a loop over all of them."""

import itertools
import math

import pytest
import torch

from handwriting_ai.evaluation.search import MOST_MEMBERS, rank_subsets

NAMES = ("a", "b", "c", "d")
COSTS = (1, 10, 100, 1_000)


def _case(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Sixty digits; of the first ten all members are sure alike, of five of them wrongly."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn((4, 60, 10), generator=generator) * 2
    labels = torch.randint(10, (60,), generator=generator)
    rows = torch.arange(10)
    logits[:, rows, (labels[:10] + (rows < 5).long()) % 10] += 20
    return logits.softmax(dim=2), labels


@pytest.mark.parametrize("seed", range(3))
def test_all_subsets_are_ranked_by_nll(seed: int) -> None:
    """Fifteen of four members, each with the figures that a plain loop finds."""
    probs, labels = _case(seed)
    answers = probs.argmax(dim=2)
    unanimous = (answers == answers[0]).all(dim=0)
    assert 0 < int((unanimous & (answers[0] != labels)).sum()) < int(unanimous.sum()) < 60
    ranked = rank_subsets(probs, labels, NAMES, COSTS)
    assert len(ranked) == 15
    assert [each.nll for each in ranked] == sorted(each.nll for each in ranked)
    by_members = {each.members: each for each in ranked}
    for size in range(1, 5):
        for chosen in itertools.combinations(range(4), size):
            merged = torch.stack([probs[index] for index in chosen]).mean(dim=0)
            losses = [-math.log(float(merged[row, labels[row]])) for row in range(60)]
            found = by_members[tuple(NAMES[index] for index in chosen)]
            assert found.nll == pytest.approx(sum(losses) / 60, rel=1e-5)
            assert found.errors == int((merged.argmax(dim=1) != labels).sum())
            assert found.multiply_adds == sum(COSTS[index] for index in chosen)


@pytest.mark.parametrize("seed", range(3))
def test_the_best_for_their_cost_are_marked(seed: int) -> None:
    """The first is one, the cheapest of all is one, and so is whatever beats all that costs no more."""
    probs, labels = _case(seed)
    ranked = rank_subsets(probs, labels, NAMES, COSTS)
    for each in ranked:
        beaten = any(other.nll < each.nll and other.multiply_adds <= each.multiply_adds for other in ranked)
        assert each.is_best_for_its_cost is not beaten
    assert ranked[0].is_best_for_its_cost
    assert next(each for each in ranked if each.members == ("a",)).is_best_for_its_cost


def test_of_equal_subsets_the_cheapest_comes_first() -> None:
    """Another copy of a model is no better than the model."""
    probs, labels = _case(0)
    ranked = rank_subsets(probs[:1].repeat(2, 1, 1), labels, ("dear", "cheap"), (10, 1))
    assert [each.members for each in ranked] == [("cheap",), ("dear",), ("dear", "cheap")]
    assert [each.is_best_for_its_cost for each in ranked] == [True, False, False]
    assert {each.errors for each in ranked} == {int((probs[0].argmax(dim=1) != labels).sum())}


@pytest.mark.parametrize("count", [0, MOST_MEMBERS + 1])
def test_too_few_or_too_many_members_are_refused(count: int) -> None:
    """The message has the limit and the number."""
    probs, labels = torch.full((count, 2, 10), 0.1), torch.zeros(2, dtype=torch.int64)
    with pytest.raises(ValueError, match=f"1 to 12 members are ranked, got {count}"):
        rank_subsets(probs, labels, ["m"] * count, [1] * count)
