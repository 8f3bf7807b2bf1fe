"""Why this digit: which ink speaks for the answer."""

import time
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.config import load_settings
from handwriting_ai.data.strokes import Stroke, render
from handwriting_ai.reading.reader import DigitReader, Reading
from handwriting_ai.reading.why import explain


@pytest.fixture(scope="module")
def reader() -> Iterator[DigitReader]:
    """The shipped models."""
    with DigitReader(load_settings()) as opened:
        yield opened


def _read(reader: DigitReader, digit: int) -> Reading:
    lines = [[(x * 1.3 + 70, y * 1.3 + 45) for x, y in line] for line in DIGIT_STROKES[digit]]
    strokes: list[Stroke] = [np.array(line, dtype=np.float64) for line in lines]
    return reader.read(render(strokes, pen_px=18))


def test_heat_lies_on_the_ink_and_some_of_it_speaks_for_the_answer(reader: DigitReader) -> None:
    """Within its range; nothing where there is no ink."""
    reading = _read(reader, 7)
    why = explain(reader.engine, reading.image, reading.prediction)
    assert why.answer == 7
    assert why.runner_up != 7
    blank: NDArray[np.bool_] = np.equal(reading.steps[-1].picture, 0)
    outside: NDArray[np.float32] = np.where(blank, np.abs(why.heat), 0)
    most_outside: float = outside.max()
    strongest: float = np.abs(why.heat).max()
    most: float = why.heat.max()
    assert most_outside == 0
    assert strongest == pytest.approx(1, abs=1e-4)
    assert most > 0.2


def test_it_takes_no_longer_than_a_few_answers(reader: DigitReader) -> None:
    """One batch of one view each; measured against an answer of one view."""
    reading = _read(reader, 8)
    reader.read(reading.steps[0].picture)
    started = time.perf_counter()
    reader.read(reading.steps[0].picture)
    one_s = time.perf_counter() - started
    started = time.perf_counter()
    explain(reader.engine, reading.image, reading.prediction)
    assert time.perf_counter() - started < 0.3 + 60 * one_s
