"""Teaching a network a hand: its late layers go on learning, from a few drawings and from what must not be forgotten.

The early layers stay as they are, so that what they make of each picture is computed once. What must not be forgotten
is what the network said before: it answers for the pictures of others as it did (learning without forgetting, Li &
Hoiem 2016). Batch norm keeps its statistics.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from handwriting_ai.architectures import TypedModule
from handwriting_ai.architectures.base import Chain
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.preprocess import FULL_INK, MNIST_MEAN, MNIST_STD
from handwriting_ai.training.augment import augment
from handwriting_ai.training.stages import Augmentation
from handwriting_ai.training.taught import Teaching

_CHUNK: Final = 100
"""Pictures at once."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Remembered:
    """Pictures of others, as the early layers see them, and what the network said of each."""

    features: Tensor
    """`float16 (n, …)`."""
    probs: Tensor
    """`(n, 10)`."""


def split_network(network: TypedModule) -> tuple[nn.Module, TypedModule]:
    """The early layers, which stay, and the late ones, which learn: those behind the last pooling, or else all."""
    if not isinstance(network, Chain):
        return nn.Identity(), network
    layers = list(network.layers.children())
    pools = [index for index, layer in enumerate(layers) if isinstance(layer, nn.MaxPool2d)]
    first = pools[-1] + 1 if pools else 0
    early = nn.Sequential(*layers[:first]) if first else nn.Identity()
    return early, Chain(*layers[first:])


def as_batch(ink: Tensor) -> Tensor:
    """Ink in [0, 1], `(n, 1, 28, 28)`, as networks read it."""
    return ((ink - MNIST_MEAN) / MNIST_STD).contiguous(memory_format=torch.channels_last)


def seen_by(early: nn.Module, ink: Tensor) -> Tensor:
    """What the early layers make of ink in [0, 1]: `float16 (n, …)`."""
    with torch.no_grad():
        parts: list[Tensor] = []
        for part in torch.split(ink, _CHUNK):
            seen: Tensor = early(as_batch(part))
            parts.append(seen.half())
    return torch.cat(parts)


def remember(network: TypedModule, pixels: Tensor, teaching: Teaching, generator: torch.Generator) -> Remembered:
    """Change each picture of others at random and keep what the network makes of it.

    Args:
        network: in evaluation mode.
        pixels: `uint8 (n, 28, 28)`.
        teaching: how pictures are changed.
        generator: of the changes.
    """
    early, late = split_network(network)
    features = seen_by(early, _changed(pixels, teaching.augmentation, generator))
    with torch.no_grad():
        probs = torch.cat([late(part.float()).softmax(dim=1) for part in torch.split(features, _CHUNK)])
    return Remembered(features=features, probs=probs)


def _changed(pixels: Tensor, augmentation: Augmentation, generator: torch.Generator) -> Tensor:
    """Each of `uint8 (n, 28, 28)` changed at random: ink in [0, 1], `(n, 1, 28, 28)`."""
    parts = torch.split(pixels, _CHUNK)
    return torch.cat([augment(part.unsqueeze(1) / FULL_INK, augmentation, generator) for part in parts])


class FineTuning:
    """One network being taught, from first step to last; `step` moves it on by one."""

    def __init__(
        self,
        network: TypedModule,
        pixels: Tensor,
        labels: Tensor,
        others: Remembered,
        teaching: Teaching,
        seed: int,
    ) -> None:
        """Teach `network` itself.

        Args:
            network: in evaluation mode, on the processor.
            pixels: the drawings, `uint8 (n, 28, 28)`.
            labels: what they show, `(n,)`.
            others: what must not be forgotten.
            teaching: how it is done.
            seed: of all draws.
        """
        self.done = 0
        """Steps taken."""
        self.loss = 0.0
        """Of the last step."""
        self._teaching, self._others = teaching, others
        self.generator = torch.Generator()
        self.generator.manual_seed(seed)
        early, self.late = split_network(network)
        copies = pixels.repeat(teaching.copies, 1, 1)
        self._own = seen_by(early, _changed(copies, teaching.augmentation, self.generator))
        smoothing = teaching.label_smoothing
        wanted = functional.one_hot(labels, N_CLASSES) * (1 - smoothing) + smoothing / N_CLASSES
        self._wanted = wanted.repeat(teaching.copies, 1)
        self._by_digit = _rows_by_digit(labels.repeat(teaching.copies))
        self.optimizer = torch.optim.AdamW(
            self.late.parameters(), lr=teaching.learning_rate, weight_decay=teaching.weight_decay
        )

    def step(self) -> None:
        """One update: as many pictures of each digit drawn as of any other, and pictures of others."""
        teaching = self._teaching
        rate = teaching.learning_rate * 0.5 * (1 + math.cos(math.pi * self.done / teaching.steps))
        groups: list[dict[str, object]] = self.optimizer.param_groups
        groups[0]["lr"] = rate
        digits: list[int] = torch.randint(len(self._by_digit), (teaching.own_batch,), generator=self.generator).tolist()
        rows = torch.stack([self._draw(self._by_digit[digit]) for digit in digits])
        others = torch.randint(len(self._others.probs), (teaching.others_batch,), generator=self.generator)
        batch = torch.cat([self._own[rows], self._others.features[others]]).float()
        targets = torch.cat([self._wanted[rows], self._others.probs[others]])
        logits = self.late(batch.contiguous(memory_format=torch.channels_last))
        losses = functional.cross_entropy(logits, targets, reduction="none")
        own, rest = losses[: teaching.own_batch].mean(), losses[teaching.own_batch :].mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss = teaching.own_weight * own + (1 - teaching.own_weight) * rest
        torch.autograd.backward(loss)
        self.loss = float(loss.detach())
        self.optimizer.step()
        self.done += 1

    def _draw(self, rows: Tensor) -> Tensor:
        return rows[torch.randint(len(rows), (), generator=self.generator)]

    def run(self, on_step: Callable[[int, int], None]) -> None:
        """All steps that are left; `on_step` is called with the steps taken and all steps."""
        while self.done < self._teaching.steps:
            self.step()
            on_step(self.done, self._teaching.steps)


def _rows_by_digit(labels: Tensor) -> list[Tensor]:
    """Rows of each digit that there is."""
    found = [(labels == digit).nonzero().squeeze(1) for digit in range(N_CLASSES)]
    return [rows for rows in found if len(rows)]
