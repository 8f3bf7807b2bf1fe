"""Networks at work: grey levels in, logits out, without gradients."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from handwriting_ai.preprocess import normalize


def as_input(images: "NDArray[np.uint8]") -> Tensor:
    """Grey levels `uint8 (n, 28, 28)` → what a network reads, `float32 (n, 1, 28, 28)`."""
    return torch.from_numpy(normalize(images)).unsqueeze(1)


def logits_of(network: nn.Module, batch: Tensor) -> Tensor:
    """One batch `(n, 1, 28, 28)`, on the device of a network in evaluation mode → logits `(n, n_classes)` there."""
    with torch.inference_mode():
        logits: Tensor = network(batch.contiguous(memory_format=torch.channels_last))
    return logits


def all_logits(network: nn.Module, images: "NDArray[np.uint8]", *, size: int, device: torch.device) -> Tensor:
    """However many pictures `uint8 (n, 28, 28)`, `size` at a time → logits `float32 (n, n_classes)` on the CPU.

    Args:
        network: on `device`, in evaluation mode.
        images: what it reads.
        size: pictures of a batch.
        device: where it runs.
    """
    batches = torch.split(as_input(images).to(device), size)
    return torch.cat([logits_of(network, batch).float() for batch in batches]).cpu()
