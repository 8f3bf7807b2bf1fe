"""Digits on made paper, by kind and severity: `python benchmarks/paper_accuracy.py --digits 200 --way network`.

Half the digits are strokes of held-out writers, half are MNIST's validation digits. A digit keeps its pen, size and
place in all rows: they differ by the change alone. Each cell says how many are read right for 100 that the pipeline of
the canvas reads right on white, evenly lit paper; then how many are misread with a confidence of 90 % or more, and how
many are taken for blank.
"""

import argparse
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from pydantic import BaseModel, ConfigDict, Field

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.paper_ways import WAYS, Picture, Way

from handwriting_ai import load_settings
from handwriting_ai.config import PROJECT_ROOT, Settings
from handwriting_ai.data.made_paper import KINDS, SEVERITIES, Change, make_picture, random_changes
from handwriting_ai.data.mnist import Part, load_mnist
from handwriting_ai.data.split import held_out, split_rows
from handwriting_ai.data.strokes import DrawnDigit, load_stroke_files, place, render
from handwriting_ai.errors import BlankImage
from handwriting_ai.inference.engine import InferenceEngine, PredictOptions
from handwriting_ai.prediction import TtaMode
from handwriting_ai.preprocess import FULL_INK, Gray, NormalizedImage, grey_levels, preprocess_signature

SURE: Final = 0.9
"""A misread digit with this confidence is counted: it was answered without a doubt."""
SIZE: Final = (360, 480)
LARGE_SIZE: Final = (1000, 1300)
"""Of pictures with a small digit: 3 % of them are 30 pixels."""
_SEED: Final = 21
_SHARES: Final = (0.2, 0.7)
_PEN_SHARES: Final = (0.025, 0.12)
"""Thinnest and thickest pen, as a share of the digit."""
_INK_PX: Final = 400
"""Longer side of a digit before it is laid on paper."""
_MNIST_SCALE: Final = 14
_MOST_DRAWN: Final = 4_000
"""Of the pen strokes, so many digits are chosen from."""
_LABELS: Final = "labels.jsonl"


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """One digit, and how it lies in every picture made of it."""

    label: int
    ink: Gray
    share: float
    middle: tuple[float, float]
    seed: int

    def on_paper(self, changes: Sequence[Change]) -> Picture:
        """The photograph with these changes."""
        size = LARGE_SIZE if any(kind == "small" for kind, _ in changes) else SIZE
        generator = np.random.default_rng([_SEED, self.seed])
        made = make_picture(self.ink, changes, generator, size=size, share=self.share, middle=self.middle)
        return made.picture

    def random_changes(self, number: int) -> tuple[Change, ...]:
        """The digit's own combination of that number."""
        return random_changes(np.random.default_rng([_SEED, self.seed, number]))


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How some pictures were read."""

    n: int
    right: int
    sure_misreads: int
    blank: int


class _Labelled(BaseModel):
    """One line of a folder's `labels.jsonl`."""

    model_config = ConfigDict(frozen=True)

    file: str
    label: int = Field(ge=0, le=9)


