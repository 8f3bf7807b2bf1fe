"""ResNet-18 (He et al. 2016), torchvision's, with the stem that is usual for small pictures."""

from typing import Final

from torch import Tensor, nn

from handwriting_ai.architectures.base import Classifier, TypedModule
from handwriting_ai.support.torchvision_ops import torchvision_resnet18

_STEM_CHANNELS: Final = 64
_FEATURES: Final = 512


class _ResNet18(TypedModule):
    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.network = torchvision_resnet18(n_classes)
        self.network.add_module("conv1", nn.Conv2d(1, _STEM_CHANNELS, 3, padding=1, bias=False))
        self.network.add_module("maxpool", nn.Identity())
        self.network.add_module("fc", Classifier(_FEATURES, n_classes))

    def forward(self, x: Tensor) -> Tensor:
        """`(n, 1, 28, 28)` → `(n, n_classes)`."""
        y: Tensor = self.network(x)
        return y


def resnet18(n_classes: int) -> TypedModule:
    """Torchvision's ResNet-18, CIFAR style: one channel, 3 × 3 stem of stride 1, no max-pool."""
    return _ResNet18(n_classes)
