"""The training loop: one network, one recipe, one seed."""

import logging
import math
import time
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from handwriting_ai.architectures import build_fresh_state_dict, build_model, channels_last, drop_features
from handwriting_ai.architectures.running import all_logits
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.data.scribbles import NOT_A_DIGIT
from handwriting_ai.errors import CheckpointError, TrainingDiverged
from handwriting_ai.evaluation.metrics import count_errors, negative_log_likelihood
from handwriting_ai.prediction import N_CLASSES, SURE
from handwriting_ai.preprocess import FULL_INK, MNIST_MEAN, MNIST_STD
from handwriting_ai.support.randomness import seeded
from handwriting_ai.training.augment import augment, mix
from handwriting_ai.training.checkpoint import part_of
from handwriting_ai.training.optimization import average_of, build_optimizer, build_schedule
from handwriting_ai.training.precision import Compute
from handwriting_ai.training.progress import TrainingMetrics
from handwriting_ai.training.recipes import Recipe
from handwriting_ai.training.sources import TrainingData

_EVALUATION_BATCH: Final = 100
_SEEDS: Final = 2**31
_HARD: Final = (0.1, 0.8)
"""A digit is hard if its label's probability was between these when it was last trained on; below, it may be noise."""
_EPOCHS_BEFORE_HARD: Final = 2
"""In the first epochs of a stage, most of all with fresh weights, too many digits are hard."""
_LOG: Final = logging.getLogger(__name__)


