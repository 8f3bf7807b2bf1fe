"""Temperature scaling: one number that makes a network's confidence honest (Guo et al. 2017)."""

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

_MAX_STEPS: Final = 100


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The T > 0 for which softmax(logits / T) has the smallest negative log-likelihood.

    Args:
        logits: `(n, 10)` logits, NOT probabilities.
        labels: `(n,)`.
    """
    wide = logits.detach().double()
    log_temperature = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature], max_iter=_MAX_STEPS, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimizer.zero_grad()
        loss = functional.cross_entropy(wide / log_temperature.exp(), labels)
        torch.autograd.backward(loss)
        return float(loss.detach())

    step: Callable[[Callable[[], float]], object] = optimizer.step
    step(closure)
    return float(log_temperature.detach().exp())
