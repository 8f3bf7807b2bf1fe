"""Applications that run: behind a test client, or behind a real socket."""

import socket
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.api.samples import LIMIT_S, HeldEngine, HeldReader, IdleJobs

from handwriting_ai.api.app import create_app
from handwriting_ai.api.server import configure
from handwriting_ai.config import load_settings
from handwriting_ai.reader import DigitReader
from handwriting_ai.registry.store import ModelStore

HOST = "127.0.0.1"


class OpenApi:
    """Opens applications with the environment's settings, and closes them at the end of a test."""

    def __init__(self, workplace: Path) -> None:
        """Nothing is open yet."""
        self._workplace, self._stack = workplace, ExitStack()
        self._readers: list[HeldReader] = []

    def app(self) -> FastAPI:
        """An application that has not started."""
        settings = load_settings()
        jobs = IdleJobs(self._workplace / "runs", ModelStore(settings.digits.model_dir))

        def open_reader() -> DigitReader:
            self._readers.append(HeldReader(settings))
            return self._readers[-1]

        return create_app(settings, open_reader=open_reader, open_jobs=lambda: jobs)

    def client(self) -> TestClient:
        """A client of an application that runs."""
        return self._stack.enter_context(TestClient(self.app()))

    def served(self) -> int:
        """The port of an application behind a real socket."""
        server = uvicorn.Server(configure(self.app(), host=HOST, port=0))
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

    def say(self, text: bytes) -> None:
        """Send."""
        self.socket.sendall(text)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Read one response: status, headers in small letters, body."""
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        first, *rest = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        while len(body) < int(headers["content-length"]):
            body += self._more()
        return int(first.split()[1]), headers, body

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
