"""Models whose answers are made up, so that every figure of theirs is known: for tests of scores and pages."""

import functools
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from tests.registry.samples import fresh_state, v1_fields
from torch import Tensor

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.evaluation.metrics import expected_calibration_error, negative_log_likelihood
from handwriting_ai.evaluation.predictions import (
    PREDICTIONS_NAME,
    EvaluationDigits,
    Predictions,
    load_evaluation_digits,
)
from handwriting_ai.inference.views import views_for
from handwriting_ai.prediction import TtaMode
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.manifest import MANIFEST_NAME, Manifest, read_manifest, write_manifest
from handwriting_ai.registry.store import ModelStore

_VIEWS: Final = len(views_for(TtaMode.ADVANCED))
_CLASSES: Final = 10
_MARGINS: Final = (4.0, 6.0, 9.0)
"""How far the other digits' logits lie below the answer's where it is right."""
_MISREAD_MARGINS: Final = (1.0, 3.0)
"""The same where it is wrong."""
_FURTHER: Final[dict[str, object]] = {
    "schema_version": "v1.1",
    "training_recipe": "drawn",
    "training_epochs": 12,
    "n_parameters": 288_170,
    "train_seconds": 600.0,
    "device": "cpu",
    "torch_version": "2.13.0",
    "test_overlap": "none",
}


def _load_digits() -> EvaluationDigits:
    return load_evaluation_digits(PROJECT_ROOT / "data" / "mnist")


evaluation_digits: Callable[[], EvaluationDigits] = functools.cache(_load_digits)
"""MNIST's validation digits and its test part, read once for all tests."""
_state: Callable[[], dict[str, Tensor]] = functools.cache(fresh_state)


def fake_predictions(*, errors: int = 20, test_errors: int = 40, seed: int = 0) -> Predictions:
    """Predictions that misread this many validation and test digits, each as the next digit up (9 as 0).

    That is for the original view. The other views read every second of these digits, beginning with the first, so
    that basic and advanced augmentation leave `errors // 2`. Another seed misreads other digits.
    """
    digits = evaluation_digits()
    return Predictions(
        validation=_logits(digits.validation, errors, np.random.default_rng(seed)),
        test=_logits(digits.test, test_errors, np.random.default_rng(seed + 1)),
    )


def _logits(digits: DigitImages, errors: int, generator: np.random.Generator) -> Tensor:
    """`float16 (views, n, 10)`."""
    rows: NDArray[np.int64] = generator.permutation(len(digits))[:errors]
    draws: NDArray[np.int64] = generator.integers(0, len(_MARGINS), len(digits))
    labels = torch.from_numpy(digits.labels)
    wrong = torch.from_numpy(rows)
    first_view = _one_view(labels, wrong, torch.from_numpy(draws))
    other_views = _one_view(labels, wrong[1::2], torch.from_numpy(draws))
    return torch.stack([first_view, *[other_views] * (_VIEWS - 1)])


def _one_view(labels: Tensor, wrong: Tensor, draws: Tensor) -> Tensor:
    """`float16 (n, 10)`: 0 at the answer, the margin below it elsewhere."""
    answers, margins = labels.clone(), torch.tensor(_MARGINS)[draws]
    answers[wrong] = (answers[wrong] + 1) % _CLASSES
    margins[wrong] = torch.tensor(_MISREAD_MARGINS)[draws[wrong] % len(_MISREAD_MARGINS)]
    others = torch.arange(_CLASSES) != answers.unsqueeze(1)
    return torch.where(others, -margins.unsqueeze(1), 0.0).half()


def register_with_predictions(
    root: Path,
    model_id: str,
    *,
    errors: int = 20,
    test_errors: int = 40,
    seed: int = 0,
    changes: Mapping[str, object] | None = None,
) -> Path:
    """Register an untrained `compact` network that claims these answers, with all fields of the manifest.

    `changes` replace fields of the manifest. Returns its folder.
    """
    predictions = _predictions(errors, test_errors, seed)
    fields = v1_fields(model_id) | _FURTHER | _figures(errors, test_errors, seed) | {"training_seed": seed}
    manifest = Manifest.model_validate(fields | {"preprocess_hash": preprocess_signature()} | dict(changes or {}))

    def companions(digest: str) -> dict[str, bytes]:
        return {PREDICTIONS_NAME: _packed(predictions, digest)}

    return ModelStore(root).register(manifest, _state(), companions=companions)


def linked_as(folder: Path, model_id: str) -> None:
    """The same model under another name, without its bytes: for folders of hundreds."""
    copied = shutil.copytree(folder, folder.with_name(model_id), copy_function=os.link)
    renamed: dict[str, object] = {"model_id": model_id}
    write_manifest(copied / MANIFEST_NAME, read_manifest(folder / MANIFEST_NAME).model_copy(update=renamed))


def keep_v1_fields_only(folder: Path) -> None:
    """Rewrite a model's manifest as a v1 file: none of the optional fields."""
    manifest = Manifest.model_validate_json((folder / MANIFEST_NAME).read_bytes())
    fields: dict[str, object] = manifest.model_dump()
    required = {name: fields[name] for name in v1_fields()} | {"schema_version": "v1"}
    write_manifest(folder / MANIFEST_NAME, Manifest.model_validate(required))


def _figures_of(errors: int, test_errors: int, seed: int) -> dict[str, object]:
    """What a run would have noted of these answers on validation, at the temperature of the manifest."""
    temperature = v1_fields()["temperature"]
    assert isinstance(temperature, float)
    logits = _predictions(errors, test_errors, seed).validation[0].float()
    labels = torch.from_numpy(evaluation_digits().validation.labels)
    probs = torch.softmax(logits / temperature, dim=1)
    return {
        "val_acc": 1 - errors / len(labels),
        "val_nll": negative_log_likelihood(probs, labels),
        "val_ece": expected_calibration_error(probs, labels),
    }


def _predict(errors: int, test_errors: int, seed: int) -> Predictions:
    return fake_predictions(errors=errors, test_errors=test_errors, seed=seed)


def _pack(predictions: Predictions, digest: str) -> bytes:
    return predictions.packed(digest)


# All of these models have the same weights, so that one file serves many of them.
_predictions: Callable[[int, int, int], Predictions] = functools.cache(_predict)
_figures: Callable[[int, int, int], dict[str, object]] = functools.cache(_figures_of)
_packed: Callable[[Predictions, str], bytes] = functools.cache(_pack)
