"""What a run learns from: MNIST, drawn and scanned digits, scribbles, all as MNIST-like pictures in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.config import Settings
from handwriting_ai.data.emnist import emnist_paths, load_emnist_digits
from handwriting_ai.data.mnist import DigitImages, Part, load_mnist, require_mnist
from handwriting_ai.data.overlap import PARAMETERS, near_duplicates
from handwriting_ai.data.rendering import HELD_OUT_SEED
from handwriting_ai.data.scans import ScanFile, load_scans, require_scans
from handwriting_ai.data.split import held_out, split_rows, trained_on
from handwriting_ai.data.strokes import DrawnDigit, StrokeFile, load_stroke_files, stroke_paths
from handwriting_ai.errors import DataCorrupt
from handwriting_ai.preprocess import IMAGE_SIDE
from handwriting_ai.training.artist import Artist, no_digits
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
    repeats: int = 1
    """How often an epoch shows each picture."""


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """All that a run reads."""

    sources: tuple[Source, ...]
    validation: DigitImages
    """MNIST's 5,000 held-out training digits: they choose things."""
    watched: DigitImages
    """Those of them that are measured after each epoch: all, or in a trial a few."""
    drawn_validation: dict[str, DigitImages]
    """For each pen-stroke file of several writers the digits of those held out; for each file of scans its last."""
    scribbles: DigitImages | None = None
    """Drawings that are no digit, for a recipe that learns from such: they are watched as well."""
    test: DigitImages | None = None
    """MNIST's test digits, in a trial the first of them: what the model says of them is kept with it, to be reported.

    None where nothing is to be kept.
    """
    test_overlap: str = NO_OVERLAP
    """For the manifest: "none", or "possible" with a sentence."""


