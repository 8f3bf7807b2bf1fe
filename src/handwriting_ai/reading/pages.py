"""From a picture to the digits of a page, ready to be read, and from the answers to a `PageReading`."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from pillow_heif.as_plugin import HeifImageFile
from torch import Tensor

from handwriting_ai.errors import BlankImage
from handwriting_ai.prediction import Prediction
from handwriting_ai.preprocess import Doubt, Gray, ImageLimits, Picture, Preprocessed, preprocess
from handwriting_ai.preprocess.decode import decode
from handwriting_ai.preprocess.formats import HEIC, format_of
from handwriting_ai.reading.page import PageDigit, PageLine, PageNumber, PageReading
from handwriting_ai.segmentation import Box, FoundDigit, FoundPage, LeftOut, find_page, lift_ink
from handwriting_ai.support.units import MS_PER_S

PAGE_SIDE_PX: Final = 4_096
"""The longest side of the grey picture in which digits are looked for."""
_SAME_INK: Final = 0.5
"""Intersection over union of two boxes from which they hold the same digit."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Ready:
    """A digit as the networks read it, and where it stands."""

    found: FoundDigit
    prepared: Preprocessed


@dataclass(frozen=True, kw_only=True, eq=False)
class PageAtHand:
    """A page whose digits are found and not yet read."""

    lines: tuple[tuple[tuple[_Ready, ...], ...], ...]
    left_out: LeftOut
    scale: float
    """Pixels of the upright picture for one of the grey picture that was worked on."""
    size: tuple[int, int]
    """Width and height of the upright picture."""
    ink: Gray = field(repr=False)
    """`(h, w)` of the picture that was worked on: paper 0, full ink 255."""

    @property
    def batch(self) -> Tensor:
        """What the networks read, in reading order: `float32 (n, 1, 28, 28)`."""
        images = [each.prepared.image for line in self.lines for number in line for each in number]
        if not images:
            return torch.zeros((0, 1, 28, 28))
        stacked: NDArray[np.float32] = np.stack(images)
        return torch.from_numpy(stacked)

    def reading(self, predictions: Sequence[Prediction], preprocess_ms: float, started: float) -> PageReading:
        """With the answers, in the order of `batch`."""
        answers = iter(predictions)
        lines = tuple(
            PageLine(
                numbers=tuple(
                    PageNumber(
                        digits=tuple(
                            PageDigit(
                                box=_scaled(each.found.box, self.scale, self.size),
                                prediction=_doubted(next(answers), each.prepared.doubts),
                                doubts=each.prepared.doubts,
                                image=each.prepared.image,
                                steps=each.prepared.steps,
                            )
                            for each in number
                        )
                    )
                    for number in line
                )
            )
            for line in self.lines
        )
        return PageReading(
            lines=lines,
            left_out=self.left_out,
            width=self.size[0],
            height=self.size[1],
            preprocess_ms=preprocess_ms,
            total_ms=(time.perf_counter() - started) * MS_PER_S,
        )


def look_at_page(source: Picture, limits: ImageLimits) -> PageAtHand:
    """Find the digits of a picture and bring each into MNIST's convention.

    Raises:
        ImageError: the picture cannot be read.
    """
    gray = decode(source, limits, working_side_px=PAGE_SIDE_PX)
    ink = lift_ink(gray)
    page = find_page(ink)
    height, width = len(gray), len(gray.T)
    lines = _prepared(page)
    digits = [each for line in lines for number in line for each in number]
    if len(digits) == 1:
        lines = (((_as_read(source, limits, digits[0], width),),),)
    scale = _longer_side(source, max(height, width)) / max(height, width)
    return PageAtHand(
        lines=lines,
        left_out=page.left_out,
        scale=scale,
        size=(round(width * scale), round(height * scale)),
        ink=ink,
    )


def _as_read(source: Picture, limits: ImageLimits, ready: _Ready, width: int) -> _Ready:
    """The only digit of a page as `read` sees it, if it is the ink that `read` takes for the digit.

    Args:
        source: the picture.
        limits: what is let in.
        ready: the digit.
        width: of the picture that its box lies in, in pixels.
    """
    try:
        made = preprocess(source, limits=limits)
    except BlankImage:
        return ready
    shown = {step.name: step.picture for step in made.steps}["components"]
    scale = width / len(shown.T)
    left, top, across, down = (round(side * scale) for side in cv2.boundingRect(shown))
    is_same = ready.found.box.overlap(Box(left, top, across, down)) >= _SAME_INK
    return _Ready(found=ready.found, prepared=made) if is_same else ready


def _doubted(prediction: Prediction, doubts: Sequence[Doubt]) -> Prediction:
    return replace(prediction, uncertain=True) if doubts else prediction


def _prepared(page: FoundPage) -> "tuple[tuple[tuple[_Ready, ...], ...], ...]":
    lines = (
        tuple(tuple(ready for digit in number if (ready := _ready(digit))) for number in line) for line in page.lines
    )
    full = (tuple(number for number in line if number) for line in lines)
    return tuple(line for line in full if line)


def _ready(digit: FoundDigit) -> _Ready | None:
    try:
        return _Ready(found=digit, prepared=preprocess(digit.picture, limits=_ANY_SIZE, invert=False))
    except BlankImage:
        return None


_ANY_SIZE: Final = ImageLimits(max_side_px=1 << 20)
"""A piece of a picture that was let in is let in."""


def _longer_side(source: Picture, otherwise: int) -> int:
    """Of the picture as it was sent, which may have been shrunk to be worked on."""
    if isinstance(source, Image.Image):
        return max(source.size)
    if not isinstance(source, bytes):
        shape: tuple[int, ...] = source.shape
        return max(shape[:2])
    try:
        with HeifImageFile(BytesIO(source)) if format_of(source) is HEIC else Image.open(BytesIO(source)) as image:
            return max(image.size)
    except (OSError, ValueError):
        return otherwise


def _scaled(box: Box, scale: float, size: tuple[int, int]) -> Box:
    """A box in pixels of the upright picture, within it."""
    left, top = int(box.left * scale), int(box.top * scale)
    right, bottom = min(round(box.right * scale), size[0]), min(round(box.bottom * scale), size[1])
    return Box(left, top, max(right - left, 1), max(bottom - top, 1))
