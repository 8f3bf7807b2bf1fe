"""Pen strokes of digits: files of strokes, and how a canvas draws them."""

import functools
import hashlib
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from handwriting_ai.data.packed import read_file, unpack
from handwriting_ai.data.pendigits import FILE_NAMES, SEGMENT, parse_pendigits
from handwriting_ai.errors import DataCorrupt, DataMissing
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.preprocess import FULL_INK
from handwriting_ai.support.places import restoring
from handwriting_ai.support.problems import describe_problems

Stroke: TypeAlias = "NDArray[np.float64]"
"""One pen-down line, `(points, 2)`: x to the right, y down, in any unit."""

CANVAS_SIDE_PX: Final = 280
STRAIGHT: Final = 0.1
"""Width over length of the smallest box around strokes, below which they are one straight line, as only a 1 is."""
SEVERAL_DIGITS_ASPECT: Final = 2.0
"""Width over height of the box around strokes side by side, above which they are several digits in a row."""
_JSON_LINES: Final = ".jsonl.gz"
_SHIPPED: Final = {
    "pendigits_tra.jsonl.gz": "eae54ff4585a5f8c8bb707e69ef1c68807fc33c3dedd0d540ea6eb013dd15ac4",
    "unipen_1a_digits.jsonl.gz": "babebce719833c9d6dd34e56094d824ae476fb45c9a580738eeb200ba6c05281",
}
"""SHA-256 of the files in data/strokes."""
_SUBPIXEL_BITS: Final = 4
_COUNTS_KEPT: Final = 256


class _Line(BaseModel):
    """One line of a `.jsonl.gz` file: y points up there."""

    model_config = ConfigDict(frozen=True)

    label: int = Field(ge=0, lt=N_CLASSES)
    writer: str = Field(validation_alias=AliasChoices("writer_group", "writer"))
    strokes: list[list[tuple[float, float]]] = Field(min_length=1)
    slashed_zero: bool = False
    knn_suspect: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnDigit:
    """The strokes of one digit, and who drew it."""

    label: int
    writer: str
    strokes: tuple[Stroke, ...]
    doubtful: bool = False
    """Whether its label is: the file says so, a straight line is said to be no 1, or there are several digits."""
    slashed: bool = False
    """Whether it is a zero with a slash through it."""


@dataclass(frozen=True, kw_only=True)
class StrokeFile:
    """All digits of one file."""

    name: str
    sha256: str
    digits: tuple[DrawnDigit, ...] = field(repr=False)


def load_stroke_files(*folders: Path) -> tuple[StrokeFile, ...]:
    """Read every file of some folders of pen strokes, in the order of their names; what two folders have is read once.

    Raises:
        DataMissing: no folder was named, one is not there or holds no such file.
        DataUnreadable: the system refuses a file.
        DataCorrupt: a file cannot be unpacked, a line is not a digit's strokes, or a file has the name of one that the
            project ships, or of another folder's, and is not the same.
    """
    files: dict[str, StrokeFile] = {}
    for path in stroke_paths(*folders):
        file = _load(path)
        if file.name in files:
            raise DataCorrupt(f"{path} is not the file of the same name in another folder. Give it another name.")
        files[file.name] = file
    return tuple(files.values())


def count_digits(*folders: Path) -> tuple[int, ...]:
    """How many digits each file of some folders of pen strokes has, told without parsing them.

    Raises:
        DataMissing, DataUnreadable, DataCorrupt: as `load_stroke_files`, except that lines are not looked at.
    """
    counts: list[int] = []
    for path in stroke_paths(*folders):
        found = path.stat()
        counts.append(_count(path, found.st_mtime_ns, found.st_size))
    return tuple(counts)


def _count_anew(path: Path, _modified_ns: int, _size: int) -> int:
    content = read_file(path)
    return content.count(SEGMENT) if path.name in FILE_NAMES else len(_lines(path, content))


_count: Final[Callable[[Path, int, int], int]] = functools.lru_cache(_COUNTS_KEPT)(_count_anew)
"""Of a file that was written at this time with this size: counted once."""