@dataclass(frozen=True, kw_only=True)
class DataFolders:
    """Where the sets lie; None where one is not at hand."""

    mnist: Path
    strokes: tuple[Path, ...] = ()
    """Folders of pen strokes: what the project ships, and what was added."""
    scans: Path | None = None
    emnist: Path | None = None
    cache: Path | None = None
    """Keeps what was rendered, so that the next run need not."""

    @classmethod
    def of(cls, settings: Settings) -> "DataFolders":
        """As the settings name them."""
        training = settings.training
        return cls(
            mnist=training.data_dir,
            strokes=training.stroke_folders,
            scans=training.scans_dir,
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
            stroke_paths(*self.strokes)
        if recipe.needs(DataSet.SCANS):
            require_scans(self.scans)
        if recipe.needs(DataSet.EMNIST):
            emnist_paths(self.emnist)


def prepare_data(recipe: Recipe, folders: DataFolders, *, workers: int) -> TrainingData:
    """Load MNIST, and whatever else the recipe asks for; pen strokes and scribbles are rendered.

    The renderings depend on constants and the recipe alone, so that every seed sees the same data.

    Raises:
        DataMissing, DataUnreadable, DataCorrupt: as the loaders of the sets; DataCorrupt also where a file of pen
            strokes has no digit whose label is beyond doubt.
    """
    files = load_stroke_files(*folders.strokes) if recipe.needs(DataSet.STROKES) else ()
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
    artist = Artist(folders.cache, workers)
    for file in files:
        training = trained_on(file)[: recipe.trial_digits]
        if not training:
            raise DataCorrupt(
                f"The pen strokes {file.name!r} hold no digit to train on: take them out of their folder."
            )
        sources.append(_drawn_source(artist, recipe, file, training))
        watched = held_out(file)[: recipe.trial_digits]
        if watched:
            drawn_validation[file.name] = artist.digits(file, watched, HELD_OUT_SEED)
        lenders += training
    for scans in load_scans(folders.scans) if recipe.needs(DataSet.SCANS) else ():
        training_scans, held_out_scans = (rows[: recipe.trial_digits] for rows in scans.rows)
        sources.append(_scan_source(artist, recipe, scans, training_scans))
        drawn_validation[scans.name] = artist.scans(scans, held_out_scans, None)
    lent = [file.sha256 for file in files]
    if recipe.needs(DataSet.SCRIBBLES):
        count = recipe.limited(recipe.scribbles)
        flat = artist.scribbles(recipe.renderings * count, lenders, lent, _TRAINING_SEED)
        sources.append(_source_without_digits("scribbles", DataSet.SCRIBBLES, flat, count))
        scribbles = artist.scribbles(recipe.limited(VALIDATION_SCRIBBLES), lenders, lent, HELD_OUT_SEED)
        watched_scribbles = DigitImages(images=scribbles, labels=no_digits(len(scribbles)))
    if recipe.needs(DataSet.SIGNS):
        count = recipe.limited(recipe.signs)
        flat = artist.signs(recipe.renderings * count, lenders, lent, _TRAINING_SEED)
        sources.append(_source_without_digits("signs", DataSet.SIGNS, flat, count))
    return TrainingData(
        sources=tuple(sources),
        validation=mnist.pick(validation_rows),
        watched=mnist.pick(validation_rows[: recipe.trial_digits]),
        drawn_validation=drawn_validation,
        scribbles=watched_scribbles,
        test=_first(recipe, load_mnist(folders.mnist, Part.TEST)),
        test_overlap=overlap,
    )


def _first(recipe: Recipe, digits: DigitImages) -> DigitImages:
    """As many as a trial takes; else all."""
    return digits if recipe.trial_digits is None else digits.pick(np.arange(recipe.limited(len(digits))))


def _fixed_source(name: str, kind: DataSet, digits: DigitImages, dropped: int = 0) -> Source:
    """Digits that are pictures already."""
    images: NDArray[np.uint8] = digits.images[np.newaxis]
    return Source(name=name, kind=kind, images=images, labels=digits.labels, sha256=digits.digest(), dropped=dropped)


def _emnist_source(recipe: Recipe, folders: DataFolders, validation: DigitImages) -> Source:
    """EMNIST's digits without those that nearly repeat a picture of validation or test; their labels decide nothing."""
    emnist = _first(recipe, load_emnist_digits(folders.emnist))
    test = load_mnist(folders.mnist, Part.TEST)

    def repeats() -> "NDArray[np.uint8]":
        # One after the other: each picture is compared with its nearest neighbours among so many alone.
        of_test = near_duplicates(emnist.images, test.images)
        return np.logical_or(of_test, near_duplicates(emnist.images, validation.images)).astype(np.uint8)

    parts: dict[str, object] = {"what": validation.digest() + test.digest(), "of": emnist.digest(), "by": PARAMETERS}
    repeated: NDArray[np.bool_] = kept(folders.cache, parts, repeats).astype(np.bool_)
    rows: NDArray[np.int64] = np.flatnonzero(~repeated)
    return _fixed_source("emnist", DataSet.EMNIST, emnist.pick(rows), dropped=len(emnist) - rows.size)


def _drawn_source(artist: Artist, recipe: Recipe, file: StrokeFile, digits: Sequence[DrawnDigit]) -> Source:
    """Drawn digits to train on, each rendered several times."""
    sets = [
        artist.digits(file, digits, _TRAINING_SEED + rendering, recipe.styles) for rendering in range(recipe.renderings)
    ]
    images: NDArray[np.uint8] = np.stack([each.images for each in sets])
    return Source(name=file.name, kind=DataSet.STROKES, images=images, labels=sets[0].labels, sha256=file.sha256)


def _scan_source(artist: Artist, recipe: Recipe, file: ScanFile, rows: "NDArray[np.int64]") -> Source:
    """Scanned digits to train on, each in several widths."""
    sets = [artist.scans(file, rows, _TRAINING_SEED + rendering) for rendering in range(recipe.renderings)]
    images: NDArray[np.uint8] = np.stack([each.images for each in sets])
    return Source(
        name=file.name,
        kind=DataSet.SCANS,
        images=images,
        labels=sets[0].labels,
        sha256=file.sha256,
        repeats=recipe.scan_repeats,
    )


def _source_without_digits(name: str, kind: DataSet, flat: "NDArray[np.uint8]", count: int) -> Source:
    """Pictures to train on that show no digit: `count` in each rendering."""
    images = flat.reshape(-1, count, IMAGE_SIDE, IMAGE_SIDE)
    labels = no_digits(count)
    return Source(
        name=name, kind=kind, images=images, labels=labels, sha256=DigitImages(images=flat, labels=labels).digest()
    )
