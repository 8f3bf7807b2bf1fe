"""What every architecture shares: a module whose call is typed, and the block they are mostly made of."""

from typing import TYPE_CHECKING

from torch import Tensor, nn


class TypedModule(nn.Module):
    """An `nn.Module` that maps one tensor to one tensor, and says so to the type checker."""

    if TYPE_CHECKING:

        def __call__(self, x: Tensor, /) -> Tensor:
            """Run `forward` with hooks."""
            ...


class Chain(TypedModule):
    """Modules applied one after the other; `nn.Sequential` whose call is typed."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layers in order."""
        y: Tensor = self.layers(x)
        return y


def conv_bn_relu(in_channels: int, out_channels: int, kernel_px: int, *, padding_px: int = 0) -> list[nn.Module]:
    """Convolution without bias, batch norm (Ioffe & Szegedy 2015), ReLU."""
    return [
        nn.Conv2d(in_channels, out_channels, kernel_px, padding=padding_px, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    ]
