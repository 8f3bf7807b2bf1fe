"""The original strokes of UCI's "Pen-Based Recognition of Handwritten Digits" (Alpaydin & Alimoglu 1998).

Their two files are text in the UNIPEN format (Guyon et al. 1994), of which they use a few words:

    .SEGMENT DIGIT 0-1 ? "4"     a digit begins: which strokes of the file it has, and its label
    .COMMENT 4 12 224            label, writer, number of the digit
    .PEN_DOWN                    a stroke begins: a point a line, y up
    .PEN_UP                      it ends
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from handwriting_ai.prediction import DIGIT_NAMES

FILE_NAMES: Final = ("pendigits-orig.tra", "pendigits-orig.tes")
"""Unpacked; UCI's archive has them as `.Z`."""
SEGMENT: Final = b".SEGMENT DIGIT"
"""What each digit begins with."""
_SEGMENT_WORDS: Final = 5
_COMMENT_WORDS: Final = 4
_Point = tuple[float, float]


@dataclass(kw_only=True)
class Segment:
    """One digit."""

    label: int
    line: int
    """Where it begins, counted from 1."""
    writer: str = ""
    """Their number in two digits, of which each file has its own count: `03`. Who is held out goes by the order of the
    names, and the shipped models learnt with these."""
    strokes: list[list[_Point]] = field(default_factory=list)
    """y points up."""


def parse_pendigits(text: str) -> Iterator[Segment]:
    """The digits of one file, in order.

    Raises:
        ValueError: a line is not what the format allows there; the message names it.
    """
    segment: Segment | None = None
    pen_is_down = False
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        match words[:1]:
            case [".SEGMENT"]:
                if segment is not None:
                    yield _whole(segment)
                segment, pen_is_down = Segment(label=_label(words, number), line=number), False
            case [".COMMENT"] if segment is not None:
                segment.writer = _writer(words, segment, number)
            case [".PEN_DOWN"] if segment is not None:
                segment.strokes.append([])
                pen_is_down = True
            case [".PEN_UP"]:
                pen_is_down = False
            case [word] if not word.startswith("."):
                if segment is None or not pen_is_down:
                    raise ValueError(f"line {number}: a point while the pen is up: {line.strip()!r}")
                segment.strokes[-1].append(_point(words, number))
            case _:  # an empty line, or a word that says nothing of a digit's shape
                pass
    if segment is None:
        raise ValueError("there is no .SEGMENT")
    yield _whole(segment)


def _label(words: list[str], number: int) -> int:
    label = words[-1].strip('"')
    if len(words) != _SEGMENT_WORDS or words[1] != "DIGIT" or label not in DIGIT_NAMES:
        raise ValueError(f'line {number}: expected .SEGMENT DIGIT 0 ? "7", found {" ".join(words)!r}')
    return int(label)


def _writer(words: list[str], segment: Segment, number: int) -> str:
    if len(words) != _COMMENT_WORDS or words[1] != str(segment.label) or not words[2].isdecimal():
        raise ValueError(
            f"line {number}: expected .COMMENT with the label {segment.label}, a writer and a number, found "
            f"{' '.join(words)!r}"
        )
    return f"{int(words[2]):02d}"


def _point(words: list[str], number: int) -> _Point:
    try:
        x, y = (float(word) for word in words)
    except ValueError as error:
        raise ValueError(f"line {number}: expected x and y, found {' '.join(words)!r}") from error
    return x, y


def _whole(segment: Segment) -> Segment:
    if not segment.writer:
        raise ValueError(f"line {segment.line}: the digit has no .COMMENT that names its writer")
    return segment
