"""The network that finds handwriting on paper; it is trained by `scripts/ink_network.py` and run by `preprocess`."""

from typing import Final

from torch import Tensor, nn
from torch.nn import functional

from handwriting_ai.architectures.base import Chain, TypedModule

CHANNELS: Final = (12, 24, 48, 64, 64)
"""At 1/2, 1/4, … of the picture's size."""


def _block(channels_in: int, channels_out: int, stride: int = 1) -> Chain:
    convolution = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
    return Chain(convolution, nn.BatchNorm2d(channels_out), nn.ReLU(inplace=True))


class _Up(TypedModule):
    """What was seen at half the size, enlarged and added to what was seen at this size on the way down."""

    def __init__(self, coarse: int, fine: int) -> None:
        super().__init__()
        self.narrow: TypedModule = Chain(nn.Conv2d(coarse, fine, 1))
        self.merge: TypedModule = _block(fine, fine)

    def add(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """`(n, coarse, h, w)` and `(n, fine, 2h, 2w)` → `(n, fine, 2h, 2w)`."""
        enlarged = functional.interpolate(self.narrow(coarse), scale_factor=2.0, mode="nearest")
        return self.merge(fine + enlarged)


class InkNetwork(TypedModule):
    """`(n, 1, h, w)`, sides multiples of 32 → logits `(n, 1, h, w)`: a U-Net (Ronneberger et al. 2015) that adds."""

    def __init__(self) -> None:
        super().__init__()
        first, *others = CHANNELS
        self.first: TypedModule = Chain(_block(1, first, 2), _block(first, first))
        self.downs = nn.ModuleList()
        self.ups = nn.ModuleList()
        fine = first
        for coarse in others:
            self.downs.append(Chain(_block(fine, coarse, 2), _block(coarse, coarse)))
            self.ups.append(_Up(coarse, fine))
            fine = coarse
        self.deepest: TypedModule = _block(fine, fine)
        self.out: TypedModule = Chain(nn.ConvTranspose2d(first, 1, 4, 2, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Down five times, and up again."""
        seen = [self.first(x)]
        for down in self.downs:
            assert isinstance(down, Chain)
            seen.append(down(seen[-1]))
        x = self.deepest(seen.pop())
        for up in reversed(self.ups):
            assert isinstance(up, _Up)
            x = up.add(x, seen.pop())
        return self.out(x)
