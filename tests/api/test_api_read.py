"""`POST /v1/read`: what is read, what is refused, and how."""

import base64
import io

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image
from tests.api.opened import OpenApi
from tests.api.samples import drawing, paper, png, refused, send
from tests.segmentation.samples import blank_page, draw_number, on_paper

from handwriting_ai import DigitReader, load_settings, preprocess
from handwriting_ai.api.schemas import ReadAnswer
from handwriting_ai.preprocess import MEDIA_TYPES, Doubt


@pytest.fixture()
def client(shared_client: TestClient) -> TestClient:
    """One for all tests here that leave nothing behind."""
    return shared_client


@pytest.mark.parametrize("path", ["/v1/read", "/v1/predict"])
def test_a_picture_is_read_as_the_engine_reads_it(api: OpenApi, path: str) -> None:
    """Both paths give every field, and the numbers of a reader without HTTP."""
    response = send(api.client(), drawing(), path)
    answer = ReadAnswer.model_validate_json(response.content, extra="forbid")
    with DigitReader(load_settings()) as reader:
        expected = reader.read(drawing()).prediction
    assert response.status_code == 200
    assert (answer.digit, answer.model_id, answer.uncertain) == (
        expected.digit,
        "ensemble_2_models",
        expected.uncertain,
    )
    assert answer.probs == pytest.approx(expected.probs, abs=1e-6)
    assert answer.confidence == max(answer.probs)
    assert answer.visual_png_b64 is None
    assert answer.latency_ms > 0


@pytest.mark.parametrize("where", ["form", "query"])
def test_the_picture_that_the_network_saw_comes_on_request(client: TestClient, where: str) -> None:
    """As a PNG of 28 × 28 grey levels, the last step of the preprocessing."""
    chosen = {"visualize": "true"}
    response = send(client, drawing(), fields=chosen) if where == "form" else send(client, drawing(), query=chosen)
    answer = ReadAnswer.model_validate_json(response.content)
    with Image.open(io.BytesIO(base64.b64decode(answer.visual_png_b64 or ""))) as image:
        seen: NDArray[np.uint8] = np.array(image)
        assert (image.format, image.size, image.mode) == ("PNG", (28, 28), "L")
    assert np.array_equal(seen, preprocess(drawing()).steps[-1].picture)


def test_a_picture_beyond_the_limit_is_left_out(api: OpenApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """`DIGITS__VISUALIZE_MAX_KB`; the digit is read all the same."""
    monkeypatch.setenv("DIGITS__VISUALIZE_MAX_KB", "0.05")
    response = send(api.client(), drawing(), fields={"visualize": "true"})
    assert response.status_code == 200
    assert ReadAnswer.model_validate_json(response.content).visual_png_b64 is None


def test_ink_that_is_left_out_is_told(client: TestClient) -> None:
    """Of two strokes far apart one is read, and the answer says how much of the ink is not in it."""
    both = paper()
    both[40:240, 60:80] = 0
    both[90:190, 230:250] = 0
    answers = [ReadAnswer.model_validate_json(send(client, each).content) for each in (png(both), drawing())]
    assert answers[0].left_out_share == pytest.approx(1 / 3, abs=0.02)
    assert answers[1].left_out_share == 0


def test_several_digits_are_told(client: TestClient) -> None:
    """How many there seem to be; the answer, of one of them, is uncertain and says so."""
    ink = blank_page(400, 200)
    draw_number(ink, "204", 60, 60)
    answer = ReadAnswer.model_validate_json(send(client, png(on_paper(ink))).content)
    assert (answer.digits_found, answer.uncertain, answer.doubts) == (3, True, (Doubt.SEVERAL,))
    assert ReadAnswer.model_validate_json(send(client, drawing()).content).digits_found == 1


def test_invert_is_obeyed_and_the_form_wins_over_the_address(client: TestClient) -> None:
    """Told that the ink is light, the reader sees another digit than when it finds out by itself."""
    told = send(client, drawing(), fields={"invert": "true"}, query={"invert": "false"})
    found = send(client, drawing())
    wrong = send(client, drawing(), query={"invert": "false"})
    probs = [ReadAnswer.model_validate_json(each.content).probs for each in (told, found, wrong)]
    assert probs[0] == pytest.approx(probs[1], abs=1e-6)
    assert probs[0] != pytest.approx(probs[2], abs=1e-6)


@pytest.mark.parametrize(("center", "status"), [("true", 200), ("", 200), ("false", 422), ("perhaps", 422)])
def test_center_can_only_be_true(client: TestClient, center: str, status: int) -> None:
    """The models know centred digits only, so that false is refused rather than ignored."""
    for response in (
        send(client, drawing(), fields={"center": center}),
        send(client, drawing(), query={"center": center} if center else None),
    ):
        assert response.status_code == status
        if status == 422:
            assert refused(response, 422, "validation_error").startswith("center: ")


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("JPEG", "image/jpg"),
        ("WEBP", "IMAGE/WebP; q=1"),
        ("JPEG", "image/png"),
        ("PNG", "application/octet-stream"),
        ("GIF", "image/gif"),
        ("TIFF", "image/tiff"),
        ("BMP", "image/bmp"),
        ("AVIF", "image/heic"),
    ],
)
def test_the_content_decides_among_pictures(client: TestClient, kind: str, content_type: str) -> None:
    """A type that says nothing, or another picture, does no harm."""
    assert send(client, drawing(kind), content_type=content_type).status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "image/svg+xml", "application/pdf", "video/mp4", "x"])
