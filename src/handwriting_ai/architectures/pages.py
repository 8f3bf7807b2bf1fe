"""The networks that find digits on a page: `scripts/page_cuts.py` and `scripts/page_judge.py` train them.

`segmentation.cut_network` and `segmentation.judge` run them with numpy, without torch.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from handwriting_ai.architectures.base import Chain, TypedModule
from handwriting_ai.prediction import N_CLASSES

# Channels and strides of each network's convolutions, in order.
CUT_CHANNELS: Final = (16, 24, 32, 32, 32, 32, 32, 24, 24)
CUT_STRIDES: Final = (2, 1, 2, 1, 2, 1, 1, 1, 1)
CUT_SHARES: Final = 4
"""Channels of the head: each pixel of the last block, at half the size, answers for two by two of the picture."""
JUDGE_CHANNELS: Final = (8, 16, 24, 40, 64)
JUDGE_STRIDES: Final = (1, 2, 1, 2, 1)


class Block(TypedModule):
    """A 3 × 3 convolution, normalised, what is below zero cut off."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels_out)
        self.chain: TypedModule = Chain(self.convolution, self.norm, nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        """`(n, in, h, w)` → `(n, out, h / stride, w / stride)`."""
        return self.chain(x)

    def folded(self) -> tuple[Tensor, Tensor]:
        """Kernel `(9 · in, out)` and bias `(out)`, the normalisation folded in: what `segmentation.layers` takes."""
        mean, variance = self.norm.running_mean, self.norm.running_var
        if mean is None or variance is None:
            raise TypeError("A normalisation without statistics cannot be folded.")
        scale = self.norm.weight / torch.sqrt(variance + self.norm.eps)
        kernel = self.convolution.weight * scale[:, None, None, None]
        return kernel.permute(1, 2, 3, 0).flatten(0, 2).detach(), (self.norm.bias - mean * scale).detach()


def _blocks(channels: tuple[int, ...], strides: tuple[int, ...]) -> list[Block]:
    return [Block(*each) for each in zip((1, *channels), channels, strides, strict=False)]


class CutNetwork(TypedModule):
    """Ink `(n, 1, h, w)`, sides multiples of 8 → logits as large: does a cut between two digits go through here?"""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = _blocks(CUT_CHANNELS, CUT_STRIDES)
        self.registered = nn.ModuleList(self.blocks)
        self.head = nn.Conv2d(CUT_CHANNELS[-1], CUT_SHARES, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Down to an eighth and up again; what was seen on the way is added."""
        first, fine, down, mid, lower, wide, back, narrow, last = self.blocks
        at_half = fine(first(x))
        at_quarter = mid(down(at_half))
        around = wide(lower(at_quarter))
        joined = narrow(back(at_quarter + functional.interpolate(around, scale_factor=2.0, mode="nearest")))
        seen = last(at_half + functional.interpolate(joined, scale_factor=2.0, mode="nearest"))
        logits: Tensor = self.head(seen)
        return functional.pixel_shuffle(logits, 2)

    def stored(self) -> dict[str, Tensor]:
        """What `segmentation.cut_network` reads."""
        head = self.head.weight.permute(1, 2, 3, 0).flatten(0, 2).detach()
        bias = self.head.bias
        if bias is None:
            raise TypeError("The head has no bias.")
        return {**_stored(self.blocks), "head": head, "head_bias": bias.detach()}


class JudgeNetwork(TypedModule):
    """A piece of ink `(n, 1, 28, 28)` → logits `(n, 11)`: which digit, or none."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = _blocks(JUDGE_CHANNELS, JUDGE_STRIDES)
        self.registered = nn.ModuleList(self.blocks)
        self.head = nn.Linear(JUDGE_CHANNELS[-1], N_CLASSES + 1)

    def forward(self, x: Tensor) -> Tensor:
        """The strongest answer of each channel decides."""
        for block in self.blocks:
            x = block(x)
        logits: Tensor = self.head(x.amax((2, 3)))
        return logits

    def stored(self) -> dict[str, Tensor]:
        """What `segmentation.judge` reads."""
        return {
            **_stored(self.blocks),
            "head": self.head.weight.t().detach(),
            "head_bias": self.head.bias.detach(),
        }


def _stored(blocks: list[Block]) -> dict[str, Tensor]:
    folded = [block.folded() for block in blocks]
    kernels = {f"kernel{index}": kernel for index, (kernel, _) in enumerate(folded)}
    return {**kernels, **{f"bias{index}": bias for index, (_, bias) in enumerate(folded)}}
