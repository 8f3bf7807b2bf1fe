"""Teaching a model a hand: what is kept back, what is reported, and what interrupts it."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.architectures import build_model
from handwriting_ai.data.drawings import DrawingStore, SavedDrawing
from handwriting_ai.data.lessons import Lesson, make_lesson
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.errors import NothingToTeach, ParentMismatch
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.support.randomness import seeded
from handwriting_ai.training.fine_tuning import FineTuning, remember, split_network
from handwriting_ai.training.odd_labels import find_odd_labels, probs_of
from handwriting_ai.training.progress import TrainingMetrics
from handwriting_ai.training.recipes import with_epochs
from handwriting_ai.training.run import RunConfig, Watcher
from handwriting_ai.training.sources import Source, TrainingData
from handwriting_ai.training.stages import DataSet
from handwriting_ai.training.taught import TAUGHT, Teaching, taught_name
from handwriting_ai.training.teaching import plan_rounds, run_teaching
from handwriting_ai.training.teaching_report import Errors, Reading, TaughtDigit, TeachingReport, read_report

QUICK = Teaching(steps=3, copies=2, own_batch=4, others_batch=4)


def drawings_of(folder: Path, digits: list[int], writer: str | None = None) -> list[SavedDrawing]:
    """Saved drawings of these digits, each a little larger than the one before."""
    store = DrawingStore(folder)
    for index, digit in enumerate(digits):
        scale = 1.0 + index / 100
        strokes = [[(60 + x * scale, 40 + y * scale) for x, y in line] for line in DIGIT_STROKES[digit]]
        store.save(
            strokes,
            canvas_px=280,
            pens_px=[14.0] * len(strokes),
            label=digit,
            read_as=digit,
            confidence=0.9,
            model_id="fast",
            writer=writer,
        )
    return list(store.all().drawings)


def small_data() -> TrainingData:
    """A few made pictures in place of MNIST and strokes."""
    generator = np.random.default_rng(0)
    images: NDArray[np.uint8] = generator.integers(0, 256, (20, 28, 28)).astype(np.uint8)
    labels: NDArray[np.int64] = np.arange(20) % 10
    digits = DigitImages(images=images, labels=labels)
    source = Source(name="mnist", kind=DataSet.MNIST, images=images[np.newaxis], labels=labels, sha256="made")
    return TrainingData(sources=(source,), validation=digits, watched=digits, drawn_validation={"strokes": digits})


def config_of(root: Path, models: Path, lesson: Lesson, run: str = "run") -> RunConfig:
    """A run of the parent `first`."""
    store = ModelStore(models)
    labels = [digit.label for digit in lesson.digits]
    return RunConfig(
        arch="compact",
        recipe=with_epochs(TAUGHT, plan_rounds(labels, 0).total),
        seed=0,
        run_folder=root / run,
        store=store,
        run_id="job",
        parent=store.read("first", signature=preprocess_signature()),
        name=f"taught-{run}",
    )


def _nothing(*_: object) -> None:
    """Whom nobody tells anything."""


WATCHER = Watcher(on_step=_nothing, on_epoch=_nothing)


def test_taught_model_is_registered_with_its_report(tmp_path: Path, model_dir: Path) -> None:
    """It loads as any model, names its parent and its drawings, and says what was read before and after."""
    lesson = make_lesson("Ann", drawings_of(tmp_path / "drawings", [0, 1, 2, 0, 1, 2], "Ann"))
    folder = run_teaching(config_of(tmp_path, model_dir, lesson), lesson, small_data(), WATCHER, QUICK)
    stored = ModelStore(model_dir).read(folder.name, signature=preprocess_signature())
    report = read_report(folder)
    assert stored.manifest.parent_model_id == "first"
    assert stored.manifest.training_recipe == "taught"
    assert (report.name, report.rounds, report.own.n) == ("Ann", 2, 6)
    assert report.validation.n == 20
    assert [each.name for each in report.strangers] == ["strokes"]
    assert all(each.drawing.writer == "Ann" for each in report.digits)


class Killed(BaseException):
    """What ends a run in the middle."""


@pytest.mark.parametrize(("part", "at"), [("step", 1), ("step", 4), ("epoch", 1), ("epoch", 2), ("epoch", 3)])
def test_killed_run_goes_on_to_the_same_weights(tmp_path: Path, model_dir: Path, part: str, at: int) -> None:
    """In a round, between rounds, and before the model is registered."""
    lesson = make_lesson("Ann", drawings_of(tmp_path / "drawings", [0, 1, 0, 1]))
    unbroken = run_teaching(config_of(tmp_path, model_dir, lesson, "whole"), lesson, small_data(), WATCHER, QUICK)
    calls = {"step": 0, "epoch": 0}

    def count(which: str) -> Callable[[object, object], None]:
        def called(_first: object, _second: object = None) -> None:
            calls[which] += 1
            if which == part and calls[which] == at:
                raise Killed

        return called

    config = config_of(tmp_path, model_dir, lesson, "broken")
    on_step, on_epoch = count("step"), count("epoch")
    watcher = Watcher(on_step=on_step, on_epoch=lambda metrics: on_epoch(metrics, None))
    with pytest.raises(Killed):
        run_teaching(config, lesson, small_data(), watcher, QUICK)
    resumed = run_teaching(config, lesson, small_data(), WATCHER, QUICK)
    first, second = (
        ModelStore(model_dir).read(each.name, signature=preprocess_signature()).state for each in (unbroken, resumed)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert read_report(unbroken).digits == read_report(resumed).digits


def test_one_drawing_is_taught_and_not_recommended(tmp_path: Path, model_dir: Path) -> None:
    """Nothing can be kept back: the report says so, and asks for more of each digit."""
    lesson = make_lesson("Ann", drawings_of(tmp_path / "drawings", [7]))
    report = read_report(run_teaching(config_of(tmp_path, model_dir, lesson), lesson, small_data(), WATCHER, QUICK))
    assert (report.rounds, report.own.n, report.recommended) == (0, 0, False)
    assert report.more[7] == 2
    assert report.more[0] == 3


def test_one_digit_only_asks_for_the_others(tmp_path: Path, model_dir: Path) -> None:
    """Five drawings of a 7: one is kept back, and the nine others are missing."""
    lesson = make_lesson("Ann", drawings_of(tmp_path / "drawings", [7] * 5))
    report = read_report(run_teaching(config_of(tmp_path, model_dir, lesson), lesson, small_data(), WATCHER, QUICK))
    assert (report.rounds, report.own.n) == (1, 1)
    assert set(range(10)) - {7} <= set(report.more)


def test_teaching_needs_a_parent(tmp_path: Path, model_dir: Path) -> None:
    """Without one it stops before anything is done."""
    lesson = make_lesson("Ann", drawings_of(tmp_path / "drawings", [7]))
    config = dataclasses.replace(config_of(tmp_path, model_dir, lesson), parent=None)
    with pytest.raises(ParentMismatch, match="none was named"):
        run_teaching(config, lesson, small_data(), WATCHER, QUICK)


def test_swapped_labels_are_named() -> None:
    """Of twenty drawings in two clear shapes, four with the label of the other shape are found, and no others."""
    network = build_model("compact", 10)
    generator = np.random.default_rng(1)
    images: NDArray[np.uint8] = np.zeros((20, 28, 28), dtype=np.uint8)
    images[:10, 6:22, 13:15] = 255
    images[10:, 13:15, 6:22] = 255
    images[:, 4, 4] = generator.integers(0, 40, 20)
    labels: NDArray[np.int64] = np.repeat([1, 7], 10)
    true: NDArray[np.int64] = labels.copy()
    labels[[0, 1, 10, 11]] = [7, 7, 1, 1]
    probs = torch.full((20, 10), 0.005)
    probs[torch.arange(20), torch.from_numpy(true)] = 0.955
    network.eval()
    odd = find_odd_labels(network, DigitImages(images=images, labels=labels), probs)
    assert [row for row, digit in enumerate(odd) if digit is not None] == [0, 1, 10, 11]
    assert odd[0] == 1


def _all_odd(*_: object) -> tuple[int | None, ...]:
    return (1, 0)


def test_all_odd_labels_leave_nothing_to_teach(
    tmp_path: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run says so instead of teaching nonsense."""
    lesson = make_lesson("Ann", drawings_of(tmp_path / "drawings", [0, 1]))
    monkeypatch.setattr("handwriting_ai.training.teaching.find_odd_labels", _all_odd)
    with pytest.raises(NothingToTeach, match="look wrong"):
        run_teaching(config_of(tmp_path, model_dir, lesson), lesson, small_data(), WATCHER, QUICK)