class Trainer:
    """Holds the whole state of a run; `run_epoch` moves it on by one epoch.

    On a processor, with the same data, recipe, seed and thread count, two trainers reach the same weights, also when
    one of them is rebuilt from `state()` between epochs. On a GPU they need not.
    """

    def __init__(
        self,
        arch: str,
        recipe: Recipe,
        seed: int,
        data: TrainingData,
        compute: Compute,
        *,
        weights: Mapping[str, Tensor] | None = None,
    ) -> None:
        """Build the network from `seed`, or from these weights, and lay the data into memory."""
        self.recipe, self.compute = recipe, compute
        self.epoch = 0
        """Epochs completed."""
        network = build_model(arch, N_CLASSES)
        start = build_fresh_state_dict(arch, N_CLASSES, seed=seed) if weights is None else weights
        network.load_state_dict(start)
        self.network = channels_last(network.to(compute.device))
        self.generator = torch.Generator(device=compute.device)
        self.generator.manual_seed(seed)
        self._seed, self._data = seed, data
        self._enter_stage(0)

    def run_epoch(self, on_step: Callable[[int, int], None]) -> TrainingMetrics:
        """Train on as many pictures as there are, then measure the averaged weights on validation.

        Each is shown once, until a recipe that repeats hard digits begins to show these more often, others not at all.

        Args:
            on_step: called after each step with the pictures seen and the pictures of an epoch.

        Raises:
            TrainingDiverged: the loss of training or of validation is not finite.
        """
        started = time.perf_counter()
        if self.epoch == self._stage_end:
            average: dict[str, Tensor] = self.average.module.state_dict()
            self.network.load_state_dict(average)
            self._enter_stage(self._stage_index + 1)
        images, labels = self._draw_epoch()
        order = self._draw_order()
        self.network.train()
        total = torch.zeros((), device=self.compute.device)
        right = torch.zeros((), device=self.compute.device)
        # Dropout draws from the global generator, which a resumed run must find as an unbroken one does.
        seed = torch.randint(_SEEDS, (1,), generator=self.generator, device=self.compute.device)
        with seeded(int(seed)):
            for start in range(0, len(order), self.stage.batch_size):
                rows = order[start : start + self.stage.batch_size]
                loss, label_probs, hits = self._step(images[rows], labels[rows])
                total += loss * len(rows)
                right += hits
                self._label_probs[rows] = label_probs
                on_step(start + len(rows), len(order))
        train_loss = float(total) / len(order)
        self.epoch += 1
        self.require_finite("training", train_loss)
        digits = int((labels[order] != NOT_A_DIGIT).sum())
        seconds = time.perf_counter() - started
        metrics = self._measure(train_loss, float(right) / digits, len(order) / seconds, seconds)
        self.require_finite("validation", metrics.val_loss)  # the last step may be the one that went astray
        return metrics

    def require_finite(self, part: str, loss: float) -> None:
        """Stop a run whose loss, on this part of the data, was no number when its present epoch ended.

        Raises:
            TrainingDiverged: so it is.
        """
        if not math.isfinite(loss):
            raise TrainingDiverged(
                f"The {part} loss of epoch {self.epoch} is {loss}. Try another seed, or another recipe: "
                f"the learning rate of this one reaches {self.stage.learning_rate:g}."
            )

    def state(self) -> dict[str, object]:
        """Everything a later `restore` needs to go on as if nothing had happened."""
        network: dict[str, object] = self.network.state_dict()
        average: dict[str, object] = self.average.state_dict()
        optimizer: dict[str, object] = self.optimizer.state_dict()
        schedule: dict[str, object] = self.schedule.state_dict()
        return {
            "epoch": self.epoch,
            "stage": self._stage_index,
            "network": network,
            "average": average,
            "optimizer": optimizer,
            "schedule": schedule,
            "generator": self.generator.get_state(),
            "device": self.compute.device.type,
            "label_probs": self._label_probs,
        }

    def restore(self, state: dict[str, object]) -> None:
        """Go on from what `state` returned, maybe on a device of another kind.

        Raises:
            CheckpointError: a part is missing or of another kind.
        """
        epoch, stage = state.get("epoch"), state.get("stage")
        generator, label_probs = state.get("generator"), state.get("label_probs")
        if not isinstance(epoch, int) or not isinstance(stage, int):
            raise CheckpointError("The checkpoint lacks its epoch or stage. Delete it to start afresh.")
        if not torch.is_tensor(generator) or not torch.is_tensor(label_probs):
            raise CheckpointError("The checkpoint lacks its generator or probabilities. Delete it to start afresh.")
        self._enter_stage(stage)
        self.epoch = epoch
        self._label_probs = label_probs.to(self.compute.device)
        self.network.load_state_dict(part_of(state, "network"))
        self.average.load_state_dict(part_of(state, "average"))
        self.optimizer.load_state_dict(part_of(state, "optimizer"))
        self.schedule.load_state_dict(part_of(state, "schedule"))
        here = self.compute.device.type
        made_on = state.get("device", here)  # older checkpoints do not say
        if made_on == here:
            self.generator.set_state(generator)
        else:  # each kind of device has generators of its own, whose states fit no other
            self.generator.manual_seed(_seed_after(self._seed, epoch))
            _LOG.warning(
                "The checkpoint was made on %s, this is %s: from here on chance is seeded anew.", made_on, here
            )

    def averaged_weights(self) -> dict[str, Tensor]:
        """The moving average of weights and statistics, on the CPU: what is kept as the model."""
        state: dict[str, Tensor] = self.average.module.state_dict()
        return {name: tensor.detach().cpu().clone() for name, tensor in state.items()}

    def _enter_stage(self, index: int) -> None:
        """Set up data, optimizer, schedule and average of one stage; the network goes on from where it is."""
        self.stage, self._stage_index = self.recipe.stages[index], index
        self._stage_end = sum(stage.epochs for stage in self.recipe.stages[: index + 1])
        device = self.compute.device
        self._pools = [
            (
                torch.from_numpy(source.images).to(device).repeat(1, source.repeats, 1, 1),
                torch.from_numpy(source.labels).to(device).repeat(source.repeats),
            )
            for source in self._data.sources
            if source.kind in self.stage.data
        ]
        self.images_per_epoch = sum(int(labels.numel()) for _, labels in self._pools)
        steps = math.ceil(self.images_per_epoch / self.stage.batch_size) * self.stage.epochs
        self.average = average_of(self.network, self.recipe.ema_decay)
        self.optimizer = build_optimizer(self.network, self.stage, fused=device.type != "mps")
        self.schedule = build_schedule(self.optimizer, self.stage, steps)
        self._targets = _target_table(self.stage.label_smoothing, device)
        # The probability of its label when each picture was last trained on; 1 before, and always for a scribble.
        self._label_probs = torch.ones(self.images_per_epoch, device=device)

    def _draw_order(self) -> Tensor:
        """Rows of an epoch, shuffled; repeats of hard digits take the place of others, so that its length is kept."""
        count, device = self.images_per_epoch, self.compute.device
        order = torch.randperm(count, generator=self.generator, device=device)
        epochs_done = self.epoch - (self._stage_end - self.stage.epochs)
        if self.stage.hard_repeats == 1 or epochs_done < _EPOCHS_BEFORE_HARD:
            return order
        low, high = _HARD
        hard = ((self._label_probs > low) & (self._label_probs < high)).nonzero().squeeze(1)
        repeats = hard.repeat(self.stage.hard_repeats - 1)[: count // 2]
        rows = torch.cat([order[: count - len(repeats)], repeats])
        return rows[torch.randperm(count, generator=self.generator, device=device)]

    def _draw_epoch(self) -> tuple[Tensor, Tensor]:
        """One rendering of every digit: `uint8 (n, 28, 28)` and `int64 (n,)`."""
        chosen: list[Tensor] = []
        for images, labels in self._pools:
            count = labels.numel()
            rendering = torch.randint(images.shape[0], (count,), generator=self.generator, device=images.device)
            chosen.append(images[rendering, torch.arange(count, device=images.device)])
        return torch.cat(chosen), torch.cat([labels for _, labels in self._pools])

    def _step(self, pixels: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One update from a batch `uint8 (b, 28, 28)`.

        Returns:
            Its loss, the probabilities of the labels, `(b,)`, and how many digits were read rightly.
        """
        ranges = self.stage.augmentation
        ink = augment(pixels.unsqueeze(1) / FULL_INK, ranges, self.generator)
        targets = self._targets[labels]
        if ranges.mixup_alpha > 0:
            ink, targets = mix(ink, targets, ranges.mixup_alpha, self.generator)
        batch = ((ink - MNIST_MEAN) / MNIST_STD).contiguous(memory_format=torch.channels_last)
        with (
            torch.autocast(self.compute.device.type, torch.bfloat16, enabled=self.compute.autocast),
            drop_features(self.network, self.stage.dropout),
        ):
            logits = self.network(batch)
        loss = functional.cross_entropy(logits.float(), targets)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.optimizer.step()
        self.schedule.step()
        self.average.update_parameters(self.network)
        probs = functional.pad(logits.detach().float().softmax(dim=1), (0, 1), value=1.0)
        hits = (logits.detach().argmax(dim=1) == labels).sum()
        return loss.detach(), probs.gather(1, labels.unsqueeze(1)).squeeze(1), hits

    def _measure(
        self, train_loss: float, train_accuracy: float, images_per_second: float, seconds: float
    ) -> TrainingMetrics:
        network: nn.Module = self.average.module
        validation = predict_logits(network, self._data.watched, self.compute).softmax(dim=1)
        labels = torch.from_numpy(self._data.watched.labels)
        drawn: dict[str, float] = {}
        for name, digits in self._data.drawn_validation.items():
            probs = predict_logits(network, digits, self.compute).softmax(dim=1)
            drawn[name] = 1.0 - count_errors(probs, torch.from_numpy(digits.labels)) / len(digits)
        scribble_confidence: float | None = None
        if self._data.scribbles is not None:
            probs = predict_logits(network, self._data.scribbles, self.compute).softmax(dim=1)
            scribble_confidence = float((probs.amax(dim=1) >= SURE).float().mean())
        return TrainingMetrics(
            epoch=self.epoch,
            epochs=self.recipe.epochs,
            learning_rate=float(self.schedule.get_last_lr()[0]),
            train_loss=train_loss,
            val_loss=negative_log_likelihood(validation, labels),
            val_accuracy=1.0 - count_errors(validation, labels) / len(labels),
            drawn_accuracy=drawn,
            scribble_confidence=scribble_confidence,
            images_per_second=images_per_second,
            seconds=seconds,
            train_accuracy=train_accuracy,
        )


def predict_logits(network: nn.Module, digits: DigitImages, compute: Compute) -> Tensor:
    """Logits `float32 (n, 10)` on the CPU, in evaluation mode and full precision."""
    network.eval()
    return all_logits(network, digits.images, size=_EVALUATION_BATCH, device=compute.device)


def _seed_after(seed: int, epoch: int) -> int:
    """For the draws that follow an epoch, where the generator that the run began with is lost."""
    words: list[int] = np.random.SeedSequence([seed, epoch]).generate_state(1).tolist()
    return words[0]


def _target_table(label_smoothing: float, device: torch.device) -> Tensor:
    """`(11, 10)`: the target distribution of each label; a scribble's is uniform."""
    digits = torch.eye(N_CLASSES, device=device) * (1 - label_smoothing) + label_smoothing / N_CLASSES
    return torch.cat([digits, torch.full((1, N_CLASSES), 1 / N_CLASSES, device=device)])
