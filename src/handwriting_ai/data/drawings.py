"""What people saved with “It was a …”: drawings as strokes, photographs as the ink cut out of them."""

import base64
import gzip
import io
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Self

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from handwriting_ai.data.strokes import Stroke, render_each
from handwriting_ai.errors import DataCorrupt
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.preprocess import IMAGE_SIDE, Gray
from handwriting_ai.support.files import MOST_JSON_BYTES, read_regular_file, write_atomically

WRITER: Final = "saved-drawings"
"""The writer's name in exported strokes, where none was said."""
_SUFFIX: Final = ".json"
_ID_BYTES: Final = 3
_MAX_SIDE_PX: Final = 4096


class SavedDrawing(BaseModel):
    """One drawing or photographed digit, its true label, and what was read in it."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    drawing_id: str
    label: int = Field(ge=0, lt=N_CLASSES)
    read_as: int = Field(ge=0, lt=N_CLASSES)
    confidence: float = Field(ge=0, le=1)
    model_id: str
    created_at: datetime
    canvas_px: int = Field(gt=0, le=_MAX_SIDE_PX)
    """Side of the square that the strokes were drawn in, or that the ink lies on."""
    writer: str | None = None
    """Who wrote it, if that was said."""
    pen_px: float = Field(default=1.0, gt=0)
    """Width of the pen of all strokes without one of their own."""
    pens_px: list[Annotated[float, Field(gt=0)]] | None = None
    """Width of each stroke's pen, where they differ."""
    strokes: list[list[tuple[float, float]]] = Field(default_factory=list)
    """Pen-down lines in pixels of the canvas, y down; none of a photograph."""
    ink_png: str | None = None
    """Of a photograph: the digit's ink, cut out; a grey PNG in base64, ink bright."""
    input_png: str | None = None
    """Of a photograph: the 28 × 28 pixels that the models read, likewise."""

    @property
    def is_photograph(self) -> bool:
        """Whether it is kept as a picture and not as strokes."""
        return self.ink_png is not None

    def picture(self) -> Gray:
        """The digit as it was drawn or cut out, ink 255 on paper 0: `uint8 (canvas_px, canvas_px)`."""
        if self.ink_png is not None:
            return _pixels(self.ink_png)
        lines: list[Stroke] = [np.array(points, dtype=np.float64) for points in self.strokes]
        return render_each(lines, self.pens_px or [self.pen_px] * len(lines), side_px=self.canvas_px)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if bool(self.strokes) == self.is_photograph:
            raise ValueError("either strokes or the ink of a photograph, and not both")
        if self.ink_png is not None and _pixels(self.ink_png).shape != (self.canvas_px, self.canvas_px):
            raise ValueError(f"the ink must be {self.canvas_px} pixels square")
        if self.input_png is not None and _pixels(self.input_png).shape != (IMAGE_SIDE, IMAGE_SIDE):
            raise ValueError(f"what was read must be {IMAGE_SIDE} pixels square")
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
        writer: str | None = None,
    ) -> SavedDrawing:
        """Keep one drawing; returns it with its new id."""
        now = datetime.now(UTC)
        lines: list[list[tuple[float, float]]] = [list(stroke) for stroke in strokes]
        pens: list[float] = list(pens_px)
        drawing = SavedDrawing(
            drawing_id=_new_id(now),
            label=label,
            read_as=read_as,
            confidence=confidence,
            model_id=model_id,
            created_at=now,
            canvas_px=canvas_px,
            pen_px=max(pens_px),
            pens_px=pens,
            strokes=lines,
            writer=writer,
        )
        return self._write(drawing)

    def save_photograph(
        self,
        ink: Gray,
        read: Gray,
        *,
        label: int,
        read_as: int,
        confidence: float,
        model_id: str,
        writer: str | None = None,
    ) -> SavedDrawing:
        """Keep what was read of a photograph; returns it with its new id.

        `ink` is the digit cut out, ink 255 on paper 0, `uint8 (side, side)`; `read` the models' `(28, 28)`.
        """
        now = datetime.now(UTC)
        side_px: int = ink.shape[0]
        drawing = SavedDrawing(
            drawing_id=_new_id(now),
            label=label,
            read_as=read_as,
            confidence=confidence,
            model_id=model_id,
            created_at=now,
            canvas_px=side_px,
            ink_png=_png(ink),
            input_png=_png(read),
            writer=writer,
        )
        return self._write(drawing)

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

    def restore(self, drawings: Iterable[SavedDrawing]) -> None:
        """Put drawings back that were deleted, under their ids."""
        for drawing in drawings:
            self._write(drawing)

    def _write(self, drawing: SavedDrawing) -> SavedDrawing:
        self._folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self._path(drawing.drawing_id), drawing.model_dump_json(exclude_none=True).encode())
        return drawing

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
    """Drawings as a `.jsonl.gz` file that `TRAINING__INK_DIR` takes; photographs have no strokes and are left out."""
    lines = [
        f"{_ExportedLine(label=each.label, writer=each.writer or WRITER, strokes=_flipped(each)).model_dump_json()}\n"
        for each in drawings
        if not each.is_photograph
    ]
    return gzip.compress("".join(lines).encode(), mtime=0)  # the same drawings, the same file


def _flipped(drawing: SavedDrawing) -> list[list[tuple[float, float]]]:
    """The strokes with y up."""
    return [[(x, -y) for x, y in stroke] for stroke in drawing.strokes]


def _new_id(now: datetime) -> str:
    return f"{now:%Y%m%dT%H%M%S%f}-{secrets.token_hex(_ID_BYTES)}"


def _png(picture: Gray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def _pixels(png: str) -> Gray:
    """A grey PNG in base64, decoded.

    Raises:
        ValueError: it is none, or larger than anything that is saved.
    """
    try:
        with Image.open(io.BytesIO(base64.b64decode(png, validate=True)), formats=["PNG"]) as image:
            if image.mode != "L" or max(image.size) > _MAX_SIDE_PX:
                raise ValueError(f"a grey picture of at most {_MAX_SIDE_PX} pixels a side, not {image.size}")
            pixels: Gray = np.asarray(image, dtype=np.uint8)
    except (OSError, SyntaxError) as error:  # Pillow raises the latter for a damaged PNG
        raise ValueError("not a picture") from error
    return pixels
