"""The API behind a real socket: uploads that are too large or too slow, and what is no HTTP at all."""

import re
import socket
import time

import pytest
from tests.api.opened import HOST, Line, form, head, read_one
from tests.api.samples import drawing

MUCH = 20_200_000
"""Bytes: more than a request may have."""
_QUICK_S = 5.0


@pytest.fixture()
def port(shared_port: int) -> int:
    """Where the API listens: one for all tests here that leave nothing behind."""
    return shared_port


def _chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def test_a_declared_body_that_is_too_large_is_refused_before_it_comes(port: int) -> None:
    """413 to the head alone."""
    with Line(port) as line:
        line.say(head(f"Content-Length: {MUCH}"))
        assert "20.07 MB" in line.refused(413, "too_large")


def test_an_undeclared_body_that_is_too_large_is_refused_while_it_comes(port: int) -> None:
    """413 before its end, which is never sent; what still comes is swallowed."""
    with Line(port) as line:
        line.say(head("Transfer-Encoding: chunked"))
        line.say(_chunk(form(drawing())[:100]))
        for _ in range(MUCH // 100_000):
            line.say(_chunk(b"\0" * 100_000))
        line.refused(413, "too_large")
        line.say(_chunk(b"\0" * 100_000))
    assert read_one(port) == 200


def test_an_undeclared_body_within_the_limit_isread_one(port: int) -> None:
    """In chunks of any size."""
    body = form(drawing())
    with Line(port) as line:
        line.say(head("Transfer-Encoding: chunked"))
        for start in range(0, len(body), 50):
            line.say(_chunk(body[start : start + 50]))
        line.say(b"0\r\n\r\n")
        assert line.answer()[0] == 200


def test_a_body_that_a_client_waits_with_is_asked_for(port: int) -> None:
    """`Expect: 100-continue`, as curl sends it before large files; one that is too large is never asked for."""
    body = form(drawing())
    with Line(port) as line:
        line.say(head(f"Content-Length: {len(body)}", "Expect: 100-continue"))
        assert line.socket.recv(1_000).startswith(b"HTTP/1.1 100")
        line.say(body)
        assert line.answer()[0] == 200
    with Line(port) as line:
        line.say(head(f"Content-Length: {MUCH}", "Expect: 100-continue"))
        line.refused(413, "too_large")


def test_slow_uploads_do_not_hold_up_others(port: int) -> None:
    """Thirty that have begun and do not go on; then some go on."""
    body = form(drawing())
    lines = [Line(port) for _ in range(30)]
    for line in lines:
        line.say(head(f"Content-Length: {len(body)}") + body[:200])
    started = time.monotonic()
    assert read_one(port) == 200
    assert time.monotonic() - started < _QUICK_S
    for line in lines[:3]:
        line.say(body[200:])
        assert line.answer()[0] == 200
    for line in lines:
        line.socket.close()
    assert read_one(port) == 200


@pytest.mark.parametrize(
    "said",
    [
        b"hello\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nbroken header\r\n\r\n",
        b"POST /v1/read HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/read HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
    ids=["words", "no host", "header", "length", "lengths"],
)
def test_what_is_no_http_gets_an_error_body_too(port: int, said: bytes) -> None:
    """400, an id, and the line is hung up."""
    with Line(port) as line:
        line.say(said)
        line.refused(400, "bad_request")
        with pytest.raises(ConnectionError):
            line.answer()
    assert read_one(port) == 200


def test_a_broken_chunk_ends_the_connection_and_no_more(port: int) -> None:
    """The body turns out to be no HTTP while it is read."""
    with Line(port) as line:
        line.say(head("Transfer-Encoding: chunked") + b"xyz\r\n")
        line.refused(400, "bad_request")
    assert read_one(port) == 200


@pytest.mark.parametrize("half", [True, False], ids=["half", "whole"])
def test_a_client_may_hang_up_once_it_has_its_answer(port: int, half: bool) -> None:
    """Also if it owes a body that nobody asked for: the server goes on."""
    for path in ("/healthz", "/nowhere", "/v1/read"):
        for owed in ("", "Content-Length: 5\r\n", f"Content-Length: {MUCH}\r\n", "Transfer-Encoding: chunked\r\n"):
            with Line(port) as line:
                line.say(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{owed}\r\n".encode())
                assert line.answer()[0] in (200, 404, 405, 413)
                if half:
                    line.socket.shutdown(socket.SHUT_WR)
                    assert line.socket.recv(1_000) == b""
            assert read_one(port) == 200


@pytest.mark.parametrize("path", ["/v1/jobs/../../etc/passwd", "/v1/jobs/%2e%2e%2fetc", "//v1/read", "/v1/jobs/a%00b"])
def test_path_tricks_lead_nowhere(port: int, path: str) -> None:
    """404 for what a client of its own never sends."""
    with Line(port) as line:
        line.say(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        assert "passwd" not in line.refused(404, "not_found")


def test_one_connection_serves_many_requests(port: int) -> None:
    """Also after a refusal, and with requests sent ahead."""
    ask = f"GET /nowhere HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    with Line(port) as line:
        line.say(ask)
        line.refused(404, "not_found")
        line.say(ask.replace(b"/nowhere", b"/healthz"))
        status, headers, body = line.answer()
    assert (status, body) == (200, b'{"status":"ok"}')
    assert re.fullmatch(r"[0-9a-f]{12}-\d+", headers["x-request-id"])
    assert "server" not in headers
