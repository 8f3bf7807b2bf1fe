"""A picture of many digits in, every one of them out: in numbers and lines, each with its place."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod
from typing import Final

from handwriting_ai.prediction import Prediction
from handwriting_ai.preprocess import Doubt, NormalizedImage, Step
from handwriting_ai.segmentation import Box, LeftOut, around

DOUBTFUL: Final = "?"
"""Stands in a text for a digit that the models are not sure of."""


@dataclass(frozen=True, kw_only=True)
class PageDigit:
    """One digit of a page."""

    box: Box
    """Around its ink, in pixels of the upright picture."""
    prediction: Prediction
    image: NormalizedImage = field(repr=False)
    """What the networks read, `float32 (1, 28, 28)`."""
    steps: tuple[Step, ...] = field(repr=False)
    """How that came about, from the digit's own piece of the page; the last is `uint8 (28, 28)`."""
    doubts: tuple[Doubt, ...] = ()
    """Why its ink may not be the digit, or not all of it: with any of them its answer is uncertain."""

    @property
    def text(self) -> str:
        """The digit, or `?` if it is uncertain."""
        return DOUBTFUL if self.prediction.uncertain else str(self.prediction.digit)


@dataclass(frozen=True, kw_only=True)
class PageNumber:
    """Digits that stand close together."""

    digits: tuple[PageDigit, ...]

    @property
    def text(self) -> str:
        """The digits, `?` for uncertain ones."""
        return "".join(digit.text for digit in self.digits)

    @property
    def confidence(self) -> float:
        """How likely it is that every digit of it is right: the product of their confidences."""
        return prod(digit.prediction.confidence for digit in self.digits)

    @property
    def box(self) -> Box:
        """Around all its digits."""
        return around(digit.box for digit in self.digits)


@dataclass(frozen=True, kw_only=True)
class PageLine:
    """Numbers beside each other, from left to right."""

    numbers: tuple[PageNumber, ...]

    @property
    def text(self) -> str:
        """The numbers, with a space between two."""
        return " ".join(number.text for number in self.numbers)


@dataclass(frozen=True, kw_only=True)
class PageReading:
    """Every digit of a picture."""

    lines: tuple[PageLine, ...]
    """From the top down."""
    left_out: LeftOut
    """What was not taken for a digit, counted by what it seems to be."""
    width: int
    """Of the upright picture, in pixels; the boxes lie in it."""
    height: int
    preprocess_ms: float
    """Decoding, and finding the digits."""
    total_ms: float

    @property
    def numbers(self) -> Iterator[PageNumber]:
        """All of them, in reading order."""
        return (number for line in self.lines for number in line.numbers)

    @property
    def digits(self) -> tuple[PageDigit, ...]:
        """All of them, in reading order."""
        return tuple(digit for number in self.numbers for digit in number.digits)

    @property
    def text(self) -> str:
        """A line of text for each line of numbers: 1572 above 43890, with `?` for a digit that is uncertain."""
        return "\n".join(line.text for line in self.lines)

    @property
    def uncertain(self) -> bool:
        """Whether a person should look: a digit is uncertain, or something in a number was not taken for a digit."""
        return any(digit.prediction.uncertain for digit in self.digits) or self.left_out.among_digits > 0
