"""Batch norm folded into the convolution before it: the same answers from fewer operations."""

import copy

from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from handwriting_ai.architectures import build_model
from handwriting_ai.architectures.base import BatchNorm, Chain, Convolution, TypedModule, channels_last


def for_inference(arch: str, n_classes: int, state: dict[str, Tensor]) -> TypedModule:
    """A network with these weights as it answers fastest: evaluation mode, batch norm folded, channels last.

    Raises:
        UnknownArchitecture: no architecture has this name.
    """
    network = build_model(arch, n_classes)
    network.load_state_dict(state)
    return channels_last(fold_batch_norm(network))


def fold_batch_norm(model: TypedModule) -> TypedModule:
    """An evaluation-mode copy in which every batch norm of a `conv_bn_relu` block is folded into its convolution.

    Networks of other blocks keep their layers. `torch.fx` would fold some of those too, but while it traces, no other
    thread may run any network.
    """
    folded = copy.deepcopy(model).eval()
    for module in folded.modules():
        if isinstance(module, Chain):
            _fold_layers(module.layers)
    return folded


def _fold_layers(layers: nn.Sequential) -> None:
    for index in range(len(layers) - 1):
        first, second = layers[index], layers[index + 1]
        if isinstance(first, Convolution) and isinstance(second, BatchNorm):
            layers[index] = fuse_conv_bn_eval(first, second)
            layers[index + 1] = nn.Identity()
