"""Densely connected networks, DenseNet-BC (Huang et al. 2017, arXiv:1608.06993)."""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from handwriting_ai.architectures.base import Chain, Classifier, TypedModule

_DEPTH: Final = 100
_GROWTH: Final = 12
_COMPRESSION: Final = 0.5
_BOTTLENECK: Final = 4
"""A layer's 1 × 1 convolution makes this many times the growth in channels."""
_STAGES: Final = 3


class _DenseLayer(TypedModule):
    """Appends `_GROWTH` channels to its input."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        inner = _BOTTLENECK * _GROWTH
        self.body = Chain(
            nn.BatchNorm2d(in_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(in_channels, inner, 1, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU(inplace=True),
            nn.Conv2d(inner, _GROWTH, 3, padding=1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """`(n, c, h, w)` → `(n, c + growth, h, w)`."""
        return torch.cat([x, self.body(x)], dim=1)


def _transition(in_channels: int, out_channels: int) -> list[nn.Module]:
    return [
        nn.BatchNorm2d(in_channels),
        nn.ReLU(inplace=True),
        nn.Conv2d(in_channels, out_channels, 1, bias=False),
        nn.AvgPool2d(2),
    ]


class _DenseNet(TypedModule):
    def __init__(self, n_classes: int) -> None:
        super().__init__()
        layers_per_stage = (_DEPTH - 4) // (2 * _STAGES)
        width = 2 * _GROWTH
        layers: list[nn.Module] = [nn.Conv2d(1, width, 3, padding=1, bias=False)]
        for stage in range(_STAGES):
            for _ in range(layers_per_stage):
                layers.append(_DenseLayer(width))
                width += _GROWTH
            if stage < _STAGES - 1:
                layers += _transition(width, int(width * _COMPRESSION))
                width = int(width * _COMPRESSION)
        self.trunk = Chain(*layers, nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        self.head = Chain(nn.Flatten(), Classifier(width, n_classes))

    def forward(self, x: Tensor) -> Tensor:
        """`(n, 1, 28, 28)` → `(n, n_classes)`."""
        return self.head(functional.adaptive_avg_pool2d(self.trunk(x), 1))


def densenet_bc100(n_classes: int) -> TypedModule:
    """Depth 100, growth 12, compression 0.5: 0.77 M parameters."""
    return _DenseNet(n_classes)
