"""From logits to a prediction: temperature, merging, and what the uncertainty is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from handwriting_ai.inference.views import View
from handwriting_ai.prediction import MemberPrediction, Prediction, ViewPrediction


def member_probabilities(logits: Tensor, temperatures: Sequence[float]) -> Tensor:
    """Temperature scaling (Guo et al. 2017): softmax(logits / T) with each member's own T.

    Args:
        logits: `(members, views, n, 10)` logits, NOT probabilities.
        temperatures: one positive number for each member.

    Returns:
        `(members, views, n, 10)`; rows sum to one.
    """
    scale = torch.tensor(temperatures, dtype=logits.dtype, device=logits.device).view(-1, 1, 1, 1)
    # Classes before pictures: torch's softmax takes a tenth of the time across rows that it takes along ten neighbours.
    across = (logits / scale).transpose(-1, -2).contiguous()
    return across.softmax(dim=-2).transpose(-1, -2)


def merge(probs: Tensor) -> Tensor:
    """Average `(members, views, n, 10)` over views, then over members, to `(n, 10)`; rows still sum to one."""
    return probs.mean(dim=1).mean(dim=0)


def entropy(probs: Tensor) -> Tensor:
    """`(…, 10)` → `(…)`: −Σ p log p, in nats."""
    terms: Tensor = torch.special.entr(probs)
    return terms.sum(dim=-1)


@dataclass(frozen=True, kw_only=True)
class Uncertainty:
    """Entropy of the merged answer, split as by Depeweg et al. 2018: total = mean member entropy + disagreement."""

    total: float
    member_mean: float
    disagreement: float


def split_uncertainty(members: Tensor) -> Uncertainty:
    """Split the uncertainty of one picture; `members` is `(members, 10)`, each merged over its views. In nats."""
    total = float(entropy(members.mean(dim=0)))
    member_mean = float(entropy(members).mean())
    return Uncertainty(total=total, member_mean=member_mean, disagreement=max(total - member_mean, 0.0))


def to_prediction(
    probs: Tensor,
    *,
    views: Sequence[View],
    model_ids: Sequence[str],
    temperatures: Sequence[float],
    uncertain_below: float,
    latency_ms: float,
) -> Prediction:
    """One picture's probabilities `(members, views, 10)` in plain numbers."""
    by_member, by_view = probs.mean(dim=1), probs.mean(dim=0)
    merged = by_member.mean(dim=0)
    uncertainty = split_uncertainty(by_member)
    confidence = float(merged.max())
    return Prediction(
        digit=int(merged.argmax()),
        confidence=confidence,
        probs=_plain(merged),
        model_id=ensemble_name(model_ids),
        uncertain=confidence < uncertain_below,
        views=tuple(
            ViewPrediction(name=view.name, probs=_plain(row)) for view, row in zip(views, by_view.unbind(), strict=True)
        ),
        members=tuple(
            MemberPrediction(model_id=model_id, temperature=temperature, probs=_plain(row))
            for model_id, temperature, row in zip(model_ids, temperatures, by_member.unbind(), strict=True)
        ),
        total_entropy=uncertainty.total,
        member_entropy=uncertainty.member_mean,
        disagreement=uncertainty.disagreement,
        latency_ms=latency_ms,
    )


def ensemble_name(model_ids: Sequence[str]) -> str:
    """The member's id, or `ensemble_<n>_models`."""
    return model_ids[0] if len(model_ids) == 1 else f"ensemble_{len(model_ids)}_models"


def _plain(row: Tensor) -> tuple[float, ...]:
    numbers: list[float] = row.tolist()
    return tuple(numbers)
