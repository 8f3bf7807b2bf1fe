"""`POST /v1/read-many`: an answer for each picture, in order, and what is refused for one or for all of them."""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import numpy as np
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from numpy.typing import NDArray
from tests.api.opened import OpenApi
from tests.api.samples import INSIDE, LIMIT_S, HeldEngine, drawing, paper, png, refused, send
from torch import Tensor

from handwriting_ai.api.app import MANY_TIMES
from handwriting_ai.api.many_schemas import ManyAnswer, PictureProblem
from handwriting_ai.api.resources import MOST_BULKS
from handwriting_ai.api.schemas import ReadAnswer
from handwriting_ai.prediction import Prediction

PATH = "/v1/read-many"


@pytest.fixture()
def client(shared_client: TestClient) -> TestClient:
    """One for all tests here that leave nothing behind."""
    return shared_client


def _send(
    client: TestClient,
    pictures: Sequence[bytes],
    *,
    content_type: str = "image/png",
    fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    files = [("files", (f"{index}.png", picture, content_type)) for index, picture in enumerate(pictures)]
    return client.post(PATH, files=files, data=fields, headers=headers)


def _answers(response: Response) -> tuple[ReadAnswer | PictureProblem, ...]:
    assert response.status_code == 200, response.text
    return ManyAnswer.model_validate_json(response.content).answers


def _different(count: int) -> list[bytes]:
    """Strokes of different shapes, so that no two answers are alike."""
    pictures = []
    for index in range(count):
        canvas = paper()
        canvas[40:240, 130:150] = 0
        canvas[40 + 3 * index : 60 + 3 * index, 90:190] = 0
        pictures.append(png(canvas))
    return pictures


def test_sixty_four_pictures_are_answered_in_order_as_if_sent_alone(api: OpenApi) -> None:
    """Every field but the time is that of `/v1/read`; each counts as a digit read."""
    client, pictures = api.client(), _different(64)
    answers = _answers(_send(client, pictures))
    assert len(answers) == 64
    for index in range(0, 64, 9):
        alone = ReadAnswer.model_validate_json(send(client, pictures[index]).content)
        found = answers[index]
        assert isinstance(found, ReadAnswer)
        assert found.probs == pytest.approx(alone.probs, abs=1e-6)
        same = {"probs": alone.probs, "confidence": alone.confidence, "latency_ms": alone.latency_ms}
        assert found.model_copy(update=same) == alone
    counted = client.get("/metrics").text
    assert sum(float(line.split()[-1]) for line in counted.splitlines() if "predictions_total{" in line) == 64 + 8
    assert f'route="{PATH}",status="200"' in counted


def test_a_broken_picture_among_good_ones_has_its_problem_in_its_place(client: TestClient) -> None:
    """With the code that it would have alone, whatever is wrong with it; nothing of the inside is told."""
    wide: NDArray[np.uint8] = np.zeros((28, 12_001), dtype=np.uint8)
    huge = drawing().ljust(20_000_001, b"\0")
    response = _send(client, [drawing(), b"hello", png(paper()), drawing(), png(wide), huge, b"", drawing()])
    codes = [each.code if isinstance(each, PictureProblem) else "" for each in _answers(response)]
    assert codes == ["", "invalid_image", "preprocessing_failed", "", "too_large", "too_large", "invalid_image", ""]
    assert [word for word in INSIDE if word in response.text] == []


def test_files_that_say_that_they_are_no_pictures_have_a_problem_each(client: TestClient) -> None:
    """No picture is left to be read, which is an answer too."""
    answers = _answers(_send(client, [drawing()] * 2, content_type="application/pdf"))
    assert [each.code for each in answers if isinstance(each, PictureProblem)] == ["unsupported_media_type"] * 2


def test_choices_hold_for_all_pictures(client: TestClient) -> None:
    """Each answer has its picture if it is asked for; a choice given twice is refused."""
    answers = _answers(_send(client, [drawing()] * 2, fields={"visualize": "true", "invert": "true"}))
    assert all(isinstance(each, ReadAnswer) and each.visual_png_b64 for each in answers)
    choice = ("invert", (None, b"true"))
    parts: list[tuple[str, tuple[str | None, bytes]]] = [("files", ("a.png", drawing())), choice, choice]
    doubled = client.post(PATH, files=parts)
    assert "invert" in refused(doubled, 422, "validation_error")


def test_sixty_five_files_are_too_many(client: TestClient) -> None:
    """422 that says how many may come."""
    assert "64" in refused(_send(client, [drawing()] * 65), 422, "validation_error")


def test_no_files_are_refused(client: TestClient) -> None:
    """Neither a form without pictures, nor one whose picture has another name, nor text in a picture's place."""
    form: dict[str, tuple[None, str]] = {"invert": (None, "true")}
    assert "files: " in refused(client.post(PATH, files=form), 422, "validation_error")
    assert "files: " in refused(send(client, drawing(), PATH), 422, "validation_error")
    text: dict[str, tuple[None, str]] = {"files": (None, "text")}
    assert "files: this part must be a file" in refused(client.post(PATH, files=text), 422, "validation_error")
    refused(client.post(PATH), 415, "unsupported_media_type")


def test_the_request_as_a_whole_has_a_limit_and_a_single_picture_keeps_its_own(
    api: OpenApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five times what a picture may have is let in here, and not at `/v1/read`."""
    monkeypatch.setenv("DIGITS__MAX_IMAGE_MB", "0.1")
    client, large = api.client(), drawing().ljust(100_000, b"\0")
    assert all(isinstance(each, ReadAnswer) for each in _answers(_send(client, [large] * MANY_TIMES)))
    message = refused(_send(client, [large] * (MANY_TIMES + 1)), 413, "too_large")
    assert "send fewer pictures" in message
    assert "0.57 MB" in message
    message = refused(send(client, drawing().ljust(200_000, b"\0")), 413, "too_large")
    assert "0.17 MB" in message
    assert "shrink the picture" in message


def test_the_key_is_wanted(api: OpenApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a digit."""
    monkeypatch.setenv("SECURITY__API_KEY", "a-key")
    client = api.client()
    refused(_send(client, [drawing()]), 401, "unauthorized")
    assert len(_answers(_send(client, [drawing()], headers={"X-Api-Key": "a-key"}))) == 1


def test_more_requests_than_may_wait_are_told_busy(api: OpenApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Single digits are read meanwhile, and many again once there is room."""
    client, gate = api.client(), threading.Event()
    as_always = HeldEngine.predict_unhurried

    def held(engine: HeldEngine, pictures: Tensor) -> list[Prediction]:
        assert gate.wait(LIMIT_S)
        return as_always(engine, pictures)

    monkeypatch.setattr(HeldEngine, "predict_unhurried", held)
    with ThreadPoolExecutor(MOST_BULKS + 1) as pool:
        asked = [pool.submit(_send, client, [drawing()] * 2) for _ in range(MOST_BULKS + 1)]
        turned_away, waiting = wait(asked, return_when=FIRST_COMPLETED)
        response = turned_away.pop().result()
        refused(response, 503, "busy")
        assert response.headers["Retry-After"] == "1"
        assert send(client, drawing()).status_code == 200
        gate.set()
        assert [each.result().status_code for each in waiting] == [200] * MOST_BULKS
    assert "handwriting_engine_busy_total 1.0" in client.get("/metrics").text


def test_many_that_take_too_long_are_given_up(api: OpenApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """504 after twelve times as long as a digit may take; the place is free again."""
    monkeypatch.setenv("DIGITS__PREDICT_TIMEOUT_SECONDS", "0.05")
    client, gate = api.client(), threading.Event()

    def held(_: HeldEngine, __: Tensor) -> list[Prediction]:
        assert gate.wait(LIMIT_S)
        return []

    monkeypatch.setattr(HeldEngine, "predict_unhurried", held)
    for _ in range(MOST_BULKS + 1):
        assert "0.6 s" in refused(_send(client, [drawing()]), 504, "timeout")
    gate.set()