def stroke_paths(*folders: Path) -> list[Path]:
    """The files of some folders of pen strokes, sorted: `*.jsonl.gz`, and UCI's two files of original pen strokes.

    A file that lies in several folders, under whatever name, is listed once.

    Raises:
        DataMissing: no folder was named, one is not there or holds no such file, or of UCI's only ones that are still
            packed.
        DataUnreadable: the system refuses a file of which there may be two.
    """
    if not folders:
        raise DataMissing("Pen strokes are needed, and no folder of them was named. The project ships data/strokes.")
    paths = [path for folder in folders for path in _paths_in(folder)]
    once = {_identity(path, paths): path for path in reversed(paths)}
    return sorted(once.values(), key=_by_name)


def _by_name(path: Path) -> tuple[str, str]:
    return path.name, str(path)


def _identity(path: Path, among: Sequence[Path]) -> str:
    """What a file is known by: its place, or its content where another is as large."""
    size = path.stat().st_size
    if sum(other.stat().st_size == size for other in among) == 1:
        return str(path)
    return hashlib.sha256(read_file(path)).hexdigest()


def _paths_in(folder: Path) -> list[Path]:
    texts = [folder / name for name in FILE_NAMES if (folder / name).exists()]
    packed = [folder / f"{name}.Z" for name in FILE_NAMES if (folder / f"{name}.Z").exists()]
    if packed and not texts:
        raise DataMissing(f"{packed[0]} is packed. Unpack it: gzip -dk {shlex.quote(str(packed[0]))}")
    paths = sorted([*folder.glob(f"*{_JSON_LINES}"), *texts])
    if not paths:
        known = ", ".join([f"*{_JSON_LINES}", *FILE_NAMES])
        raise DataMissing(
            f"No pen strokes ({known}) in {folder}. The project ships some: {restoring('data/strokes')} "
            "restores them. TRAINING__INK_DIR names a folder of further ones, if any."
        )
    return paths


def _load(path: Path) -> StrokeFile:
    content = read_file(path)
    sha256 = hashlib.sha256(content).hexdigest()
    shipped = _SHIPPED.get(path.name, sha256)
    if sha256 != shipped:
        raise DataCorrupt(
            f"{path} is not the file of this name that the project ships: its SHA-256 is {sha256}, expected {shipped}. "
            f"{restoring('data/strokes')} restores it; or give a file of your own another name."
        )
    try:
        digits = tuple(_of_pendigits(path, content) if path.name in FILE_NAMES else _of_json_lines(path, content))
    except DataCorrupt as error:
        problem = str(error).rstrip(".")
        raise DataCorrupt(f"{problem}. Get the file anew, or take it out of {path.parent}.") from error
    return StrokeFile(name=path.name.removesuffix(_JSON_LINES), sha256=sha256, digits=digits)


def _of_pendigits(path: Path, content: bytes) -> Iterator[DrawnDigit]:
    part = path.suffix.removeprefix(".")
    try:
        for segment in parse_pendigits(content.decode("ascii")):
            where = f"{path}, line {segment.line}"
            yield _drawn(segment.label, f"{part}-{segment.writer}", segment.strokes, where)
    except ValueError as error:
        raise DataCorrupt(f"{path}: {error}") from error


def _lines(path: Path, content: bytes) -> list[bytes]:
    """One digit each."""
    return unpack(path, content).splitlines()


def _of_json_lines(path: Path, content: bytes) -> Iterator[DrawnDigit]:
    for number, text in enumerate(_lines(path, content), start=1):
        where = f"{path}, line {number}"
        try:
            line = _Line.model_validate_json(text)
        except ValidationError as error:
            raise DataCorrupt(f"{where}: {describe_problems(error)}") from error
        digit = _drawn(line.label, line.writer, line.strokes, where)
        yield replace(digit, doubtful=digit.doubtful or line.knn_suspect, slashed=line.slashed_zero)


