"""A run from recipe to registered model, on a handful of digits."""

import copy
import functools
import gzip
import json
import math
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pydantic import TypeAdapter
from tests.digit_strokes import DIGIT_STROKES
from torch import Tensor

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.data.scribbles import NOT_A_DIGIT
from handwriting_ai.data.styles import Styles
from handwriting_ai.errors import (
    CheckpointError,
    DataCorrupt,
    DataMissing,
    InvalidRecipe,
    ModelExists,
    ModelsUnwritable,
    TrainingDiverged,
    UnknownRecipe,
)
from handwriting_ai.evaluation.predictions import PREDICTIONS_NAME, check_predictions
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.manifest import DataSource
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training import sources
from handwriting_ai.training.augment import augment, change_pen, cut_out, elastic_field, mix, random_affine
from handwriting_ai.training.checkpoint import load_checkpoint, save_checkpoint
from handwriting_ai.training.optimization import average_of, build_optimizer, build_schedule
from handwriting_ai.training.precision import Compute, choose_compute
from handwriting_ai.training.progress import TrainingMetrics, read_metrics, write_metrics
from handwriting_ai.training.recipes import (
    BASELINE,
    DRAWN,
    DRAWN_STYLES,
    HEAVY_AUG,
    Recipe,
    as_trial,
    get_recipe,
    model_name,
    with_epochs,
)
from handwriting_ai.training.run import CHECKPOINT_NAME, RunConfig, Watcher, run_training, score_again
from handwriting_ai.training.sources import DataFolders, Source, TrainingData, prepare_data
from handwriting_ai.training.stages import Augmentation, DataSet, Residue, Schedule, Stage
from handwriting_ai.training.trainer import Trainer

CPU = Compute(device=torch.device("cpu"), autocast=False)
TINY = replace(with_epochs(DRAWN, 2), stages=(replace(DRAWN.stages[0], epochs=2, batch_size=16),), renderings=2)
_HEAVY = replace(HEAVY_AUG.stages[0], data=DRAWN.stages[0].data, batch_size=16, epochs=1)
TWO_STAGES = replace(TINY, stages=(*TINY.stages, _HEAVY))
REPEATING = replace(TINY, stages=(replace(TINY.stages[0], epochs=4, hard_repeats=3),))
RECIPES = {
    "one stage": TINY,
    "two stages, with mixup, cutout and dropout": TWO_STAGES,
    "hard digits repeated": REPEATING,
}


def _data() -> TrainingData:
    """Sixty-four blobs in ten places, and four scribbles."""
    generator = np.random.default_rng(0)
    labels: NDArray[np.int64] = generator.integers(10, size=64)
    images: NDArray[np.uint8] = np.zeros((2, 64, 28, 28), dtype=np.uint8)
    values: list[int] = labels.tolist()
    for row, label in enumerate(values):
        x, y = 4 + (label % 5) * 5, 6 + (label // 5) * 12
        images[:, row, y : y + 4, x : x + 4] = 255
    noise: NDArray[np.uint8] = generator.integers(0, 255, size=(2, 4, 28, 28), dtype=np.uint8)
    no_digits: NDArray[np.int64] = np.full(4, NOT_A_DIGIT)
    shown: NDArray[np.uint8] = images[0]
    unread: NDArray[np.uint8] = noise[0]
    digits = DigitImages(images=shown, labels=labels)
    return TrainingData(
        sources=(
            Source(name="blobs", kind=DataSet.MNIST, images=images, labels=labels, sha256="a"),
            Source(name="scribbles", kind=DataSet.SCRIBBLES, images=noise, labels=no_digits, sha256="b"),
        ),
        validation=digits,
        watched=digits,
        drawn_validation={"blobs": digits},
        scribbles=DigitImages(images=unread, labels=no_digits),
    )


def _ignore_step(seen: int, total: int) -> None:
    assert seen <= total


def _ignore_epoch(metrics: TrainingMetrics) -> None:
    assert metrics.epoch <= metrics.epochs


def _weights(trainer: Trainer) -> dict[str, Tensor]:
    return trainer.averaged_weights()


def _same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def _trained(seed: int, epochs: int = 2) -> Trainer:
    trainer = Trainer("compact", TINY, seed, _data(), CPU)
    for _ in range(epochs):
        trainer.run_epoch(_ignore_step)
    return trainer


def test_the_same_seed_gives_the_same_weights() -> None:
    """Bit for bit; another seed gives others."""
    first = _weights(_trained(1))
    assert _same(first, _weights(_trained(1)))
    assert not _same(first, _weights(_trained(2)))


@dataclass(frozen=True, kw_only=True)
class Unbroken:
    """A run that nothing interrupted."""

    folder: Path
    """Holds a checkpoint of each epoch, which is its name."""
    weights: dict[str, Tensor]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Unbroken]:
    """Trains by a recipe of `RECIPES`, once for all tests."""

    def train(name: str) -> Unbroken:
        folder, recipe = tmp_path_factory.mktemp("unbroken"), RECIPES[name]
        trainer = Trainer("compact", recipe, 1, _data(), CPU)
        for epoch in range(1, recipe.epochs + 1):
            trainer.run_epoch(_ignore_step)
            save_checkpoint(folder / str(epoch), "run", trainer.state())
        return Unbroken(folder=folder, weights=_weights(trainer))

    return functools.cache(train)


