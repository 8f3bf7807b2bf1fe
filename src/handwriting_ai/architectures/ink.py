"""The network that finds handwriting on paper: `scripts/ink_network.py` trains it, `preprocess.ink_network` runs it."""

from typing import Final

from torch import Tensor, nn
from torch.nn import functional

from handwriting_ai.architectures.base import Chain, TypedModule

CHANNELS: Final = (12, 24, 48, 64, 64)
"""At 1/2, 1/4, 1/8, 1/16 and 1/32 of the picture's size."""


def _block(channels_in: int, channels_out: int, stride: int = 1) -> Chain:
    convolution = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
    return Chain(convolution, nn.BatchNorm2d(channels_out), nn.ReLU(inplace=True))


class _Level(TypedModule):
    """One size of the picture with all smaller ones below it: `(n, fine, 2h, 2w)` → as large, `fine` channels."""

    def __init__(self, fine: int, coarser: tuple[int, ...]) -> None:
        super().__init__()
        coarse, *rest = coarser
        self.down: TypedModule = Chain(_block(fine, coarse, 2), _block(coarse, coarse))
        self.below: TypedModule = _Level(coarse, tuple(rest)) if rest else _block(coarse, coarse)
        self.narrow: TypedModule = Chain(nn.Conv2d(coarse, fine, 1))
        self.merge: TypedModule = _block(fine, fine)

    def forward(self, x: Tensor) -> Tensor:
        """What is seen at half the size is enlarged and added to what came in."""
        coarse = self.narrow(self.below(self.down(x)))
        return self.merge(x + functional.interpolate(coarse, scale_factor=2.0, mode="nearest"))


class InkNetwork(TypedModule):
    """`(n, 1, h, w)`, sides multiples of 32 → logits `(n, 1, h, w)`: a U-Net (Ronneberger et al. 2015) that adds."""

    def __init__(self) -> None:
        super().__init__()
        first, *coarser = CHANNELS
        self.first: TypedModule = Chain(_block(1, first, 2), _block(first, first))
        self.levels: TypedModule = _Level(first, tuple(coarser))
        self.last: TypedModule = Chain(nn.ConvTranspose2d(first, 1, 4, 2, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Down five times, and up again."""
        return self.last(self.levels(self.first(x)))
