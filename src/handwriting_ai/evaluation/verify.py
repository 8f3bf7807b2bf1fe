"""Whether a model is as good as its manifest says, found out by running it, or by what is kept of it."""

from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from handwriting_ai.architectures import require_architecture
from handwriting_ai.architectures.fold import for_inference
from handwriting_ai.architectures.running import all_logits
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.errors import FiguresMismatch
from handwriting_ai.evaluation.metrics import count_errors, expected_calibration_error, negative_log_likelihood
from handwriting_ai.evaluation.predictions import EvaluationDigits, load_predictions
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.registry.store import StoredModel

DIGITS_TOLERANCE: Final = 1
"""Processors round differently, and one digit may lie on the edge."""
LOSS_TOLERANCE: Final = 5e-4
"""Of NLL in nats, and of ECE."""
_BATCH: Final = 250


def verify_figures(model: StoredModel, validation: DigitImages) -> None:
    """Run a model on MNIST's validation digits, without augmentation, and compare with its manifest.

    Figures that the manifest does not state are not compared.

    Raises:
        FiguresMismatch: a figure differs; the message has both.
    """
    manifest = model.manifest
    network = for_inference(manifest.arch, manifest.n_classes, model.state)
    logits = all_logits(network, validation.images, size=_BATCH, device=torch.device("cpu"))
    _compare(manifest, logits, validation, "weights")


def verify_predictions(folder: Path, manifest: Manifest, digits: EvaluationDigits) -> None:
    """Compare the predictions kept with a model with its manifest: all there is to compare where it is not shipped.

    Raises:
        UnknownArchitecture: there is none of the manifest's name.
        PredictionsError: as `load_predictions`.
        FiguresMismatch: as `verify_figures`.
    """
    require_architecture(manifest.arch)
    original_view = load_predictions(folder, manifest, digits).validation[0].float()
    _compare(manifest, original_view, digits.validation, "predictions")


def _compare(manifest: Manifest, logits: Tensor, validation: DigitImages, source: str) -> None:
    """Logits `(n, 10)` that come from this source."""
    labels = torch.from_numpy(validation.labels)
    probs = (logits / manifest.temperature).softmax(dim=1)
    right = len(labels) - count_errors(probs, labels)
    if abs(round(manifest.val_acc * len(labels)) - right) > DIGITS_TOLERANCE:
        raise _mismatch(manifest, "val_acc", manifest.val_acc, right / len(labels), source)
    losses = {
        "val_nll": (manifest.val_nll, negative_log_likelihood(probs, labels)),
        "val_ece": (manifest.val_ece, expected_calibration_error(probs, labels)),
    }
    for name, (stated, found) in losses.items():
        if stated is not None and not abs(stated - found) <= LOSS_TOLERANCE:
            raise _mismatch(manifest, name, stated, found, source)


def _mismatch(manifest: Manifest, name: str, stated: float, found: float, source: str) -> FiguresMismatch:
    return FiguresMismatch(
        f"Model {manifest.model_id!r} says {name}={stated:.5f}, its {source} give {found:.5f} on MNIST's "
        "validation digits. Restore the folder, or train it again."
    )