@pytest.mark.parametrize("stop", [1, 2])
@pytest.mark.parametrize("name", RECIPES)
def test_an_interrupted_run_ends_with_the_same_weights(
    unbroken: Callable[[str], Unbroken], name: str, stop: int
) -> None:
    """Through a checkpoint on disk into a fresh trainer, bit for bit, also at the end of a stage."""
    recipe, whole = RECIPES[name], unbroken(name)
    resumed = Trainer("compact", recipe, 99, _data(), CPU)
    resumed.restore(load_checkpoint(whole.folder / str(stop), "run"))
    torch.rand(7)  # whoever uses the global generator in between does not matter
    for _ in range(stop, recipe.epochs):
        resumed.run_epoch(_ignore_step)
    assert _same(_weights(resumed), whole.weights)


def test_hard_digits_are_shown_more_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the third epoch on; not those read wrongly without a doubt, whose labels may be noise."""
    stage = replace(TINY.stages[0], epochs=3, hard_repeats=4)
    trainer = Trainer("compact", replace(TINY, stages=(stage,)), 1, _data(), CPU)
    batches: list[Tensor] = []
    probs = torch.full((11,), 0.95)
    probs[3], probs[5] = 0.5, 0.01

    def step(_: Trainer, pixels: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        assert len(pixels) == len(labels)
        batches.append(labels)
        return torch.zeros(()), probs[labels], torch.zeros(())

    monkeypatch.setattr(Trainer, "_step", step)
    seen: list[list[int]] = []
    for _ in range(3):
        batches.clear()
        trainer.run_epoch(_ignore_step)
        counts: list[int] = torch.cat(batches).bincount(minlength=11).tolist()
        seen.append(counts)
    threes = seen[0][3]
    assert seen[0] == seen[1]
    assert seen[2][3] >= 3 * threes
    assert seen[2][5] <= seen[0][5]
    assert sum(seen[2]) == sum(seen[0])


def test_bad_checkpoints_are_refused(tmp_path: Path) -> None:
    """Damaged, of another run, or without a part."""
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(b"half a file")
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(path, "run")
    save_checkpoint(path, "other", {})
    with pytest.raises(CheckpointError, match="other data: other, not run"):
        load_checkpoint(path, "run")
    torch.save(torch.zeros(1), path)
    with pytest.raises(CheckpointError, match="holds no state"):
        load_checkpoint(path, "run")
    state = _trained(1, epochs=1).state()
    for name in set(state) - {"device"}:  # older checkpoints have none
        without = {key: value for key, value in state.items() if key != name}
        with pytest.raises(CheckpointError, match="lacks its"):
            Trainer("compact", TINY, 1, _data(), CPU).restore(without)


class _Alarm(Exception):
    """Stands in for that of the queue, whose run has taken too long."""


@pytest.mark.parametrize("error", [KeyboardInterrupt("Signal 15."), MemoryError(), _Alarm()])
def test_what_ends_a_run_while_a_checkpoint_is_read_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """The checkpoint is not said to be bad."""
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, "run", {})

    def interrupted(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(torch, "load", interrupted)
    with pytest.raises(type(error)):
        load_checkpoint(path, "run")


def test_a_checkpoint_that_cannot_be_read_is_not_to_be_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be wrong with it."""
    (tmp_path / "checkpoint.pt").touch()

    def denied(_: Path, _flags: int) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", denied)
    with pytest.raises(CheckpointError, match="cannot be read: Permission denied") as caught:
        load_checkpoint(tmp_path / "checkpoint.pt", "run")
    assert "Delete" not in str(caught.value)


def _resumed(state: dict[str, object]) -> Trainer:
    """Gone on for one epoch from a state."""
    trainer = Trainer("compact", TINY, 1, _data(), CPU)
    trainer.restore(copy.deepcopy(state))  # as from a file: it is gone on from several times
    trainer.run_epoch(_ignore_step)
    return trainer


def test_a_run_goes_on_on_another_kind_of_device(caplog: pytest.LogCaptureFixture) -> None:
    """The generator's state fits only the kind it was made on; the log says so, and it is the same each time."""
    state = _trained(1, epochs=1).state()
    made_up: dict[str, object] = {"device": "cuda", "generator": torch.zeros(16, dtype=torch.uint8)}
    first, second = _resumed(state | made_up), _resumed(state | made_up)
    assert caplog.text.count("made on cuda, this is cpu") == 2
    assert first.epoch == 2
    assert _same(_weights(first), _weights(second))
    older = {name: value for name, value in state.items() if name != "device"}
    assert _same(_weights(_resumed(older)), _weights(_trained(1)))
    assert caplog.text.count("made on") == 2


