"""What every architecture shares: a module whose call is typed, and the block they are mostly made of."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

_CONVOLUTION_DIMENSIONS: Final = 4
"""Only the weights of convolutions have four."""


class TypedModule(nn.Module):
    """An `nn.Module` that maps one tensor to one tensor, and says so to the type checker."""

    if TYPE_CHECKING:

        def __call__(self, x: Tensor, /) -> Tensor:
            """Run `forward` with hooks."""
            ...


class Chain(TypedModule):
    """Modules applied one after the other; `nn.Sequential` whose call is typed."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layers in order."""
        y: Tensor = self.layers(x)
        return y


def channels_last(network: TypedModule) -> TypedModule:
    """Lay the weights of convolutions out as processors with vector units read them fastest."""
    for parameter in network.parameters():
        if parameter.ndim == _CONVOLUTION_DIMENSIONS:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network


class Convolution(nn.Conv2d):
    """A square convolution of stride one without bias."""

    def __init__(self, in_channels: int, out_channels: int, kernel_px: int, padding_px: int) -> None:
        super().__init__(in_channels, out_channels, kernel_px, padding=padding_px, bias=False)


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation of feature maps (Ioffe & Szegedy 2015)."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)


def conv_bn_relu(in_channels: int, out_channels: int, kernel_px: int, *, padding_px: int = 0) -> list[nn.Module]:
    """Convolution, batch norm, ReLU; `fold.fold_batch_norm` makes one of the first two."""
    return [
        Convolution(in_channels, out_channels, kernel_px, padding_px),
        BatchNorm(out_channels),
        nn.ReLU(inplace=True),
    ]


class Classifier(nn.Linear):
    """The last layer: features to logits."""

    def __init__(self, features: int, n_classes: int, *, bias: bool = True) -> None:
        super().__init__(features, n_classes, bias=bias)


@contextmanager
def drop_features(network: TypedModule, share: float) -> Iterator[None]:
    """While training, drop this share of the classifier's inputs (Srivastava et al. 2014); 0 drops none.

    Raises:
        ValueError: the network has no `Classifier`.
    """
    if share == 0:
        yield
        return

    def drop(module: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
        return functional.dropout(inputs[0], share, training=module.training)

    classifiers = [module for module in network.modules() if isinstance(module, Classifier)]
    if len(classifiers) != 1:
        raise ValueError(f"Dropout needs one Classifier, {type(network).__name__} has {len(classifiers)}.")
    hook = classifiers[0].register_forward_pre_hook(drop)
    try:
        yield
    finally:
        hook.remove()
