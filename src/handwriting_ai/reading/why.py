"""Why this digit: which ink speaks for the answer, and which for the runner-up.

By occlusion (Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks"): a small window of the
picture is covered with paper, and the picture is read again. Where that lowers the answer's odds against the
runner-up's, the covered ink spoke for the answer. It asks nothing of the networks but an answer, so that it explains
any ensemble; captum's gradients would need each network's own graph, which the engine folds away.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from handwriting_ai.inference.engine import InferenceEngine, PredictOptions
from handwriting_ai.prediction import Prediction, TtaMode
from handwriting_ai.preprocess import IMAGE_SIDE, NormalizedImage

WINDOW_PX: Final = 6
STRIDE_PX: Final = 2
_INKED: Final = 0.05
"""Share of full ink from which a pixel counts as inked."""
_SMALLEST: Final = 1e-6
"""Probabilities below are as good as none."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Why:
    """What speaks for the answer."""

    answer: int
    runner_up: int
    heat: "NDArray[np.float32]"
    """`(28, 28)` in [-1, 1]: above 0 the ink speaks for the answer, below for the runner-up; 0 where there is none."""


def explain(
    engine: InferenceEngine,
    image: NormalizedImage,
    prediction: Prediction,
    *,
    members: tuple[str, ...] | None = None,
    temperature: float | None = None,
) -> Why:
    """Cover every window that holds ink, read all of them in one batch, one view each.

    Args:
        engine: what gave the answer.
        image: what it read, `(1, 28, 28)`.
        prediction: the answer.
        members: the models that were asked; None are the active ones.
        temperature: theirs, if it was not their own.

    Raises:
        EngineError: as `predict_batch`.
    """
    answer, runner_up = _two_likeliest(prediction)
    picture = torch.from_numpy(image)
    paper = picture.amin()
    ink = picture[0] > paper + _INKED * (picture.amax() - paper)
    corners = [
        (top, left)
        for top in range(0, IMAGE_SIDE - WINDOW_PX + 1, STRIDE_PX)
        for left in range(0, IMAGE_SIDE - WINDOW_PX + 1, STRIDE_PX)
        if bool(ink[top : top + WINDOW_PX, left : left + WINDOW_PX].any())
    ]
    covered = picture.repeat(len(corners) + 1, 1, 1, 1)  # the first one stays whole
    for index, (top, left) in enumerate(corners, start=1):
        covered[index, :, top : top + WINDOW_PX, left : left + WINDOW_PX] = paper
    options = PredictOptions(tta=TtaMode.NONE, temperature=temperature, members=members)
    odds = _log_odds(engine.predict_batch(covered, options), answer, runner_up)
    lost: list[float] = (odds[0] - odds[1:]).tolist()
    sums, counts = torch.zeros(ink.shape), torch.zeros(ink.shape)
    for (top, left), loss in zip(corners, lost, strict=True):
        sums[top : top + WINDOW_PX, left : left + WINDOW_PX] += loss
        counts[top : top + WINDOW_PX, left : left + WINDOW_PX] += 1
    mean = torch.where(ink, sums / counts.clamp_min(1), 0)
    heat: NDArray[np.float32] = (mean / mean.abs().amax().clamp_min(_SMALLEST)).numpy()
    return Why(answer=answer, runner_up=runner_up, heat=heat)


def _two_likeliest(prediction: Prediction) -> tuple[int, int]:
    order = sorted(range(len(prediction.probs)), key=prediction.probs.__getitem__, reverse=True)
    return order[0], order[1]


def _log_odds(probs: Tensor, answer: int, runner_up: int) -> Tensor:
    """Of the answer against the runner-up, `(n,)`."""
    logs = probs.clamp_min(_SMALLEST).log()
    return logs[:, answer] - logs[:, runner_up]
