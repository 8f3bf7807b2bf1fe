"""A test set of one's own: saved drawings and photographs, exported strokes, and folders `0` to `9` of pictures."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from handwriting_ai.data.drawings import DrawingStore, SavedDrawing
from handwriting_ai.data.rendering import drawn_at
from handwriting_ai.data.strokes import load_stroke_files
from handwriting_ai.errors import DataMissing
from handwriting_ai.prediction import DIGIT_NAMES
from handwriting_ai.preprocess import Gray
from handwriting_ai.preprocess.formats import FORMAT_NAMES, SUFFIXES

PEN_PX: Final = 16.0
"""Exports do not keep the pen: their strokes are drawn with this one, on a canvas of 280 pixels."""
_EXPORTS: Final = "*.jsonl.gz"


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledPicture:
    """A picture of one digit, and which it is."""

    name: str
    """What tells it from the others."""
    label: int
    source: "Gray | Path"
    """The picture, or the file that holds it."""


@dataclass(frozen=True, kw_only=True)
class OwnDigits:
    """What a folder holds."""

    pictures: tuple[LabelledPicture, ...]
    unreadable: tuple[str, ...]
    """What is wrong with saved drawings that are left out, a sentence each."""


def of_saved(drawings: Iterable[SavedDrawing]) -> tuple[LabelledPicture, ...]:
    """Saved drawings and photographs as pictures."""
    return tuple(LabelledPicture(name=each.drawing_id, label=each.label, source=each.picture()) for each in drawings)


def find_own_digits(folder: Path) -> OwnDigits:
    """Everything in a folder that has a label.

    These are `*.json` as the page Draw saves them, `*.jsonl.gz` as Saved drawings exports them, and the pictures in
    the folders `0` to `9`.

    Raises:
        DataMissing: it is no folder, or holds nothing of the kind.
        DataUnreadable, DataCorrupt: as `load_stroke_files`.
    """
    if not folder.is_dir():
        raise DataMissing(f"There is no folder {folder}.")
    found = DrawingStore(folder).all()
    pictures = [*of_saved(found.drawings), *_exported(folder), *_sorted_by_hand(folder)]
    if not pictures and not found.unreadable:
        raise DataMissing(
            f"{folder} holds no digits with labels. It may hold drawings as the page Draw saves them (*.json), "
            f"exported strokes ({_EXPORTS}), and folders named 0 to 9 with pictures ({FORMAT_NAMES})."
        )
    return OwnDigits(pictures=tuple(pictures), unreadable=found.unreadable)


def _exported(folder: Path) -> Iterator[LabelledPicture]:
    if not any(folder.glob(_EXPORTS)):
        return
    for file in load_stroke_files(folder):
        for number, digit in enumerate(file.digits, start=1):
            picture = drawn_at(digit.strokes, pen_px=PEN_PX)
            yield LabelledPicture(name=f"{file.name}, line {number}", label=digit.label, source=picture)


def _sorted_by_hand(folder: Path) -> Iterator[LabelledPicture]:
    for label, name in enumerate(DIGIT_NAMES):
        for path in sorted((folder / name).glob("*")):
            if path.suffix.lower() in SUFFIXES and path.is_file():
                yield LabelledPicture(name=f"{name}/{path.name}", label=label, source=path)
