"""One run from start to finish: data → epochs → temperature → a model in the models folder."""

import hashlib
import json
import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import torch
from pydantic import ValidationError
from torch import Tensor

from handwriting_ai.architectures import TypedModule, count_parameters
from handwriting_ai.architectures.fold import for_inference
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.errors import CheckpointError
from handwriting_ai.evaluation.calibration import fit_temperature
from handwriting_ai.evaluation.metrics import (
    count_errors,
    expected_calibration_error,
    negative_log_likelihood,
)
from handwriting_ai.evaluation.predictions import PREDICTIONS_NAME, EvaluationDigits, Predictions, predict
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.manifest import DataSource, Manifest
from handwriting_ai.registry.store import ModelStore, StoredModel
from handwriting_ai.training.checkpoint import load_checkpoint, save_checkpoint
from handwriting_ai.training.precision import Compute
from handwriting_ai.training.progress import (
    METRICS_NAME,
    TrainingMetrics,
    metrics_from,
    metrics_rows,
    packed_metrics,
    write_metrics,
)
from handwriting_ai.training.recipes import Recipe, model_name
from handwriting_ai.training.sources import NO_OVERLAP, Source, TrainingData
from handwriting_ai.training.trainer import Trainer, predict_logits

CHECKPOINT_NAME: Final = "checkpoint.pt"
SCHEMA_VERSION: Final = "v1.1"
MODEL_VERSION: Final = "1.0.0"


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """What is trained, and where its state and its model go."""

    arch: str
    recipe: Recipe
    seed: int
    run_folder: Path
    """Holds checkpoint and metrics; an unfinished run found there goes on."""
    store: ModelStore
    force: bool = False
    """Whether a model of the same name is replaced."""
    run_id: str | None = None
    """Kept in the manifest, so that a run knows its own model again."""
    parent: StoredModel | None = None
    """The model of the same architecture whose weights it starts from; fresh ones without it."""
    name: str | None = None
    """Another name for the model than that of `model_name`."""

    @property
    def parent_id(self) -> str | None:
        """The parent's name."""
        return None if self.parent is None else self.parent.manifest.model_id

    @property
    def model_id(self) -> str:
        """The name the model is registered under."""
        return self.name or model_name(self.arch, self.recipe, self.seed, self.parent_id)

    def require_place(self) -> None:
        """Stop before work is done for a model that could not be registered.

        Raises:
            ModelExists: it is registered already and `force` is off.
            ModelsUnwritable: its folder cannot be written.
        """
        self.store.refuse_existing(self.model_id, force=self.force)
        self.store.require_writable()

    @property
    def identity(self) -> str:
        """What a checkpoint must agree with, beside the data."""
        origin = "" if self.parent is None else f"/{self.parent.weights_sha256}"
        return f"{self.arch}/{self.recipe.digest()}/{self.seed}/{preprocess_signature()}{origin}"


@dataclass(frozen=True, kw_only=True)
class Watcher:
    """Whom a run tells how it goes."""

    on_step: Callable[[int, int], None]
    """Pictures seen and pictures of an epoch, after each step."""
    on_epoch: Callable[[TrainingMetrics], None]
    on_resume: Callable[[int], None] | None = None
    """Epochs completed before, if the run goes on from a checkpoint."""
    on_predict: Callable[[int, int], None] | None = None
    """Digits predicted and all digits, after the last epoch."""


def run_training(config: RunConfig, data: TrainingData, compute: Compute, watcher: Watcher) -> Path:
    """Train, or go on training, and register the model; returns its folder.

    Raises:
        ModelExists, ModelsUnwritable: as `RunConfig.require_place`; found out before the first step.
        CheckpointError: the run folder holds a checkpoint of another run or of other data, a damaged one, or one that
            cannot be read.
        TrainingDiverged: the loss of training or of validation is no longer finite.
    """
    config.require_place()
    config.run_folder.mkdir(parents=True, exist_ok=True)
    checkpoint, identity = config.run_folder / CHECKPOINT_NAME, f"{config.identity}/{digest_of(data)}"
    weights = None if config.parent is None else config.parent.state
    trainer = Trainer(config.arch, config.recipe, config.seed, data, compute, weights=weights)
    history: list[TrainingMetrics] = []
    if checkpoint.exists():
        state = load_checkpoint(checkpoint, identity)
        trainer.restore(state)
        history = history_in(state)
        for metrics in history[-1:]:
            trainer.require_finite("validation", metrics.val_loss)  # older runs kept such epochs
        write_metrics(config.run_folder, history)  # a run that was killed may not have come to that
        if watcher.on_resume is not None:
            watcher.on_resume(trainer.epoch)
    while trainer.epoch < config.recipe.epochs:
        metrics = trainer.run_epoch(watcher.on_step)
        history.append(metrics)
        save_checkpoint(checkpoint, identity, trainer.state() | {"history": metrics_rows(history)})
        write_metrics(config.run_folder, history)
        watcher.on_epoch(metrics)
    return _register(config, data, trainer, history, watcher)


def digest_of(data: TrainingData) -> str:
    """What was trained on: a checkpoint refers to its pictures by their rows."""
    sources = [(source.name, source.sha256, source.labels.size) for source in data.sources]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()[:16]


