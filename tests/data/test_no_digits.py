"""Letters, signs and drawings: what is no digit."""

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.data.no_digits import OTHER_KINDS, TRAINED_KINDS, drawn_no_digit
from handwriting_ai.data.outlines import DRAWINGS, LETTERS, OTHER_DRAWINGS, OTHER_LETTERS
from handwriting_ai.data.strokes import DrawnDigit, Stroke

LIKE_DIGITS = set("OoDQCcIiLlJSsZzBGgqUuTYyt")
"""Letters that someone writes as someone else writes a digit."""


def _digits() -> list[DrawnDigit]:
    digits: list[DrawnDigit] = []
    for label, lines in DIGIT_STROKES.items():
        strokes: list[Stroke] = [np.array(line, dtype=np.float64) for line in lines]
        digits.append(DrawnDigit(label=label, writer="a", strokes=tuple(strokes)))
    return digits


@pytest.mark.parametrize("kind", [*TRAINED_KINDS, *OTHER_KINDS])
def test_every_kind_is_drawn(kind: str) -> None:
    """Ink in MNIST's convention; the same seed and index draw the same picture, others another."""
    pictures = [drawn_no_digit(kind, _digits(), seed=1, index=index) for index in range(6)]
    images: NDArray[np.uint8] = np.stack(pictures)
    shape: tuple[int, ...] = images.shape
    peaks: NDArray[np.uint8] = images.max(axis=(1, 2))
    darkest: list[int] = peaks.tolist()
    assert shape == (6, 28, 28)
    assert min(darkest) > 200
    assert np.array_equal(pictures[0], drawn_no_digit(kind, _digits(), seed=1, index=0))
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)


def test_kinds_of_no_training_share_nothing_with_the_others() -> None:
    """Neither a letter nor a drawing; and no letter that looks like a digit is among them."""
    assert not set(TRAINED_KINDS) & set(OTHER_KINDS)
    assert not set(LETTERS) & set(OTHER_LETTERS)
    assert not set(DRAWINGS) & set(OTHER_DRAWINGS)
    assert not LIKE_DIGITS & {*LETTERS, *OTHER_LETTERS}


def test_outlines_lie_in_their_box() -> None:
    """Of about 1 × 1, so that all are unsteady to the same degree."""
    for outline in (LETTERS | OTHER_LETTERS | DRAWINGS | OTHER_DRAWINGS).values():
        points: Stroke = np.concatenate(outline)
        least: float = points.min()
        largest: float = points.max()
        spans: Stroke = np.ptp(points, axis=0)
        extents: list[float] = spans.tolist()
        assert least > -0.1
        assert largest < 1.1
        assert max(extents) > 0.7


def test_halves_need_digits_that_lend_theirs() -> None:
    """Without one it is said which; there is no end to looking otherwise."""
    for digits in ([], _digits()[:2]):
        with pytest.raises(ValueError, match=f"Of {len(digits)} digits none .* a 2 or a 5"):
            drawn_no_digit("halves", digits, seed=0, index=0)
