"""How long a run will take, before one has been made."""

import math
from dataclasses import replace

import pytest

from handwriting_ai.architectures import count_multiply_adds
from handwriting_ai.errors import UnknownArchitecture
from handwriting_ai.training.estimate import estimate_seconds, measure_pace
from handwriting_ai.training.precision import choose_compute
from handwriting_ai.training.recipes import as_trial, get_recipe, with_epochs
from handwriting_ai.training.stages import DataSet

SCANNED = get_recipe("scanned")
DRAWN = get_recipe("drawn")


def test_the_pace_is_measured() -> None:
    """In pictures a second, of which any machine manages one."""
    assert 1 < measure_pace(choose_compute("cpu")) < math.inf


@pytest.mark.parametrize("arch", ["compact", "simplecnn_m5"])
def test_an_estimate_is_pictures_times_arithmetic(arch: str) -> None:
    """55,000 pictures are learnt from in an epoch, and 5,000 read at a third of the cost."""
    share = count_multiply_adds(arch) / count_multiply_adds("compact")
    expected = 12 * (55_000 + 5_000 / 3) / 250 * share
    assert estimate_seconds(arch, SCANNED, (), 250.0) == pytest.approx(expected)
    assert estimate_seconds(arch, SCANNED, (6_000,), 250.0) == pytest.approx(expected)
    assert estimate_seconds(arch, with_epochs(SCANNED, 24), (), 250.0) == pytest.approx(2 * expected)


def test_drawn_digits_and_scribbles_count() -> None:
    """A sixth of each file's digits is watched, not learnt from."""
    strokes, scribbles = 5_000 + 10_000, 8_000
    expected = 12 * (55_000 + strokes + scribbles + (5_000 + 3_000 + 1_000) / 3) / 100
    assert estimate_seconds("compact", DRAWN, (6_000, 12_000), 100.0) == pytest.approx(expected)


def test_a_trial_takes_a_few_of_each_set() -> None:
    """Of those that have so many."""
    expected = 12 * (3 * 500 + 90 + (3 * 500 + 18) / 3) / 100
    assert estimate_seconds("compact", as_trial(DRAWN, 500), (6_000, 108), 100.0) == pytest.approx(expected)


def test_each_stage_has_its_own_sets() -> None:
    """EMNIST's 240,000 first, then MNIST."""
    recipe = get_recipe("semi_supervised")
    first, second = recipe.stages
    assert (first.data, second.data) == ((DataSet.EMNIST,), (DataSet.MNIST,))
    expected = 50 * 240_000 + 100 * 55_000 + 150 * 5_000 / 3
    assert estimate_seconds("compact", recipe, (), 1.0) == pytest.approx(expected)
    shorter = replace(recipe, stages=(first,))
    assert estimate_seconds("compact", shorter, (), 1.0) == pytest.approx(50 * (240_000 + 5_000 / 3))


def test_an_unknown_architecture_is_refused() -> None:
    """As everywhere."""
    with pytest.raises(UnknownArchitecture):
        estimate_seconds("transformer", SCANNED, (), 1.0)
