"""Whether a model is as good as its manifest says, found out by running it."""

from typing import Final

import torch

from handwriting_ai.architectures.fold import for_inference
from handwriting_ai.architectures.running import all_logits
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.errors import FiguresMismatch
from handwriting_ai.evaluation.metrics import count_errors, expected_calibration_error, negative_log_likelihood
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
    manifest, labels = model.manifest, torch.from_numpy(validation.labels)
    network = for_inference(manifest.arch, manifest.n_classes, model.state)
    logits = all_logits(network, validation.images, size=_BATCH, device=torch.device("cpu"))
    probs = (logits / manifest.temperature).softmax(dim=1)
    right = len(labels) - count_errors(probs, labels)
    if abs(round(manifest.val_acc * len(labels)) - right) > DIGITS_TOLERANCE:
        raise _mismatch(model, "val_acc", manifest.val_acc, right / len(labels))
    _compare_losses(model, "val_nll", manifest.val_nll, negative_log_likelihood(probs, labels))
    _compare_losses(model, "val_ece", manifest.val_ece, expected_calibration_error(probs, labels))


def _compare_losses(model: StoredModel, name: str, stated: float | None, found: float) -> None:
    if stated is not None and not abs(stated - found) <= LOSS_TOLERANCE:
        raise _mismatch(model, name, stated, found)


def _mismatch(model: StoredModel, name: str, stated: float, found: float) -> FiguresMismatch:
    return FiguresMismatch(
        f"Model {model.manifest.model_id!r} says {name}={stated:.5f}, its weights give {found:.5f} on MNIST's "
        "validation digits. Restore the folder, or train it again."
    )
