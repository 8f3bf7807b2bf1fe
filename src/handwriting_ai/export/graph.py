"""An ensemble as one network, and that network as ONNX."""

import json
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import torch
from pydantic import TypeAdapter
from torch import Tensor, nn

from handwriting_ai.architectures import TypedModule
from handwriting_ai.errors import ExportError
from handwriting_ai.inference.ensemble import member_probabilities, merge
from handwriting_ai.inference.members import Member
from handwriting_ai.inference.views import View, view_grid, views_for, warp
from handwriting_ai.prediction import EnsembleChoice
from handwriting_ai.preprocess import IMAGE_SIDE, MNIST_MEAN, MNIST_STD
from handwriting_ai.registry.manifest import Manifest

if TYPE_CHECKING:
    from onnx_ir import Value
    from torch.onnx import ONNXProgram

INPUT: Final = "x"
OUTPUT: Final = "probs"
_OPSET: Final = 18
"""The oldest set of operators that torch's exporter writes without converting; it has `GridSample`."""
_MOST_BYTES: Final = 2**31
"""What one ONNX file can hold: protobuf's limit."""
_BYTES_PER_WEIGHT: Final = 4
_MANIFESTS: Final = TypeAdapter(list[Manifest])


class EnsembleNetwork(TypedModule):
    """What the engine computes: `(n, 1, 28, 28)`, normalised → merged probabilities `(n, 10)`."""

    grid: Tensor
    """`(views, 28, 28, 2)`: which place of the input each pixel of each view shows."""

    def __init__(self, networks: Sequence[TypedModule], views: Sequence[View], temperatures: Sequence[float]) -> None:
        super().__init__()
        self._networks, self._views, self._temperatures = tuple(networks), tuple(views), tuple(temperatures)
        self.members = nn.ModuleList(networks)
        self.register_buffer("grid", view_grid(views, torch.device("cpu")))

    def forward(self, x: Tensor) -> Tensor:
        """Views, members, softmax at each member's temperature, mean over views, then over members."""
        pictures = warp(x, self._views, self.grid)
        logits = torch.stack([network(pictures) for network in self._networks])
        by_view = logits.view(len(self._networks), len(self._views), x.shape[0], -1)
        return merge(member_probabilities(by_view, self._temperatures))


def as_onnx(members: Sequence[Member], choice: EnsembleChoice) -> bytes:
    """The content of an ONNX file: input `x` float32 `(n, 1, 28, 28)`, output `probs` float32 `(n, 10)`, any n.

    Args:
        members: loaded, in the order of `choice.members`.
        choice: its mode and its temperature, if it has one, are part of the file.

    Raises:
        ExportError: the weights are more than one file can hold.
    """
    temperatures = [choice.temperature or member.manifest.temperature for member in members]
    views = views_for(choice.tta)
    network = EnsembleNetwork([member.network for member in members], views, temperatures).eval()
    _refuse_too_large(network)
    program = _trace(network)
    _keep_only_the_graph(program)
    program.model.metadata_props.update(_metadata(members, choice, temperatures))
    content: bytes = program.model_proto.SerializeToString()
    return content


def _refuse_too_large(network: nn.Module) -> None:
    size = sum(tensor.numel() for tensor in network.parameters()) * _BYTES_PER_WEIGHT
    if size > _MOST_BYTES:
        raise ExportError(
            f"The weights are {size:,} bytes; one ONNX file holds {_MOST_BYTES:,} at most. Name fewer models."
        )


def _trace(network: EnsembleNetwork) -> "ONNXProgram":
    """Follow one batch through the network; what the exporter tells its developers is kept off the terminal."""
    # Two pictures: sizes of zero and one are taken for constants.
    example: tuple[Tensor] = (torch.zeros(2, 1, IMAGE_SIDE, IMAGE_SIDE),)
    shapes: dict[str, dict[int, torch.export.Dim]] = {INPUT: {0: torch.export.Dim("n")}}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network,
            example,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=shapes,
            opset_version=_OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise ExportError("torch.onnx.export returned no program.")
    return program


def _keep_only_the_graph(program: "ONNXProgram") -> None:
    """Drop the exporter's notes on each operator: a tenth of the file, with paths of this machine."""
    graph = program.model.graph
    values: list[Value] = [*graph.inputs, *graph.initializers.values()]
    for node in graph.all_nodes():
        node.metadata_props.clear()
        values += node.outputs
    for value in values:
        value.metadata_props.clear()


def _metadata(members: Sequence[Member], choice: EnsembleChoice, temperatures: list[float]) -> dict[str, str]:
    """What a program that opens the file can ask it; lists are JSON."""
    manifests = [member.manifest for member in members]
    views: list[str] = [view.name for view in views_for(choice.tta)]
    return {
        "handwriting_ai_version": version("handwriting-ai"),
        "manifests": _MANIFESTS.dump_json(manifests, exclude_none=True).decode(),
        "tta": choice.tta,
        "views": json.dumps(views, ensure_ascii=False),
        "temperatures": json.dumps(temperatures),
        "preprocess_signature": manifests[0].preprocess_hash,
        "input": (
            f"{INPUT}: float32 (n, 1, {IMAGE_SIDE}, {IMAGE_SIDE}), ink bright on dark paper as in MNIST: "
            f"(grey level / 255 - {MNIST_MEAN}) / {MNIST_STD}"
        ),
        "input_mean": str(MNIST_MEAN),
        "input_std": str(MNIST_STD),
        "output": f"{OUTPUT}: float32 (n, 10), the probability of each digit; rows sum to one",
    }
