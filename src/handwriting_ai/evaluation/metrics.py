"""Figures of merit from probabilities `(n, 10)` and labels `(n,)`."""

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

ECE_BINS: Final = 15
"""Guo et al. 2017 use fifteen bins of equal width."""


def count_errors(probs: Tensor, labels: Tensor) -> int:
    """How many rows have their largest probability elsewhere than at the label."""
    return int((probs.argmax(dim=1) != labels).sum())


def negative_log_likelihood(probs: Tensor, labels: Tensor) -> float:
    """Mean of −log p(label), in nats."""
    return float(functional.nll_loss(probs.clamp_min(torch.finfo(probs.dtype).tiny).log(), labels))


def expected_calibration_error(probs: Tensor, labels: Tensor, bins: int = ECE_BINS) -> float:
    """Mean gap between confidence and accuracy over bins of equal width, weighted by their counts (Guo et al. 2017)."""
    confidence, answer = probs.max(dim=1)
    right = (answer == labels).to(probs.dtype)
    which = (confidence * bins).long().clamp_max(bins - 1)
    gaps = torch.zeros(bins, dtype=probs.dtype).index_add(0, which, confidence - right)
    return float(gaps.abs().sum()) / labels.numel()
