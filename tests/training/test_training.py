"""A run from recipe to registered model, on a handful of digits."""

import gzip
import json
from dataclasses import asdict, replace
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
from handwriting_ai.errors import CheckpointError, ModelExists, TrainingDiverged, UnknownRecipe
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.augment import augment, random_affine
from handwriting_ai.training.checkpoint import load_checkpoint, save_checkpoint
from handwriting_ai.training.precision import Compute, choose_compute
from handwriting_ai.training.recipes import DRAWN, Augmentation, Recipe, get_recipe
from handwriting_ai.training.run import RunConfig, Watcher, run_training, with_epochs
from handwriting_ai.training.sources import Source, TrainingData, prepare_data
from handwriting_ai.training.trainer import EpochMetrics, Trainer

CPU = Compute(device=torch.device("cpu"), autocast=False)
TINY = replace(DRAWN, epochs=2, batch_size=16, renderings=2)


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
            Source(name="blobs", images=images, labels=labels, sha256="a"),
            Source(name="scribbles", images=noise, labels=no_digits, sha256="b"),
        ),
        validation=digits,
        drawn_validation={"blobs": digits, "scribbles": DigitImages(images=unread, labels=no_digits)},
    )


def _ignore_step(seen: int, total: int) -> None:
    assert seen <= total


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


def test_an_interrupted_run_ends_with_the_same_weights(tmp_path: Path) -> None:
    """Through a checkpoint on disk into a fresh trainer, bit for bit."""
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, "run", _trained(1, epochs=1).state())
    resumed = Trainer("compact", TINY, 99, _data(), CPU)
    resumed.restore(load_checkpoint(path, "run"))
    resumed.run_epoch(_ignore_step)
    assert _same(_weights(resumed), _weights(_trained(1)))


def test_bad_checkpoints_are_refused(tmp_path: Path) -> None:
    """Damaged, of another run, or without a part."""
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(b"half a file")
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(path, "run")
    save_checkpoint(path, "other", {})
    with pytest.raises(CheckpointError, match="another run: other, not run"):
        load_checkpoint(path, "run")
    torch.save(torch.zeros(1), path)
    with pytest.raises(CheckpointError, match="holds no state"):
        load_checkpoint(path, "run")
    state = _trained(1, epochs=1).state()
    for name in state:
        without = {key: value for key, value in state.items() if key != name}
        with pytest.raises(CheckpointError, match="lacks its"):
            Trainer("compact", TINY, 1, _data(), CPU).restore(without)


def test_a_loss_that_is_no_number_stops_the_run() -> None:
    """With the epoch and the learning rate in the message."""
    trainer = Trainer("compact", TINY, 1, _data(), CPU)
    with torch.no_grad():
        for parameter in trainer.network.parameters():
            parameter.fill_(float("nan"))
    with pytest.raises(TrainingDiverged, match="epoch 1 is nan"):
        trainer.run_epoch(_ignore_step)


def test_metrics_say_what_was_measured() -> None:
    """Progress, losses, accuracy by file and the share of sure scribbles."""
    metrics = Trainer("compact", TINY, 1, _data(), CPU).run_epoch(_ignore_step)
    assert (metrics.epoch, metrics.epochs) == (1, 2)
    assert set(metrics.drawn_accuracy) == {"blobs"}
    assert metrics.scribble_confidence is not None
    assert 0 <= metrics.val_accuracy <= 1


def _run(folder: Path, *, force: bool = False) -> tuple[RunConfig, list[EpochMetrics]]:
    """Train in `folder`, or go on there; returns the configuration and the epochs it took."""
    epochs: list[EpochMetrics] = []
    config = RunConfig(
        arch="compact",
        recipe=TINY,
        seed=3,
        run_folder=folder / "run",
        store=ModelStore(folder / "models"),
        force=force,
    )
    run_training(config, _data(), CPU, Watcher(on_step=_ignore_step, on_epoch=epochs.append))
    return config, epochs


def test_a_run_registers_a_complete_model(tmp_path: Path) -> None:
    """Checked as the engine would, with every field that can be known."""
    config, epochs = _run(tmp_path)
    stored = config.store.read("mnist_compact_drawn_seed3", signature=preprocess_signature())
    fields: dict[str, object] = stored.manifest.model_dump()
    unknown = {name for name, value in fields.items() if value is None}
    assert len(epochs) == 2
    assert unknown == {"parent_model_id", "test_acc", "test_nll", "test_ece"}
    assert stored.manifest.recipe_hash == TINY.digest()
    assert [source.count for source in stored.manifest.train_data or ()] == [64, 4]


