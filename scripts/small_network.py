"""What the trainings of ink and page networks share: optimiser, moving average, a place that is kept on disk."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR

from handwriting_ai.architectures.base import TypedModule, channels_last
from handwriting_ai.training.checkpoint import load_checkpoint, part_of, save_checkpoint
from handwriting_ai.training.optimization import average_of

WEIGHT_DECAY: Final = 1e-3


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast a network learns."""

    highest_rate: float
    """Of learning; it rises to this and falls to nothing."""
    warm_up: float = 0.1
    """Share of the steps until the learning rate has its full height."""
    ema_decay: float = 0.995
    """Of the moving average of the weights, at each step."""


class SmallTraining:
    """Network, moving average, optimiser and learning rate of one training; they are kept on disk together."""

    def __init__(
        self, build: Callable[[], TypedModule], what: str, steps: int, seed: int, pace: Pace, kept: Path
    ) -> None:
        """Begin with fresh weights.

        Args:
            build: makes the network.
            what: is trained, in words; with steps and seed it tells the file apart from that of another training.
            steps: batches in all.
            seed: of the weights.
            pace: how fast it learns.
            kept: the file in which the training keeps its place.
        """
        torch.manual_seed(seed)
        self.network = channels_last(build())
        self._average = average_of(self.network, pace.ema_decay)
        self._optimizer = torch.optim.AdamW(self.network.parameters(), lr=pace.highest_rate, weight_decay=WEIGHT_DECAY)
        self._schedule = OneCycleLR(
            self._optimizer, pace.highest_rate, total_steps=steps, pct_start=pace.warm_up, cycle_momentum=False
        )
        self.done = 0
        """Steps taken."""
        self._kept, self._identity = kept, f"{what}, {steps} steps, seed {seed}"

    def learn(self, loss: Tensor) -> float:
        """One step down the loss, which is given back."""
        self._optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimizer.step()
        self._schedule.step()
        self._average.update_parameters(self.network)
        self.done += 1
        return loss.item()

    def keep(self) -> None:
        """Write all of it, in place of what was written before."""
        network: dict[str, object] = self.network.state_dict()
        average: dict[str, object] = self._average.state_dict()
        optimizer: dict[str, object] = self._optimizer.state_dict()
        schedule: dict[str, object] = self._schedule.state_dict()
        state = {"network": network, "average": average, "optimizer": optimizer, "schedule": schedule}
        save_checkpoint(self._kept, self._identity, {**state, "done": self.done})

    def go_on(self) -> None:
        """Take up what was kept, if anything was.

        Raises:
            CheckpointError: it is damaged, or of another training.
        """
        if self._kept.exists():
            state = load_checkpoint(self._kept, self._identity)
            self.network.load_state_dict(part_of(state, "network"))
            self._average.load_state_dict(part_of(state, "average"))
            self._optimizer.load_state_dict(part_of(state, "optimizer"))
            self._schedule.load_state_dict(part_of(state, "schedule"))
            done = state.get("done")
            self.done = done if isinstance(done, int) else 0

    def averaged(self) -> dict[str, Tensor]:
        """The moving average's weights."""
        weights: dict[str, Tensor] = self._average.module.state_dict()
        return weights


def write_halves(stored: dict[str, Tensor], path: Path) -> None:
    """Weights as half floats, in one file of numpy's."""
    halves: dict[str, NDArray[np.float16]] = {}
    for name, value in stored.items():
        half: NDArray[np.float16] = value.half().numpy()
        halves[name] = half
    np.savez(path, allow_pickle=False, **halves)
