"""`handwriting-ai predict --page`: every digit of each picture."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from handwriting_ai.cli.pictures import Found, plain_name
from handwriting_ai.errors import HandwritingError

if TYPE_CHECKING:
    from handwriting_ai.reading.page import PageDigit, PageReading
    from handwriting_ai.reading.reader import DigitReader


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
