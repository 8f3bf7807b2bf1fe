"""An exported file against the engine: the same pictures, the same answers."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from handwriting_ai.data.rendering import drawn_at
from handwriting_ai.data.strokes import Stroke
from handwriting_ai.errors import ExportError
from handwriting_ai.export.graph import INPUT
from handwriting_ai.inference.engine import InferenceEngine, PredictOptions
from handwriting_ai.preprocess import IMAGE_SIDE, MNIST_MEAN, MNIST_STD, preprocess

TOLERANCE: Final = 1e-5
"""Largest difference of a probability that rounding may make."""
_PEN_PX: Final = 16.0
_DRAWN: Final = (
    (((80.0, 70.0), (180.0, 60.0), (120.0, 140.0), (190.0, 180.0), (150.0, 230.0), (80.0, 220.0)),),  # 3
    (((60.0, 8.0), (8.0, 95.0), (95.0, 95.0)), ((68.0, 55.0), (68.0, 148.0))),  # 4
    (((25.0, 40.0), (55.0, 8.0), (55.0, 145.0)),),  # 1
    (((10.0, 12.0), (92.0, 12.0), (38.0, 146.0)), ((30.0, 78.0), (82.0, 78.0))),  # 7
)
"""Strokes of digits: x to the right, y down."""
_RANDOM: Final = 3
"""Pictures of noise beside them: each of their pixels counts in every view."""


def check_pictures() -> Tensor:
    """Four drawn digits and three pictures of noise, `(7, 1, 28, 28)`, normalised; always the same."""
    digits = [[_line(points) for points in strokes] for strokes in _DRAWN]
    drawn = [torch.from_numpy(preprocess(drawn_at(strokes, pen_px=_PEN_PX)).image) for strokes in digits]
    grey = torch.rand(_RANDOM, 1, IMAGE_SIDE, IMAGE_SIDE, generator=torch.Generator().manual_seed(0))
    return torch.cat([torch.stack(drawn), (grey - MNIST_MEAN) / MNIST_STD])


def _line(points: Sequence[tuple[float, float]]) -> Stroke:
    line: NDArray[np.float64] = np.array(points)
    return line


def check_against_engine(content: bytes, engine: InferenceEngine, options: PredictOptions) -> float:
    """Read the pictures with ONNX Runtime and with the engine, seven at a time and one alone.

    Args:
        content: of the ONNX file.
        engine: has the members loaded.
        options: the members, mode and temperature that the file was made of.

    Returns:
        The largest difference of a probability.

    Raises:
        ExportError: it is more than 1e-5.
    """
    import onnxruntime  # the extra `export` has it; this module can be imported without

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    pictures = check_pictures()
    difference = 0.0
    for batch in (pictures, pictures[:1]):
        x: NDArray[np.float32] = batch.numpy()
        answers = torch.from_numpy(session.run(None, {INPUT: x})[0])
        apart = float((answers - engine.predict_batch(batch, options)).abs().max())
        _refuse_difference(apart)
        difference = max(difference, apart)
    return difference


def _refuse_difference(difference: float) -> None:
    if not difference <= TOLERANCE:  # NaN is refused too
        raise ExportError(
            f"The exported graph and the engine differ by {difference:.1e} in a probability, where {TOLERANCE:.0e} is "
            "allowed. Nothing was written."
        )