def test_early_layers_stay_as_they_are() -> None:
    """Only what lies behind the last pooling learns; the whole network still answers as its parts do."""
    with seeded(0):
        network = build_model("compact_narrow", 10)
    network.eval()
    before = {name: tensor.clone() for name, tensor in network.named_parameters()}
    pixels = torch.randint(0, 256, (6, 28, 28), dtype=torch.uint8)
    generator = torch.Generator().manual_seed(0)
    others = remember(network, pixels, QUICK, generator)
    FineTuning(network, pixels, torch.arange(6), others, QUICK, 0).run(_nothing)
    early, late = split_network(network)
    changed = {name for name, tensor in network.named_parameters() if not torch.equal(tensor, before[name])}
    early_ids = {id(parameter) for parameter in early.parameters()}
    assert changed
    assert not any(id(parameter) in early_ids for name, parameter in network.named_parameters() if name in changed)
    batch = torch.zeros(2, 1, 28, 28)
    inside: torch.Tensor = early(batch)
    assert torch.allclose(late(inside), network(batch), atol=1e-5)


def test_taught_network_learns_its_drawings() -> None:
    """After some steps a fresh network reads the drawings that it was taught."""
    with seeded(0):
        network = build_model("compact_narrow", 10)
    network.eval()
    images: NDArray[np.uint8] = np.zeros((2, 28, 28), dtype=np.uint8)
    images[0, 6:22, 12:16] = 255
    images[1, 12:16, 6:22] = 255
    pixels = torch.from_numpy(images)
    teaching = dataclasses.replace(QUICK, steps=40, own_batch=16, own_weight=1.0, learning_rate=1e-2)
    others = remember(network, pixels, teaching, torch.Generator().manual_seed(0))
    FineTuning(network, pixels, torch.arange(2), others, teaching, 0).run(_nothing)
    read: list[int] = probs_of(network, images).argmax(dim=1).tolist()
    assert read == [0, 1]


