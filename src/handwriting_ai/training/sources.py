"""What a run learns from: MNIST, drawn digits and scribbles, all as MNIST-like pictures in memory."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.config import Settings
from handwriting_ai.data.emnist import emnist_paths, load_emnist_digits
from handwriting_ai.data.mnist import DigitImages, Part, load_mnist, require_mnist
from handwriting_ai.data.overlap import PARAMETERS, near_duplicates
from handwriting_ai.data.rendering import (
    EXTENT_SHARE,
    HELD_OUT_SEED,
    MAX_PEN_SHARE,
    PEN_PX,
    RENDERING_RULES,
    drawn_at_random,
)
from handwriting_ai.data.scribbles import NOT_A_DIGIT, drawn_scribble
from handwriting_ai.data.split import split_rows, writers_left_out
from handwriting_ai.data.strokes import DrawnDigit, StrokeFile, load_stroke_files, stroke_paths
from handwriting_ai.errors import DataCorrupt
from handwriting_ai.preprocess import IMAGE_SIDE, preprocess_signature
from handwriting_ai.training.recipes import Recipe
from handwriting_ai.training.renderings import kept
from handwriting_ai.training.stages import DataSet

NO_OVERLAP: Final = "none"
"""What a manifest says of training data that share nothing with MNIST's test part."""
_TRAINING_SEED: Final = 2
VALIDATION_SCRIBBLES: Final = 1_000
"""How many are watched after each epoch."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Training pictures of one origin."""

    name: str
    kind: DataSet
    images: "NDArray[np.uint8]"
    """`(renderings, n, 28, 28)`: an epoch shows a digit in a rendering drawn at random."""
    labels: "NDArray[np.int64]"
    """`(n,)`; `NOT_A_DIGIT` for scribbles."""
    sha256: str
    """Digest of what the pictures were made from."""
    dropped: int = 0
    """Digits left out because they nearly repeat a picture of validation or test."""


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """All that a run reads."""

    sources: tuple[Source, ...]
    validation: DigitImages
    """MNIST's 5,000 held-out training digits: they choose things."""
    watched: DigitImages
    """Those of them that are measured after each epoch: all, or in a trial a few."""
    drawn_validation: dict[str, DigitImages]
    """For each pen-stroke file of several writers the digits of those held out."""
    scribbles: DigitImages | None = None
    """Drawings that are no digit, for a recipe that learns from such: they are watched as well."""
    test: DigitImages | None = None
    """MNIST's test digits, whose predictions are kept with the model and looked at by `evaluate`; None in a trial."""
    test_overlap: str = NO_OVERLAP
    """For the manifest: "none", or "possible" with a sentence."""


@dataclass(frozen=True, kw_only=True)
class DataFolders:
    """Where the sets lie; None where one is not at hand."""

    mnist: Path
    strokes: Path | None = None
    emnist: Path | None = None
    cache: Path | None = None
    """Keeps what was rendered, so that the next run need not."""

    @classmethod
    def of(cls, settings: Settings) -> "DataFolders":
        """As the settings name them."""
        training = settings.training
        return cls(
            mnist=training.data_dir,
            strokes=training.ink_dir,
            emnist=training.emnist_dir,
            cache=settings.app.data_root / "cache",
        )

    def require(self, recipe: Recipe) -> None:
        """Find out, before a run is queued, whether the sets that the recipe needs are there; nothing is read.

        Raises:
            DataMissing: one is not; the message says which, and how to get it.
        """
        require_mnist(self.mnist)
        if recipe.needs(DataSet.STROKES):
            stroke_paths(self.strokes)
        if recipe.needs(DataSet.EMNIST):
            emnist_paths(self.emnist)


