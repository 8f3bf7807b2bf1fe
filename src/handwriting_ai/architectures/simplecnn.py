"""An et al. 2020, "An Ensemble of Simple Convolutional Neural Network Models for MNIST" (arXiv:2008.10400).

Unpadded k × k convolutions, each with batch norm and ReLU, no pooling; one linear layer and one more batch norm.
"""

from collections.abc import Sequence
from typing import Final

from torch import nn

from handwriting_ai.architectures.base import Chain, Classifier, TypedModule, conv_bn_relu
from handwriting_ai.preprocess.parameters import IMAGE_SIDE

_M3_CHANNELS: Final = (32, 48, 64, 80, 96, 112, 128, 144, 160, 176)
_M5_CHANNELS: Final = (32, 64, 96, 128, 160)
_M7_CHANNELS: Final = (48, 96, 144, 192)


def simplecnn_m3(n_classes: int) -> TypedModule:
    """Ten 3 × 3 convolutions: `(n, 1, 28, 28)` → `(n, n_classes)`."""
    return _simplecnn(3, _M3_CHANNELS, n_classes)


def simplecnn_m5(n_classes: int) -> TypedModule:
    """Five 5 × 5 convolutions: `(n, 1, 28, 28)` → `(n, n_classes)`."""
    return _simplecnn(5, _M5_CHANNELS, n_classes)


def simplecnn_m7(n_classes: int) -> TypedModule:
    """Four 7 × 7 convolutions: `(n, 1, 28, 28)` → `(n, n_classes)`."""
    return _simplecnn(7, _M7_CHANNELS, n_classes)


def _simplecnn(kernel_px: int, channels: Sequence[int], n_classes: int) -> TypedModule:
    layers: list[nn.Module] = []
    width_in, side = 1, IMAGE_SIDE
    for width in channels:
        layers += conv_bn_relu(width_in, width, kernel_px)
        width_in, side = width, side - kernel_px + 1
    head = [nn.Flatten(), Classifier(width_in * side * side, n_classes, bias=False), nn.BatchNorm1d(n_classes)]
    return Chain(*layers, *head)
