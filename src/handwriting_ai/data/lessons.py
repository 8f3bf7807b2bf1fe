"""Lessons: the drawings that a model is taught with, as it reads them, kept in a file of their own.

A run goes on, and its report shows its pictures, whatever becomes of the drawings meanwhile.
"""

import base64
import hashlib
import io
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from handwriting_ai.data.drawings import SavedDrawing
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.data.rendering import through_preprocessing
from handwriting_ai.errors import DataCorrupt, DataMissing, NothingToTeach
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.preprocess import IMAGE_SIDE
from handwriting_ai.support.files import MOST_JSON_BYTES, read_regular_file, write_atomically

UNNAMED: Final = "You"
"""Who drew what was saved without a name."""
ALWAYS_TAUGHT: Final = -1
"""In place of a round: the drawing is kept back in none."""
_ENOUGH: Final = 5
"""So many drawings of each digit, and a part of them can be kept back."""
_KEPT_BACK: Final = 4
"""One drawing of so many is kept back."""
_HALVES: Final = 2
"""Rounds with few drawings: each keeps one half back."""
_JOB_MAY_COME_S: Final = 60.0
"""So long may it take from a lesson that is kept to the job that needs it."""


class LessonDigit(BaseModel):
    """One drawing as the models read it."""

    model_config = ConfigDict(frozen=True)

    drawing_id: str
    label: int = Field(ge=0, lt=N_CLASSES)
    writer: str
    pixels_png: str
    """28 × 28 grey pixels, ink bright: a PNG in base64."""

    @property
    def pixels(self) -> "NDArray[np.uint8]":
        """`uint8 (28, 28)`."""
        with Image.open(io.BytesIO(base64.b64decode(self.pixels_png)), formats=["PNG"]) as image:
            found: NDArray[np.uint8] = np.asarray(image.convert("L"), dtype=np.uint8)
        return found

    @model_validator(mode="after")
    def _is_a_picture(self) -> Self:
        try:
            shape: tuple[int, ...] = self.pixels.shape
        except (OSError, SyntaxError) as error:  # Pillow raises the latter for a damaged PNG
            raise ValueError("not a picture") from error
        if shape != (IMAGE_SIDE, IMAGE_SIDE):
            raise ValueError(f"a picture of {IMAGE_SIDE} pixels square, not {shape}")
        return self


class Lesson(BaseModel):
    """All drawings of one lesson."""

    model_config = ConfigDict(frozen=True)

    name: str
    """Whose hand it is."""
    digits: tuple[LessonDigit, ...] = Field(min_length=1)

    def packed(self) -> bytes:
        """As the file holds it; the same lesson gives the same bytes."""
        return self.model_dump_json().encode()

    @property
    def sha256(self) -> str:
        """Digest of the file; its name, too."""
        return hashlib.sha256(self.packed()).hexdigest()

    @property
    def pictures(self) -> DigitImages:
        """Pictures and labels, in order."""
        values = [digit.label for digit in self.digits]
        labels: NDArray[np.int64] = np.array(values, dtype=np.int64)
        images: NDArray[np.uint8] = np.stack([digit.pixels for digit in self.digits])
        return DigitImages(images=images, labels=labels)


def writer_of(drawing: SavedDrawing) -> str:
    """Who drew it; `You` where nobody said."""
    return drawing.writer or UNNAMED


def make_lesson(name: str, drawings: Sequence[SavedDrawing]) -> Lesson:
    """The drawings as models read them; those in which no ink is found are left out.

    Raises:
        NothingToTeach: nothing is left.
    """
    digits: list[LessonDigit] = []
    for drawing in drawings:
        pixels = through_preprocessing(drawing.picture())
        if np.count_nonzero(pixels):
            digits.append(
                LessonDigit(
                    drawing_id=drawing.drawing_id,
                    label=drawing.label,
                    writer=writer_of(drawing),
                    pixels_png=_png(pixels),
                )
            )
    if not digits:
        raise NothingToTeach(
            f"There are no drawings to teach ({len(drawings)} were chosen). Save some on the page Draw, with the digit "
            "that each is."
        )
    whole: tuple[LessonDigit, ...] = tuple(digits)
    return Lesson(name=name, digits=whole)


def write_lesson(folder: Path, lesson: Lesson) -> Path:
    """Keep a lesson under its digest; one that is there already is written again, the same."""
    folder.mkdir(parents=True, exist_ok=True)
    path = _path(folder, lesson.sha256)
    write_atomically(path, lesson.packed())
    return path


def read_lesson(folder: Path, sha256: str) -> Lesson:
    """The lesson of this digest.

    Raises:
        DataMissing: it is not there.
        DataCorrupt: the file is another, or none.
    """
    path = _path(folder, sha256)
    try:
        content = read_regular_file(path, MOST_JSON_BYTES)
    except FileNotFoundError as error:
        raise DataMissing(f"The drawings of this lesson are gone: {path} is missing. Teach anew.") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DataCorrupt(f"{path} is damaged: its digest is not its name. Delete it and teach anew.")
    try:
        return Lesson.model_validate_json(content)
    except ValidationError as error:
        raise DataCorrupt(f"{path} is no lesson: {error.error_count()} problems. Delete it and teach anew.") from error


def forget_lessons(folder: Path, needed: Collection[str | None], at_once: str | None) -> None:
    """Remove lessons that nobody needs; those so young that their job may be on its way stay.

    Args:
        folder: where they lie.
        needed: digests of those that are.
        at_once: one that is removed however young it is, unless it is needed.
    """
    latest = time.time() - _JOB_MAY_COME_S
    for path in folder.glob("*.json"):
        with suppress(OSError):  # the next time, then
            if path.stem not in needed and (path.stem == at_once or path.stat().st_mtime < latest):
                path.unlink()


def keep_back(labels: Sequence[int], seed: int) -> tuple[int, ...]:
    """For each drawing the round, 0 or 1, in which it is kept back; `ALWAYS_TAUGHT` for one that never is.

    With five drawings of each digit or more there is one round, which keeps a quarter of each digit's back. With fewer
    there are two, each of which keeps back one half: every drawing is read once by a network that was not taught it.
    The only drawing of a digit is never kept back: that digit could not be learnt.
    """
    generator = np.random.default_rng(seed)
    rounds = [ALWAYS_TAUGHT] * len(labels)
    counts = {label: sum(each == label for each in labels) for label in set(labels)}
    one_round = min(counts.values()) >= _ENOUGH
    for label in sorted(counts):
        rows = [row for row, each in enumerate(labels) if each == label]
        shuffled: NDArray[np.int64] = generator.permutation(rows)
        order: list[int] = shuffled.tolist()
        if one_round:
            for row in order[: max(1, len(order) // _KEPT_BACK)]:
                rounds[row] = 0
        elif len(order) > 1:
            for place, row in enumerate(order):
                rounds[row] = place % _HALVES
    return tuple(rounds)


def _path(folder: Path, sha256: str) -> Path:
    return folder / f"{sha256}.json"


def _png(pixels: "NDArray[np.uint8]") -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode()