def samples(settings: Settings, count: int) -> list[Sample]:
    """Half of them strokes of held-out writers, half digits of MNIST's validation part."""
    drawn = held_out_digits(settings, _MOST_DRAWN)
    mnist = load_mnist(settings.training.data_dir, Part.TRAIN)
    validation = mnist.pick(split_rows(mnist.labels)[1])
    picks = np.random.default_rng(_SEED)
    of_strokes: list[int] = picks.permutation(len(drawn))[: count - count // 2].tolist()
    of_mnist: list[int] = picks.permutation(len(validation))[: count // 2].tolist()
    labels: list[int] = validation.labels.tolist()
    images: list[Gray] = list(validation.images)
    made = [_sample(drawn[row].label, seed, _stroke_ink(drawn[row], row)) for seed, row in enumerate(of_strokes)]
    return made + [_sample(labels[row], len(made) + seed, _mnist_ink(images[row])) for seed, row in enumerate(of_mnist)]


def held_out_digits(settings: Settings, limit: int) -> list[DrawnDigit]:
    """Digits of writers that no model was trained on, without doubtful labels, spread evenly."""
    files = load_stroke_files(*settings.training.stroke_folders)
    digits = [digit for file in files for digit in held_out(file) if not digit.doubtful]
    return digits[:: max(1, len(digits) // limit)]


def _sample(label: int, seed: int, ink: Gray) -> Sample:
    rng = np.random.default_rng([_SEED, seed, 1])
    share = math.exp(rng.uniform(math.log(_SHARES[0]), math.log(_SHARES[1])))
    middle = (0.5 + rng.normal(0, 0.08), 0.5 + rng.normal(0, 0.08))
    return Sample(label=label, ink=ink, share=share, middle=middle, seed=seed)


def _stroke_ink(digit: DrawnDigit, row: int) -> Gray:
    """With a random pen, the digit's own."""
    thin, thick = (math.log(share) for share in _PEN_SHARES)
    pen = math.exp(np.random.default_rng([_SEED, row]).uniform(thin, thick)) * _INK_PX
    side = _INK_PX + 100
    placed = place(digit.strokes, extent_px=_INK_PX - pen, center_px=(side / 2, side / 2))
    return render(placed, pen_px=pen, side_px=side)


def _mnist_ink(image: Gray) -> Gray:
    """Enlarged smoothly, with the sharp edge of a pen."""
    side = 28 * _MNIST_SCALE
    soft = cv2.GaussianBlur(cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC), (0, 0), sigmaX=4.0)
    levels: NDArray[np.float32] = np.arange(FULL_INK + 1, dtype=np.float32)
    steep: NDArray[np.float32] = np.divide(np.subtract(levels, np.float32(85)), np.float32(50), dtype=np.float32)
    return cv2.LUT(soft, grey_levels(steep))


def tally(
    engine: InferenceEngine,
    images: "Sequence[NormalizedImage | None]",
    labels: Sequence[int],
    options: PredictOptions,
) -> Tally:
    """Read all pictures that are not blank, in batches."""
    found = [(image, label) for image, label in zip(images, labels, strict=True) if image is not None]
    right = sure = 0
    if found:
        images_found: list[NormalizedImage] = [image for image, _ in found]
        truths: list[int] = [label for _, label in found]
        stacked: NDArray[np.float32] = np.stack(images_found)
        confidence, answers = engine.predict_batch(torch.from_numpy(stacked), options).max(dim=1)
        hits = answers == torch.tensor(truths)
        right = int(hits.sum())
        sure = int((~hits & (confidence >= SURE)).sum())
    return Tally(n=len(images), right=right, sure_misreads=sure, blank=len(images) - len(found))


def through(way: Way, picture: Picture) -> "NormalizedImage | None":
    """What the networks read; None where the way finds no ink."""
    try:
        return way(picture)
    except BlankImage:
        return None


def read_all(
    engine: InferenceEngine,
    ways: Mapping[str, Way],
    pictures: Sequence[Callable[[], Picture]],
    labels: Sequence[int],
    pool: ThreadPoolExecutor,
    options: PredictOptions,
) -> dict[str, Tally]:
    """How each way reads the pictures; every picture is made once."""

    def read(picture: Callable[[], Picture]) -> "list[NormalizedImage | None]":
        made = picture()
        return [through(way, made) for way in ways.values()]

    rows = list(pool.map(read, pictures))
    return {name: tally(engine, [row[number] for row in rows], labels, options) for number, name in enumerate(ways)}


def print_row(name: str, way: str, tallies: Sequence[Tally], clean: float) -> None:
    """One line of the table; `clean` is the share that is read right on clean paper."""
    shares = [f"{100 * each.right / each.n / clean:.1f}" for each in tallies]
    cells = [*shares, *[""] * (len(SEVERITIES) - len(shares))]
    sure = " ".join(str(each.sure_misreads) for each in tallies)
    blank = " ".join(str(each.blank) for each in tallies)
    print(f"| {name} | {way} | {' | '.join(cells)} | {sure} | {blank} |", flush=True)


def photographs(folder: Path) -> tuple[list[Callable[[], Picture]], list[int]]:
    """The photographs of a folder and their labels, from its `labels.jsonl`; none where there is no such file."""
    path = folder / _LABELS
    if not path.exists():
        return [], []
    lines = [_Labelled.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [partial(opened, folder / line.file) for line in lines], [line.label for line in lines]


def opened(path: Path) -> Picture:
    """A photograph, upright."""
    with Image.open(path) as image:
        upright: Picture = np.array(ImageOps.exif_transpose(image).convert("RGB"), dtype=np.uint8)
        return upright


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--digits", type=int, default=100, help="digits for each kind and severity")
    kinds, ways, usual = list(KINDS), list(WAYS), ["network"]
    parser.add_argument("--kinds", nargs="*", default=kinds, choices=kinds, metavar="KIND", help=", ".join(kinds))
    parser.add_argument("--way", nargs="+", default=usual, choices=ways, help="ways of finding the ink")
    modes: list[str] = [mode.value for mode in TtaMode]
    parser.add_argument("--tta", choices=modes, help="views; the preset's unless said otherwise")
    parser.add_argument("--combinations", type=int, default=5, help="random combinations of changes for each digit")
    parser.add_argument("--photos", type=Path, default=PROJECT_ROOT.parent / "shared" / "data" / "photos")
    parser.add_argument("--workers", type=int, default=2, help="threads")
    return parser.parse_args()


def main() -> None:
    """Print the table."""
    chosen = arguments()
    count: int = chosen.digits
    kinds: list[str] = chosen.kinds
    names: list[str] = chosen.way
    combinations: int = chosen.combinations
    folder: Path = chosen.photos
    workers: int = chosen.workers
    mode: str | None = chosen.tta
    options = PredictOptions(tta=None if mode is None else TtaMode(mode))
    cv2.setNumThreads(1)
    settings = load_settings()
    ways = {name: WAYS[name] for name in names}
    digits = samples(settings, count)
    labels = [digit.label for digit in digits]
    with (
        InferenceEngine(settings.digits, threads=workers, signature=preprocess_signature()) as engine,
        ThreadPoolExecutor(workers) as pool,
    ):
        engine.try_load_active().require_all()

        def read(changes: Sequence[Sequence[Change]]) -> dict[str, Tally]:
            pictures = [partial(digit.on_paper, own) for digit, own in zip(digits, changes, strict=True)]
            return read_all(engine, ways, pictures, labels, pool, options)

        plain = [partial(digit.on_paper, ()) for digit in digits]
        base = read_all(engine, {"threshold": WAYS["threshold"]}, plain, labels, pool, options)["threshold"]
        clean = base.right / base.n
        print(f"{count} digits, {engine.model_id}, on clean paper {clean:.1%} read right\n")
        print("| kind | way | 1 | 2 | 3 | 4 | 5 | misread, ≥ 90 % | blank |\n| --- " + "| --- " * 8 + "|", flush=True)

        def report(name: str, cells: list[dict[str, Tally]]) -> None:
            for way in ways:
                print_row(name, way, [cell[way] for cell in cells], clean)

        report("no change", [read([()] * len(digits))])
        for kind in kinds:
            report(kind, [read([[(kind, severity)]] * len(digits)) for severity in SEVERITIES])
        if combinations:
            draws = range(combinations)
            mixed = [read([digit.random_changes(number) for digit in digits]) for number in draws]
            report("at random", [{way: pooled([cell[way] for cell in mixed]) for way in ways}])
        pictures, truths = photographs(folder)
        if pictures:
            print()
            for way, each in read_all(engine, ways, pictures, truths, pool, options).items():
                print(
                    f"{folder.name}, {way}: {each.right} of {each.n} read right, "
                    f"{each.sure_misreads} misread with {SURE:.0%} or more, {each.blank} blank"
                )


def pooled(tallies: Sequence[Tally]) -> Tally:
    """All of them together."""
    return Tally(
        n=sum(each.n for each in tallies),
        right=sum(each.right for each in tallies),
        sure_misreads=sum(each.sure_misreads for each in tallies),
        blank=sum(each.blank for each in tallies),
    )


if __name__ == "__main__":
    main()