def _report(lesson: Lesson, *, lost: int = 0, after: int = 0, odd: int | None = None) -> TeachingReport:
    taught: list[TaughtDigit] = []
    for row, drawing in enumerate(lesson.digits):
        before = Reading(digit=drawing.label, confidence=0.9)
        read = Reading(digit=drawing.label if row >= after else (drawing.label + 1) % 10, confidence=0.9)
        taught.append(TaughtDigit(drawing=drawing, before=before, after=read, looks_like=odd))
    digits: tuple[TaughtDigit, ...] = tuple(taught)
    validation = Errors(name="validation", n=5_000, before=17, after=17 + lost)
    return TeachingReport(
        name="Ann", model_id="new", parent_model_id="old", rounds=2, digits=digits, validation=validation, strangers=()
    )


@pytest.mark.parametrize(
    ("lost", "after", "odd", "said"),
    [(3, 0, None, "3 more of MNIST"), (0, 1, None, "1 of the 4 drawings"), (0, 0, 5, "4 of 4 labels look wrong")],
)
def test_what_speaks_against_a_model(tmp_path: Path, lost: int, after: int, odd: int | None, said: str) -> None:
    """More than two validation errors lost, own digits read worse, labels that look wrong."""
    lesson = make_lesson("Ann", drawings_of(tmp_path, [0, 1, 0, 1]))
    report = _report(lesson, lost=lost, after=after, odd=odd)
    assert not report.recommended
    assert said in " ".join(report.hindrances)


def test_two_validation_errors_lost_are_accepted(tmp_path: Path) -> None:
    """Nothing else speaks against it."""
    assert _report(make_lesson("Ann", drawings_of(tmp_path, [0, 1, 0, 1])), lost=2).recommended


def test_misread_digits_ask_for_more_drawings(tmp_path: Path) -> None:
    """A digit that is still misread needs more drawings than another."""
    report = _report(make_lesson("Ann", drawings_of(tmp_path, [0, 1, 0, 1])), after=1)
    assert (report.more[0], report.more[1], report.more[2]) == (4, 1, 3)


def test_name_says_whose_hand_and_which_parent() -> None:
    """In letters that a folder may have; a name without any becomes `hand`."""
    assert (
        taught_name("compact", "Ann B.", "0123456789ab", "mnist_compact_drawn_seed5", 0)
        == "mnist_compact_taught_ann-b_01234567_seed0_from_drawn_seed5"
    )
    assert "_taught_hand_" in taught_name("compact", "李", "0123456789ab", "own", 0)


def test_metrics_of_each_round_are_kept(tmp_path: Path, model_dir: Path) -> None:
    """One line for each network that was taught."""
    lesson = make_lesson("Ann", drawings_of(tmp_path / "drawings", [0, 1, 0, 1]))
    told: list[TrainingMetrics] = []
    watcher = Watcher(on_step=_nothing, on_epoch=told.append)
    run_teaching(config_of(tmp_path, model_dir, lesson), lesson, small_data(), watcher, QUICK)
    assert [(metrics.epoch, metrics.epochs) for metrics in told] == [(1, 3), (2, 3), (3, 3)]
