"""What goes in and out of `/v1/read-page`."""

from typing import Final

from pydantic import BaseModel, Field, JsonValue

from handwriting_ai.api.schemas import Picture, with_examples
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.preprocess import FORMAT_NAMES
from handwriting_ai.segmentation import MOST_DIGITS

_BOX: Final[dict[str, JsonValue]] = {"left": 60, "top": 79, "width": 44, "height": 62}
_DIGIT: Final[dict[str, JsonValue]] = {
    "digit": 7,
    "confidence": 0.991,
    "uncertain": False,
    "doubts": [],
    "box": _BOX,
}
_NUMBER: Final[dict[str, JsonValue]] = {"text": "7", "confidence": 0.991, "box": _BOX, "digits": [_DIGIT]}
_LINE: Final[dict[str, JsonValue]] = {"text": "7", "numbers": [_NUMBER]}
_LEFT_OUT: Final[dict[str, JsonValue]] = {
    "specks": 3,
    "lines": 0,
    "cut_off": 1,
    "other": 0,
    "among_digits": 0,
    "beyond_limit": 0,
}


class PageForm(BaseModel):
    """A picture of digits."""

    model_config = with_examples({"file": "(a picture)"}, closed=True)

    file: Picture = Field(description=f"{FORMAT_NAMES}; of several pictures in it the first.")


class PageQuery(BaseModel):
    """There are no choices."""

    model_config = with_examples({}, closed=True)


class BoxView(BaseModel):
    """A rectangle in pixels of the upright picture."""

    model_config = with_examples(_BOX)

    left: int = Field(ge=0)
    top: int = Field(ge=0)
    width: int = Field(ge=1)
    height: int = Field(ge=1)


class DigitView(BaseModel):
    """One digit of a page."""

    model_config = with_examples(_DIGIT)

    digit: int = Field(ge=0, lt=N_CLASSES)
    confidence: float = Field(ge=0, le=1)
    uncertain: bool = Field(description="There are `doubts`, or a confidence below `DIGITS__UNCERTAIN_THRESHOLD`.")
    doubts: tuple[str, ...] = Field(description="Why the ink may not be the whole digit, as sentences.")
    box: BoxView


class NumberView(BaseModel):
    """Digits that stand close together."""

    model_config = with_examples(_NUMBER)

    text: str = Field(description="Its digits, `?` for one that is uncertain.")
    confidence: float = Field(ge=0, le=1, description="The product of its digits' confidences.")
    box: BoxView
    digits: tuple[DigitView, ...]


class LineView(BaseModel):
    """Numbers beside each other, from left to right."""

    model_config = with_examples(_LINE)

    text: str
    numbers: tuple[NumberView, ...]


class LeftOutView(BaseModel):
    """Pieces of ink that were not taken for digits, counted by what they seem to be."""

    model_config = with_examples(_LEFT_OUT)

    specks: int = Field(ge=0, description="Dots, dust, commas.")
    lines: int = Field(ge=0, description="Printed lines and frames.")
    cut_off: int = Field(ge=0, description="What the picture's rim cuts off.")
    other: int = Field(ge=0, description="Letters, drawings, smudges.")
    among_digits: int = Field(ge=0, description="Those of the others that stand in a number, beside digits.")
    beyond_limit: int = Field(ge=0, description=f"Digits after the first {MOST_DIGITS:,}.")


class PageAnswer(BaseModel):
    """Every digit of a picture."""

    model_config = with_examples(
        {
            "text": "7",
            "digits_found": 1,
            "uncertain": False,
            "lines": [_LINE],
            "left_out": _LEFT_OUT,
            "width": 900,
            "height": 600,
            "model_id": "ensemble_3_models",
            "latency_ms": 130.5,
        }
    )

    text: str = Field(
        description="A line of text for each line, a space between two numbers, `?` for uncertain digits."
    )
    digits_found: int = Field(ge=0, le=MOST_DIGITS)
    uncertain: bool = Field(
        description="A digit is uncertain, or something that stands in a number was not taken for a digit."
    )
    lines: tuple[LineView, ...] = Field(description="From the top down; none if there are no digits.")
    left_out: LeftOutView
    width: int = Field(ge=1, description="Of the upright picture, in pixels; the boxes lie in it.")
    height: int = Field(ge=1)
    model_id: str | None = Field(description="Who read the digits; null if there are none.")
    latency_ms: float = Field(ge=0, description="From the picture's last byte to the answer.")