def history_in(state: dict[str, object]) -> list[TrainingMetrics]:
    """The epochs before a checkpoint."""
    try:
        return metrics_from(state.get("history"))
    except ValidationError as error:
        raise CheckpointError("The checkpoint lacks its history. Delete it to start afresh.") from error


def _register(
    config: RunConfig, data: TrainingData, trainer: Trainer, history: list[TrainingMetrics], watcher: Watcher
) -> Path:
    """Fit the temperature, choose the storage format, and write the model with manifest, history and predictions."""
    full_precision = Compute(device=trainer.compute.device, autocast=False)
    exact = trainer.averaged_weights()
    halved = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in exact.items()}
    exact_logits = _logits_of(config.arch, exact, data.validation, full_precision)
    halved_logits = _logits_of(config.arch, halved, data.validation, full_precision)
    same_answers = bool((exact_logits.argmax(dim=1) == halved_logits.argmax(dim=1)).all())
    state, logits = (halved, halved_logits) if same_answers else (exact, exact_logits)
    labels = torch.from_numpy(data.validation.labels)
    temperature = fit_temperature(logits, labels)
    probs = (logits / temperature).softmax(dim=1)
    seconds = sum(metrics.seconds for metrics in history)
    manifest = Manifest(
        schema_version=SCHEMA_VERSION,
        model_id=config.model_id,
        arch=config.arch,
        n_classes=N_CLASSES,
        version=MODEL_VERSION,
        created_at=datetime.now(UTC),
        preprocess_hash=preprocess_signature(),
        val_acc=1.0 - count_errors(probs, labels) / len(labels),
        val_nll=negative_log_likelihood(probs, labels),
        val_ece=expected_calibration_error(probs, labels),
        temperature=temperature,
        training_recipe=config.recipe.name,
        parent_model_id=config.parent_id,
        training_seed=config.seed,
        training_epochs=config.recipe.epochs,
        recipe_hash=config.recipe.digest(),
        train_data=_origins(data, config.parent),
        n_parameters=count_parameters(trainer.network),
        train_seconds=seconds,
        device=f"{trainer.compute.label}, {platform.machine()}, {torch.get_num_threads()} threads",
        torch_version=torch.__version__,
        test_overlap=_test_overlap(data, config.parent),
        run_id=config.run_id,
    )
    predictions = predictions_of(config.arch, state, data, trainer.compute.device, watcher)

    def companions(weights_sha256: str) -> dict[str, bytes]:
        files = {METRICS_NAME: packed_metrics(history)}
        if predictions is not None:
            files[PREDICTIONS_NAME] = predictions.packed(weights_sha256)
        return files

    return config.store.register(manifest, state, force=config.force, companions=companions)


def score_again(store: ModelStore, model_id: str, data: TrainingData, compute: Compute, watcher: Watcher) -> Path:
    """Make the predictions of a registered model anew; returns its folder.

    Raises:
        ModelError: as `ModelStore.read`.
    """
    model = store.read(model_id, signature=preprocess_signature())
    predictions = predictions_of(model.manifest.arch, model.state, data, compute.device, watcher)
    if predictions is not None:
        store.add_file(model_id, PREDICTIONS_NAME, predictions.packed(model.weights_sha256))
    return store.folder(model_id)


def predictions_of(
    arch: str, state: dict[str, Tensor], data: TrainingData, device: torch.device, watcher: Watcher
) -> Predictions | None:
    """What the model, as it is stored, says of the digits that models are scored on; a trial's of its own few."""
    if data.test is None:
        return None
    digits = EvaluationDigits(validation=data.watched, test=data.test)
    predictions = predict(_network(arch, state).to(device), digits, device, watcher.on_predict)
    return replace(predictions, of_first_only=len(data.watched) < len(data.validation))


def _origins(data: TrainingData, parent: StoredModel | None) -> tuple[DataSource, ...] | None:
    """What the weights have learnt from: a child's also from what its parent has; None where that is not known."""
    inherited = () if parent is None else parent.manifest.train_data
    if inherited is None:
        return None
    once: dict[DataSource, None] = dict.fromkeys([*(_describe(source) for source in data.sources), *inherited])
    return tuple(once)


def _test_overlap(data: TrainingData, parent: StoredModel | None) -> str | None:
    """The run's own and its parent's; None where that is not known."""
    own, inherited = data.test_overlap, NO_OVERLAP if parent is None else parent.manifest.test_overlap
    if own == NO_OVERLAP:
        return inherited
    return own if inherited in (None, NO_OVERLAP, own) else f"{own} {inherited}"


def _describe(source: Source) -> DataSource:
    count: int = source.labels.size
    return DataSource(name=source.name, sha256=source.sha256, count=count, dropped=source.dropped)


def _logits_of(arch: str, state: dict[str, Tensor], digits: DigitImages, compute: Compute) -> Tensor:
    return predict_logits(_network(arch, state).to(compute.device), digits, compute)


def _network(arch: str, state: dict[str, Tensor]) -> TypedModule:
    """As the engine runs it: the weights in single precision, however they are stored."""
    single = {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    return for_inference(arch, N_CLASSES, single)
