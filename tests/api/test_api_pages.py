"""`POST /v1/read-page`: every digit of a picture, and what is refused as `/v1/read` refuses it."""

import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from tests.api.opened import OpenApi, wait_until
from tests.api.samples import LIMIT_S, drawing, paper, png, refused, send
from tests.segmentation.samples import on_paper, page_of

from handwriting_ai import DigitReader, load_settings
from handwriting_ai.api.page_schemas import PageAnswer
from handwriting_ai.api.resources import MOST_PAGES
from handwriting_ai.errors import InvalidImage
from handwriting_ai.reading.page import PageReading
from handwriting_ai.reading.sources import Source

PATH = "/v1/read-page"


@pytest.fixture()
def client(shared_client: TestClient) -> TestClient:
    """One for all tests here that leave nothing behind."""
    return shared_client


def _page() -> bytes:
    return png(on_paper(page_of(["2035 61", "804"])))


def test_a_page_is_read_as_the_engine_reads_it(api: OpenApi) -> None:
    """Lines, numbers, digits and boxes are those of a reader without HTTP; the metrics count each digit."""
    client = api.client()
    response = send(client, _page(), PATH)
    answer = PageAnswer.model_validate_json(response.content, extra="forbid")
    with DigitReader(load_settings()) as reader:
        expected = reader.read_page(_page())
    assert response.status_code == 200
    assert (answer.text, answer.digits_found, answer.uncertain) == (expected.text, 9, expected.uncertain)
    assert (answer.width, answer.height, answer.model_id) == (900, 600, "ensemble_2_models")
    assert [[len(number.digits) for number in line.numbers] for line in answer.lines] == [[4, 2], [3]]
    digits = [digit for line in answer.lines for number in line.numbers for digit in number.digits]
    for found, truth in zip(digits, expected.digits, strict=True):
        assert (found.box.left, found.box.top) == (truth.box.left, truth.box.top)
        assert (found.digit, found.uncertain) == (truth.prediction.digit, truth.prediction.uncertain)
        assert found.confidence == pytest.approx(truth.prediction.confidence, abs=1e-6)
    counted = client.get("/metrics").text
    assert sum(float(line.split()[-1]) for line in counted.splitlines() if "predictions_total{" in line) == 9
    assert 'route="/v1/read-page",status="200"' in counted


def test_a_page_without_digits_is_an_answer(client: TestClient) -> None:
    """An empty text, and no models that read it."""
    answer = PageAnswer.model_validate_json(send(client, png(paper()), PATH).content)
    assert (answer.text, answer.digits_found, answer.lines, answer.model_id) == ("", 0, (), None)


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code"),
    [
        (b"", "image/png", 400, "invalid_image"),
        (drawing()[:200], "image/png", 400, "invalid_image"),
        (drawing(), "text/plain", 415, "unsupported_media_type"),
        (drawing().ljust(20_000_001, b"\0"), "image/png", 413, "too_large"),
    ],
    ids=["empty", "cut off", "type", "too many bytes"],
)
def test_a_file_is_refused_as_for_one_digit(
    client: TestClient, content: bytes, content_type: str, status: int, code: str
) -> None:
    """The same statuses and codes."""
    refused(send(client, content, PATH, content_type=content_type), status, code)


def test_a_picture_with_too_long_a_side_is_too_large(client: TestClient) -> None:
    """Few bytes, many pixels."""
    wide: NDArray[np.uint8] = np.zeros((28, 12_001), dtype=np.uint8)
    assert "12001 × 28" in refused(send(client, png(wide), PATH), 413, "too_large")


def test_choices_that_a_page_has_not_are_refused(client: TestClient) -> None:
    """422 that names them, in the form and in the address; so is a second file."""
    assert "invert" in refused(send(client, _page(), PATH, fields={"invert": "true"}), 422, "validation_error")
    assert "center" in refused(send(client, _page(), PATH, query={"center": "true"}), 422, "validation_error")
    part = ("page.png", _page(), "image/png")
    assert "files" in refused(client.post(PATH, files=[("file", part)] * 2), 422, "validation_error")


def test_the_key_is_wanted(api: OpenApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a digit."""
    monkeypatch.setenv("SECURITY__API_KEY", "a-key")
    client = api.client()
    refused(send(client, _page(), PATH), 401, "unauthorized")
    assert send(client, _page(), PATH, headers={"X-Api-Key": "a-key"}).status_code == 200


def test_more_pages_than_may_wait_are_told_busy(api: OpenApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Single digits are read meanwhile, and pages again once there is room."""
    client, gate = api.client(), threading.Event()
    as_always = DigitReader.read_page

    def held(reader: DigitReader, source: Source) -> PageReading:
        assert gate.wait(LIMIT_S)
        return as_always(reader, source)

    monkeypatch.setattr(DigitReader, "read_page", held)
    with ThreadPoolExecutor(MOST_PAGES + 1) as pool:
        asked = [pool.submit(send, client, _page(), PATH) for _ in range(MOST_PAGES + 1)]
        turned_away, waiting = wait(asked, return_when=FIRST_COMPLETED)
        response = turned_away.pop().result()
        refused(response, 503, "busy")
        assert response.headers["Retry-After"] == "1"
        assert send(client, drawing()).status_code == 200
        gate.set()
        assert [each.result().status_code for each in waiting] == [200] * MOST_PAGES
    assert send(client, _page(), PATH).status_code == 200
    assert "handwriting_engine_busy_total 1.0" in client.get("/metrics").text


def test_a_page_that_takes_too_long_is_given_up(api: OpenApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """504 after so many times as long as a digit may take; whoever reads it keeps its place until it has ended."""
    monkeypatch.setenv("DIGITS__PREDICT_TIMEOUT_SECONDS", "0.05")
    client, gate = api.client(), threading.Event()

    def held(_: DigitReader, __: Source) -> PageReading:
        assert gate.wait(LIMIT_S)
        raise InvalidImage("too late")

    monkeypatch.setattr(DigitReader, "read_page", held)
    for _ in range(MOST_PAGES):
        assert "0.6 s" in refused(send(client, _page(), PATH), 504, "timeout")
    # the first holds its place; those that had only waited have given theirs back
    assert "0.6 s" in refused(send(client, _page(), PATH), 504, "timeout")
    gate.set()
    wait_until(lambda: send(client, _page(), PATH).status_code == 400)
