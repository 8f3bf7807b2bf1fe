"""How well each model, and each preset, reads a test set of one's own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from handwriting_ai.data.own_digits import LabelledPicture
from handwriting_ai.errors import HandwritingError, ModelError
from handwriting_ai.evaluation.metrics import Figures, figures, misread_rows
from handwriting_ai.evaluation.statistics import McNemar, mcnemar
from handwriting_ai.inference.engine import InferenceEngine, PredictOptions
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from handwriting_ai.preprocess import IMAGE_SIDE, Gray, ImageLimits, NormalizedImage, preprocess
from handwriting_ai.reading.sources import picture_of


@dataclass(frozen=True, kw_only=True, eq=False)
class PreparedDigits:
    """Digits as the networks read them."""

    names: tuple[str, ...]
    labels: Tensor
    """`(n,)`."""
    images: Tensor
    """`(n, 1, 28, 28)`, normalised."""
    pictures: tuple[Gray, ...]
    """The same, `uint8 (28, 28)` each, for people."""
    refused: tuple[str, ...]
    """What cannot be read, and why: it counts neither as right nor as wrong."""

    def __len__(self) -> int:
        """How many are read."""
        return len(self.names)


@dataclass(frozen=True, kw_only=True)
class OwnMisread:
    """One digit that a choice misreads."""

    row: int
    """In the digits."""
    answer: int
    confidence: float


@dataclass(frozen=True, kw_only=True)
class OwnScore:
    """How one choice does on all of the digits."""

    title: str
    choice: EnsembleChoice
    figures: Figures
    against_first: McNemar
    """Beside the first choice of the list."""
    misread: tuple[OwnMisread, ...]
    """The most confident first."""


def prepare_digits(pictures: Sequence[LabelledPicture], limits: ImageLimits) -> PreparedDigits:
    """Bring every picture into MNIST's convention, as the page Draw would; one without ink is refused."""
    sound: list[LabelledPicture] = []
    images: list[NormalizedImage] = []
    small: list[Gray] = []
    refused: list[str] = []
    for each in pictures:
        try:
            made = preprocess(picture_of(each.source, limits), limits=limits)
        except HandwritingError as error:
            refused.append(f"{each.name}: {error}")
            continue
        sound.append(each)
        images.append(made.image)
        small.append(made.steps[-1].picture)
    labels = [each.label for each in sound]
    stacked: NDArray[np.float32] = np.stack(images) if images else np.zeros((0, 1, IMAGE_SIDE, IMAGE_SIDE), np.float32)
    return PreparedDigits(
        names=tuple(each.name for each in sound),
        labels=torch.tensor(labels, dtype=torch.int64),
        images=torch.from_numpy(stacked),
        pictures=tuple(small),
        refused=tuple(refused),
    )


def score_own_digits(
    engine: InferenceEngine,
    digits: PreparedDigits,
    choices: Mapping[str, EnsembleChoice],
    on_step: Callable[[int, int], None] | None = None,
) -> tuple[list[OwnScore], list[str]]:
    """Read the digits by each choice; every model reads them once for each number of views.

    Args:
        engine: loads what is not loaded yet.
        digits: one at least.
        choices: by title.
        on_step: called with the choices done and all choices.

    Returns:
        The scores in the order of the choices, and what is wrong with those that cannot be loaded, a sentence each.

    Raises:
        EngineError: as `InferenceEngine.predict_batch`.
    """
    known: dict[tuple[str, TtaMode, float | None], Tensor] = {}
    scores: list[OwnScore] = []
    refused: list[str] = []
    first: Tensor | None = None
    for done, (title, choice) in enumerate(choices.items(), start=1):
        try:
            engine.make_available(choice.members).require_all()
        except ModelError as error:
            refused.append(f"{title}: {error}")
        else:
            for name in choice.members:
                key = name, choice.tta, choice.temperature
                if key not in known:
                    alone = PredictOptions(tta=choice.tta, temperature=choice.temperature, members=(name,))
                    known[key] = engine.predict_batch(digits.images, alone)
            probs = torch.stack([known[name, choice.tta, choice.temperature] for name in choice.members]).mean(dim=0)
            right = probs.argmax(dim=1) == digits.labels
            first = right if first is None else first
            scores.append(_score(title, choice, probs, digits.labels, mcnemar(first, right)))
        if on_step is not None:
            on_step(done, len(choices))
    return scores, refused


def _score(title: str, choice: EnsembleChoice, probs: Tensor, labels: Tensor, against: McNemar) -> OwnScore:
    confidence, answers = probs.max(dim=1)
    misread = tuple(
        OwnMisread(row=row, answer=int(answers[row]), confidence=float(confidence[row]))
        for row in misread_rows(probs, labels)
    )
    return OwnScore(title=title, choice=choice, figures=figures(probs, labels), against_first=against, misread=misread)


def missed_by(scores: Sequence[OwnScore]) -> dict[int, list[OwnScore]]:
    """The rows that somebody misreads, those that most misread first, and who does."""
    missed: dict[int, list[OwnScore]] = {}
    for score in scores:
        for each in score.misread:
            missed.setdefault(each.row, []).append(score)

    def by_how_few(row: int) -> tuple[int, int]:
        return -len(missed[row]), row

    return {row: missed[row] for row in sorted(missed, key=by_how_few)}
