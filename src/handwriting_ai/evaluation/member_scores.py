"""What single models say of the evaluation digits, read from disk once and kept while it is in use."""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from handwriting_ai.evaluation.predictions import (
    PREDICTIONS_NAME,
    EvaluationDigits,
    Predictions,
    check_predictions,
    load_predictions,
)
from handwriting_ai.evaluation.recent import Recent
from handwriting_ai.inference.ensemble import member_probabilities
from handwriting_ai.inference.views import views_for
from handwriting_ai.prediction import TtaMode
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.registry.weights import weights_digest

State = tuple[str, str, int]
"""A model's name, the digest of its weights, and when its predictions were written."""
_PREDICTIONS_KEPT: Final = 24
"""Models whose predictions stay in memory, 5 MB each."""
_PROBABILITIES_KEPT: Final = 256
"""Merged probabilities that stay in memory, 0.2 MB each on validation."""
_CHECKS_KEPT: Final = 4_096
"""Files of predictions that were found sound: a name each."""


class MemberScores:
    """Reads the predictions of models anew when they change; every method may be called from any thread."""

    def __init__(self, store: ModelStore, digits: EvaluationDigits) -> None:
        self._store, self._digits = store, digits
        self._predictions: Recent[State, Predictions] = Recent(_PREDICTIONS_KEPT)
        self._merged: Recent[tuple[object, ...], Tensor] = Recent(_PROBABILITIES_KEPT)
        self._stamped: Recent[State, bool] = Recent(_CHECKS_KEPT)
        self._sound: Recent[State, None] = Recent(_CHECKS_KEPT)

    def state(self, manifest: Manifest) -> State:
        """Changes with the model's weights and with its predictions."""
        folder = self._store.folder(manifest.model_id)
        try:
            written = (self._store.companions(manifest.model_id) / PREDICTIONS_NAME).stat().st_mtime_ns
        except OSError:
            written = 0  # reading them says why
        return manifest.model_id, weights_digest(folder, manifest), written

    def load(self, manifest: Manifest) -> Predictions:
        """As `load_predictions`."""
        folder = self._store.companions(manifest.model_id)
        return self._predictions.get(self.state(manifest), lambda: load_predictions(folder, manifest, self._digits))

    def is_whole(self, manifest: Manifest) -> bool:
        """Whether a model's predictions are of all digits, and not, as a trial's, of the first; as their stamp says.

        Raises:
            PredictionsError, WeightsError: as `check_predictions`.
        """
        folder = self._store.companions(manifest.model_id)
        return self._stamped.get(self.state(manifest), lambda: check_predictions(folder, manifest))

    def check_stamp(self, manifest: Manifest) -> None:
        """As `check_predictions`."""
        self.is_whole(manifest)

    def check_arrays(self, manifest: Manifest) -> None:
        """As `load_predictions`."""

        def check() -> None:
            self.load(manifest)

        self._sound.get(self.state(manifest), check)

    def probabilities(self, manifest: Manifest, *, test: bool, tta: TtaMode, temperature: float | None) -> Tensor:
        """`(n, 10)`, merged over the views, of validation or `test`; at the model's own temperature without another."""
        scale = temperature or manifest.temperature

        def merged() -> Tensor:
            predictions = self.load(manifest)
            logits = predictions.test if test else predictions.validation
            chosen = logits[: len(views_for(tta))].float()
            return member_probabilities(chosen.unsqueeze(0), [scale]).mean(dim=1).squeeze(0)

        return self._merged.get((*self.state(manifest), test, tta, scale), merged)


def stacked(each: Sequence[Tensor]) -> Tensor:
    """Members' `(…, n, 10)` one upon the other, cut to the digits that all of them have read."""
    count = min(tensor.shape[-2] for tensor in each)
    return torch.stack([tensor[..., :count, :] for tensor in each])
