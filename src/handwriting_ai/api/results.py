"""What is kept of one picture while it is read, and what comes of it."""

import time
from dataclasses import dataclass, replace

from handwriting_ai.prediction import Prediction
from handwriting_ai.preprocess import Doubt, Gray, ImageLimits, NormalizedImage, left_out_share
from handwriting_ai.reading.single import look_at_digit
from handwriting_ai.support.units import MS_PER_S


@dataclass(frozen=True, kw_only=True)
class ReadResult:
    """One picture read."""

    prediction: Prediction
    picture: Gray
    """What the network saw, `uint8 (28, 28)`."""
    doubts: tuple[Doubt, ...]
    """Why the ink may not be the digit, or not all of it."""
    digits_found: int
    """How many digits there seem to be; this is one of them."""
    left_out_share: float
    """Ink that was found and not taken for a part of the digit, as a share of all ink."""
    latency_ms: float


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What is kept of a picture while the engine reads it."""

    image: NormalizedImage
    picture: Gray
    doubts: tuple[Doubt, ...]
    digits_found: int
    left_out_share: float

    def result(self, prediction: Prediction, started: float) -> ReadResult:
        """With its answer."""
        return ReadResult(
            prediction=replace(prediction, uncertain=True) if self.doubts else prediction,
            doubts=self.doubts,
            picture=self.picture,
            digits_found=self.digits_found,
            left_out_share=self.left_out_share,
            latency_ms=(time.perf_counter() - started) * MS_PER_S,
        )


def prepare(picture: bytes, limits: ImageLimits, *, invert: bool | None) -> Prepared:
    """Decode and preprocess an encoded picture.

    Raises:
        ImageError: it cannot be read, or holds no ink.
    """
    single = look_at_digit(picture, limits, invert=invert)
    made = single.made
    return Prepared(
        image=made.image,
        picture=made.steps[-1].picture,
        doubts=made.doubts,
        digits_found=single.digits_found,
        left_out_share=left_out_share(made.steps),
    )
