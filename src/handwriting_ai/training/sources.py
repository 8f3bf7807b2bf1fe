"""What a run learns from: MNIST, drawn digits and scribbles, all as MNIST-like pictures in memory."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.mnist import DigitImages, Part, load_mnist
from handwriting_ai.data.scribbles import NOT_A_DIGIT, random_scribble
from handwriting_ai.data.split import held_out_writers, split_rows
from handwriting_ai.data.strokes import CANVAS_SIDE_PX, DrawnDigit, Stroke, StrokeFile, load_stroke_files, place, render
from handwriting_ai.errors import BlankImage, DataMissing
from handwriting_ai.preprocess import IMAGE_SIDE, PreprocessConfig, preprocess
from handwriting_ai.training.recipes import DataSet, Recipe

PEN_PX: Final = (4.0, 30.0)
"""Narrowest and widest pen, on a canvas of 280 pixels."""
EXTENT_SHARE: Final = (0.15, 0.90)
"""Smallest and largest digit, as a share of the canvas."""
MAX_PEN_SHARE: Final = 0.16
"""Nobody writes with a pen wider than this share of the digit: its holes would close."""
_VALIDATION_SEED: Final = 1
_TRAINING_SEED: Final = 2
_VALIDATION_SCRIBBLES: Final = 1_000


@dataclass(frozen=True, kw_only=True)
class Source:
    """Training pictures of one origin."""

    name: str
    kind: DataSet
    images: "NDArray[np.uint8]"
    """`(renderings, n, 28, 28)`: an epoch shows each of the n digits once, in a rendering drawn at random."""
    labels: "NDArray[np.int64]"
    """`(n,)`; `NOT_A_DIGIT` for scribbles."""
    sha256: str
    """Digest of what the pictures were made from."""


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """All that a run reads."""

    sources: tuple[Source, ...]
    validation: DigitImages
    """MNIST's 5,000 held-out training digits: they choose things."""
    drawn_validation: dict[str, DigitImages]
    """For each pen-stroke file the digits of its held-out writers, and `scribbles`."""


def prepare_data(recipe: Recipe, *, mnist_folder: Path, ink_folder: Path | None, workers: int) -> TrainingData:
    """Load MNIST, and render the pen strokes and scribbles that the recipe asks for.

    The renderings depend on constants and the recipe alone, so that every seed sees the same data.

    Raises:
        DataMissing, DataCorrupt: as the loaders of the sets; DataMissing also where the recipe needs pen strokes and
            `ink_folder` is None.
    """
    if recipe.needs(DataSet.STROKES) and ink_folder is None:
        raise DataMissing(
            f"The recipe {recipe.name!r} learns from pen strokes. Set TRAINING__INK_DIR to a folder of *.jsonl.gz "
            "files: the README names public sets, and the page Saved drawings exports your own in this format."
        )
    mnist = load_mnist(mnist_folder, Part.TRAIN)
    training_rows, validation_rows = split_rows(mnist.labels)
    kept = mnist.pick(training_rows)
    mnist_images: NDArray[np.uint8] = kept.images[np.newaxis]
    sources = [Source(name="mnist", kind=DataSet.MNIST, images=mnist_images, labels=kept.labels, sha256=kept.digest())]
    drawn_validation: dict[str, DigitImages] = {}
    lenders: list[DrawnDigit] = []
    for file in load_stroke_files(ink_folder) if ink_folder and recipe.needs(DataSet.STROKES) else ():
        writers = held_out_writers([digit.writer for digit in file.digits])
        training = [digit for digit in file.digits if digit.writer not in writers]
        held_out = [digit for digit in file.digits if digit.writer in writers]
        sources.append(_drawn_source(file, training, recipe.renderings, workers))
        drawn_validation[file.name] = _render_all(held_out, _VALIDATION_SEED, workers)
        lenders += training
    if recipe.needs(DataSet.SCRIBBLES):
        sources.append(_scribble_source(recipe, lenders, workers))
        scribbles = _render_scribbles(_VALIDATION_SCRIBBLES, lenders, _VALIDATION_SEED, workers)
        drawn_validation["scribbles"] = DigitImages(images=scribbles, labels=_no_digits(len(scribbles)))
    return TrainingData(
        sources=tuple(sources), validation=mnist.pick(validation_rows), drawn_validation=drawn_validation
    )


