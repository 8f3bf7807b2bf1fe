"""What teaching is worth: three drawings of each digit, and how many of the writer's other digits are then misread.

    python benchmarks/teach.py mnist_compact_drawn_seed5 --seeds 5

Held-out writers of the project's stroke files with at least 60 digits; of them those with most errors, together. Each
seed draws other drawings to teach. Validation is counted before and after for every writer. Digits whose label is in
doubt are never taught, and counted apart.
"""

import argparse
import copy
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from handwriting_ai import load_settings
from handwriting_ai.architectures import TypedModule, build_model
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.data.strokes import load_stroke_files
from handwriting_ai.evaluation.pen_strokes import render_held_out
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.fine_tuning import FineTuning, Remembered
from handwriting_ai.training.odd_labels import probs_of
from handwriting_ai.training.sources import DataFolders, TrainingData, prepare_data
from handwriting_ai.training.taught import TAUGHT, Teaching
from handwriting_ai.training.teaching import remember_others

FEWEST_DIGITS: Final = 60
"""Of a writer who is asked."""
EACH_DIGIT: Final = 3
"""Drawings of each digit that are taught."""


@dataclass(frozen=True, kw_only=True)
class Writer:
    """One writer's digits, rendered with random pens."""

    name: str
    digits: DigitImages
    doubtful: "NDArray[np.bool_]"
    wrong: "NDArray[np.bool_]"
    """Misread by the parent."""

    @property
    def errors(self) -> int:
        """How many digits the parent misreads."""
        return count(self.wrong)


def misread(network: TypedModule, digits: DigitImages) -> "NDArray[np.bool_]":
    """Which digits are read as others, `(n,)`."""
    right = torch.from_numpy(digits.labels)
    wrong: NDArray[np.bool_] = (probs_of(network, digits.images).argmax(dim=1) != right).numpy()
    return wrong


def worst_writers(network: TypedModule, most: int, workers: int) -> list[Writer]:
    """Those with most errors, the worst first."""
    found: list[Writer] = []
    for file in load_stroke_files(*load_settings().training.stroke_folders):
        images, drawn = render_held_out(file, None, workers=workers)
        names = [digit.writer for digit in drawn]
        for name in sorted(set(names)):
            rows = [row for row, each in enumerate(names) if each == name]
            if len(rows) < FEWEST_DIGITS:
                continue
            values = [drawn[row].label for row in rows]
            doubts = [drawn[row].doubtful for row in rows]
            own: NDArray[np.uint8] = images[rows]
            digits = DigitImages(images=own, labels=np.array(values, dtype=np.int64))
            doubtful: NDArray[np.bool_] = np.array(doubts, dtype=np.bool_)
            found.append(Writer(name=name, digits=digits, doubtful=doubtful, wrong=misread(network, digits)))
    return sorted(found, key=_errors_of, reverse=True)[:most]


def _errors_of(writer: Writer) -> int:
    return writer.errors


def drawings_to_teach(writer: Writer, seed: int) -> list[int]:
    """Rows of three drawings of each digit, whose labels are beyond doubt."""
    generator, rows = np.random.default_rng(seed), list[int]()
    for digit in range(N_CLASSES):
        is_one: NDArray[np.bool_] = np.equal(writer.digits.labels, digit) & ~writer.doubtful
        fitting: NDArray[np.int64] = np.flatnonzero(is_one)
        shuffled: NDArray[np.int64] = generator.permutation(fitting)
        order: list[int] = shuffled.tolist()
        rows += order[:EACH_DIGIT]
    return rows


def taught(network: TypedModule, writer: Writer, rows: list[int], others: Remembered, seed: int) -> TypedModule:
    """A copy of the network that has learnt these drawings."""
    new = copy.deepcopy(network)
    pixels, labels = torch.from_numpy(writer.digits.images)[rows], torch.from_numpy(writer.digits.labels)[rows]
    FineTuning(new, pixels, labels, others, Teaching(), seed).run(lambda _done, _of: None)
    return new


def count(which: "NDArray[np.bool_]") -> int:
    """How many are true."""
    return int(np.count_nonzero(which))


@dataclass(frozen=True, kw_only=True)
class Result:
    """Misread digits of all writers that were not taught, with one seed."""

    before: int
    after: int
    clear_before: int
    """Of those whose label is beyond doubt."""
    clear_after: int
    lost: float
    """Further validation digits that are misread afterwards, in the mean over the writers."""

    @property
    def fall(self) -> float:
        """By which share of them the errors of clear labels fell."""
        return 1 - self.clear_after / max(1, self.clear_before)


def teach_all(network: TypedModule, data: TrainingData, writers: list[Writer], seed: int) -> Result:
    """Teach a copy of the network each writer's hand, and count."""
    others = remember_others(network, data, Teaching(), seed)
    validation = count(misread(network, data.validation))
    before = after = clear_before = clear_after = 0
    lost: list[int] = []
    for writer in writers:
        rows = drawings_to_teach(writer, seed)
        new = taught(network, writer, rows, others, seed)
        rest: NDArray[np.bool_] = np.ones(len(writer.digits), dtype=np.bool_)
        rest[rows] = False
        clear: NDArray[np.bool_] = rest & ~writer.doubtful
        wrong = misread(new, writer.digits)
        before += count(writer.wrong & rest)
        after += count(wrong & rest)
        clear_before += count(writer.wrong & clear)
        clear_after += count(wrong & clear)
        lost.append(count(misread(new, data.validation)) - validation)
    return Result(before=before, after=after, clear_before=clear_before, clear_after=clear_after, lost=mean(lost))


def main() -> None:
    """Print a line for each seed, and the mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parent", help="the model that is taught")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--writers", type=int, default=10)
    arguments = parser.parse_args()
    parent: str = arguments.parent
    seeds: int = arguments.seeds
    most: int = arguments.writers
    settings = load_settings()
    stored = ModelStore(settings.digits.model_dir).read(parent, signature=preprocess_signature())
    network = build_model(stored.manifest.arch, N_CLASSES)
    network.load_state_dict(stored.state)
    network.eval()
    data = prepare_data(TAUGHT, DataFolders.of(settings), workers=settings.app.workers)
    writers = worst_writers(network, most, settings.app.workers)
    errors = ", ".join(f"{each.name} {each.errors}" for each in writers)
    print(f"{parent}; misread before: {errors}", flush=True)
    validation = count(misread(network, data.validation))
    results: list[Result] = []
    for seed in range(seeds):
        result = teach_all(network, data, writers, seed)
        results.append(result)
        print(
            f"seed {seed}: misread {result.before} -> {result.after}, of clear labels {result.clear_before} -> "
            f"{result.clear_after}; validation {result.lost:+.1f} (of {validation})",
            flush=True,
        )
    falls, losses = [each.fall for each in results], [each.lost for each in results]
    spread = (stdev(falls), stdev(losses)) if seeds > 1 else (0.0, 0.0)
    print(
        f"errors of clear labels fell by {mean(falls):.0%} ± {spread[0]:.0%}; "
        f"validation {mean(losses):+.1f} ± {spread[1]:.1f} errors"
    )


if __name__ == "__main__":
    main()
