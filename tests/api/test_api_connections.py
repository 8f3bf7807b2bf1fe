"""Connections that end half-way, or on which things come too slowly, too large or not at all: none stays for ever."""

import socket
import threading
import time

import pytest
from tests.api.opened import HOST, Line, OpenApi, asking, form, head, read_one, reading, wait_until
from tests.api.samples import LIMIT_S, drawing

from handwriting_ai.api.middleware import MOST_HEAD_BYTES
from handwriting_ai.api.server import Patience

_MANY = 200
_WORD = "swordfish"


@pytest.fixture()
def port(api: OpenApi) -> int:
    """Where the API listens."""
    return api.served()


def _metrics(port: int) -> str:
    with Line(port) as line:
        line.say(asking("/metrics", "Connection: close"))
        return line.rest().decode()


def _open_files(port: int) -> int:
    """Of this process, in which the server runs too."""
    lines = _metrics(port).splitlines()
    return int(float(next(line.split()[1] for line in lines if line.startswith("process_open_fds "))))


def _statuses(answers: bytes) -> list[bytes]:
    return [answer[:3] for answer in answers.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize("said", [asking(), asking("/healthz", "Connection: close"), reading(), reading() * 3])
def test_who_half_closes_gets_all_answers(port: int, said: bytes) -> None:
    """To one request or to several sent ahead; then the server hangs up, for none can follow."""
    with Line(port) as line:
        line.say(said)
        line.end()
        assert _statuses(line.rest()) == [b"200"] * said.count(b"HTTP/1.1\r\n")


def test_an_answer_that_takes_its_time_reaches_who_has_half_closed(api: OpenApi, port: int) -> None:
    """The end of the request is there long before its answer; on a connection that has served others before."""
    with Line(port) as line:
        line.say(reading())
        assert line.answer()[0] == 200
        api.engine.gate.clear()
        line.say(reading())
        line.end()
        time.sleep(0.3)
        api.engine.gate.set()
        assert line.answer()[0] == 200
        assert line.rest() == b""


@pytest.mark.parametrize("begun", [b"GET", b"GET /healthz HTTP/1.1\r\nHost: a\r\n", head("Content-Length: 9") + b"--x"])
def test_who_half_closes_within_a_request_is_told_so(port: int, begun: bytes) -> None:
    """400, after the answer to what was whole."""
    with Line(port) as line:
        line.say(asking())
        assert line.answer()[0] == 200
        line.say(begun)
        line.end()
        line.refused(400, "bad_request")
        assert line.rest() == b""
    with Line(port) as line:
        line.say(reading() + begun)
        line.end()
        assert _statuses(line.rest()) == [b"200", b"400"]


def test_who_says_nothing_at_all_is_hung_up_on(port: int) -> None:
    """Without an answer to a question that was never asked."""
    with Line(port) as line:
        line.end()
        assert line.rest() == b""


@pytest.mark.parametrize("listens", [True, False])
def test_many_half_closed_connections_leave_nothing_behind(
    port: int, caplog: pytest.LogCaptureFixture, listens: bool
) -> None:
    """Neither sockets nor requests nor faults, whether the client waits for the answer or goes."""
    caplog.set_level("INFO", "handwriting_ai.api")
    body = form(drawing())
    parts = (reading(), asking(), asking()[:20], head(f"Content-Length: {len(body)}") + body[:99], b"")
    before = _open_files(port)
    for number in range(_MANY):
        with Line(port) as line:
            line.say(parts[number % len(parts)])
            line.end()
            if listens:
                line.rest()
    wait_until(lambda: _open_files(port) <= before)
    asked = [each for each in caplog.messages if "path=/v1/read" in each]
    wait_until(lambda: len([each for each in caplog.messages if "path=/v1/read" in each]) == _MANY * 2 / len(parts))
    assert not [each for each in asked if "status=5" in each and "status=503" not in each]
    assert not [record for record in caplog.records if record.exc_info]
    assert 'status="500"' not in _metrics(port)
    assert read_one(port) == 200


@pytest.mark.parametrize("sent", [0, 10, 300])
def test_an_upload_that_is_cut_off_leaves_no_trace(port: int, sent: int, caplog: pytest.LogCaptureFixture) -> None:
    """Half-closed it is told so, dropped nobody is left to tell; nothing is a fault, the next is served."""
    caplog.set_level("INFO", "handwriting_ai.api")
    body = form(drawing())
    for half in (True, False):
        with Line(port) as line:
            line.say(head(f"Content-Length: {len(body)}") + body[:sent])
            if half:
                line.socket.shutdown(socket.SHUT_WR)
                line.refused(400, "bad_request")
    assert read_one(port) == 200
    cut_off = [record.getMessage() for record in caplog.records if "status=499" in record.getMessage()]
    assert len(cut_off) == 2
    assert not [record for record in caplog.records if record.exc_info]


def _huge(size: int) -> bytes:
    start = f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nX-Api-Key: {_WORD}\r\nX-Large: ".encode()
    return start + b"a" * (size - len(start) - 4) + b"\r\n\r\n"


def _many_headers(size: int) -> bytes:
    return asking("/healthz", f"X-Api-Key: {_WORD}", *(f"X-{number}: 1" for number in range(size // 9)))


def _huge_path(size: int) -> bytes:
    return asking(f"/healthz?key={_WORD}{'a' * size}")


@pytest.mark.parametrize(
    ("said", "pieces"),
    [
        (_huge(MOST_HEAD_BYTES + 100), 1),
        (_huge(70_000), 1),
        (_huge(70_000), 70),
        (_huge(70_000)[:-4], 1),
        (_huge(5_000_000), 5),
        (_many_headers(70_000), 1),
        (_many_headers(70_000), 7),
        (_huge_path(70_000), 1),
        (_huge_path(70_000), 7),
        (reading() + _huge(70_000), 1),
    ],
    ids=[
        "a little",
        "at once",
        "in pieces",
        "no end",
        "huge",
        "many",
        "many, in pieces",
        "path",
        "path, in pieces",
        "sent ahead",
    ],
)
def test_huge_headers_are_refused_however_they_arrive(
    port: int, caplog: pytest.LogCaptureFixture, said: bytes, pieces: int
) -> None:
    """431 with nothing of them, in log and metrics, and the next request is served."""
    caplog.set_level("INFO", "handwriting_ai.api")
    with Line(port) as line:
        size = -(-len(said) // pieces)
        for start in range(0, len(said), size):
            line.say(said[start : start + size])
            time.sleep(0.001 if pieces > 1 else 0)
        if said.startswith(b"POST"):
            assert line.answer()[0] == 200
        message = line.refused(431, "headers_too_large")
    assert str(MOST_HEAD_BYTES) in message
    assert _WORD not in message + caplog.text
    wait_until(lambda: len([each for each in caplog.messages if "status=431" in each]) == 1)
    assert 'handwriting_requests_total{route="unmatched",status="431"} 1.0' in _metrics(port)
    assert read_one(port) == 200


@pytest.mark.parametrize("pieces", [1, 30])
def test_large_headers_within_the_limit_are_served(port: int, pieces: int) -> None:
    """However they arrive."""
    said = _huge(MOST_HEAD_BYTES - 100)
    with Line(port) as line:
        for start in range(0, len(said), len(said) // pieces):
            line.say(said[start : start + len(said) // pieces])
        assert line.answer()[0] == 200


@pytest.mark.parametrize("begun", [b"GET /hea", b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: "])
def test_headers_that_do_not_arrive_in_time_are_given_up(api: OpenApi, begun: bytes) -> None:
    """408, also if they trickle, and after a request that was in time."""
    port = api.served(Patience(head_s=2))
    with Line(port) as line:
        line.say(asking())
        assert line.answer()[0] == 200
        for byte in begun:
            line.say(bytes([byte]))
            time.sleep(0.005)
        line.refused(408, "upload_timeout")
        assert line.rest() == b""
    assert 'status="408"' in _metrics(port)


def test_who_connects_and_says_nothing_is_hung_up_on(api: OpenApi) -> None:
    """After the time for headers."""
    with Line(api.served(Patience(head_s=0.2))) as line:
        assert line.rest() == b""


@pytest.mark.parametrize("trickles", [True, False])
def test_an_upload_that_takes_too_long_is_given_up(api: OpenApi, trickles: bool) -> None:
    """408 with the error body, whether it stops or trickles; the next is read."""
    port = api.served(upload_timeout_s=0.4)
    body = form(drawing())
    with Line(port) as line:
        line.say(head(f"Content-Length: {len(body)}") + body[:100])
        for start in range(100, 100 + 20 * trickles):
            line.say(body[start : start + 1])
            time.sleep(0.005)
        assert "0.4 s" in line.refused(408, "upload_timeout")
    assert read_one(port) == 200
    assert 'handwriting_requests_total{route="/v1/read",status="408"} 1.0' in _metrics(port)


def test_who_takes_no_answers_is_hung_up_on(api: OpenApi) -> None:
    """A client that asks and asks and never reads."""
    port = api.served(Patience(answer_s=0.3))
    before = _open_files(port)
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.connect((HOST, port))
        said = threading.Thread(target=_say_until_hung_up, args=(deaf,))
        said.start()
        said.join(LIMIT_S)
        assert not said.is_alive()
    wait_until(lambda: _open_files(port) <= before)


def _say_until_hung_up(line: socket.socket) -> None:
    try:
        while True:
            line.sendall(asking("/openapi.json") * 100)
    except ConnectionError:
        return


def test_who_goes_on_after_a_refusal_is_hung_up_on(api: OpenApi) -> None:
    """The answer stays readable for a while, what comes is swallowed, and then it is over."""
    port = api.served(Patience(linger_s=0.5))
    with Line(port) as line:
        line.say(b"no HTTP\r\n\r\n")
        line.refused(400, "bad_request")
        said = threading.Thread(target=_say_until_hung_up, args=(line.socket,))
        said.start()
        said.join(LIMIT_S)
        assert not said.is_alive()
    assert read_one(port) == 200