def _drawn(label: int, writer: str, strokes: Sequence[Sequence[tuple[float, float]]], where: str) -> DrawnDigit:
    """A digit from points whose y points up; whether its label is in doubt is told by its shape."""
    lines = tuple(_y_down(points) for points in strokes if points)
    if not lines:
        raise DataCorrupt(f"{where}: the digit has no points.")
    if not all(np.isfinite(line).all() for line in lines):
        raise DataCorrupt(f"{where}: a coordinate is no finite number.")
    doubtful = (label != 1 and is_straight(lines)) or are_several_digits(lines)
    return DrawnDigit(label=label, writer=writer, strokes=lines, doubtful=doubtful)


def is_straight(strokes: Sequence[Stroke]) -> bool:
    """Whether all strokes together are one straight line, as where a 4 lost its other stroke; a dot is none."""
    points: Stroke = np.concatenate(strokes)
    _center, sides, _angle = cv2.minAreaRect(points.astype(np.float32))
    return max(sides) > 0 and min(sides) < STRAIGHT * max(sides)


def are_several_digits(strokes: Sequence[Stroke]) -> bool:
    """Whether strokes stand in a wide row, none above or below another, as where 00 was written for a 0."""
    ranges = sorted(_x_range(stroke) for stroke in strokes)
    apart = all(left_end < right_start for (_, left_end), (right_start, _) in pairwise(ranges))
    points: Stroke = np.concatenate(strokes)
    height: float = np.ptp(points[:, 1])
    return len(strokes) > 1 and apart and ranges[-1][1] - ranges[0][0] > SEVERAL_DIGITS_ASPECT * height


def _x_range(stroke: Stroke) -> tuple[float, float]:
    leftmost: float = stroke[:, 0].min()
    rightmost: float = stroke[:, 0].max()
    return leftmost, rightmost


def _y_down(points: Sequence[tuple[float, float]]) -> Stroke:
    up: Stroke = np.array(points, dtype=np.float64)
    up[:, 1] *= -1.0
    return up


def place(strokes: Sequence[Stroke], *, extent_px: float, center_px: tuple[float, float]) -> tuple[Stroke, ...]:
    """Scale strokes so that the longer side of their box is `extent_px`, and move the box's centre to `center_px`."""
    points: Stroke = np.concatenate(strokes)
    low: Stroke = points.min(axis=0)
    high: Stroke = points.max(axis=0)
    size: float = np.subtract(high, low).max()
    scale = extent_px / size if size > 0 else 1.0
    middle: Stroke = np.divide(np.add(low, high), 2)
    return tuple(np.add(np.multiply(np.subtract(stroke, middle), scale), center_px) for stroke in strokes)


def render(strokes: Sequence[Stroke], *, pen_px: float, side_px: int = CANVAS_SIDE_PX) -> "NDArray[np.uint8]":
    """Draw strokes as a canvas does: round ends and joins, smooth edges.

    Args:
        strokes: in pixels of the canvas.
        pen_px: width of the pen.
        side_px: side of the square canvas.

    Returns:
        `uint8 (side_px, side_px)`, ink 255 on paper 0.
    """
    canvas = np.zeros((side_px, side_px), dtype=np.uint8)
    unit = 1 << _SUBPIXEL_BITS
    for stroke in strokes:
        scaled: Stroke = np.rint(np.multiply(stroke, unit))
        points = scaled.astype(np.int32)
        thickness = max(1, round(pen_px))
        if len(points) == 1:  # a tap of the pen leaves a dot
            x: int = points.item(0)
            y: int = points.item(1)
            cv2.circle(canvas, (x, y), round(pen_px / 2 * unit), FULL_INK, -1, cv2.LINE_AA, _SUBPIXEL_BITS)
        else:
            cv2.polylines(canvas, [points], False, FULL_INK, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
    return canvas


def render_each(
    strokes: Sequence[Stroke], pens_px: Sequence[float], *, side_px: int = CANVAS_SIDE_PX
) -> "NDArray[np.uint8]":
    """As `render`, each stroke with a pen of its own; as many widths as strokes, one at least."""
    layers = [render([stroke], pen_px=pen, side_px=side_px) for stroke, pen in zip(strokes, pens_px, strict=True)]
    ink: NDArray[np.uint8] = np.maximum.reduce(layers)
    return ink