def test_a_loss_that_is_no_number_stops_the_run() -> None:
    """With the epoch, and what one can do, in the message."""
    trainer = Trainer("compact", TINY, 1, _data(), CPU)
    with torch.no_grad():
        for parameter in trainer.network.parameters():
            parameter.fill_(float("nan"))
    with pytest.raises(TrainingDiverged, match=r"epoch 1 is nan\. Try another seed"):
        trainer.run_epoch(_ignore_step)


def test_metrics_say_what_was_measured() -> None:
    """Progress, losses, accuracy by file and the share of sure scribbles."""
    metrics = Trainer("compact", TINY, 1, _data(), CPU).run_epoch(_ignore_step)
    assert (metrics.epoch, metrics.epochs) == (1, 2)
    assert set(metrics.drawn_accuracy) == {"blobs"}
    assert metrics.scribble_confidence is not None
    assert 0 <= metrics.val_accuracy <= 1


def test_training_accuracy_counts_digits_alone() -> None:
    """All are read before long; scribbles, which have no right answer, do not count."""
    still = replace(TINY.stages[0], augmentation=Augmentation(), epochs=12, schedule=Schedule.CONSTANT)
    trainer = Trainer("compact", replace(TINY, stages=(still,)), 1, _data(), CPU)
    shares: list[float] = []
    while len(shares) < 12 and 1.0 not in shares:
        shares.append(trainer.run_epoch(_ignore_step).train_accuracy or 0.0)
    assert shares[0] < 0.8
    assert max(shares) == 1.0


def _config(folder: Path) -> RunConfig:
    return RunConfig(
        arch="compact",
        recipe=TINY,
        seed=3,
        run_folder=folder / "run",
        store=ModelStore(folder / "models"),
    )


