"""Which digits the runs of `ablations.py` train on and answer: validation for every seed, or folds of new writers."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.evaluation.predictions import EvaluationDigits
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.training.recipes import Recipe
from handwriting_ai.training.sources import Source, TrainingData
from handwriting_ai.training.stages import DataSet

WRITER_FOLDS: Final = 6
"""Parts that the odd rows are dealt into, unless the command line says otherwise."""
WRITER_FOLD_COUNTS: Final = (2, 3, 4, 5, 6, 8, 10, 12)
"""What deals the 30,000 odd rows into equal parts."""
Folds = tuple[NDArray[np.int64], ...]
"""The rows of each fold, sorted."""


def writer_fold_rows(labels: "NDArray[np.int64]", count: int = WRITER_FOLDS) -> Folds:
    """The rows of each of `count` folds by writer, one of `WRITER_FOLD_COUNTS`: the odd ones, in their order."""
    odd: NDArray[np.int64] = np.arange(1, labels.size, 2)
    return tuple(np.split(odd, count))


@dataclass(frozen=True, kw_only=True)
class Deal:
    """What each run answers, by its number, which is its seed."""

    digits: EvaluationDigits
    mnist: DigitImages
    """The training part, whole."""
    folds: Folds = ()
    """The rows that run k answers and does not train on; none where all answer the validation set."""

    def answered(self, recipe: Recipe, run: int) -> EvaluationDigits:
        """The digits that a run is scored on, in the place of the validation set.

        Answers in 17 views are kept only where there are test digits, and those are not to be answered: one is there.
        """
        if not self.folds:
            return self.digits
        answered = self.mnist.pick(self.folds[run][: recipe.trial_digits])
        return EvaluationDigits(validation=answered, test=answered.pick(np.arange(1)))

    def scored(self, recipe: Recipe, manifest: Manifest) -> EvaluationDigits | None:
        """The same for a model there is; None if it is none of these runs, as it has learnt from other digits."""
        run = manifest.training_seed
        if run is None or manifest.parent_model_id is not None or run >= (len(self.folds) or run + 1):
            return None
        learnt = {source.sha256 for source in manifest.train_data or ()}
        if self.folds and self._trained(recipe, run).digest() not in learnt:
            return None
        return self.answered(recipe, run)

    def data(self, whole: TrainingData, recipe: Recipe, run: int) -> TrainingData:
        """What a run trains on and answers, out of all the data; it is watched on all pen strokes and scribbles."""
        data = replace(whole, sources=tuple(source for source in whole.sources if recipe.needs(source.kind)))
        if not self.folds:
            return data
        trained, answered = self._trained(recipe, run), self.answered(recipe, run)
        images: NDArray[np.uint8] = trained.images[np.newaxis]

        def changed(source: Source) -> Source:
            if source.kind is not DataSet.MNIST:
                return source
            return replace(source, images=images, labels=trained.labels, sha256=trained.digest())

        return replace(
            data,
            sources=tuple(changed(source) for source in data.sources),
            validation=answered.validation,
            watched=answered.validation,
            test=answered.test,
        )

    def _trained(self, recipe: Recipe, run: int) -> DigitImages:
        others: NDArray[np.int64] = np.setdiff1d(np.arange(len(self.mnist)), self.folds[run])
        return self.mnist.pick(others[: recipe.trial_digits])