def prepare_data(recipe: Recipe, folders: DataFolders, *, workers: int) -> TrainingData:
    """Load MNIST, and whatever else the recipe asks for; pen strokes and scribbles are rendered.

    The renderings depend on constants and the recipe alone, so that every seed sees the same data.

    Raises:
        DataMissing, DataUnreadable, DataCorrupt: as the loaders of the sets; DataCorrupt also where a file of pen
            strokes has no digit whose label is beyond doubt.
    """
    files = load_stroke_files(folders.strokes) if recipe.needs(DataSet.STROKES) else ()
    mnist = load_mnist(folders.mnist, Part.TRAIN)
    training_rows, validation_rows = split_rows(mnist.labels)
    kept_digits = mnist.pick(training_rows[: recipe.trial_digits])
    sources = [_fixed_source("mnist", DataSet.MNIST, kept_digits)]
    overlap = NO_OVERLAP
    if recipe.needs(DataSet.EMNIST):
        sources.append(_emnist_source(recipe, folders, mnist.pick(validation_rows)))
        overlap = f"possible: {sources[-1].dropped} near-duplicates of validation and test were dropped from EMNIST."
    drawn_validation: dict[str, DigitImages] = {}
    watched_scribbles: DigitImages | None = None
    lenders: list[DrawnDigit] = []
    artist = _Artist(folders.cache, workers)
    for file in files:
        writers = writers_left_out([digit.writer for digit in file.digits])
        training = [digit for digit in file.digits if digit.writer not in writers and not digit.doubtful]
        training = training[: recipe.trial_digits]
        if not training:
            raise DataCorrupt(
                f"The pen strokes {file.name!r} hold no digit to train on: take them out of their folder."
            )
        sources.append(artist.source(file, training, recipe.renderings))
        held_out = [digit for digit in file.digits if digit.writer in writers][: recipe.trial_digits]
        if held_out:
            drawn_validation[file.name] = artist.digits(file, held_out, HELD_OUT_SEED)
        lenders += training
    if recipe.needs(DataSet.SCRIBBLES):
        lent = [file.sha256 for file in files]
        sources.append(artist.scribble_source(recipe, lenders, lent))
        scribbles = artist.scribbles(recipe.limited(VALIDATION_SCRIBBLES), lenders, lent, HELD_OUT_SEED)
        watched_scribbles = DigitImages(images=scribbles, labels=_no_digits(len(scribbles)))
    return TrainingData(
        sources=tuple(sources),
        validation=mnist.pick(validation_rows),
        watched=mnist.pick(validation_rows[: recipe.trial_digits]),
        drawn_validation=drawn_validation,
        scribbles=watched_scribbles,
        test=load_mnist(folders.mnist, Part.TEST) if recipe.trial_digits is None else None,
        test_overlap=overlap,
    )


def _fixed_source(name: str, kind: DataSet, digits: DigitImages, dropped: int = 0) -> Source:
    """Digits that are pictures already."""
    images: NDArray[np.uint8] = digits.images[np.newaxis]
    return Source(name=name, kind=kind, images=images, labels=digits.labels, sha256=digits.digest(), dropped=dropped)


def _emnist_source(recipe: Recipe, folders: DataFolders, validation: DigitImages) -> Source:
    """EMNIST's digits without those that nearly repeat a picture of validation or test; their labels decide nothing."""
    emnist = load_emnist_digits(folders.emnist)
    if recipe.trial_digits is not None:
        emnist = emnist.pick(np.arange(recipe.limited(len(emnist))))
    test = load_mnist(folders.mnist, Part.TEST)

    def repeats() -> "NDArray[np.uint8]":
        # One after the other: each picture is compared with its nearest neighbours among so many alone.
        of_test = near_duplicates(emnist.images, test.images)
        return np.logical_or(of_test, near_duplicates(emnist.images, validation.images)).astype(np.uint8)

    parts: dict[str, object] = {"what": validation.digest() + test.digest(), "of": emnist.digest(), "by": PARAMETERS}
    repeated: NDArray[np.bool_] = kept(folders.cache, parts, repeats).astype(np.bool_)
    rows: NDArray[np.int64] = np.flatnonzero(~repeated)
    return _fixed_source("emnist", DataSet.EMNIST, emnist.pick(rows), dropped=len(emnist) - rows.size)