def _run(config: RunConfig) -> list[TrainingMetrics]:
    """Train, or go on; returns the epochs it took."""
    epochs: list[TrainingMetrics] = []
    run_training(config, _data(), CPU, Watcher(on_step=_ignore_step, on_epoch=epochs.append))
    return epochs


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run that has ended, and its model; nobody writes here."""
    folder = tmp_path_factory.mktemp("ended")
    _run(_config(folder))
    return folder


@pytest.fixture()
def config(ended: Path, tmp_path: Path) -> RunConfig:
    """Of a run that has ended, in a copy of its folder."""
    return _config(shutil.copytree(ended, tmp_path / "ended"))


def test_a_run_registers_a_complete_model(tmp_path: Path) -> None:
    """Checked as the engine would, with every field that can be known."""
    config = _config(tmp_path)
    epochs = _run(config)
    stored = config.store.read("mnist_compact_drawn_seed3", signature=preprocess_signature())
    fields: dict[str, object] = stored.manifest.model_dump()
    unknown = {name for name, value in fields.items() if value is None}
    assert len(epochs) == 2
    assert unknown == {"run_id", "parent_model_id", "not_shipped", "test_acc", "test_nll", "test_ece"}
    assert stored.manifest.recipe_hash == TINY.digest()
    assert [source.count for source in stored.manifest.train_data or ()] == [64, 4]


def test_an_existing_model_is_not_replaced_without_force(config: RunConfig) -> None:
    """Found out before any training; with force the finished run registers again."""
    with pytest.raises(ModelExists, match="exists in"):
        _run(config)
    assert _run(replace(config, force=True)) == []


def test_a_run_whose_model_could_not_be_registered_does_not_begin(tmp_path: Path) -> None:
    """Hours later it would be too late: there is not even a folder for its checkpoint."""
    (tmp_path / "file").touch()
    config = replace(_config(tmp_path), store=ModelStore(tmp_path / "file"))
    with pytest.raises(ModelsUnwritable, match="cannot be written"):
        _run(config)
    assert not config.run_folder.exists()


def test_a_run_does_not_go_on_with_other_data(config: RunConfig) -> None:
    """A checkpoint knows its pictures by their rows: other files, or more of one, make another run."""
    forced = replace(config, force=True)
    data = _data()
    for change in ({"sha256": "c"}, {"name": "others"}, {"labels": data.sources[0].labels[:60]}):
        first = replace(data.sources[0], **change)
        other = replace(data, sources=(first, *data.sources[1:]))
        with pytest.raises(CheckpointError, match="other data"):
            run_training(forced, other, CPU, Watcher(on_step=_ignore_step, on_epoch=print))


def test_a_run_does_not_go_on_from_another_parent(config: RunConfig, tmp_path: Path) -> None:
    """Nor from fresh weights where it began with those of a model."""
    parent = config.store.read(config.model_id, signature=preprocess_signature())
    child = replace(config, parent=parent, run_folder=tmp_path / "child")
    run_training(child, _data(), CPU, Watcher(on_step=_ignore_step, on_epoch=_ignore_epoch))
    assert child.model_id == "mnist_compact_drawn_seed3_from_drawn_seed3"
    for stranger in (replace(parent, weights_sha256="0" * 64), None):
        forced = replace(child, parent=stranger, force=True)
        with pytest.raises(CheckpointError, match="another run"):
            run_training(forced, _data(), CPU, Watcher(on_step=_ignore_step, on_epoch=_ignore_epoch))


def test_a_child_has_learnt_what_its_parent_has(config: RunConfig, tmp_path: Path) -> None:
    """Its manifest names those sets too, and what they may share with the test part."""
    parent = config.store.read(config.model_id, signature=preprocess_signature())
    learnt = (DataSource(name="emnist", sha256="e", count=9), *(parent.manifest.train_data or ()))
    claims: dict[str, object] = {"train_data": learnt, "test_overlap": "possible: a few"}
    parent = replace(parent, manifest=parent.manifest.model_copy(update=claims))
    child = replace(config, parent=parent, run_folder=tmp_path / "child")
    run_training(child, _data(), CPU, Watcher(on_step=_ignore_step, on_epoch=_ignore_epoch))
    manifest = config.store.read_manifest(child.model_id)
    assert [source.name for source in manifest.train_data or ()] == ["blobs", "scribbles", "emnist"]
    assert manifest.test_overlap == "possible: a few"
    assert manifest.parent_model_id == config.model_id
    unknown: dict[str, object] = {"train_data": None, "test_overlap": None}
    stranger = replace(parent, manifest=parent.manifest.model_copy(update=unknown))
    forced = replace(child, parent=stranger, force=True)
    run_training(forced, _data(), CPU, Watcher(on_step=_ignore_step, on_epoch=_ignore_epoch))
    manifest = config.store.read_manifest(child.model_id)
    assert (manifest.train_data, manifest.test_overlap) == (None, None)


def test_a_checkpoint_without_its_history_is_refused(config: RunConfig) -> None:
    """With a sentence, not with a missing key."""
    path = config.run_folder / CHECKPOINT_NAME
    content: dict[str, object] = torch.load(path, weights_only=True)
    state = content["state"]
    assert isinstance(state, dict)
    del state["history"]
    torch.save(content, path)
    with pytest.raises(CheckpointError, match="lacks its history"):
        _run(replace(config, force=True))


def test_a_run_that_goes_astray_in_its_last_step_keeps_nothing_of_it(tmp_path: Path) -> None:
    """Its training loss was measured before that step and is sound: validation tells, before anything is written."""
    one_step = replace(TINY.stages[0], epochs=1, batch_size=68, learning_rate=1e30, schedule=Schedule.CONSTANT)
    config = replace(_config(tmp_path), recipe=replace(TINY, stages=(one_step,)))
    with pytest.raises(TrainingDiverged, match=r"The validation loss of epoch 1 is nan\. Try another seed.*1e\+30"):
        _run(config)
    assert list(config.run_folder.iterdir()) == []
    assert not config.store.model_ids()


def test_an_old_checkpoint_whose_validation_was_no_number_is_not_registered(config: RunConfig) -> None:
    """Earlier versions kept such epochs."""
    path = config.run_folder / CHECKPOINT_NAME
    content: dict[str, dict[str, list[dict[str, object]]]] = torch.load(path, weights_only=True)
    content["state"]["history"][-1]["val_loss"] = math.nan
    torch.save(content, path)
    with pytest.raises(TrainingDiverged, match="The validation loss of epoch 2 is nan"):
        _run(replace(config, force=True))


def test_a_run_killed_before_its_last_metrics_were_written_has_them_when_it_goes_on(config: RunConfig) -> None:
    """The checkpoint holds them too."""
    epochs = read_metrics(config.run_folder)
    assert len(epochs) == 2
    write_metrics(config.run_folder, epochs[:1])
    _run(replace(config, force=True))
    assert read_metrics(config.run_folder) == epochs


def test_recipes_are_found_by_name() -> None:
    """An unknown one lists those there are; the number of epochs can be replaced."""
    assert get_recipe("drawn") is DRAWN
    with pytest.raises(UnknownRecipe, match=r"Unknown recipe 'best'\. Available: drawn"):
        get_recipe("best")
    assert with_epochs(DRAWN, None) is DRAWN
    assert with_epochs(DRAWN, 3).epochs == 3


def test_epochs_are_shared_out_among_stages() -> None:
    """In proportion, one to each at least; fewer epochs than stages are refused."""
    long = replace(TWO_STAGES, stages=(replace(_HEAVY, epochs=50), replace(_HEAVY, epochs=100)))
    assert [stage.epochs for stage in with_epochs(long, 30).stages] == [10, 20]
    assert [stage.epochs for stage in with_epochs(long, 2).stages] == [1, 1]
    with pytest.raises(InvalidRecipe, match="at least as many epochs, not 1"):
        with_epochs(long, 1)


def test_recipes_hold_the_numbers_they_are_known_by() -> None:
    """Of `baseline` and `heavy_aug`, as published in the documentation."""
    plain, heavy = BASELINE.stages[0], HEAVY_AUG.stages[0]
    assert (plain.optimizer, plain.learning_rate, plain.weight_decay, plain.batch_size) == ("adam", 1e-3, 0, 128)
    assert (plain.epochs, plain.augmentation) == (100, Augmentation(rotation_deg=10, shift_px=2.8))
    assert (heavy.optimizer, heavy.learning_rate, heavy.weight_decay, heavy.batch_size) == ("adamw", 1e-3, 1e-4, 128)
    assert (heavy.epochs, heavy.label_smoothing, heavy.dropout) == (150, 0.1, 0.3)
    assert (heavy.augmentation.elastic_alpha_px, heavy.augmentation.elastic_sigma_px) == (34, 4)
    assert (heavy.augmentation.cutout_px, heavy.augmentation.mixup_alpha) == (8, 0.2)


def _rates(schedule: Schedule, steps: int) -> list[float]:
    stage = replace(BASELINE.stages[0], schedule=schedule)
    parameter = torch.nn.Linear(1, 1)
    optimizer = build_optimizer(parameter, stage, fused=False)
    moving = build_schedule(optimizer, stage, steps)
    rates: list[float] = []
    for _ in range(steps):
        rates.append(float(moving.get_last_lr()[0]))
        optimizer.step()
        moving.step()
    return rates


def test_schedules_span_the_stage() -> None:
    """Constant; a tenth from half-way on; a cosine to 1e-6; up for a fifth and down to nearly nothing."""
    assert _rates(Schedule.CONSTANT, 20) == pytest.approx([1e-3] * 20)
    assert _rates(Schedule.STEP, 20) == pytest.approx([1e-3] * 10 + [1e-4] * 10)
    cosine = [1e-6 + (1e-3 - 1e-6) * (1 + math.cos(math.pi * step / 20)) / 2 for step in range(20)]
    assert _rates(Schedule.COSINE, 20) == pytest.approx(cosine)
    cycle = _rates(Schedule.ONE_CYCLE, 100)
    assert cycle.index(max(cycle)) in {19, 20}
    assert cycle[0] == pytest.approx(4e-5)
    assert cycle[-1] < 1e-5


@pytest.mark.parametrize("steps", range(1, 13))
def test_a_cycle_may_be_short(steps: int) -> None:
    """A trial has as few steps; a warm-up of a fifth of them may be no step at all."""
    cycle = _rates(Schedule.ONE_CYCLE, steps)
    assert cycle[0] == pytest.approx(4e-5)
    assert max(cycle) <= 1e-3
    assert cycle[1:] == [] or max(cycle) > 9e-4


def test_an_average_of_weights_moves_slowly_after_its_warm_up() -> None:
    """A decay of zero keeps the last weights; another soon forgets the first ones, and then moves by its share."""
    network = torch.nn.Linear(1, 1, bias=False)
    last, slow = average_of(network, 0.0), average_of(network, 0.999)
    for value in (1.0, 2.0):
        with torch.no_grad():
            network.weight.fill_(value)
        last.update_parameters(network)
        slow.update_parameters(network)
    kept = [float(next(average.parameters()).detach()) for average in (last, slow)]
    assert kept == pytest.approx([2.0, 1.0 * 2 / 11 + 2.0 * 9 / 11])


_FIELDS: dict[str, object] = asdict(DRAWN)
_STAGE: dict[str, object] = asdict(DRAWN.stages[0])
_NUMBERS = {
    name for name, value in (_FIELDS | _STAGE).items() if isinstance(value, (int, float)) and not isinstance(value, str)
}


@pytest.mark.parametrize("name", sorted(_NUMBERS))
def test_every_number_of_a_recipe_counts(name: str) -> None:
    """Two recipes with one digest train alike."""
    if name in _FIELDS:
        changed = TypeAdapter(Recipe).validate_python(_FIELDS | {name: float(str(_FIELDS[name])) + 1})
    else:
        stage = TypeAdapter(Stage).validate_python(_STAGE | {name: float(str(_STAGE[name])) + 1})
        changed = replace(DRAWN, stages=(stage,))
    assert changed.digest() != DRAWN.digest()
    assert replace(DRAWN, summary="other words").digest() == DRAWN.digest()


def test_augmentation_without_ranges_changes_nothing() -> None:
    """The identity, up to interpolation."""
    ink = torch.rand(4, 1, 28, 28)
    torch.testing.assert_close(augment(ink, Augmentation(), torch.Generator()), ink, atol=1e-5, rtol=0)


def test_each_picture_has_a_draw_of_its_own() -> None:
    """Four copies of one picture come out as four."""
    ink = torch.rand(1, 1, 28, 28).repeat(4, 1, 1, 1)
    made = augment(ink, DRAWN.stages[0].augmentation, torch.Generator().manual_seed(1))
    ink_each: list[float] = made.sum(dim=(1, 2, 3)).tolist()
    assert len(set(ink_each)) == 4


def test_draws_stay_within_their_ranges() -> None:
    """Shifts of at most two pixels, determinants of at most the scales' product."""
    maps = random_affine(2_000, 28, DRAWN.stages[0].augmentation, torch.Generator().manual_seed(1))
    shifts = maps[:, :, 2] * 14
    assert 1.9 < float(shifts.abs().max()) <= 2.0
    areas = maps[:, 0, 0] * maps[:, 1, 1] - maps[:, 0, 1] * maps[:, 1, 0]
    assert float(areas.min()) > 1 / (1.15**2 * 1.07) - 1e-6
    assert float(areas.max()) < 1 / (0.85**2 * 0.93) + 1e-6


