"""The one place where torchvision is imported.

On Linux, PyPI's torchvision is built against CUDA. Beside a CPU-only torch its compiled operators do not load, and its
import fails since two of them are missing. None is needed here, so their schemas are declared first.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import torch
from torch import nn

from handwriting_ai.errors import DataMissing

_MISSING: Final = ("nms", "qnms")
_SCHEMA: Final = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_LIBRARIES: Final[list[torch.library.Library]] = []
"""Keeps the declared schemas alive: they vanish with their library."""


def torchvision_resnet18(n_classes: int) -> nn.Module:
    """Torchvision's ResNet-18 with fresh weights; the first call imports torchvision (about a second)."""
    declare_missing_operators()
    from torchvision.models import resnet18

    return resnet18(weights=None, num_classes=n_classes)


def download_emnist(folder: Path) -> None:
    """Download EMNIST from NIST (0.5 GB) and unpack it under `folder`, unless it is there.

    Raises:
        DataMissing: the download failed, or brought something else.
    """
    declare_missing_operators()
    from torchvision.datasets import EMNIST

    try:
        EMNIST(str(folder), split="digits", download=True)
    except (OSError, RuntimeError) as error:
        raise DataMissing(
            f"EMNIST could not be downloaded to {folder}: {error}. Try again, or put torchvision's files there by hand."
        ) from error


def declare_missing_operators() -> None:
    """Make torchvision importable beside a CPU-only torch; call it before the import."""
    if _LIBRARIES or torch.cuda.is_available() or torch.version.cuda is not None:
        return
    open_library: Callable[[str, str], torch.library.Library] = torch.library.Library
    library = open_library("torchvision", "FRAGMENT")
    define: Callable[[str], object] = library.define
    for name in _MISSING:
        define(f"{name}{_SCHEMA}")
    _LIBRARIES.append(library)
