"""From a picture of one digit to what the networks read, and whether it is one digit at all."""

from dataclasses import dataclass, replace

from handwriting_ai.preprocess import Doubt, ImageLimits, Picture, Preprocessed, preprocess
from handwriting_ai.segmentation import count_digits


@dataclass(frozen=True, kw_only=True)
class SingleDigit:
    """A picture ready to be read."""

    made: Preprocessed
    """With `Doubt.SEVERAL` first among its doubts where there are more digits than one."""
    digits_found: int
    """At least 1."""


def look_at_digit(source: Picture, limits: ImageLimits, *, invert: bool | None) -> SingleDigit:
    """Bring a picture into MNIST's convention, and count the digits in it.

    Raises:
        ImageError: it cannot be read, or holds no ink.
    """
    made = preprocess(source, limits=limits, invert=invert)
    pictures = {step.name: step.picture for step in made.steps}
    found = count_digits(pictures["paper"], pictures["threshold"])
    doubts = (Doubt.SEVERAL, *made.doubts) if found > 1 else made.doubts
    return SingleDigit(made=replace(made, doubts=doubts), digits_found=found)