def _drawn_source(file: StrokeFile, digits: Sequence[DrawnDigit], renderings: int, workers: int) -> Source:
    sets = [_render_all(digits, _TRAINING_SEED + rendering, workers) for rendering in range(renderings)]
    return Source(
        name=file.name,
        kind=DataSet.STROKES,
        images=np.stack([each.images for each in sets]),
        labels=sets[0].labels,
        sha256=file.sha256,
    )


def _scribble_source(recipe: Recipe, lenders: Sequence[DrawnDigit], workers: int) -> Source:
    flat = _render_scribbles(recipe.renderings * recipe.scribbles, lenders, _TRAINING_SEED, workers)
    images = flat.reshape(recipe.renderings, recipe.scribbles, IMAGE_SIDE, IMAGE_SIDE)
    labels = _no_digits(recipe.scribbles)
    digest = DigitImages(images=flat, labels=labels).digest()
    return Source(name="scribbles", kind=DataSet.SCRIBBLES, images=images, labels=labels, sha256=digest)


def _render_all(digits: Sequence[DrawnDigit], seed: int, workers: int) -> DigitImages:
    """Each digit once, with a random pen, size and place of its own, through the full preprocessing."""

    def picture(index: int) -> "NDArray[np.uint8]":
        generator = np.random.default_rng([seed, index])
        return _through_preprocessing(*_random_drawing(digits[index].strokes, generator))

    with ThreadPoolExecutor(workers) as pool:
        pictures = list(pool.map(picture, range(len(digits))))
    images: NDArray[np.uint8] = np.stack(pictures)
    values = [digit.label for digit in digits]
    labels: NDArray[np.int64] = np.array(values, dtype=np.int64)
    return DigitImages(images=images, labels=labels)


def _random_drawing(strokes: Sequence[Stroke], generator: np.random.Generator) -> tuple[tuple[Stroke, ...], float]:
    """Strokes placed on the canvas as a person might, and the pen's width."""
    extent = float(generator.uniform(*EXTENT_SHARE)) * CANVAS_SIDE_PX
    pen = float(generator.uniform(PEN_PX[0], max(PEN_PX[0] + 1.0, min(PEN_PX[1], MAX_PEN_SHARE * extent))))
    margin = min((extent + pen) / 2, CANVAS_SIDE_PX / 2)
    x = float(generator.uniform(margin, CANVAS_SIDE_PX - margin))
    y = float(generator.uniform(margin, CANVAS_SIDE_PX - margin))
    return place(strokes, extent_px=extent, center_px=(x, y)), pen


def _render_scribbles(count: int, lenders: Sequence[DrawnDigit], seed: int, workers: int) -> "NDArray[np.uint8]":
    """`uint8 (count, 28, 28)`: drawings that are no digit, through the full preprocessing."""

    def picture(index: int) -> "NDArray[np.uint8]":
        generator = np.random.default_rng([seed, index, NOT_A_DIGIT])
        return _through_preprocessing(random_scribble(generator, lenders), float(generator.uniform(*PEN_PX)))

    with ThreadPoolExecutor(workers) as pool:
        pictures = list(pool.map(picture, range(count)))
    images: NDArray[np.uint8] = np.stack(pictures)
    return images


def _no_digits(count: int) -> "NDArray[np.int64]":
    """Labels of scribbles, `(count,)`."""
    labels: NDArray[np.int64] = np.full(count, NOT_A_DIGIT, dtype=np.int64)
    return labels


def _through_preprocessing(strokes: Sequence[Stroke], pen_px: float) -> "NDArray[np.uint8]":
    """Draw, and bring into MNIST's convention: `uint8 (28, 28)`; an all-paper picture where no ink is found."""
    try:
        return preprocess(render(strokes, pen_px=pen_px), config=PreprocessConfig()).steps[-1].picture
    except BlankImage:
        return np.zeros((IMAGE_SIDE, IMAGE_SIDE), dtype=np.uint8)
