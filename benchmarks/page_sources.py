"""Digits to draw pages from: those that no model was trained on, or the others."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.config import TrainingSettings
from handwriting_ai.data.mnist import Part, load_mnist
from handwriting_ai.data.split import split_rows, writers_left_out
from handwriting_ai.data.strokes import DrawnDigit, load_stroke_files, place, render

Gray: TypeAlias = "NDArray[np.uint8]"

_STROKE_SIDE_PX: Final = 280
_INK_FROM: Final = 40
"""Grey level from which a pixel counts as ink, where a digit is trimmed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """One handwritten digit: ink 255 on paper 0, trimmed to its box."""

    label: int
    ink: Gray


def mnist_sources(settings: TrainingSettings, *, validation: bool = True) -> list[Source]:
    """MNIST's training digits: those kept back for validation, or the others."""
    digits = load_mnist(settings.data_dir, Part.TRAIN)
    rows = split_rows(digits.labels)[1 if validation else 0]
    picked = digits.pick(rows)
    labels: list[int] = picked.labels.tolist()
    images: list[Gray] = list(picked.images)
    return [Source(label=label, ink=_trimmed(image, _INK_FROM)) for label, image in zip(labels, images, strict=True)]


def stroke_sources(settings: TrainingSettings, *, validation: bool = True, limit: int = 4000) -> list[Source]:
    """Pen strokes of held-out writers, or of the others, with pens of several widths."""
    digits: list[DrawnDigit] = []
    for file in load_stroke_files(*settings.stroke_folders):
        out = writers_left_out([digit.writer for digit in file.digits])
        digits += [digit for digit in file.digits if (digit.writer in out) == validation and not digit.doubtful]
    digits = digits[:: max(1, len(digits) // limit)]
    generator = np.random.default_rng(7)
    sources: list[Source] = []
    for digit in digits:
        pen = float(generator.uniform(5, 30))
        middle = _STROKE_SIDE_PX / 2
        picture = render(place(digit.strokes, extent_px=220, center_px=(middle, middle)), pen_px=pen)
        sources.append(Source(label=digit.label, ink=_trimmed(picture, _INK_FROM)))
    return sources


def _trimmed(picture: Gray, level: int) -> Gray:
    mask: Gray = (picture >= level).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(mask)
    return np.ascontiguousarray(picture[top : top + height, left : left + width])
