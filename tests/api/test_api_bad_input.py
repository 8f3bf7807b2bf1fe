"""What a client may do wrong with a whole request, over a real socket: each gets its status, and nothing of the inside.

Broken HTTP, huge headers, slow and cut-off uploads are in `test_api_connections.py` and `test_api_live.py`.
"""

import pytest
from tests.api.opened import Line, OpenApi, asking, head, read_one
from tests.api.samples import drawing

_KEY = "correct-horse"
_GIVEN = "swordfish"
"""Stands in keys, file names, fields and contents; no answer may repeat it."""
_PNG = "image/png"


@pytest.fixture()
def port(shared_port: int) -> int:
    """Where the API listens, without a key: one for all tests here that leave nothing behind."""
    return shared_port


def _part(content: bytes, content_type: str = _PNG, name: str = "file") -> bytes:
    said = f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="{_GIVEN}.png"\r\n'
    return said.encode() + f"Content-Type: {content_type}\r\n\r\n".encode() + content + b"\r\n"


def _field(name: str, value: str) -> bytes:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def _posting(*parts: bytes, path: str = "/v1/read", content_type: str | None = None) -> bytes:
    body = b"".join(parts) + (b"--x--\r\n" if content_type is None else b"")
    said = head(f"Content-Length: {len(body)}", path=path)
    return (
        said if content_type is None else said.replace(b"multipart/form-data; boundary=x", content_type.encode())
    ) + body


def _asked(port: int, said: bytes, status: int, code: str) -> str:
    """Say it and be refused; the connection goes on to serve."""
    with Line(port) as line:
        line.say(said)
        message = line.refused(status, code)
        line.say(asking())
        assert line.answer()[0] == 200
    assert _GIVEN not in message
    assert _KEY not in message
    return message


@pytest.mark.parametrize("given", [None, "", _GIVEN, _KEY[:-1], f"{_KEY}x", _KEY.upper()])
def test_without_the_right_key(api: OpenApi, monkeypatch: pytest.MonkeyPatch, given: str | None) -> None:
    """401, the same whether it is missing or wrong, for what is there and for what is not."""
    monkeypatch.setenv("SECURITY__API_KEY", _KEY)
    port = api.served()
    headers = () if given is None else (f"X-Api-Key: {given}",)
    for path in ("/v1/models/active", "/v1/jobs/20260131-120000-1f2e", "/v1/nothing"):
        message = _asked(port, asking(path, *headers), 401, "unauthorized")
        assert message == "The header X-Api-Key is missing or wrong."
    with Line(port) as line:
        line.say(asking("/v1/models/active", f"X-Api-Key: {_KEY}"))
        assert line.answer()[0] == 200


@pytest.mark.parametrize(
    ("parts", "status", "code"),
    [
        ([_part(drawing(), name="picture")], 422, "validation_error"),
        ([_field("file", _GIVEN)], 422, "validation_error"),
        ([_field("invert", "true")], 422, "validation_error"),
        ([], 422, "validation_error"),
        ([_part(drawing()), _part(drawing())], 422, "validation_error"),
        ([_part(drawing()), _part(drawing(), name="other")], 422, "validation_error"),
        ([_part(drawing()), _field("invert", _GIVEN)], 422, "validation_error"),
        ([_part(drawing()), _field("invert", "true"), _field("invert", "false")], 422, "validation_error"),
        ([_part(drawing()), _field("visualize", _GIVEN * 500)], 422, "validation_error"),
        ([_part(drawing()), *[_field("invert", "true")] * 20], 422, "validation_error"),
        ([_part(drawing(), "text/html")], 415, "unsupported_media_type"),
        ([_part(drawing(), f"image/{_GIVEN}")], 415, "unsupported_media_type"),
        ([_part(f"<html>{_GIVEN}".encode())], 400, "invalid_image"),
        ([_part(b"\x89PNG\r\n\x1a\n" + _GIVEN.encode())], 400, "invalid_image"),
        ([_part(drawing()[:-30])], 400, "invalid_image"),
        ([_part(b"%PDF-1.7" + drawing())], 400, "invalid_image"),
        ([_part(b"")], 400, "invalid_image"),
    ],
    ids=[
        *("no such part", "no file", "no part file", "no part", "two files", "two names", "field", "field twice"),
        *("huge field", "many fields", "type", "unknown type", "forged text", "forged head", "cut off", "forged pdf"),
        "empty",
    ],
)
def test_a_form_that_is_wrong(port: int, parts: list[bytes], status: int, code: str) -> None:
    """Parts that are missing, double or unknown, types that are wrong or forged."""
    _asked(port, _posting(*parts), status, code)
    assert read_one(port) == 200


def test_a_choice_that_is_made_twice(port: int) -> None:
    """422 that names it, in the form and in the address; in both, the form wins."""
    twice = _posting(_part(drawing()), _field("invert", "true"), _field("invert", "true"))
    assert _asked(port, twice, 422, "validation_error") == "invert: Given more than once"
    twice = _posting(_part(drawing()), path="/v1/read?visualize=true&visualize=true")
    assert _asked(port, twice, 422, "validation_error") == "visualize: Given more than once"
    with Line(port) as line:
        line.say(_posting(_part(drawing()), _field("invert", "true"), path="/v1/read?invert=false"))
        assert line.answer()[0] == 200


@pytest.mark.parametrize("content_type", [_PNG, "application/json", "text/plain", f"x/{_GIVEN}", "multipart/mixed"])
def test_a_body_of_another_type(port: int, content_type: str) -> None:
    """415 for both routes that take a body, if it is not theirs."""
    _asked(port, _posting(drawing(), content_type=content_type), 415, "unsupported_media_type")
    run = b'{"arch": "compact", "recipe": "baseline"}'
    if content_type != "application/json":
        _asked(port, _posting(run, path="/v1/train", content_type=content_type), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "job_id",
    [
        *("20260131-120000-1f2e", _GIVEN, "..", ".", "%2e%2e", "..%2f..%2f..%2fetc%2fpasswd", "../../etc/passwd"),
        *("..%5c..%5cwindows", "%00", "a%00b", "%252e%252e%252f", "/etc/passwd", "%2fetc%2fpasswd", "~root", "*"),
        *("%ff%fe", "x" * 5_000, "20260131-120000-1f2e/", "20260131-120000-1f2e%2fconfig.json", "a;ls", "%0d%0aX-A:1"),
    ],
)
def test_a_job_that_is_unknown_or_leads_elsewhere(port: int, job_id: str) -> None:
    """404, in one of two sentences, which hold nothing of the id."""
    message = _asked(port, asking(f"/v1/jobs/{job_id}"), 404, "not_found")
    assert message in ("There is no such job.", "There is no such path.")
