"""Made photographs of digits that may be learnt from."""

import numpy as np
import pytest

from handwriting_ai.config import TrainingSettings
from handwriting_ai.data.paper.written import LearntDigits, load_learnt_digits, written_picture


@pytest.fixture(scope="module")
def digits() -> LearntDigits:
    """The project's own."""
    return load_learnt_digits(TrainingSettings())


def test_nothing_that_is_held_out_is_learnt_from(digits: LearntDigits) -> None:
    """55,000 scans, and no doubtful drawing."""
    assert len(digits.scans) == 55_000
    assert digits.drawn
    assert not any(drawn.doubtful for drawn in digits.drawn)


def test_the_same_generator_gives_the_same_picture(digits: LearntDigits) -> None:
    """One digit or rows of them, with ink in most."""
    inked = 0
    for seed in range(12):
        made = written_picture(digits, np.random.default_rng(seed), (128, 160))
        again = written_picture(digits, np.random.default_rng(seed), (128, 160))
        np.testing.assert_array_equal(made.picture, again.picture)
        assert made.picture.shape == (128, 160, 3)
        inked += bool(np.any(np.greater(made.ink, 127)))
    assert inked >= 10