def test_a_file_that_says_it_is_no_picture_is_refused(client: TestClient, content_type: str) -> None:
    """415, with the types that are read."""
    message = refused(send(client, drawing(), content_type=content_type), 415, "unsupported_media_type")
    assert [each for each in MEDIA_TYPES if each not in message] == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"Content-Type": "application/json"}, {"Content-Type": "image/png"}, {"Content-Type": "text/plain"}],
)
def test_a_body_that_is_no_form_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    """415, and how to send it."""
    message = refused(client.post("/v1/read", content=drawing(), headers=headers), 415, "unsupported_media_type")
    assert "multipart/form-data" in message


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"hello", "not a picture"),
        (drawing()[:200], "damaged"),
        (b"%PDF-1.7", "a PDF file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
    ],
    ids=["empty", "text", "cut off", "pdf", "svg"],
)
def test_a_forged_content_type_is_found_out(client: TestClient, content: bytes, problem: str) -> None:
    """It says PNG and is something else: 400, with what is wrong."""
    assert problem in refused(send(client, content), 400, "invalid_image")


def test_a_blank_picture_holds_no_digit(client: TestClient) -> None:
    """400, in words for people."""
    assert "No digit found" in refused(send(client, png(paper())), 400, "preprocessing_failed")


def test_a_picture_with_too_long_a_side_is_too_large(client: TestClient) -> None:
    """Few bytes, many pixels."""
    wide: NDArray[np.uint8] = np.zeros((28, 12_001), dtype=np.uint8)
    message = refused(send(client, png(wide)), 413, "too_large")
    assert "12001 × 28" in message
    assert "shrink it, or raise DIGITS__MAX_IMAGE_SIDE_PX" in message


@pytest.mark.parametrize("extra_bytes", [1, 100_000])
def test_a_file_with_too_many_bytes_is_too_large(client: TestClient, extra_bytes: int) -> None:
    """Whether the form as a whole still fits or not."""
    message = refused(send(client, drawing().ljust(20_000_000 + extra_bytes, b"\0")), 413, "too_large")
    assert "raise DIGITS__MAX_IMAGE_MB" in message


def test_two_files_are_refused(client: TestClient) -> None:
    """One digit in one picture at a time."""
    part = ("drawing.png", drawing(), "image/png")
    assert "files" in refused(client.post("/v1/read", files=[("file", part)] * 2), 422, "validation_error")


@pytest.mark.parametrize(
    ("files", "fields", "problem"),
    [
        ({}, {"invert": "true"}, "unsupported"),
        ({"image": ("a.png", b"x", "image/png")}, {}, "file: Field required"),
        ({"file": (None, "text")}, {}, "file: this part must be a file"),
        ({"file": ("a.png", b"x", "image/png")}, {"rotate": "true"}, "rotate: nothing here has this name"),
        ({"file": ("a.png", b"x", "image/png")}, {"invert": "perhaps"}, "invert: "),
    ],
)
def test_a_form_that_lacks_the_picture_or_has_unknown_fields_is_refused(
    client: TestClient,
    files: "dict[str, tuple[str | None, bytes | str] | tuple[str, bytes, str]]",
    fields: dict[str, str],
    problem: str,
) -> None:
    """422 that names the field; a form without any file is none that could hold one."""
    response = client.post("/v1/read", files=files, data=fields)
    if problem == "unsupported":
        refused(response, 415, "unsupported_media_type")
    else:
        assert problem in refused(response, 422, "validation_error")


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=other"]
)
def test_a_form_that_cannot_be_taken_apart_is_refused(client: TestClient, content_type: str) -> None:
    """422: no boundary, or another one than the body has."""
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--x--\r\n'
    refused(client.post("/v1/read", content=body, headers={"Content-Type": content_type}), 422, "validation_error")
