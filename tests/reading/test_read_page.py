"""`read_page` and the count that `read` gives: with the preset `fast`, on pages drawn for the tests."""

import math
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.segmentation.samples import blank_page, draw_digit, draw_number, on_paper, page_of

from handwriting_ai.config import DigitsSettings, Settings
from handwriting_ai.errors import EngineBusy, InvalidImage
from handwriting_ai.preprocess import Doubt, Gray
from handwriting_ai.reading.reader import DigitReader


@pytest.fixture(scope="module")
def reader() -> Iterator[DigitReader]:
    """With the shipped model of `fast`."""
    with DigitReader(Settings(digits=DigitsSettings(active_model="fast"))) as opened:
        yield opened


@pytest.mark.parametrize("dark_ink", [True, False])
def test_a_page_is_read_in_order(reader: DigitReader, dark_ink: bool) -> None:
    """Lines, numbers and digits, on white paper and on a black board; each digit has its place."""
    ink = page_of(["2035 61", "804"])
    page = reader.read_page(on_paper(ink) if dark_ink else ink)
    assert page.text == "2035 61\n804"
    assert [number.text for number in page.numbers] == ["2035", "61", "804"]
    assert (page.width, page.height) == (900, 600)
    assert not page.uncertain
    first = page.digits[0]
    assert (first.box.left, first.box.top) == pytest.approx((60, 79), abs=4)
    assert first.steps[-1].picture.shape == (28, 28)
    assert math.isclose(
        page.lines[1].numbers[0].confidence, math.prod(d.prediction.confidence for d in page.digits[6:])
    )


def test_a_page_without_digits_is_no_error(reader: DigitReader) -> None:
    """Blank paper, and a photograph's noise without writing, have an empty text."""
    blank: Gray = np.full((400, 600), 250, dtype=np.uint8)
    assert reader.read_page(blank).text == ""
    noise: Gray = np.random.default_rng(0).normal(200, 4, (400, 600)).astype(np.uint8)
    assert len(reader.read_page(cv2.GaussianBlur(noise, (0, 0), 3.0)).digits) <= 1


def test_what_is_no_picture_is_refused(reader: DigitReader) -> None:
    """As `read` refuses it."""
    with pytest.raises(InvalidImage):
        reader.read_page(b"no picture")


def test_a_page_upside_down_is_uncertain(reader: DigitReader) -> None:
    """Nobody is told a number that is not there without a doubt."""
    page = reader.read_page(on_paper(np.ascontiguousarray(page_of(["2437 45", "4732"])[::-1, ::-1])))
    assert page.uncertain


def test_a_digit_alone_has_the_answer_of_read(reader: DigitReader) -> None:
    """Bit for bit the same picture for the networks, and the same confidence."""
    for digit in range(10):
        ink = blank_page(280, 280)
        draw_digit(ink, digit, 60, 40, height=200, pen=16)
        read = reader.read(on_paper(ink))
        (alone,) = reader.read_page(on_paper(ink)).digits
        assert np.array_equal(alone.image, read.image)
        assert alone.prediction.probs == pytest.approx(read.prediction.probs, abs=1e-6)
        assert (alone.prediction.uncertain, alone.doubts) == (read.prediction.uncertain, read.doubts)


def test_a_full_queue_turns_a_page_away(reader: DigitReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it turns a digit away."""

    def full(*_: object) -> None:
        raise EngineBusy("full")

    monkeypatch.setattr("handwriting_ai.inference.requests.RequestQueue.submit", full)
    with pytest.raises(EngineBusy):
        reader.read_page(on_paper(page_of(["2035"])))


def test_each_of_many_pictures_has_the_answer_of_one(reader: DigitReader) -> None:
    """Whatever stands beside it, in one request or in several."""
    page = reader.read_page(on_paper(page_of(["2035 61", "804"])))
    images = [digit.image for digit in page.digits]
    stacked: NDArray[np.float32] = np.stack(images)
    batch = torch.from_numpy(stacked)
    answers = reader.engine.predict_each(batch.repeat(20, 1, 1, 1))
    assert len(answers) == 180
    for index in (0, 5, 179):
        alone = reader.engine.predict(batch[index % 9])
        assert answers[index].digit == alone.digit
        assert answers[index].probs == pytest.approx(alone.probs, abs=1e-5)
    assert reader.engine.predict_each(batch[:0]) == []


def test_numbers_too_close_to_call_stay_apart(reader: DigitReader) -> None:
    """Two columns of single digits are two numbers a line."""
    ink = blank_page()
    for row in range(3):
        draw_number(ink, "2", 100, 60 + 120 * row)
        draw_number(ink, "3", 500, 60 + 120 * row)
    assert reader.read_page(on_paper(ink)).text == "2 3\n2 3\n2 3"


def test_read_says_that_there_are_several_digits(reader: DigitReader) -> None:
    """The answer is uncertain, and says why; a digit alone is answered as always."""
    ink = blank_page(280, 280)
    draw_number(ink, "24", 60, 100, pitch=100)
    several = reader.read(on_paper(ink))
    assert several.digits_found == 2
    assert several.doubts == (Doubt.SEVERAL,)
    assert several.prediction.uncertain
    alone = blank_page(280, 280)
    draw_digit(alone, 2, 60, 40, height=200, pen=16)
    one = reader.read(on_paper(alone))
    assert (one.digits_found, one.doubts, one.prediction.uncertain) == (1, (), False)
