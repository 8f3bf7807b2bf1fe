"""Applications that run: behind a test client, or behind a real socket."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import uvicorn
from fastapi.testclient import TestClient
from httpx2 import Response
from tests.api.samples import LIMIT_S, HeldEngine, HeldReader, IdleJobs, drawing, refused

from handwriting_ai.api.app import Api, create_app
from handwriting_ai.api.middleware import UPLOAD_TIMEOUT_S
from handwriting_ai.api.resources import REFRESH_S
from handwriting_ai.api.server import DEFAULT_PATIENCE, Patience, configure
from handwriting_ai.config import load_settings
from handwriting_ai.reading.reader import DigitReader
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.sources import DataFolders

HOST = "127.0.0.1"


def wait_until(true: Callable[[], bool]) -> None:
    """Look again and again."""
    deadline = time.monotonic() + LIMIT_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class OpenApi:
    """Opens applications with the environment's settings, and closes them at the end of a test."""

    def __init__(self, workplace: Path) -> None:
        """Nothing is open yet."""
        self._workplace, self._stack = workplace, ExitStack()
        self._readers: list[HeldReader] = []

    def app(self, upload_timeout_s: float = UPLOAD_TIMEOUT_S, refresh_s: float = REFRESH_S) -> Api:
        """An application that has not started."""
        settings = load_settings()
        jobs = IdleJobs(self._workplace / "runs", ModelStore(settings.digits.model_dir), DataFolders.of(settings))

        def open_reader() -> DigitReader:
            self._readers.append(HeldReader(settings))
            return self._readers[-1]

        return create_app(
            settings,
            open_reader=open_reader,
            open_jobs=lambda: jobs,
            upload_timeout_s=upload_timeout_s,
            refresh_s=refresh_s,
        )

    def client(self, refresh_s: float = REFRESH_S) -> TestClient:
        """A client of an application that runs."""
        return self._stack.enter_context(TestClient(self.app(refresh_s=refresh_s)))

    def served(self, patience: Patience = DEFAULT_PATIENCE, upload_timeout_s: float = UPLOAD_TIMEOUT_S) -> int:
        """The port of an application behind a real socket."""
        app = self.app(upload_timeout_s)
        server = uvicorn.Server(configure(app, host=HOST, port=0, patience=patience))
        thread = threading.Thread(target=server.run, daemon=True)

        def stop() -> None:
            server.should_exit = True
            thread.join(LIMIT_S)

        thread.start()
        self._stack.callback(stop)
        deadline = time.monotonic() + LIMIT_S
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        address: tuple[str, int] = server.servers[0].sockets[0].getsockname()
        return address[1]

    @property
    def engine(self) -> HeldEngine:
        """The engine of the application that was opened last."""
        return self._readers[-1].held

    def __enter__(self) -> "OpenApi":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End them all; what is held back goes on."""
        for reader in self._readers:
            reader.held.gate.set()
        self._stack.close()


class Line:
    """A connection on which a test says what it wants, whole or in part."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self.socket = socket.create_connection((HOST, port), timeout=LIMIT_S)
        self._ahead = b""

    def say(self, text: bytes) -> None:
        """Send."""
        self.socket.sendall(text)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Read one response: status, headers in small letters, body."""
        received = self._ahead
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        first, *rest = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        length = int(headers["content-length"])
        while len(body) < length:
            body += self._more()
        self._ahead = body[length:]
        return int(first.split()[1]), headers, body[:length]

    def rest(self) -> bytes:
        """All that comes until the server hangs up."""
        received = self._ahead
        while more := self.socket.recv(65_536):
            received += more
        return received

    def end(self) -> None:
        """Say that this was all, and go on listening."""
        self.socket.shutdown(socket.SHUT_WR)

    def refused(self, status: int, code: str) -> str:
        """Read a response that is an error of this kind; returns its message."""
        answered, headers, body = self.answer()
        return refused(Response(answered, headers=headers, content=body), status, code)

    def _more(self) -> bytes:
        received = self.socket.recv(65_536)
        if not received:
            raise ConnectionError("The server hung up.")
        return received

    def __enter__(self) -> "Line":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        self.socket.close()


def head(*headers: str, path: str = "/v1/read") -> bytes:
    """The line and headers of a request that sends a form."""
    lines = (f"POST {path} HTTP/1.1", f"Host: {HOST}", "Content-Type: multipart/form-data; boundary=x", *headers)
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def form(picture: bytes) -> bytes:
    """A form with one picture."""
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    return part + picture + b"\r\n--x--\r\n"


def asking(path: str = "/healthz", *headers: str) -> bytes:
    """A whole request without a body."""
    lines = (f"GET {path} HTTP/1.1", f"Host: {HOST}", *headers)
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def reading() -> bytes:
    """A whole request to read a picture."""
    body = form(drawing())
    return head(f"Content-Length: {len(body)}") + body


def read_one(port: int) -> int:
    """Read one picture; returns the status."""
    with Line(port) as line:
        line.say(reading())
        return line.answer()[0]
