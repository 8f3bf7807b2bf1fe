"""How well digits are read that held-out writers drew with a pen: what the Draw page meets, unlike MNIST's scans."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.rendering import HELD_OUT_SEED, drawn_at, drawn_at_random, through_preprocessing
from handwriting_ai.data.scribbles import drawn_scribble
from handwriting_ai.data.split import held_out_writers, writers_left_out
from handwriting_ai.data.strokes import DrawnDigit, StrokeFile
from handwriting_ai.errors import DataCorrupt
from handwriting_ai.registry.manifest import DataSource

PENS_PX: Final = (6, 14, 22)
"""A fine, a usual and a broad pen on a canvas of 280 pixels; each draws every digit in the middle, 60 % of its side."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How some digits of one file are read; the doubtful ones are counted among the others too."""

    file: str
    n: int
    errors: int
    n_doubtful: int
    """Digits whose label is in doubt."""
    errors_doubtful: int

    @property
    def accuracy(self) -> float:
        """The share read rightly, in [0, 1]."""
        return 1 - self.errors / self.n

    @property
    def accuracy_without_doubtful(self) -> float | None:
        """The share read rightly of the digits whose label is beyond doubt, in [0, 1]; None where there are none."""
        beyond_doubt = self.n - self.n_doubtful
        return 1 - (self.errors - self.errors_doubtful) / beyond_doubt if beyond_doubt else None


@dataclass(frozen=True, kw_only=True)
class WriterScore(Tally):
    """How one writer's digits are read."""

    writer: str


@dataclass(frozen=True, kw_only=True)
class PenStrokeScore(Tally):
    """How the digits of a file's held-out writers are read."""

    pen_px: float | None
    """Width of the pen; None: random pens, sizes and places, the pictures of training's validation."""
    writers: tuple[WriterScore, ...]
    """The one read worst first."""


@dataclass(frozen=True, kw_only=True)
class ScribbleScore:
    """How often a drawing that is no digit is taken for one."""

    n: int
    sure: int
    """Scribbles that are answered without a caveat."""

    @property
    def share(self) -> float:
        """Of the sure among all, in [0, 1]."""
        return self.sure / self.n


def render_scribbles(digits: Sequence[DrawnDigit], count: int, *, workers: int) -> "NDArray[np.uint8]":
    """Draw scribbles, some of them out of the strokes of these digits: `uint8 (count, 28, 28)`."""
    with ThreadPoolExecutor(workers) as pool:
        pictures = list(pool.map(partial(_scribble, digits), range(count)))
    images: NDArray[np.uint8] = np.stack(pictures)
    return images


def _scribble(digits: Sequence[DrawnDigit], index: int) -> "NDArray[np.uint8]":
    return drawn_scribble(digits, seed=HELD_OUT_SEED, index=index)


def render_held_out(
    file: StrokeFile, pen_px: float | None, *, workers: int
) -> "tuple[NDArray[np.uint8], tuple[DrawnDigit, ...]]":
    """Draw every digit of a file's held-out writers, through the full preprocessing.

    Args:
        file: pen strokes.
        pen_px: width of the pen on a canvas of 280 pixels, each digit in the middle; None: random pens, sizes and
            places, the very pictures that training validates on.
        workers: threads.

    Returns:
        `uint8 (n, 28, 28)`, all paper where no ink was found, and the n digits, in the file's order.

    Raises:
        DataCorrupt: the file holds no digits.
    """
    writers = held_out_writers([digit.writer for digit in file.digits])
    digits = tuple(digit for digit in file.digits if digit.writer in writers)
    if not digits:
        raise DataCorrupt(f"The file of pen strokes {file.name!r} holds no digits.")

    def picture(index: int) -> "NDArray[np.uint8]":
        strokes = digits[index].strokes
        if pen_px is None:
            return drawn_at_random(strokes, seed=HELD_OUT_SEED, index=index)
        return through_preprocessing(drawn_at(strokes, pen_px=pen_px))

    with ThreadPoolExecutor(workers) as pool:
        pictures = list(pool.map(picture, range(len(digits))))
    images: NDArray[np.uint8] = np.stack(pictures)
    return images, digits


def nobody_is_held_out(file: StrokeFile, learnt: Collection[DataSource]) -> bool:
    """Whether models that learnt from these sets have learnt from every writer of a file.

    Training leaves nobody out of a file that one person alone has written. Such a file grows: an older one of its name
    counts as well.
    """
    is_known = any(file.sha256 == origin.sha256 or file.name == origin.name for origin in learnt)
    return is_known and not writers_left_out([digit.writer for digit in file.digits])


def score_pen_strokes(
    images: "NDArray[np.uint8]",
    digits: Sequence[DrawnDigit],
    answers: "NDArray[np.int64]",
    *,
    file: str,
    pen_px: float | None,
) -> PenStrokeScore:
    """Compare answers with labels; a picture without ink counts as misread, since nothing would be answered for it.

    Args:
        images: `(n, 28, 28)`, as `render_held_out` returns them.
        digits: the n digits they show.
        answers: `(n,)`, 0–9.
        file: the digits' file.
        pen_px: as `render_held_out` was told.

    Raises:
        ValueError: there are no digits, or not as many pictures and answers.
    """
    if not len(images) == len(digits) == answers.size > 0:
        raise ValueError(
            f"{len(images)} pictures, {len(digits)} digits and {answers.size} answers do not fit together."
        )
    labels = [digit.label for digit in digits]
    darkest: NDArray[np.uint8] = images.max(axis=(1, 2))
    right: list[bool] = np.logical_and(np.equal(answers, labels), np.greater(darkest, 0)).tolist()
    rows: dict[str, list[int]] = {}
    for row, digit in enumerate(digits):
        rows.setdefault(digit.writer, []).append(row)
    writers = [_score_writer(file, [digits[row] for row in own], [right[row] for row in own]) for own in rows.values()]
    return PenStrokeScore(
        file=file,
        pen_px=pen_px,
        n=len(digits),
        errors=sum(writer.errors for writer in writers),
        n_doubtful=sum(writer.n_doubtful for writer in writers),
        errors_doubtful=sum(writer.errors_doubtful for writer in writers),
        writers=tuple(sorted(writers, key=_worst_first)),
    )


def _score_writer(file: str, digits: Sequence[DrawnDigit], right: Sequence[bool]) -> WriterScore:
    """Count the digits of one writer, of which there is at least one, and whether each was read rightly."""
    errors = [digit for digit, is_right in zip(digits, right, strict=True) if not is_right]
    return WriterScore(
        file=file,
        writer=digits[0].writer,
        n=len(digits),
        errors=len(errors),
        n_doubtful=sum(digit.doubtful for digit in digits),
        errors_doubtful=sum(digit.doubtful for digit in errors),
    )


def _worst_first(score: WriterScore) -> tuple[float, int, str]:
    """Of the same accuracy, who has more errors comes first."""
    return score.accuracy, -score.errors, score.writer
