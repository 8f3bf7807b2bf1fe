"""The one place where torchvision is imported.

On Linux, PyPI's torchvision is built against CUDA. Beside a CPU-only torch its compiled operators do not load, and its
import fails since two of them are missing. None is needed here, so their schemas are declared first.
"""

from typing import Final

import torch
from torch import nn

_MISSING: Final = ("nms", "qnms")
_SCHEMA: Final = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_LIBRARIES: Final[list[torch.library.Library]] = []
"""Keeps the declared schemas alive: they vanish with their library."""


def torchvision_resnet18(n_classes: int) -> nn.Module:
    """Torchvision's ResNet-18 with fresh weights; the first call imports torchvision (about a second)."""
    _declare_missing_operators()
    from torchvision.models import resnet18

    network: nn.Module = resnet18(weights=None, num_classes=n_classes)
    return network


def _declare_missing_operators() -> None:
    if _LIBRARIES or torch.cuda.is_available() or torch.version.cuda is not None:
        return
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in _MISSING:
        library.define(f"{name}{_SCHEMA}")
    _LIBRARIES.append(library)