def test_a_rotation_agrees_with_opencv() -> None:
    """One random angle, applied by another library."""
    picture = np.zeros((28, 28), dtype=np.uint8)
    picture[8:20, 10:14] = 255
    picture = cv2.GaussianBlur(picture, (5, 5), 1.2)
    generator = torch.Generator().manual_seed(4)
    affine = random_affine(1, 28, Augmentation(rotation_deg=15), torch.Generator().manual_seed(4))[0]
    angle = float(torch.rad2deg(torch.atan2(affine[1, 0], affine[0, 0])))
    made = augment(torch.from_numpy(picture).view(1, 1, 28, 28) / 255, Augmentation(rotation_deg=15), generator)
    expected = cv2.warpAffine(picture, cv2.getRotationMatrix2D((13.5, 13.5), angle, 1.0), (28, 28))
    difference = made[0, 0] - torch.from_numpy(expected) / 255
    assert float(difference.abs().max()) < 0.05


def test_elastic_displacement_moves_ink_but_adds_none() -> None:
    """Another picture of about the same amount of ink, on paper that stays 0."""
    ink = torch.zeros(16, 1, 28, 28)
    ink[:, :, 8:20, 10:18] = 1
    made = augment(ink, Augmentation(elastic_alpha_px=15.5), torch.Generator().manual_seed(1))
    assert not torch.allclose(made, ink, atol=0.1)
    assert float(made.mean()) == pytest.approx(float(ink.mean()), rel=0.05)
    assert float(made[:, :, 0].max()) == 0.0