class _Artist:
    """Draws strokes as people would, through the full preprocessing, and keeps the pictures on disk."""

    def __init__(self, cache: Path | None, workers: int) -> None:
        self._cache, self._workers = cache, workers

    def source(self, file: StrokeFile, digits: Sequence[DrawnDigit], renderings: int) -> Source:
        """Digits to train on, each rendered several times."""
        sets = [self.digits(file, digits, _TRAINING_SEED + rendering) for rendering in range(renderings)]
        images: NDArray[np.uint8] = np.stack([each.images for each in sets])
        labels = sets[0].labels
        return Source(name=file.name, kind=DataSet.STROKES, images=images, labels=labels, sha256=file.sha256)

    def digits(self, file: StrokeFile, digits: Sequence[DrawnDigit], seed: int) -> DigitImages:
        """Each digit once, with a random pen, size and place of its own."""

        def picture(index: int) -> "NDArray[np.uint8]":
            return drawn_at_random(digits[index].strokes, seed=seed, index=index)

        parts: dict[str, object] = {"of": file.sha256, "digits": _digest(digits), "seed": seed}
        values = [digit.label for digit in digits]
        labels: NDArray[np.int64] = np.array(values, dtype=np.int64)
        return DigitImages(images=self._drawn(len(digits), picture, parts), labels=labels)

    def scribble_source(self, recipe: Recipe, lenders: Sequence[DrawnDigit], lent: Sequence[str]) -> Source:
        """Drawings to train on that are no digit."""
        count = recipe.limited(recipe.scribbles)
        flat = self.scribbles(recipe.renderings * count, lenders, lent, _TRAINING_SEED)
        images = flat.reshape(recipe.renderings, count, IMAGE_SIDE, IMAGE_SIDE)
        labels = _no_digits(count)
        digest = DigitImages(images=flat, labels=labels).digest()
        return Source(name="scribbles", kind=DataSet.SCRIBBLES, images=images, labels=labels, sha256=digest)

    def scribbles(
        self, count: int, lenders: Sequence[DrawnDigit], lent: Sequence[str], seed: int
    ) -> "NDArray[np.uint8]":
        """`uint8 (count, 28, 28)`; some are made of the strokes of `lenders`, from files of the digests `lent`."""

        def picture(index: int) -> "NDArray[np.uint8]":
            return drawn_scribble(lenders, seed=seed, index=index)

        parts: dict[str, object] = {"lent": list(lent), "lenders": _digest(lenders), "seed": seed, "scribbles": count}
        return self._drawn(count, picture, parts)

    def _drawn(
        self, count: int, picture: Callable[[int], "NDArray[np.uint8]"], parts: dict[str, object]
    ) -> "NDArray[np.uint8]":
        """`uint8 (count, 28, 28)`: one call of `picture` for each index, side by side."""

        def make() -> "NDArray[np.uint8]":
            with ThreadPoolExecutor(self._workers) as pool:
                pictures = list(pool.map(picture, range(count)))
            images: NDArray[np.uint8] = np.stack(pictures)
            return images

        rules: list[object] = [RENDERING_RULES, preprocess_signature(), PEN_PX, EXTENT_SHARE, MAX_PEN_SHARE]
        return kept(self._cache, parts | {"rules": rules}, make)


def _digest(digits: Sequence[DrawnDigit]) -> str:
    """SHA-256 over labels and strokes, in order."""
    digest = hashlib.sha256()
    for digit in digits:
        digest.update(f"{digit.label} {len(digit.strokes)}".encode())
        for stroke in digit.strokes:
            digest.update(stroke.tobytes())
    return digest.hexdigest()


def _no_digits(count: int) -> "NDArray[np.int64]":
    """Labels of scribbles, `(count,)`."""
    labels: NDArray[np.int64] = np.full(count, NOT_A_DIGIT, dtype=np.int64)
    return labels
