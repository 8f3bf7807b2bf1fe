"""A Redis of a test's own, which can be stopped and started again, and workers that take jobs from it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_HOST: Final = "127.0.0.1"
_START_LIMIT_S: Final = 60.0


class RedisServer:
    """Keeps what it holds on disk, so that a restart loses nothing."""

    def __init__(self, executable: str, folder: Path) -> None:
        self._executable, self._folder, self.port = executable, folder, _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """For `REDIS_URL`."""
        return f"redis://{_HOST}:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._folder.mkdir(exist_ok=True)
        options = ["--port", str(self.port), "--bind", _HOST, "--save", "", "--appendonly", "yes"]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._executable, *options, "--appendfsync", "always", "--dir", str(self._folder)],
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _START_LIMIT_S
        while not self._answers():
            assert self._process.poll() is None, "Redis did not start: see its log."
            assert time.monotonic() < deadline, "Redis does not answer."
            time.sleep(0.05)

    def pause(self) -> None:
        """Let it hang: it takes connections and says nothing, until it is resumed or stopped."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it; connections to it break."""
        if self._process is not None:
            self._process.terminate()
            self._process.send_signal(signal.SIGCONT)
            self._process.wait(timeout=_START_LIMIT_S)
            self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection((_HOST, self.port), timeout=1) as client:
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


class Workers:
    """Processes of `handwriting-ai worker`."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._environment, self._folder = environment, folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *, fault: str = "", name: str | None = None) -> "subprocess.Popen[bytes]":
        """One more."""
        number = len(self.processes)
        name = name or f"worker-{number}-{os.getpid()}"
        with (self._folder / f"worker-{number}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "handwriting_ai.cli", "worker", "--name", name],
                env=dict(self._environment) | {"FAULT": fault},
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def log(self, number: int) -> str:
        """What one of them said."""
        return (self._folder / f"worker-{number}.log").read_text(encoding="utf-8")

    def stop(self) -> None:
        """Kill them all; their runs notice it within a second or two."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
    return port
