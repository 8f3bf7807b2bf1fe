"""Labels that look wrong: what a network reads in a drawing, and which other drawings it is like."""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from handwriting_ai.architectures import TypedModule
from handwriting_ai.architectures.base import Classifier
from handwriting_ai.architectures.running import all_logits, as_input
from handwriting_ai.data.mnist import DigitImages

_BATCH: Final = 100
_SURELY: Final = 0.7
"""The probability from which a network is taken to read a digit."""
_HARDLY: Final = 0.1
"""The label's own probability is below this where the label looks wrong."""
_CPU: Final = torch.device("cpu")


def find_odd_labels(network: TypedModule, pictures: DigitImages, probs: Tensor) -> tuple[int | None, ...]:
    """For each drawing the digit that it rather is, or None.

    A label is odd if the network surely reads another digit, and the drawing is also more like those of that digit than
    like the others of its label, as the network's last features tell.

    Args:
        network: in evaluation mode.
        pictures: n drawings with their labels.
        probs: `(n, 10)`, what the network says of them.
    """
    features = functional.normalize(features_of(network, pictures.images), dim=1)
    alike = features @ features.T
    labels, places = torch.from_numpy(pictures.labels), torch.arange(len(pictures))
    values: list[int] = pictures.labels.tolist()
    found: list[int | None] = []
    for row, label in enumerate(values):
        read = int(probs[row].argmax())
        is_sure = read != label and float(probs[row, read]) >= _SURELY and float(probs[row, label]) < _HARDLY
        same, other = alike[row][(labels == label) & (places != row)], alike[row][labels == read]
        is_odd = is_sure and len(same) > 0 and len(other) > 0 and bool(other.mean() > same.mean())
        found.append(read if is_odd else None)
    return tuple(found)


def features_of(network: TypedModule, images: "NDArray[np.uint8]") -> Tensor:
    """What the classifier is given, `(n, features)`."""
    seen: list[Tensor] = []

    def keep(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen.append(inputs[0].detach().flatten(1))

    classifier = next(module for module in network.modules() if isinstance(module, Classifier))
    hook = classifier.register_forward_pre_hook(keep)
    try:
        for part in torch.split(as_input(images), _BATCH):
            with torch.inference_mode():
                network(part)
    finally:
        hook.remove()
    return torch.cat(seen)


def own_logits(network: TypedModule, images: "NDArray[np.uint8]") -> Tensor:
    """Logits `(n, 10)` of pictures `uint8 (n, 28, 28)`, on the processor."""
    return all_logits(network, images, size=_BATCH, device=_CPU)


def probs_of(network: TypedModule, images: "NDArray[np.uint8]") -> Tensor:
    """Probabilities `(n, 10)`, without a temperature."""
    return own_logits(network, images).softmax(dim=1)
