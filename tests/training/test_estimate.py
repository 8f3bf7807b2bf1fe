"""How long a run will take, before one has been made."""

import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.training.samples import EPOCH

from handwriting_ai.architectures import count_multiply_adds
from handwriting_ai.errors import UnknownArchitecture
from handwriting_ai.training.estimate import estimate_seconds, measure_pace, pace_of
from handwriting_ai.training.recipes import as_trial, get_recipe, with_epochs
from handwriting_ai.training.stages import DataSet

SCANNED = get_recipe("scanned")
DRAWN = get_recipe("drawn")
END = (2 * 5_000 + 17 * 15_000) / 3
"""What a run reads after its last epoch, in pictures learnt from."""


def test_the_pace_is_measured() -> None:
    """In a process of its own: pictures a second, of which any machine manages one."""
    pace = measure_pace()
    assert pace is not None
    assert 1 < pace < math.inf


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (None, "No such file"),
        ("#!/bin/sh\necho 'Traceback …\nMemoryError: no room' >&2; exit 1\n", "MemoryError: no room"),
        ("#!/bin/sh\nexit 3\n", "exit status 3"),
        ("#!/bin/sh\necho fast\n", "fast"),
    ],
)
def test_a_pace_that_cannot_be_measured_is_none(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    program: str | None,
    reason: str,
) -> None:
    """Whatever the reason, which the log has; the form then does without."""
    python = tmp_path / "python"
    if program is not None:
        python.write_text(program, encoding="utf-8")
        python.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(python))
    assert measure_pace() is None
    assert reason in caplog.text
    assert "Traceback" not in caplog.text


def test_a_run_has_a_pace() -> None:
    """The median of its epochs, as if `compact` had been trained."""
    epochs = [replace(EPOCH, images_per_second=pace) for pace in (10.0, 40.0, 50.0)]
    assert pace_of("compact", epochs) == pytest.approx(40)
    share = count_multiply_adds("simplecnn_m5") / count_multiply_adds("compact")
    assert pace_of("simplecnn_m5", epochs) == pytest.approx(40 * share)


@pytest.mark.parametrize("arch", ["compact", "simplecnn_m5"])
def test_an_estimate_is_pictures_times_arithmetic(arch: str) -> None:
    """55,000 pictures are learnt from in an epoch, and 5,000 read at a third of the cost; more are read at the end."""
    share = count_multiply_adds(arch) / count_multiply_adds("compact")
    epoch = 55_000 + 5_000 / 3
    assert estimate_seconds(arch, SCANNED, (), 250.0) == pytest.approx((12 * epoch + END) / 250 * share)
    assert estimate_seconds(arch, SCANNED, (6_000,), 250.0) == pytest.approx((12 * epoch + END) / 250 * share)
    twice = with_epochs(SCANNED, 24)
    assert estimate_seconds(arch, twice, (), 250.0) == pytest.approx((24 * epoch + END) / 250 * share)


def test_drawn_digits_and_scribbles_count() -> None:
    """A sixth of each file's digits is watched, not learnt from."""
    strokes, scribbles = 5_000 + 10_000, 8_000
    expected = 12 * (55_000 + strokes + scribbles + (5_000 + 3_000 + 1_000) / 3) + END
    assert estimate_seconds("compact", DRAWN, (6_000, 12_000), 1.0) == pytest.approx(expected)


def test_a_trial_takes_a_few_of_each_set() -> None:
    """Of those that have so many; its model is scored by the first 500 of validation and of test, in 17 views."""
    expected = 12 * (3 * 500 + 90 + (3 * 500 + 18) / 3) + (2 * 5_000 + 17 * 2 * 500) / 3
    assert estimate_seconds("compact", as_trial(DRAWN, 500), (6_000, 108), 1.0) == pytest.approx(expected)


def test_each_stage_has_its_own_sets() -> None:
    """EMNIST's 240,000 first, then MNIST."""
    recipe = get_recipe("semi_supervised")
    first, second = recipe.stages
    assert (first.data, second.data) == ((DataSet.EMNIST,), (DataSet.MNIST,))
    expected = 50 * 240_000 + 100 * 55_000 + 150 * 5_000 / 3 + END
    assert estimate_seconds("compact", recipe, (), 1.0) == pytest.approx(expected)
    shorter = replace(recipe, stages=(first,))
    assert estimate_seconds("compact", shorter, (), 1.0) == pytest.approx(50 * (240_000 + 5_000 / 3) + END)


def test_an_unknown_architecture_is_refused() -> None:
    """As everywhere."""
    with pytest.raises(UnknownArchitecture):
        estimate_seconds("transformer", SCANNED, (), 1.0)
