"""The networks, by name. Input `(n, 1, 28, 28)`, output logits `(n, n_classes)`."""

import functools
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor, nn

from handwriting_ai.architectures.base import TypedModule, channels_last, drop_features
from handwriting_ai.architectures.compact import compact, compact_narrow, compact_wide
from handwriting_ai.architectures.densenet import densenet_bc100
from handwriting_ai.architectures.resnet import resnet18
from handwriting_ai.architectures.simplecnn import simplecnn_m3, simplecnn_m5, simplecnn_m7
from handwriting_ai.architectures.wideresnet import wideresnet28_10
from handwriting_ai.errors import UnknownArchitecture
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.preprocess.parameters import IMAGE_SIDE
from handwriting_ai.support.names import did_you_mean
from handwriting_ai.support.randomness import seeded

__all__ = [
    "TypedModule",
    "architecture_names",
    "build_fresh_state_dict",
    "build_model",
    "channels_last",
    "count_multiply_adds",
    "count_parameters",
    "drop_features",
    "require_architecture",
]

_BUILDERS: Final[dict[str, Callable[[int], TypedModule]]] = {
    build.__name__: build
    for build in (
        compact,
        compact_narrow,
        compact_wide,
        resnet18,
        wideresnet28_10,
        densenet_bc100,
        simplecnn_m3,
        simplecnn_m5,
        simplecnn_m7,
    )
}


def architecture_names() -> tuple[str, ...]:
    """The names `build_model` knows."""
    return tuple(_BUILDERS)


def require_architecture(arch: str) -> None:
    """Find out whether `build_model` knows a name.

    Raises:
        UnknownArchitecture: it does not.
    """
    if arch not in _BUILDERS:
        near = did_you_mean(arch, _BUILDERS)
        raise UnknownArchitecture(f"No architecture {arch!r}.{near} Available: {', '.join(_BUILDERS)}.")


def build_model(arch: str, n_classes: int) -> TypedModule:
    """A network with fresh weights, drawn from torch's global generator.

    Raises:
        UnknownArchitecture: no architecture has this name.
    """
    require_architecture(arch)
    return _BUILDERS[arch](n_classes)


def build_fresh_state_dict(arch: str, n_classes: int, *, seed: int = 0) -> dict[str, Tensor]:
    """The state dict of a network with fresh weights; torch's global generator is left as it was.

    Raises:
        UnknownArchitecture: no architecture has this name.
    """
    with seeded(seed):
        state: dict[str, Tensor] = build_model(arch, n_classes).state_dict()
    return state


def _count_multiply_adds(arch: str) -> int:
    """Multiply-adds of one picture in the convolutions and linear layers of a network of ten classes.

    Raises:
        UnknownArchitecture: no architecture has this name.
    """
    counts: list[int] = []

    def count(layer: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        weight: object = getattr(layer, "weight", None)
        if torch.is_tensor(weight) and weight.ndim > 1:  # batch norm has one number a channel
            counts.append(weight.numel() * output.shape[2:].numel())

    with torch.device("meta"):
        network = build_model(arch, N_CLASSES).eval()
    # Not a pass on the meta device, nor torch's FlopCounterMode, nor `to_empty`: the first of each takes a second.
    layout: dict[str, Tensor] = network.state_dict()
    blank = {name: torch.zeros(values.shape, dtype=values.dtype) for name, values in layout.items()}
    network.load_state_dict(blank, assign=True)
    for layer in network.modules():
        layer.register_forward_hook(count)
    with torch.inference_mode():
        network(torch.zeros(1, 1, IMAGE_SIDE, IMAGE_SIDE))
    return sum(counts)


count_multiply_adds: Callable[[str], int] = functools.cache(_count_multiply_adds)


def count_parameters(model: nn.Module) -> int:
    """The number of trainable numbers."""
    return sum(parameter.numel() for parameter in model.parameters())
