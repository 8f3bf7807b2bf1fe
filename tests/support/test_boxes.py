"""Rectangles and how they lie."""

import pytest

from handwriting_ai.support.boxes import Box


@pytest.mark.parametrize(
    ("other", "expected"),
    [(Box(0, 0, 4, 2), 1.0), (Box(2, 0, 4, 2), 1 / 3), (Box(4, 0, 4, 2), 0.0), (Box(9, 9, 1, 1), 0.0)],
)
def test_overlap_is_the_shared_part_of_both(other: Box, expected: float) -> None:
    """The same box, one half a width further on, one beside it, and one far away, either way round."""
    box = Box(0, 0, 4, 2)
    assert box.overlap(other) == other.overlap(box) == pytest.approx(expected)