def test_an_existing_model_is_not_replaced_without_force(tmp_path: Path) -> None:
    """Found out before any training; with force the finished run registers again."""
    _run(tmp_path)
    with pytest.raises(ModelExists, match="--force"):
        _run(tmp_path)
    _, epochs = _run(tmp_path, force=True)
    assert epochs == []


def test_recipes_are_found_by_name() -> None:
    """An unknown one lists those there are; the number of epochs can be replaced."""
    assert get_recipe("drawn") is DRAWN
    with pytest.raises(UnknownRecipe, match=r"Unknown recipe 'best'\. Available: drawn"):
        get_recipe("best")
    assert with_epochs(DRAWN, None) is DRAWN
    assert with_epochs(DRAWN, 3).epochs == 3


_FIELDS: dict[str, object] = asdict(DRAWN)


@pytest.mark.parametrize("name", [name for name in _FIELDS if name not in {"name", "augmentation"}])
def test_every_field_of_a_recipe_counts(name: str) -> None:
    """Two recipes with one digest train alike."""
    changed = TypeAdapter(Recipe).validate_python(_FIELDS | {name: float(str(_FIELDS[name])) + 1})
    assert changed.digest() != DRAWN.digest()


def test_augmentation_without_ranges_changes_nothing() -> None:
    """The identity, up to interpolation."""
    ink = torch.rand(4, 1, 28, 28)
    torch.testing.assert_close(augment(ink, Augmentation(), torch.Generator()), ink, atol=1e-5, rtol=0)


def test_each_picture_has_a_draw_of_its_own() -> None:
    """Four copies of one picture come out as four."""
    ink = torch.rand(1, 1, 28, 28).repeat(4, 1, 1, 1)
    made = augment(ink, DRAWN.augmentation, torch.Generator().manual_seed(1))
    ink_each: list[float] = made.sum(dim=(1, 2, 3)).tolist()
    assert len(set(ink_each)) == 4


def test_draws_stay_within_their_ranges() -> None:
    """Shifts of at most two pixels, determinants of at most the scales' product."""
    maps = random_affine(2_000, 28, DRAWN.augmentation, torch.Generator().manual_seed(1))
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
    made = augment(ink, Augmentation(elastic_px=0.63), torch.Generator().manual_seed(1))
    assert not torch.allclose(made, ink, atol=0.1)
    assert float(made.mean()) == pytest.approx(float(ink.mean()), rel=0.05)
    assert float(made[:, :, 0].max()) == 0.0


@pytest.mark.parametrize(("features", "autocast"), [({"avx512_bf16": True}, True), ({"avx2": True}, False)])
def test_precision_follows_the_processor(
    monkeypatch: pytest.MonkeyPatch, features: dict[str, bool], autocast: bool
) -> None:
    """bf16 only where the processor multiplies it faster."""
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: features)
    compute = choose_compute("cpu")
    assert compute.autocast is autocast
    assert compute.label == ("cpu bf16" if autocast else "cpu fp32")


def _written(digit: int, writer: str) -> str:
    strokes = [[(x, -y) for x, y in line] for line in DIGIT_STROKES[digit]]
    line: dict[str, object] = {"label": digit, "writer": writer, "strokes": strokes}
    return json.dumps(line)


def test_data_are_prepared_from_strokes(tmp_path: Path) -> None:
    """MNIST, each stroke file without its held-out writers, and scribbles."""
    lines = [_written(digit, f"w{writer}") for writer in range(6) for digit in DIGIT_STROKES]
    (tmp_path / "mine.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    recipe = replace(DRAWN, renderings=2, scribbles=12)
    data = prepare_data(recipe, mnist_folder=PROJECT_ROOT / "data" / "mnist", ink_folder=tmp_path, workers=2)
    assert [(source.name, source.labels.size) for source in data.sources] == [
        ("mnist", 55_000),
        ("mine", 50),
        ("scribbles", 12),
    ]
    assert data.sources[1].images.shape == (2, 50, 28, 28)
    assert set(data.drawn_validation) == {"mine", "scribbles"}
    assert len(data.drawn_validation["mine"]) == 10
