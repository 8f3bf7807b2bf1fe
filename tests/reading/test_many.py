"""Many pictures in order."""

import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from handwriting_ai.config import AppSettings, DigitsSettings, Settings
from handwriting_ai.errors import EngineNotReady, HandwritingError, InvalidImage
from handwriting_ai.preprocess import Pixels
from handwriting_ai.reading.many import BATCH, in_batches
from handwriting_ai.reading.reader import DigitReader, Reading


def _double(batch: Sequence[int]) -> list[int]:
    assert len(batch) <= BATCH
    return [2 * each for each in batch]


@pytest.mark.parametrize("count", [0, 1, BATCH - 1, BATCH, BATCH + 1, 10 * BATCH + 3])
def test_answers_come_in_order_whoever_is_ready_first(count: int) -> None:
    """Of numbers, every third of which is broken: its error stands in its place."""

    def prepare(number: int) -> int:
        time.sleep((number % 4) / 5_000)
        if number % 3 == 0:
            raise InvalidImage(str(number))
        return number

    answers = list(in_batches(range(count), prepare, _double, threads=4))
    assert [str(each) if isinstance(each, HandwritingError) else each for each in answers] == [
        str(number) if number % 3 == 0 else 2 * number for number in range(count)
    ]


def test_no_more_is_held_than_a_few_batches() -> None:
    """However many there are, also without end; whoever stops asking leaves no thread behind."""
    asked = itertools.count()
    highest = 0

    def given() -> Iterator[int]:
        nonlocal highest
        for number in asked:
            highest = number
            yield number

    answers = in_batches(given(), int, _double, threads=2)
    for index, answer in enumerate(itertools.islice(answers, 20 * BATCH)):
        assert answer == 2 * index
        assert highest - index <= 4 * BATCH
    del answers
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("read-many")]


def test_a_fault_is_not_taken_for_a_broken_picture() -> None:
    """Only errors of ours stand in an answer's place."""

    def prepare(number: int) -> int:
        if number == 40:
            raise KeyError(number)
        return number

    with pytest.raises(KeyError, match="40"):
        list(in_batches(range(50), prepare, _double, threads=2))


def _settings(model_dir: Path) -> Settings:
    return Settings(app=AppSettings(threads=2), digits=DigitsSettings(model_dir=model_dir, tta_advanced=True))


@pytest.mark.usefixtures("clean_environment")
def test_many_pictures_are_read_as_each_alone(model_dir: Path) -> None:
    """The same digit, confidence, views and steps; what is no picture has its error in its place."""
    random = np.random.default_rng(5)
    pictures: list[Pixels | bytes] = []
    for _ in range(BATCH + 5):
        canvas = np.full((120, 120), 255, dtype=np.uint8)
        corners: list[int] = random.integers(10, 60, 4).tolist()
        left, top, right, bottom = corners
        canvas[top : 60 + bottom, left : left + 6] = 0
        canvas[top : top + 6, left : 60 + right] = 0
        pictures.append(canvas)
    pictures[3] = b"no picture"
    with DigitReader(_settings(model_dir)) as reader:
        answers = list(reader.read_many(pictures))
        assert len(answers) == len(pictures)
        for index, (picture, answer) in enumerate(zip(pictures, answers, strict=True)):
            if index == 3:
                assert isinstance(answer, InvalidImage)
                continue
            assert isinstance(answer, Reading)
            alone = reader.read(picture)
            assert answer.prediction.digit == alone.prediction.digit
            assert answer.prediction.probs == pytest.approx(alone.prediction.probs, abs=1e-6)
            assert len(answer.view_pictures) == len(answer.prediction.views) == 17
            assert np.array_equal(answer.image, alone.image)
            assert answer.total_ms >= answer.preprocess_ms > 0


@pytest.mark.usefixtures("clean_environment")
def test_without_a_model_nothing_is_read(tmp_path: Path) -> None:
    """It is said at once, and not in the place of each picture."""
    with DigitReader(_settings(tmp_path / "none")) as reader, pytest.raises(EngineNotReady):
        reader.read_many([b""])