def test_the_elastic_field_is_blurred_noise() -> None:
    """The same noise through OpenCV's Gaussian gives the same field, and its size is Simard's."""
    field = elastic_field(1, 28, 34.0, 4.0, torch.Generator().manual_seed(5))
    noise: NDArray[np.float32] = (
        torch.rand((1, 2, 28, 28), generator=torch.Generator().manual_seed(5)) * 2 - 1
    ).numpy()
    for axis in range(2):
        plane: NDArray[np.float32] = noise[0, axis]
        expected: NDArray[np.float32] = cv2.GaussianBlur(plane, (33, 33), 4.0)
        torch.testing.assert_close(field[0, :, :, axis], torch.from_numpy(expected) * 34, atol=1e-4, rtol=0)
    many = elastic_field(500, 28, 34.0, 4.0, torch.Generator().manual_seed(6))
    assert float(many[:, 8:20, 8:20].std()) == pytest.approx(34 / math.sqrt(3) / (2 * 4 * math.sqrt(math.pi)), rel=0.1)


def test_the_pen_changes_a_bar_by_the_pixels_asked_for() -> None:
    """A bar four pixels wide becomes five, three, and stays as it is."""
    ink = torch.zeros(3, 1, 28, 28)
    ink[:, :, :, 10:14] = 1
    by_px: list[float] = [1.0, -1.0, 0.0]
    changed = change_pen(ink, torch.tensor(by_px))
    widths: list[float] = changed[:, 0, 14].sum(dim=1).tolist()
    assert widths == pytest.approx([5.0, 3.0, 4.0])


def test_cutout_wipes_a_square_somewhere_else_in_each_picture() -> None:
    """At most 8 × 8 pixels, a quarter of that at the corners, and nothing beside it."""
    holes = 1 - cut_out(torch.ones(400, 1, 28, 28), 8, torch.Generator().manual_seed(1))
    areas: list[float] = holes.sum(dim=(1, 2, 3)).tolist()
    assert max(areas) == 64
    assert min(areas) >= 16
    assert float(holes.mean(dim=0).min()) > 0
    rows: list[float] = holes.amax(dim=3).sum(dim=(1, 2)).tolist()
    columns: list[float] = holes.amax(dim=2).sum(dim=(1, 2)).tolist()
    assert [height * width for height, width in zip(rows, columns, strict=True)] == pytest.approx(areas)


