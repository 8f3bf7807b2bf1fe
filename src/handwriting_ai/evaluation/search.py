"""Every ensemble that can be made of some members, ranked by validation NLL beside its cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Final

import torch
from torch import Tensor

from handwriting_ai.evaluation.metrics import count_errors

MOST_MEMBERS: Final = 12
"""4,095 subsets."""
MOST_RANKED: Final = 100
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
    probs: Tensor, labels: Tensor, names: Sequence[str], multiply_adds: Sequence[int], most: int = MOST_RANKED
) -> tuple[RankedSubset, ...]:
    """Rank every subset but the empty one; returns the `most` with the smallest NLL, the best first.

    Args:
        probs: `(members, n, 10)` on validation, each member's own merged over its views.
        labels: `(n,)`.
        names: of the members.
        multiply_adds: of each member.
        most: how many to return.

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
    nll = torch.cat([_nll(chunk @ at_label) for chunk in torch.split(shares, _SUBSETS_AT_ONCE)])
    best = nll.argsort(stable=True)[:most]
    flags: list[list[int]] = is_in[best].tolist()
    losses: list[float] = nll[best].tolist()
    return tuple(
        RankedSubset(
            members=tuple(compress(names, chosen)),
            nll=loss,
            errors=count_errors((share.view(-1, 1, 1) * probs).sum(dim=0), labels),
            multiply_adds=sum(compress(multiply_adds, chosen)),
        )
        for share, chosen, loss in zip(shares[best].unbind(), flags, losses, strict=True)
    )


def _nll(at_label: Tensor) -> Tensor:
    """Probabilities of the labels `(subsets, n)` → `(subsets,)`."""
    return at_label.clamp_min(torch.finfo(at_label.dtype).tiny).log().mean(dim=1).neg()
