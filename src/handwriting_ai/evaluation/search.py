"""Every ensemble that can be made of some members, ranked by validation NLL beside its cost."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, compress
from typing import Final

import torch
from torch import Tensor

MOST_MEMBERS: Final = 12
"""4,095 subsets."""
_SUBSETS_AT_ONCE: Final = 64


@dataclass(frozen=True, kw_only=True)
class RankedSubset:
    """One choice of members."""

    members: tuple[str, ...]
    nll: float
    """Mean of −log p(label) on validation, in nats: what the ranking goes by."""
    errors: int
    """Misread validation digits."""
    multiply_adds: int
    """Of one view through all its members."""
    is_best_for_its_cost: bool
    """Whether whatever costs as much or less has a larger NLL; of equal ones the cheapest is."""


def rank_subsets(
    probs: Tensor, labels: Tensor, names: Sequence[str], multiply_adds: Sequence[int]
) -> tuple[RankedSubset, ...]:
    """Rank every subset but the empty one, that of the smallest NLL first, of equal ones the cheapest.

    Args:
        probs: `(members, n, 10)` on validation, each member's own merged over its views.
        labels: `(n,)`.
        names: of the members.
        multiply_adds: of each member.

    Raises:
        ValueError: there are no members, or more than `MOST_MEMBERS`.
    """
    count = len(names)
    if not 1 <= count <= MOST_MEMBERS:
        raise ValueError(f"Subsets of 1 to {MOST_MEMBERS} members are ranked, got {count}.")
    numbers = torch.arange(1, 1 << count).unsqueeze(1)
    is_in = torch.bitwise_right_shift(numbers, torch.arange(count)).remainder(2)  # (subsets, members)
    shares: Tensor = is_in / is_in.sum(dim=1, keepdim=True)
    at_label = probs[:, torch.arange(len(labels)), labels]  # (members, n)
    # Where all members give one answer, so does every ensemble of them.
    answers = probs.argmax(dim=2)
    is_open = (answers != answers[0]).any(dim=0)
    lost = int((answers[0] != labels)[~is_open].sum())
    open_probs, open_labels = probs[:, is_open], labels[is_open]
    chunks = torch.split(shares, _SUBSETS_AT_ONCE)
    nll = torch.cat([_nll(chunk @ at_label) for chunk in chunks])
    errors = torch.cat([lost + _errors(chunk, open_probs, open_labels) for chunk in chunks])
    cost = (is_in * torch.tensor(multiply_adds)).sum(dim=1)
    by_cost = cost.argsort(stable=True)
    order = by_cost[nll[by_cost].argsort(stable=True)]
    flags: list[list[int]] = is_in[order].tolist()
    losses: list[float] = nll[order].tolist()
    misread: list[int] = errors[order].tolist()
    costs: list[int] = cost[order].tolist()
    least = [math.inf, *accumulate(costs, min)]
    return tuple(
        RankedSubset(
            members=tuple(compress(names, chosen)),
            nll=loss,
            errors=wrong,
            multiply_adds=price,
            is_best_for_its_cost=price < cheapest_better,
        )
        for chosen, loss, wrong, price, cheapest_better in zip(flags, losses, misread, costs, least[:-1], strict=True)
    )


def _nll(at_label: Tensor) -> Tensor:
    """Probabilities of the labels `(subsets, n)` → `(subsets,)`."""
    return at_label.clamp_min(torch.finfo(at_label.dtype).tiny).log().mean(dim=1).neg()


def _errors(shares: Tensor, probs: Tensor, labels: Tensor) -> Tensor:
    """How many of these digits ensembles misread that weigh their members so, `(subsets, members)` → `(subsets,)`."""
    merged = (shares @ probs.flatten(1)).view(len(shares), *probs.shape[1:])
    return (merged.argmax(dim=2) != labels).sum(dim=1)