def test_mixup_blends_pictures_and_targets_in_the_same_share() -> None:
    """Pictures that show their own target still do; shares follow Beta(0.2, 0.2), each picture its own."""
    count = 4_000
    targets = torch.eye(10)[torch.arange(count) % 10]
    pictures = torch.nn.functional.pad(targets.view(count, 1, 1, 10), (0, 18, 0, 27))
    blended, mixed = mix(pictures, targets, 0.2, torch.Generator().manual_seed(1))
    torch.testing.assert_close(blended[:, 0, 0, :10], mixed)
    torch.testing.assert_close(mixed.sum(dim=1), torch.ones(count))
    own = mixed[torch.arange(count), torch.arange(count) % 10]
    alone = own[mixed.amax(dim=1) < 1]
    assert float(alone.mean()) == pytest.approx(0.5, abs=0.03)
    shares: list[float] = alone.tolist()
    assert len(set(shares)) > 1_000


@pytest.mark.parametrize(("features", "autocast"), [({"avx512_bf16": True}, True), ({"avx2": True}, False)])
def test_precision_follows_the_processor(
    monkeypatch: pytest.MonkeyPatch, features: dict[str, bool], autocast: bool
) -> None:
    """bf16 only where the processor multiplies it faster."""
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: features)
    compute = choose_compute("cpu")
    assert compute.autocast is autocast
    assert compute.label == ("cpu bf16" if autocast else "cpu fp32")


def test_a_gpu_rounds_no_single_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is predicted there is kept as if the processor had said it: no TF32."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", False)
    compute = choose_compute("cuda")
    assert compute.label == "cuda bf16"
    assert not torch.backends.cudnn.allow_tf32
    assert torch.backends.cudnn.benchmark


def _written(digit: int, writer: str) -> str:
    strokes = [[(x, -y) for x, y in line] for line in DIGIT_STROKES[digit]]
    line: dict[str, object] = {"label": digit, "writer": writer, "strokes": strokes}
    return json.dumps(line)


def test_a_recipe_of_strokes_needs_a_folder_of_them(tmp_path: Path) -> None:
    """The message says how to get them back; a recipe without them does not ask."""
    mnist = PROJECT_ROOT / "data" / "mnist"
    with pytest.raises(DataMissing, match="no folder of them was named"):
        prepare_data(DRAWN, DataFolders(mnist=mnist), workers=1)
    with pytest.raises(DataMissing, match="git checkout -- data/strokes"):
        prepare_data(DRAWN, DataFolders(mnist=mnist, strokes=(tmp_path,)), workers=1)
    data = prepare_data(BASELINE, DataFolders(mnist=mnist), workers=1)
    assert [source.kind for source in data.sources] == [DataSet.MNIST]
    assert data.drawn_validation == {}
    assert data.scribbles is None


@pytest.fixture()
def few_scribbles(monkeypatch: pytest.MonkeyPatch) -> None:
    """To be watched: a thousand take seconds to draw."""
    monkeypatch.setattr(sources, "VALIDATION_SCRIBBLES", 30)


