"""`handwriting-ai predict --page`: every digit of each picture."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from handwriting_ai.cli.pictures import Found, plain_name
from handwriting_ai.errors import HandwritingError

if TYPE_CHECKING:
    from handwriting_ai.reading.page import PageDigit, PageReading
    from handwriting_ai.reading.reader import DigitReader

NUMBER_COLUMNS: Final = ("file", "line", "number", "text", "confidence", "left", "top", "width", "height", "error")
"""Of the table of pages."""


@dataclass(frozen=True, kw_only=True)
class DigitAnswer:
    """What is said of a digit."""

    digit: int
    confidence: float
    uncertain: bool
    box: tuple[int, int, int, int]
    """Left, top, width, height."""


_LINES: Final = TypeAdapter(list[list[list[DigitAnswer]]])


def page_answers(reader: "DigitReader", found: Sequence[Found]) -> Iterator[dict[str, object]]:
    """A line for each that was found, in order."""
    for each in found:
        name = plain_name(each.path)
        if each.error is not None:
            yield {"path": name, "error": each.error}
            continue
        try:
            yield {"path": name, **_answer(reader.read_page(each.path))}
        except HandwritingError as error:
            yield {"path": name, "error": str(error)}


def _answer(page: "PageReading") -> dict[str, object]:
    lines = [[[_digit(digit) for digit in number.digits] for number in line.numbers] for line in page.lines]
    return {"text": page.text, "uncertain": page.uncertain, "lines": lines}


def _digit(digit: "PageDigit") -> dict[str, object]:
    box, prediction = digit.box, digit.prediction
    return {
        "digit": prediction.digit,
        "confidence": prediction.confidence,
        "uncertain": prediction.uncertain,
        "box": (box.left, box.top, box.width, box.height),
    }


def page_sentence(answer: dict[str, object]) -> str:
    """What is printed for people: the text under the picture's name."""
    if "error" in answer:
        return f"{answer['path']}: {answer['error']}"
    return f"{answer['path']}:\n{answer['text'] or 'No digits found.'}"


def number_rows(answer: dict[str, object]) -> Iterator[list[object]]:
    """A row of `NUMBER_COLUMNS` for each number, counted from 1 in each line; one for a picture that was not read."""
    from handwriting_ai.reading.page import DOUBTFUL

    name = answer["path"]
    if "error" in answer:
        yield [name, *[""] * (len(NUMBER_COLUMNS) - 2), answer["error"]]
        return
    for line, numbers in enumerate(_LINES.validate_python(answer["lines"]), start=1):
        for place, digits in enumerate(numbers, start=1):
            text = "".join(DOUBTFUL if digit.uncertain else str(digit.digit) for digit in digits)
            confidence = prod(digit.confidence for digit in digits)
            yield [name, line, place, text, confidence, *_around([digit.box for digit in digits]), ""]


def _around(boxes: Sequence[tuple[int, int, int, int]]) -> tuple[int, int, int, int]:
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top
