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
    """Whether no subset that costs as much or less has a smaller NLL."""


def rank_subsets(
    probs: Tensor, labels: Tensor, names: Sequence[str], multiply_adds: Sequence[int]
) -> tuple[RankedSubset, ...]:
    """Rank every subset but the empty one, that of the smallest NLL first.

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
    scored = [_score(chunk, probs, labels) for chunk in torch.split(shares, _SUBSETS_AT_ONCE)]
    nll, errors = torch.cat([loss for loss, _ in scored]), torch.cat([wrong for _, wrong in scored])
    order = nll.argsort(stable=True)
    flags: list[list[int]] = is_in[order].tolist()
    losses: list[float] = nll[order].tolist()
    misread: list[int] = errors[order].tolist()
    costs = [sum(compress(multiply_adds, chosen)) for chosen in flags]
    least = [math.inf, *accumulate(costs, min)]
    return tuple(
        RankedSubset(
            members=tuple(compress(names, chosen)),
            nll=loss,
            errors=wrong,
            multiply_adds=cost,
            is_best_for_its_cost=cost < cheapest_better,
        )
        for chosen, loss, wrong, cost, cheapest_better in zip(flags, losses, misread, costs, least[:-1], strict=True)
    )


def _score(shares: Tensor, probs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """NLL and errors, each `(subsets,)`, of ensembles that weigh their members so: `(subsets, members)`."""
    merged = (shares @ probs.flatten(1)).view(len(shares), *probs.shape[1:])
    at_label = merged[:, torch.arange(len(labels)), labels]
    nll = at_label.clamp_min(torch.finfo(at_label.dtype).tiny).log().mean(dim=1).neg()
    return nll, (merged.argmax(dim=2) != labels).sum(dim=1)
