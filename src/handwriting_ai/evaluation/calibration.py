"""Temperature scaling: one number that makes a network's confidence honest (Guo et al. 2017)."""

import math
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

_FIRST_STEP: Final = 0.125
_LARGEST: Final = 8.0
"""Of |log T|: where all answers are right, or none means anything, no temperature is best."""
_CLOSE: Final = 1e-5
"""Of log T."""


def fit_temperature(logits: Tensor, labels: Tensor, *, start: float = 1.0) -> float:
    """The T > 0 for which softmax(logits / T), averaged over members and views, has the smallest NLL.

    Args:
        logits: `(n, 10)`, or `(members, views, n, 10)` for an ensemble under test-time augmentation, which is best
            calibrated after the averaging (Wu & Gales 2021). Logits, NOT probabilities.
        labels: `(n,)`.
        start: a guess; a good one saves time.
    """
    wide = logits.detach().float().reshape(-1, labels.numel(), logits.shape[-1])  # (members · views, n, 10)
    below = (wide - wide.amax(dim=2, keepdim=True)).permute(2, 0, 1).contiguous()  # classes first: sums are fast so
    at_label = below[labels, :, torch.arange(labels.numel())].T  # (members · views, n)

    def slope(log_temperature: float) -> float:
        """Of the NLL, in nats for one unit of log T."""
        scale = math.exp(log_temperature)
        weights = (below / scale).exp_()
        total = weights.sum(dim=0)
        log_probs = at_label / scale - total.log()
        changes = (weights.mul_(below).sum(dim=0) / total - at_label) / scale
        return -float((log_probs.softmax(dim=0) * changes).sum(dim=0).double().mean())

    return math.exp(_zero(slope, math.log(start)))


def _zero(slope: Callable[[float], float], start: float) -> float:
    """Where a slope that is negative on the left and positive on the right is zero: by regula falsi (Illinois)."""
    end, at_end = start, slope(start)
    step = math.copysign(_FIRST_STEP, -at_end)
    other, at_other = end, at_end
    while at_other * at_end > 0:
        if abs(other) >= _LARGEST:
            return other
        end, at_end, other, step = other, at_other, max(-_LARGEST, min(_LARGEST, other + step)), 2 * step
        at_other = slope(other)
    while abs(other - end) > _CLOSE and at_other != 0:
        middle = other - at_other * (other - end) / (at_other - at_end)
        at_middle = slope(middle)
        if at_middle * at_other < 0:
            end, at_end = other, at_other
        else:
            at_end /= 2
        if abs(middle - other) < _CLOSE:
            return middle
        other, at_other = middle, at_middle
    return other
