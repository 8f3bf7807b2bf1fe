"""Temperature scaling: one number that makes a network's confidence honest (Guo et al. 2017)."""

import math
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

_MAX_STEPS: Final = 100


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The T > 0 for which softmax(logits / T), averaged over members and views, has the smallest NLL.

    Args:
        logits: `(n, 10)`, or `(members, views, n, 10)` for an ensemble under test-time augmentation, which is best
            calibrated after the averaging (Wu & Gales 2021). Logits, NOT probabilities.
        labels: `(n,)`.
    """
    wide = logits.detach().double().reshape(-1, labels.numel(), logits.shape[-1])  # (members · views, n, 10)
    at_label = wide[:, torch.arange(labels.numel()), labels]  # (members · views, n)
    log_temperature = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature], max_iter=_MAX_STEPS, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimizer.zero_grad()
        scale = log_temperature.exp()
        log_probs = at_label / scale - (wide / scale).logsumexp(dim=2)
        loss = math.log(len(wide)) - log_probs.logsumexp(dim=0).mean()
        torch.autograd.backward(loss)
        return float(loss.detach())

    step: Callable[[Callable[[], float]], object] = optimizer.step
    step(closure)
    return float(log_temperature.detach().exp())
