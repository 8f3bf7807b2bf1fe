"""What happens to every request: its id, its line in the log, the key, the limits, and what went wrong."""

import asyncio
import logging
import re
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from tests.api.opened import OpenApi, wait_until
from tests.api.samples import LIMIT_S, drawing, refused, send

from handwriting_ai.api.metrics import Metrics
from handwriting_ai.api.middleware import BodyLimit, Message, Receive, RequestLog, Scope, Send
from handwriting_ai.errors import ImageTooLarge, UploadTooSlow

KEY = "correct horse battery"
_LINE = re.compile(r"request_id=(\S+) method=(\S+) path=(\S+) status=(\d+) latency_ms=\d+\.\d")


@pytest.fixture()
def client(shared_client: TestClient) -> TestClient:
    """One for all tests here that leave nothing behind."""
    return shared_client


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/v1/jobs/nothing"])
def test_a_request_keeps_the_id_it_came_with(client: TestClient, path: str) -> None:
    """Whatever the answer is."""
    assert client.get(path, headers={"X-Request-ID": "order-66.a_b"}).headers["X-Request-ID"] == "order-66.a_b"


@pytest.mark.parametrize("offered", ["", "two words", "a" * 129, "über", "semi;colon", "<b>"])
def test_a_request_without_a_plain_id_gets_one(client: TestClient, offered: str) -> None:
    """A new one for each; nothing odd gets into headers or log."""
    headers = {b"X-Request-ID": offered.encode()} if offered else None
    ids = {client.get("/healthz", headers=headers).headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
    assert all(re.fullmatch(r"[0-9a-f]{12}-\d+", each) for each in ids)


def test_each_request_is_a_line_in_the_log(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    """Id, method, path, status, milliseconds; a line break in a path stays within its line."""
    caplog.set_level(logging.INFO, "handwriting_ai.api")
    client.get("/healthz", headers={"X-Request-ID": "one"})
    client.get("/no%0Aline%20break", headers={"X-Request-ID": "two"})
    lines = [_LINE.fullmatch(record.getMessage()) for record in caplog.records if record.name == "handwriting_ai.api"]
    assert [line.groups() for line in lines if line] == [
        ("one", "GET", "/healthz", "200"),
        ("two", "GET", "/no%0Aline%20break", "404"),
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/v1"), ("GET", "/v1/read/"), ("GET", "/docs"), ("POST", "/v1/nothing")],
)
def test_an_unknown_path_is_not_found(client: TestClient, method: str, path: str) -> None:
    """404, also for a path with a slash too many: nobody is sent elsewhere."""
    refused(client.request(method, path), 404, "not_found")


@pytest.mark.parametrize(("method", "path", "allowed"), [("GET", "/v1/read", "POST"), ("DELETE", "/healthz", "GET")])
def test_another_method_is_not_allowed(client: TestClient, method: str, path: str, allowed: str) -> None:
    """405, with the methods that are."""
    response = client.request(method, path)
    refused(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == allowed


@pytest.mark.parametrize("given", [None, "", "wrong", KEY + "x", KEY[:-1], KEY.upper(), "ключ"])
def test_nobody_gets_in_without_the_key(api: OpenApi, monkeypatch: pytest.MonkeyPatch, given: str | None) -> None:
    """401 for everything under /v1, known or not, before a body is looked at."""
    monkeypatch.setenv("SECURITY__API_KEY", KEY)
    headers = None if given is None else {b"X-Api-Key": given.encode()}
    client = api.client()
    for method, path in (
        ("GET", "/v1/models/active"),
        ("POST", "/v1/read"),
        ("POST", "/v1/train"),
        ("GET", "/v1/jobs/20260131-120000-1f2e"),
        ("GET", "/v1"),
        ("GET", "/v1/nothing"),
    ):
        response = client.request(method, path, headers=headers)
        assert KEY not in refused(response, 401, "unauthorized")
        assert response.headers["WWW-Authenticate"].startswith("ApiKey")


@pytest.mark.parametrize("key", [KEY, "schlüssel"])
def test_the_key_opens(api: OpenApi, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """Also one with letters beyond ASCII."""
    monkeypatch.setenv("SECURITY__API_KEY", key)
    client = api.client()
    assert client.get("/v1/models/active", headers={b"X-Api-Key": key.encode()}).status_code == 200


def test_what_watches_over_the_server_needs_no_key(api: OpenApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Health, readiness, version, metrics and the document, which names the key's header and not the key."""
    monkeypatch.setenv("SECURITY__API_KEY", KEY)
    client = api.client()
    for path in ("/healthz", "/readyz", "/version", "/metrics", "/openapi.json"):
        response = client.get(path)
        assert response.status_code == 200
        assert KEY not in response.text
    assert "X-Api-Key" in client.get("/openapi.json").text


def test_a_fault_of_ours_is_logged_but_not_told(api: OpenApi, caplog: pytest.LogCaptureFixture) -> None:
    """500 with nothing of the inside; the log has the trace under the request's id."""
    client = api.client()
    api.engine.failure = RuntimeError("secret inside")
    response = send(client, drawing(), headers={"X-Request-ID": "fault-1"})
    assert "secret" not in refused(response, 500, "internal_error")
    [record] = [each for each in caplog.records if each.exc_info]
    assert "fault-1" in record.getMessage()
    assert "secret inside" in caplog.text
    api.engine.failure = None
    assert send(client, drawing()).status_code == 200


def test_when_too_many_wait_the_next_is_turned_away_and_soon_served(
    api: OpenApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with Retry-After for what is beyond the queue; those in it get their answer, and so does a later one."""
    monkeypatch.setenv("DIGITS__PREDICT_TIMEOUT_SECONDS", "60")  # they wait until the last of the twenty has asked
    client = api.client()
    api.engine.gate.clear()
    with ThreadPoolExecutor(20) as pool:
        waiting: list[Future[Response]] = [pool.submit(send, client, drawing()) for _ in range(20)]
        wait_until(lambda: sum(each.done() for each in waiting) == 12)
        assert client.get("/healthz").status_code == 200
        api.engine.gate.set()
        responses = [each.result(LIMIT_S) for each in waiting]
    busy = [response for response in responses if response.status_code != 200]
    assert len(busy) == 12
    for response in busy:
        refused(response, 503, "busy")
        assert response.headers["Retry-After"] == "1"
    assert send(client, drawing()).status_code == 200
    assert "handwriting_engine_busy_total 12.0" in client.get("/metrics").text


def test_an_answer_that_takes_too_long_is_given_up(api: OpenApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """504 after `DIGITS__PREDICT_TIMEOUT_SECONDS`; the place in the queue is free again."""
    monkeypatch.setenv("DIGITS__PREDICT_TIMEOUT_SECONDS", "0.2")
    client = api.client()
    api.engine.gate.clear()
    for _ in range(10):
        assert "0.2 s" in refused(send(client, drawing()), 504, "timeout")
    api.engine.gate.set()
    wait_until(lambda: send(client, drawing()).status_code == 200)


def _ask(app: BodyLimit | RequestLog, parts: list[bytes], pause_s: float = 0.0) -> list[Message]:
    """Send a body in parts, the last of which never comes; returns what was answered."""
    answered: list[Message] = []
    left = iter(parts)

    async def receive() -> Message:
        await asyncio.sleep(pause_s)
        part = next(left, None)
        if part is None:
            await asyncio.sleep(LIMIT_S)
        return {"type": "http.request", "body": part or b"", "more_body": True}

    async def send_back(message: Message) -> None:
        answered.append(message)

    scope: Scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    asyncio.run(_call(app, scope, receive, send_back))
    return answered


async def _call(app: BodyLimit | RequestLog, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


async def _read_all(_: Scope, receive: Receive, __: Send) -> None:
    while True:
        await receive()


def test_a_body_is_refused_as_soon_as_too_much_has_come() -> None:
    """Not at its end, which here never comes."""
    with pytest.raises(ImageTooLarge):
        _ask(BodyLimit(_read_all, max_bytes=10), [b"12345", b"12345", b"1"])


@pytest.mark.parametrize(("parts", "pause_s"), [([b"1"], 0.0), ([b"1"] * 100, 0.05)], ids=["stops", "trickles"])
def test_a_body_that_takes_too_long_is_given_up(parts: list[bytes], pause_s: float) -> None:
    """Whether it stops or trickles."""
    with pytest.raises(UploadTooSlow, match=r"0\.2 s"):
        _ask(BodyLimit(_read_all, max_bytes=1_000, timeout_s=0.2), parts, pause_s)


def test_half_an_answer_is_not_followed_by_another() -> None:
    """If the fault comes after the answer's head, the server has to cut the connection."""

    async def broken(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        _ask(RequestLog(broken, metrics=Metrics()), [])


def test_the_server_outlives_a_storm_of_threads(client: TestClient) -> None:
    """Eight threads, each with reads of its own, while others ask for the rest."""
    failures: list[int] = []

    def work() -> None:
        for _ in range(5):
            failures.extend(
                response.status_code
                for response in (send(client, drawing()), client.get("/readyz"), client.get("/metrics"))
                if response.status_code not in (200, 503)
            )

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT_S)
    assert failures == []
