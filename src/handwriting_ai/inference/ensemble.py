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
    """Entropy of each merged answer, split as by Depeweg et al. 2018: total = mean member entropy + disagreement."""

    total: Tensor
    member_mean: Tensor
    disagreement: Tensor


def split_uncertainty(members: Tensor) -> Uncertainty:
    """Split the uncertainty of each picture; `members` is `(members, …, 10)`, each merged over its views. In nats."""
    total = entropy(members.mean(dim=0))
    member_mean = entropy(members).mean(dim=0)
    return Uncertainty(total=total, member_mean=member_mean, disagreement=(total - member_mean).clamp(min=0.0))


def to_predictions(
    probs: Tensor,
    *,
    views: Sequence[View],
    model_ids: Sequence[str],
    temperatures: Sequence[float],
    uncertain_below: float,
    latency_ms: float,
) -> list[Prediction]:
    """Each picture's probabilities `(members, views, n, 10)` in plain numbers."""
    by_member, by_view = probs.mean(dim=1), probs.mean(dim=0)
    merged = by_member.mean(dim=0)
    split = split_uncertainty(by_member)
    digits: list[int] = merged.argmax(dim=-1).tolist()
    parts: list[list[float]] = torch.stack((split.total, split.member_mean, split.disagreement), dim=1).tolist()
    answers: list[Prediction] = []
    for digit, row, entropies, of_views, of_members in zip(
        digits, _plain(merged), parts, _each(by_view), _each(by_member), strict=True
    ):
        total, member_mean, disagreement = entropies
        prediction = Prediction(
            digit=digit,
            confidence=row[digit],
            probs=row,
            model_id=ensemble_name(model_ids),
            uncertain=row[digit] < uncertain_below,
            views=tuple(ViewPrediction(name=view.name, probs=each) for view, each in zip(views, of_views, strict=True)),
            members=tuple(
                MemberPrediction(model_id=model_id, temperature=temperature, probs=each)
                for model_id, temperature, each in zip(model_ids, temperatures, of_members, strict=True)
            ),
            total_entropy=total,
            member_entropy=member_mean,
            disagreement=disagreement,
            latency_ms=latency_ms,
        )
        answers.append(prediction)
    return answers


def ensemble_name(model_ids: Sequence[str]) -> str:
    """The member's id, or `ensemble_<n>_models`."""
    return model_ids[0] if len(model_ids) == 1 else f"ensemble_{len(model_ids)}_models"


def _plain(rows: Tensor) -> list[tuple[float, ...]]:
    """`(n, 10)` in plain numbers."""
    numbers: list[list[float]] = rows.tolist()
    return [tuple(row) for row in numbers]


def _each(several: Tensor) -> list[list[tuple[float, ...]]]:
    """`(k, n, 10)` in plain numbers, the k rows of each picture together."""
    return [_plain(rows) for rows in several.transpose(0, 1).unbind()]