@pytest.mark.usefixtures("few_scribbles")
def test_data_are_prepared_from_strokes(tmp_path: Path) -> None:
    """MNIST, each stroke file without its held-out writers, and scribbles."""
    lines = [_written(digit, f"w{writer}") for writer in range(6) for digit in DIGIT_STROKES]
    (tmp_path / "mine.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    recipe = replace(DRAWN, renderings=2, scribbles=12)
    folders = DataFolders(mnist=PROJECT_ROOT / "data" / "mnist", strokes=(tmp_path,), cache=tmp_path / "cache")
    data = prepare_data(recipe, folders, workers=2)
    assert [(source.name, source.labels.size) for source in data.sources] == [
        ("mnist", 55_000),
        ("mine", 50),
        ("scribbles", 12),
    ]
    assert data.sources[1].images.shape == (2, 50, 28, 28)
    assert set(data.drawn_validation) == {"mine"}
    assert data.scribbles is not None
    assert len(data.scribbles) == 30
    assert len(data.drawn_validation["mine"]) == 10
    files = sorted((tmp_path / "cache").iterdir())
    written = [path.stat().st_mtime_ns for path in files]
    again = prepare_data(recipe, folders, workers=2)
    assert [path.stat().st_mtime_ns for path in files] == written
    assert all(
        np.array_equal(first.images, second.images) for first, second in zip(data.sources, again.sources, strict=True)
    )


@pytest.mark.usefixtures("few_scribbles")
def test_drawings_of_one_person_are_all_trained_on(tmp_path: Path) -> None:
    """As the page Saved drawings exports them; nobody is left to be watched on."""
    folders = DataFolders(mnist=PROJECT_ROOT / "data" / "mnist", strokes=(tmp_path,))
    path = tmp_path / "mine.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(_written(digit, "me") for digit in DIGIT_STROKES).encode()))
    data = prepare_data(replace(DRAWN, renderings=1, scribbles=4), folders, workers=1)
    assert [source.labels.size for source in data.sources] == [55_000, 10, 4]
    assert data.drawn_validation == {}
    assert data.scribbles is not None
    path.write_bytes(gzip.compress(b""))
    with pytest.raises(DataCorrupt, match="'mine' hold no digit to train on"):
        prepare_data(DRAWN, folders, workers=1)


@pytest.mark.usefixtures("few_scribbles")
def test_data_are_prepared_from_scans_and_signs(tmp_path: Path) -> None:
    """Scans are shown so often as the recipe says, and their last digits watched; signs are no digits."""
    lines = [_written(digit, f"w{writer}") for writer in range(6) for digit in DIGIT_STROKES]
    (tmp_path / "mine.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    recipe = as_trial(replace(DRAWN_STYLES, renderings=2), 20)
    folders = DataFolders(
        mnist=PROJECT_ROOT / "data" / "mnist", strokes=(tmp_path,), scans=PROJECT_ROOT / "data" / "scans"
    )
    data = prepare_data(recipe, folders, workers=2)
    assert [(source.name, source.kind, source.labels.size, source.repeats) for source in data.sources] == [
        ("mnist", DataSet.MNIST, 20, 1),
        ("mine", DataSet.STROKES, 20, 1),
        ("optdigits_tra", DataSet.SCANS, 20, 3),
        ("semeion", DataSet.SCANS, 20, 3),
        ("scribbles", DataSet.SCRIBBLES, 20, 1),
        ("signs", DataSet.SIGNS, 20, 1),
    ]
    shown: list[int] = data.sources[-1].labels.tolist()
    assert set(shown) == {NOT_A_DIGIT}
    assert set(data.drawn_validation) == {"mine", "optdigits_tra", "semeion"}
    assert Trainer("compact", recipe, 0, data, choose_compute("cpu")).images_per_epoch == 4 * 20 + 2 * 60
    with pytest.raises(DataMissing, match="TRAINING__SCANS_DIR"):
        replace(folders, scans=None).require(recipe)


def test_recipes_keep_their_digest_when_fields_are_added() -> None:
    """Models name it: the one of `drawn_light` is what its shipped models were trained by."""
    assert get_recipe("drawn_light").digest() == "054e917035c6c3b6e978bf6e5c457363c2e14b9ba0a1e41f900631e63e24005a"
    drawn = get_recipe("drawn_light")
    for used in (replace(drawn, signs=1), replace(drawn, styles=Styles()), replace(drawn, scan_repeats=2)):
        assert used.digest() != drawn.digest()
    stage = drawn.stages[0]
    with_residue = replace(stage, augmentation=replace(stage.augmentation, residue=Residue()))
    assert replace(drawn, stages=(with_residue,)).digest() != drawn.digest()


@pytest.mark.parametrize("watched", [8, 12])
def test_a_run_is_scored_as_part_of_itself(tmp_path: Path, watched: int) -> None:
    """By the digits that it watches: all of validation, or a trial's few, which its predictions then say."""
    config, data = _config(tmp_path), _data()
    digits = data.validation.pick(np.arange(12))
    scored = replace(data, validation=digits, watched=digits.pick(np.arange(watched)), test=digits)
    told: list[tuple[int, int]] = []
    watcher = Watcher(
        on_step=_ignore_step, on_epoch=_ignore_epoch, on_predict=lambda seen, total: told.append((seen, total))
    )
    folder = run_training(config, scored, CPU, watcher)
    manifest = config.store.read_manifest(config.model_id)
    assert check_predictions(folder, manifest) == (watched == 12)
    assert told[-1] == (watched + 12, watched + 12)
    assert [seen for seen, _ in told] == sorted(seen for seen, _ in told)
    kept = (folder / PREDICTIONS_NAME).read_bytes()
    (folder / PREDICTIONS_NAME).unlink()
    score_again(config.store, config.model_id, scored, CPU, watcher)
    assert (folder / PREDICTIONS_NAME).read_bytes() == kept


def test_a_trial_takes_a_few_digits_of_each_set(tmp_path: Path) -> None:
    """Of MNIST, strokes, scribbles and validation alike; its model's name says so."""
    lines = [_written(digit, f"w{writer}") for writer in range(6) for digit in DIGIT_STROKES]
    (tmp_path / "mine.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    recipe = as_trial(replace(DRAWN, renderings=1), 20)
    folders = DataFolders(mnist=PROJECT_ROOT / "data" / "mnist", strokes=(tmp_path,))
    data = prepare_data(recipe, folders, workers=2)
    assert [source.labels.size for source in data.sources] == [20, 20, 20]
    assert (len(data.watched), len(data.validation)) == (20, 5_000)
    assert data.test is not None
    assert len(data.test) == 20
    assert model_name("compact", recipe, 4) == "mnist_compact_drawn_seed4_trial20"
