"""How many digits stand in a picture that should hold one: a quick look, and next to nothing for a single digit."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.preprocess import Gray
from handwriting_ai.segmentation.components import Blob, find_blobs
from handwriting_ai.segmentation.judge import NO_DIGIT, SHIPPED_JUDGE
from handwriting_ai.segmentation.page import DEFAULT_CONFIG, Judgement, find_page
from handwriting_ai.segmentation.parameters import SegmentConfig
from handwriting_ai.segmentation.pictures import thumbnail
from handwriting_ai.segmentation.strokes import join, join_strokes

_WIDE: Final = 1.2
"""Ink that is so many times as wide as high may be several digits that touch."""
_LOWEST: Final = 0.5
"""Digits beside each other have at least this share of the tallest one's height,"""
_SURE: Final = math.log(0.8)
"""… each looks like a digit with this probability,"""
_MOST_WHOLE: Final = math.log(0.5)
"""… and all of them together do not look like one digit with this."""
_MOST_JUDGED: Final = 64
"""Pieces beyond are not looked at: there are many digits, however many there are."""


def count_digits(
    ink: Gray, mask: Gray, *, config: SegmentConfig = DEFAULT_CONFIG, judge: Judgement | None = None
) -> int:
    """How many digits there seem to be, 1 if in doubt: a 5 with a loose bar and an open 4 are one.

    Args:
        ink: `uint8 (h, w)`, paper 0, full ink 255.
        mask: where ink lies, `uint8 (h, w)` of 0 and 255.
        config: the choices.
        judge: what tells digits from other ink; None takes the network that comes with the package.
    """
    blobs, _ = find_blobs(mask, config)
    wholes, _ = join_strokes(blobs, config)
    tallest = max((blob.box.height for blob in wholes), default=0)
    fair = [blob for blob in wholes if blob.box.height >= _LOWEST * tallest][:_MOST_JUDGED]
    look = judge or SHIPPED_JUDGE.log_probs
    if len(fair) > 1:
        *each, whole = _log_digits(ink, [*fair, join(fair)], look)
        digits = sum(one >= _SURE for one in each)
        return digits if digits > 1 and whole < _MOST_WHOLE else 1
    if not fair or fair[0].box.width <= _WIDE * fair[0].box.height:
        return 1
    (whole,) = _log_digits(ink, fair, look)
    return 1 if whole >= config.sure_log else max(1, len(find_page(ink, config=config, judge=judge).digits))


def _log_digits(ink: Gray, blobs: Sequence[Blob], look: Judgement) -> list[float]:
    """Of each piece the log-probability that it is the digit that it most looks like."""
    stacked: Gray = np.stack([thumbnail(ink, blob) for blob in blobs])
    logs: NDArray[np.float64] = look(stacked)[:, :NO_DIGIT]
    likeliest: NDArray[np.float64] = np.max(logs, axis=1)
    found: list[float] = likeliest.tolist()
    return found
