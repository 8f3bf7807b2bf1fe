"""`handwriting-ai api`, as a person starts and ends it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from tests.api.opened import HOST
from tests.api.samples import LIMIT_S

from handwriting_ai.config import PROJECT_ROOT


@pytest.fixture()
def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        address: tuple[str, int] = probe.getsockname()
    return address[1]


@pytest.fixture()
def process(workplace: Path, free_port: int) -> "Iterator[subprocess.Popen[str]]":
    """The API on the port that `APP__PORT` names."""
    variables = os.environ | {"APP__PORT": str(free_port)}
    command = [sys.executable, "-m", "handwriting_ai.cli", "api"]
    server = subprocess.Popen(command, cwd=workplace, env=variables, stderr=subprocess.PIPE, text=True)
    yield server
    server.kill()
    server.wait()


def _status(port: int, path: str) -> int:
    connection = HTTPConnection(HOST, port, timeout=LIMIT_S)
    try:
        connection.request("GET", path, headers={"X-Request-ID": "by-hand"})
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal_ends_it(
    process: "subprocess.Popen[str]", free_port: int, number: signal.Signals
) -> None:
    """Ready with its models, a line for each request on standard error, gone without a trace of trouble."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        try:
            assert _status(free_port, "/readyz") == 200
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
    else:
        pytest.fail(f"It is not ready after {LIMIT_S} s.")
    process.send_signal(number)
    _, said = process.communicate(timeout=LIMIT_S)
    assert process.returncode in (0, -number)
    assert "request_id=by-hand method=GET path=/readyz status=200" in said
    assert "Traceback" not in said


def test_a_port_that_is_taken_ends_it(workplace: Path, free_port: int) -> None:
    """Before the models are loaded, with a status that says so, the reason, and the option that names another."""
    with socket.create_server((HOST, free_port)):
        command = [sys.executable, "-m", "handwriting_ai.cli", "api", "--port", str(free_port)]
        done = subprocess.run(command, cwd=workplace, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    assert done.returncode == 2
    assert f"--port: {free_port} is taken. Choose another." in done.stderr
    assert "Models that answer" not in done.stderr


def test_the_makefile_serves_it() -> None:
    """`make api`."""
    assert "handwriting-ai api" in (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
