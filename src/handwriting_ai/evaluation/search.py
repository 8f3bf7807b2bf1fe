"""Every ensemble that can be made of some members, ranked by validation NLL beside its cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Final

import torch
from torch import Tensor

MOST_MEMBERS: Final = 12
"""4,095 subsets: as many as are scored in two seconds."""
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


def rank_subsets(
    probs: Tensor, labels: Tensor, names: Sequence[str], multiply_adds: Sequence[int]
) -> tuple[RankedSubset, ...]:
    """Every subset but the empty one, the smallest NLL first.

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
    nll, errors = _score(probs, labels, is_in / is_in.sum(dim=1, keepdim=True))
    flags: list[list[int]] = is_in.tolist()
    ranked = [
        RankedSubset(
            members=tuple(compress(names, chosen)),
            nll=nll[row],
            errors=errors[row],
            multiply_adds=sum(compress(multiply_adds, chosen)),
        )
        for row, chosen in enumerate(flags)
    ]
    return tuple(sorted(ranked, key=_nll))


def _score(probs: Tensor, labels: Tensor, shares: Tensor) -> tuple[list[float], list[int]]:
    """NLL and errors of each row of `shares`, `(subsets, members)`, which sums to one."""
    members, n, classes = probs.shape
    flat = probs.reshape(members, n * classes)
    nll: list[float] = []
    errors: list[int] = []
    for chunk in torch.split(shares, _SUBSETS_AT_ONCE):
        merged = (chunk @ flat).view(len(chunk), n, classes)
        at_label = merged[:, torch.arange(n), labels].clamp_min(torch.finfo(merged.dtype).tiny)
        chunk_nll: list[float] = at_label.log().mean(dim=1).neg().tolist()
        chunk_errors: list[int] = (merged.argmax(dim=2) != labels).sum(dim=1).tolist()
        nll += chunk_nll
        errors += chunk_errors
    return nll, errors


def _nll(subset: RankedSubset) -> float:
    return subset.nll
