"""Teaching: a registered model goes on learning from a lesson, and what that is worth is measured.

Round by round: networks that are taught all drawings but those kept back, to be measured on these; and the model. With
many drawings it is one network, taught once. Each round is kept in a checkpoint.
"""

import copy
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from handwriting_ai.architectures import TypedModule, build_model, count_parameters
from handwriting_ai.data.lessons import Lesson, keep_back
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.errors import CheckpointError, NothingToTeach, ParentMismatch
from handwriting_ai.evaluation.calibration import fit_temperature
from handwriting_ai.evaluation.metrics import count_errors, expected_calibration_error, negative_log_likelihood
from handwriting_ai.evaluation.predictions import PREDICTIONS_NAME
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.manifest import DataSource, Manifest
from handwriting_ai.registry.store import StoredModel
from handwriting_ai.support.files import write_atomically
from handwriting_ai.training.checkpoint import load_checkpoint, part_of, save_checkpoint
from handwriting_ai.training.fine_tuning import FineTuning, Remembered, remember
from handwriting_ai.training.odd_labels import find_odd_labels, own_logits, probs_of
from handwriting_ai.training.progress import METRICS_NAME, TrainingMetrics, metrics_rows, packed_metrics, write_metrics
from handwriting_ai.training.run import (
    CHECKPOINT_NAME,
    MODEL_VERSION,
    SCHEMA_VERSION,
    RunConfig,
    Watcher,
    digest_of,
    history_in,
    predictions_of,
)
from handwriting_ai.training.sources import TrainingData
from handwriting_ai.training.taught import Teaching
from handwriting_ai.training.teaching_report import REPORT_NAME, Errors, Reading, TaughtDigit, TeachingReport, are_many


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Which drawings are taught in which round."""

    rounds: tuple[int, ...]
    """As `keep_back`: in which round each drawing is kept back."""
    measuring: int
    """Rounds that measure."""
    total: int
    """All rounds: where there are several that measure, or none, the model is a further one."""


def plan_rounds(labels: Sequence[int], seed: int) -> Plan:
    """The rounds of a lesson with these labels."""
    rounds = keep_back(labels, seed)
    measuring = max(rounds) + 1
    return Plan(rounds=rounds, measuring=measuring, total=1 if measuring == 1 else measuring + 1)


def run_teaching(
    config: RunConfig, lesson: Lesson, data: TrainingData, watcher: Watcher, teaching: Teaching | None = None
) -> Path:
    """Teach, or go on, register the model with its report, and return its folder.

    Args:
        config: what is made of which parent; its recipe has as many epochs as the lesson has rounds.
        lesson: the drawings.
        data: what must not be forgotten, and what is measured.
        watcher: is told of steps and rounds.
        teaching: how; None as chosen.

    Raises:
        ParentMismatch: there is no parent.
        NothingToTeach: all labels look wrong.
        ModelExists, ModelsUnwritable, CheckpointError: as `run_training`.
    """
    if config.parent is None:
        raise ParentMismatch("Teaching starts from a model, and none was named.")
    config.require_place()
    config.run_folder.mkdir(parents=True, exist_ok=True)
    run = _Run(config, config.parent, lesson, data, teaching or Teaching())
    checkpoint, identity = config.run_folder / CHECKPOINT_NAME, f"{config.identity}/{digest_of(data)}/{lesson.sha256}"
    history: list[TrainingMetrics] = []
    if checkpoint.exists():
        state = load_checkpoint(checkpoint, identity)
        history = history_in(state)
        run.restore(state)
        write_metrics(config.run_folder, history)
        if watcher.on_resume is not None:
            watcher.on_resume(len(history))
    while len(history) < run.plan.total:
        history.append(run.round(len(history), watcher))
        save_checkpoint(checkpoint, identity, run.state() | {"history": metrics_rows(history)})
        write_metrics(config.run_folder, history)
        watcher.on_epoch(history[-1])
    return run.register(history, watcher)


class _Run:
    """The state of a teaching run."""

    def __init__(
        self, config: RunConfig, parent: StoredModel, lesson: Lesson, data: TrainingData, teaching: Teaching
    ) -> None:
        self._config, self._parent, self._lesson, self._data = config, parent, lesson, data
        self._teaching, self._pictures = teaching, lesson.pictures
        self._old = _network(config.arch, parent.state)
        labels: list[int] = self._pictures.labels.tolist()
        self.plan = plan_rounds(labels, config.seed)
        self._before = probs_of(self._old, self._pictures.images)
        self._looks_like = find_odd_labels(self._old, self._pictures, self._before)
        odd = [row for row, digit in enumerate(self._looks_like) if digit is not None]
        self._left_out = frozenset(odd if are_many(len(odd), len(labels)) else ())
        self._after = torch.full((len(labels), N_CLASSES), -1.0)
        self._new = self._old
        self._others: Remembered | None = None

    def state(self) -> dict[str, object]:
        """For the checkpoint."""
        weights: dict[str, object] = self._new.state_dict()
        return {"after": self._after, "weights": weights}

    def restore(self, state: dict[str, object]) -> None:
        """Go on from a checkpoint.

        Raises:
            CheckpointError: it is another's.
        """
        after = state.get("after")
        if not torch.is_tensor(after) or after.shape != self._after.shape:
            raise CheckpointError("The checkpoint lacks what was read. Delete it to start afresh.")
        self._after = after
        self._new = _network(self._config.arch, self._parent.state)
        self._new.load_state_dict(part_of(state, "weights"))

    def round(self, index: int, watcher: Watcher) -> TrainingMetrics:
        """Teach one network, and read what was kept back from it."""
        started = time.perf_counter()
        if self._others is None:
            self._others = remember_others(self._old, self._data, self._teaching, self._config.seed)
        sound = [row for row in range(len(self.plan.rounds)) if row not in self._left_out]
        kept = [row for row in sound if self.plan.rounds[row] == index]
        is_last = index >= self.plan.measuring
        taught = [row for row in sound if is_last or row not in kept]
        if not taught:
            raise NothingToTeach(
                f"Nothing is left to teach: {len(self._left_out)} of {len(self.plan.rounds)} labels look wrong. Check "
                "what each drawing is saved as."
            )
        self._new = copy.deepcopy(self._old)
        images = torch.from_numpy(self._pictures.images)[taught]
        labels = torch.from_numpy(self._pictures.labels)[taught]
        tuning = FineTuning(self._new, images, labels, self._others, self._teaching, self._config.seed + index)
        tuning.run(watcher.on_step)
        if kept:
            self._after[kept] = probs_of(self._new, self._pictures.images[kept])
        validation = probs_of(self._new, self._data.watched.images)
        right = torch.from_numpy(self._data.watched.labels)
        seconds = time.perf_counter() - started
        per_step = self._teaching.own_batch + self._teaching.others_batch
        return TrainingMetrics(
            epoch=index + 1,
            epochs=self.plan.total,
            learning_rate=self._teaching.learning_rate,
            train_loss=tuning.loss,
            val_loss=negative_log_likelihood(validation, right),
            val_accuracy=1.0 - count_errors(validation, right) / len(right),
            drawn_accuracy={},
            scribble_confidence=None,
            images_per_second=self._teaching.steps * per_step / seconds,
            seconds=seconds,
        )

    def register(self, history: list[TrainingMetrics], watcher: Watcher) -> Path:
        """Measure and score the model, write the report, and register all."""
        state = {name: tensor.detach().clone() for name, tensor in _state(self._new).items()}
        validation = self._data.validation
        labels = torch.from_numpy(validation.labels)
        logits = own_logits(self._new, validation.images)
        temperature = fit_temperature(logits, labels)
        probs = (logits / temperature).softmax(dim=1)
        report = self._report(probs)
        content = report.model_dump_json().encode()
        write_atomically(self._config.run_folder / REPORT_NAME, content)
        seconds = sum(metrics.seconds for metrics in history)
        manifest = Manifest(
            schema_version=SCHEMA_VERSION,
            model_id=self._config.model_id,
            arch=self._config.arch,
            n_classes=N_CLASSES,
            version=MODEL_VERSION,
            created_at=datetime.now(UTC),
            preprocess_hash=preprocess_signature(),
            val_acc=1.0 - count_errors(probs, labels) / len(labels),
            val_nll=negative_log_likelihood(probs, labels),
            val_ece=expected_calibration_error(probs, labels),
            temperature=temperature,
            training_recipe=self._config.recipe.name,
            parent_model_id=self._parent.manifest.model_id,
            training_seed=self._config.seed,
            training_epochs=self._config.recipe.epochs,
            recipe_hash=self._config.recipe.digest(),
            train_data=self._origins(),
            n_parameters=count_parameters(self._new),
            train_seconds=seconds,
            device=f"cpu, {platform.machine()}, {torch.get_num_threads()} threads",
            torch_version=torch.__version__,
            test_overlap=self._parent.manifest.test_overlap,
            run_id=self._config.run_id,
        )
        predictions = predictions_of(self._config.arch, state, self._data, torch.device("cpu"), watcher)

        def companions(weights_sha256: str) -> dict[str, bytes]:
            files = {METRICS_NAME: packed_metrics(history), REPORT_NAME: content}
            if predictions is not None:
                files[PREDICTIONS_NAME] = predictions.packed(weights_sha256)
            return files

        return self._config.store.register(manifest, state, force=self._config.force, companions=companions)

    def _report(self, validation: Tensor) -> TeachingReport:
        watched = self._data.validation
        strangers: list[Errors] = []
        for name, digits in self._data.drawn_validation.items():
            strangers.append(
                _errors(name, digits, probs_of(self._old, digits.images), probs_of(self._new, digits.images))
            )
        before, after = _readings(self._before), _readings(self._after)
        taught: list[TaughtDigit] = []
        for row, drawing in enumerate(self._lesson.digits):
            read = after[row] if float(self._after[row, 0]) >= 0 else None
            odd = self._looks_like[row]
            taught.append(TaughtDigit(drawing=drawing, before=before[row], after=read, looks_like=odd))
        digits_told: tuple[TaughtDigit, ...] = tuple(taught)
        strangers_told: tuple[Errors, ...] = tuple(strangers)
        return TeachingReport(
            name=self._lesson.name,
            model_id=self._config.model_id,
            parent_model_id=self._parent.manifest.model_id,
            rounds=self.plan.measuring,
            digits=digits_told,
            validation=_errors("validation", watched, probs_of(self._old, watched.images), validation),
            strangers=strangers_told,
        )

    def _origins(self) -> tuple[DataSource, ...] | None:
        inherited = self._parent.manifest.train_data
        if inherited is None:
            return None
        lesson = self._lesson
        own = DataSource(name=f"drawings of {lesson.name}", sha256=lesson.sha256, count=len(lesson.digits))
        return (*inherited, own)


def remember_others(network: TypedModule, data: TrainingData, teaching: Teaching, seed: int) -> Remembered:
    """What the network says of digits of others: MNIST's and the strokes' training parts."""
    generator = torch.Generator()
    generator.manual_seed(seed)
    sets: list[NDArray[np.uint8]] = []
    for source in data.sources:
        first_rendering: NDArray[np.uint8] = source.images[0]
        sets.append(first_rendering)
    images: NDArray[np.uint8] = np.concatenate(sets)
    return remember(network, torch.from_numpy(images), teaching, generator)


def _network(arch: str, weights: dict[str, Tensor]) -> TypedModule:
    network = build_model(arch, N_CLASSES)
    network.load_state_dict(weights)
    network.eval()
    return network


def _state(network: TypedModule) -> dict[str, Tensor]:
    state: dict[str, Tensor] = network.state_dict()
    return state


def _errors(name: str, digits: DigitImages, before: Tensor, after: Tensor) -> Errors:
    labels = torch.from_numpy(digits.labels)
    return Errors(name=name, n=len(digits), before=count_errors(before, labels), after=count_errors(after, labels))


def _readings(probs: Tensor) -> list[Reading]:
    confidences, digits = probs.max(dim=1)
    likely: list[float] = confidences.clamp(min=0.0).tolist()
    read: list[int] = digits.tolist()
    return [Reading(digit=digit, confidence=share) for digit, share in zip(read, likely, strict=True)]
