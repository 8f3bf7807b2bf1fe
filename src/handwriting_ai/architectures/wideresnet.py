"""Wide residual networks (Zagoruyko & Komodakis 2016, arXiv:1605.07146)."""

from typing import Final

from torch import Tensor, nn
from torch.nn import functional

from handwriting_ai.architectures.base import Chain, Classifier, TypedModule

_DEPTH: Final = 28
_WIDTH: Final = 10
_DROPOUT: Final = 0.3
_STEM_CHANNELS: Final = 16


class _WideBlock(TypedModule):
    """Batch norm, ReLU, 3 × 3 convolution, dropout, and the same again, beside a shortcut."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.first = Chain(nn.BatchNorm2d(in_channels), nn.ReLU(inplace=True))
        self.rest = Chain(
            nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Dropout(_DROPOUT),
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
        )
        same = in_channels == out_channels and stride == 1
        self.shortcut = None if same else Chain(nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """`(n, in, h, w)` → `(n, out, h / stride, w / stride)`."""
        active = self.first(x.clone())
        return self.rest(active) + (x if self.shortcut is None else self.shortcut(active))


class _WideResNet(TypedModule):
    def __init__(self, n_classes: int) -> None:
        super().__init__()
        blocks_per_stage = (_DEPTH - 4) // 6
        widths = [_STEM_CHANNELS * _WIDTH * factor for factor in (1, 2, 4)]
        layers: list[nn.Module] = [nn.Conv2d(1, _STEM_CHANNELS, 3, padding=1, bias=False)]
        width_in = _STEM_CHANNELS
        for stage, width in enumerate(widths):
            for block in range(blocks_per_stage):
                layers.append(_WideBlock(width_in, width, stride=2 if stage > 0 and block == 0 else 1))
                width_in = width
        self.trunk = Chain(*layers, nn.BatchNorm2d(width_in), nn.ReLU(inplace=True))
        self.head = Chain(nn.Flatten(), Classifier(width_in, n_classes))

    def forward(self, x: Tensor) -> Tensor:
        """`(n, 1, 28, 28)` → `(n, n_classes)`."""
        return self.head(functional.adaptive_avg_pool2d(self.trunk(x), 1))


def wideresnet28_10(n_classes: int) -> TypedModule:
    """Depth 28, width 10, dropout 0.3: 36.5 M parameters."""
    return _WideResNet(n_classes)
