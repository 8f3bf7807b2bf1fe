"""`compact`, made for two CPU cores, and the same shape at half and twice its width, to see what width is worth."""

from collections.abc import Sequence
from typing import Final

from torch import nn

from handwriting_ai.architectures.base import Chain, Classifier, TypedModule, conv_bn_relu

_CHANNELS: Final = (32, 64, 128)


def compact(n_classes: int) -> TypedModule:
    """Two 3 × 3 convolutions at each of 28, 14 and 7 pixels a side, a global maximum, one linear layer.

    0.29 M parameters, 29 M multiply-adds. `(n, 1, 28, 28)` → logits `(n, n_classes)`.
    """
    return _of_channels(_CHANNELS, n_classes)


def compact_narrow(n_classes: int) -> TypedModule:
    """`compact` with half of its channels: 0.07 M parameters, 7 M multiply-adds."""
    return _of_channels([width // 2 for width in _CHANNELS], n_classes)


def compact_wide(n_classes: int) -> TypedModule:
    """`compact` with twice its channels: 1.15 M parameters, 116 M multiply-adds."""
    return _of_channels([width * 2 for width in _CHANNELS], n_classes)


def _of_channels(channels: Sequence[int], n_classes: int) -> TypedModule:
    """The network with so many channels at each size of picture."""
    layers: list[nn.Module] = []
    width_in = 1
    for width in channels:
        if layers:
            layers.append(nn.MaxPool2d(2))
        layers += conv_bn_relu(width_in, width, 3, padding_px=1)
        layers += conv_bn_relu(width, width, 3, padding_px=1)
        width_in = width
    return Chain(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), Classifier(width_in, n_classes))
