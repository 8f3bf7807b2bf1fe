"""Drawings that people saved with "It was a …": kept as strokes, so that models can be trained on them."""

import gzip
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from handwriting_ai.data.strokes import Stroke, render_each
from handwriting_ai.errors import DataCorrupt
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.preprocess import Gray
from handwriting_ai.support.files import MOST_JSON_BYTES, read_regular_file, write_atomically

WRITER: Final = "saved-drawings"
"""The writer's name in exported strokes."""
_SUFFIX: Final = ".json"
_ID_BYTES: Final = 3


class SavedDrawing(BaseModel):
    """One drawing, its true label, and what was read in it."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    drawing_id: str
    label: int = Field(ge=0, lt=N_CLASSES)
    read_as: int = Field(ge=0, lt=N_CLASSES)
    confidence: float = Field(ge=0, le=1)
    model_id: str
    created_at: datetime
    canvas_px: int = Field(gt=0, le=4096)
    """Side of the square that the strokes were drawn in."""
    pen_px: float = Field(gt=0)
    """Width of the pen of all strokes without one of their own."""
    pens_px: list[Annotated[float, Field(gt=0)]] | None = None
    """Width of each stroke's pen, where they differ."""
    strokes: list[list[tuple[float, float]]] = Field(min_length=1)
    """Pen-down lines in pixels of the canvas, y down."""

    def picture(self) -> Gray:
        """The drawing as the canvas showed it, ink 255 on paper 0: `uint8 (canvas_px, canvas_px)`."""
        lines: list[Stroke] = [np.array(points, dtype=np.float64) for points in self.strokes]
        return render_each(lines, self.pens_px or [self.pen_px] * len(lines), side_px=self.canvas_px)

    @model_validator(mode="after")
    def _one_pen_a_stroke(self) -> Self:
        if self.pens_px is not None and len(self.pens_px) != len(self.strokes):
            raise ValueError(f"{len(self.strokes)} strokes need as many pens, got {len(self.pens_px)}")
        return self


@dataclass(frozen=True, kw_only=True)
class FoundDrawings:
    """What a folder of drawings holds."""

    drawings: tuple[SavedDrawing, ...]
    """The oldest first."""
    unreadable: tuple[str, ...]
    """What is wrong with the other files, a sentence each."""


class DrawingStore:
    """One file for each drawing, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(
        self,
        strokes: Sequence[Sequence[tuple[float, float]]],
        *,
        canvas_px: int,
        pens_px: Sequence[float],
        label: int,
        read_as: int,
        confidence: float,
        model_id: str,
    ) -> SavedDrawing:
        """Keep one drawing; returns it with its new id."""
        now = datetime.now(UTC)
        lines: list[list[tuple[float, float]]] = [list(stroke) for stroke in strokes]
        pens: list[float] = list(pens_px)
        drawing = SavedDrawing(
            drawing_id=f"{now:%Y%m%dT%H%M%S%f}-{secrets.token_hex(_ID_BYTES)}",
            label=label,
            read_as=read_as,
            confidence=confidence,
            model_id=model_id,
            created_at=now,
            canvas_px=canvas_px,
            pen_px=max(pens_px),
            pens_px=pens,
            strokes=lines,
        )
        self._folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self._path(drawing.drawing_id), drawing.model_dump_json().encode())
        return drawing

    def all(self) -> FoundDrawings:
        """Every drawing; files that are none are told apart from those that are."""
        drawings, unreadable = list[SavedDrawing](), list[str]()
        for path in sorted(self._folder.glob(f"[!.]*{_SUFFIX}")):
            try:
                drawings.append(self._read(path))
            except FileNotFoundError:  # deleted since the folder was listed
                continue
            except DataCorrupt as error:
                unreadable.append(str(error))
            except OSError as error:
                unreadable.append(f"{path} cannot be read: {error.strerror}.")
        return FoundDrawings(drawings=tuple(drawings), unreadable=tuple(unreadable))

    def delete(self, drawing_id: str) -> None:
        """Remove one drawing; one that is gone already is no error."""
        self._path(drawing_id).unlink(missing_ok=True)

    def _path(self, drawing_id: str) -> Path:
        return self._folder / f"{drawing_id}{_SUFFIX}"

    def _read(self, path: Path) -> SavedDrawing:
        try:
            return SavedDrawing.model_validate_json(read_regular_file(path, MOST_JSON_BYTES))
        except ValidationError as error:
            raise DataCorrupt(
                f"{path} is not a saved drawing; move it away. {error.error_count()} problems."
            ) from error


class _ExportedLine(BaseModel):
    """The format of `data.strokes`: y points up."""

    label: int
    writer: str
    strokes: list[list[tuple[float, float]]]


def export_strokes(drawings: Iterable[SavedDrawing]) -> bytes:
    """Drawings as a `.jsonl.gz` file that `TRAINING__INK_DIR` takes."""
    lines = [
        f"{_ExportedLine(label=each.label, writer=WRITER, strokes=_flipped(each)).model_dump_json()}\n"
        for each in drawings
    ]
    return gzip.compress("".join(lines).encode(), mtime=0)  # the same drawings, the same file


def _flipped(drawing: SavedDrawing) -> list[list[tuple[float, float]]]:
    """The strokes with y up."""
    return [[(x, -y) for x, y in stroke] for stroke in drawing.strokes]
