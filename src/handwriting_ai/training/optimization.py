"""From a stage's numbers to torch's optimizers and schedules, and the moving average of the weights."""

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LRScheduler, OneCycleLR, StepLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from handwriting_ai.training.stages import Optimizer, Schedule, Stage

_STEP_SHARE: Final = 0.5
_STEP_FACTOR: Final = 0.1
_COSINE_FLOOR: Final = 1e-6
_WARM_UP_SHARE: Final = 0.2
_INITIAL_DIVISOR: Final = 25.0
_FINAL_DIVISOR: Final = 1_000.0
_AVERAGE_WARM_UP: Final = 10.0
_Tensors = tuple[Tensor, ...] | list[Tensor]


def build_optimizer(network: nn.Module, stage: Stage, *, fused: bool) -> torch.optim.Optimizer:
    """Adam or AdamW over all parameters."""
    kind = torch.optim.AdamW if stage.optimizer is Optimizer.ADAMW else torch.optim.Adam
    betas = (stage.beta1, stage.beta2)
    return kind(network.parameters(), lr=stage.learning_rate, betas=betas, weight_decay=stage.weight_decay, fused=fused)


def build_schedule(optimizer: torch.optim.Optimizer, stage: Stage, steps: int) -> LRScheduler:
    """The learning rate over `steps` updates."""
    if stage.schedule is Schedule.STEP:
        return StepLR(optimizer, step_size=max(1, round(steps * _STEP_SHARE)), gamma=_STEP_FACTOR)
    if stage.schedule is Schedule.COSINE:
        return CosineAnnealingLR(optimizer, T_max=steps, eta_min=_COSINE_FLOOR)
    if stage.schedule is Schedule.ONE_CYCLE:
        total = steps + 1
        return OneCycleLR(
            optimizer,
            max_lr=stage.learning_rate,
            total_steps=total,
            pct_start=max(_WARM_UP_SHARE, 2 / total),  # torch divides by the warm-up's steps, one fewer than this share
            div_factor=_INITIAL_DIVISOR,
            final_div_factor=_FINAL_DIVISOR,
            cycle_momentum=False,
        )
    return ConstantLR(optimizer, factor=1.0)


def average_of(network: nn.Module, decay: float) -> AveragedModel:
    """An exponential moving average of weights and batch-norm statistics (Polyak & Juditsky 1992).

    The decay is reached gradually, as min(decay, (1 + n) / (10 + n)) after n updates, so that the random weights of
    the start are soon forgotten. A decay of 0 follows the network itself.
    """
    make_average: Callable[[float], Callable[[_Tensors, _Tensors, Tensor | int], None]] = get_ema_multi_avg_fn

    def update(averaged: _Tensors, current: _Tensors, updates: Tensor | int) -> None:
        count = float(average.n_averaged)  # `updates` is a copy on the GPU, which would be waited for
        gradual = min(decay, (1.0 + count) / (_AVERAGE_WARM_UP + count))
        blend: Callable[[_Tensors, _Tensors, Tensor | int], None] = make_average(gradual)
        blend(averaged, current, updates)

    average = AveragedModel(network, multi_avg_fn=update, use_buffers=True)
    return average
