"""The HTTP API under load, against the engine it stands on: `python benchmarks/api_load.py [--seconds 60]`.

Starts the API as a person would, on loopback, and sends it one drawing again and again.

1. 4 clients, which send the next picture as soon as they have an answer. Goals: no error, a 99th percentile of at most
   5 medians, memory within 50 MiB, and at least 0.8 of the pictures a second that 4 threads have read without HTTP.
2. 40 clients for 10 s. Goals: only 200, 503 and 504, and a quick answer again within 2 s.

Both sides decode, preprocess and read the same file with the same settings, by turns; the share is the median of the
turns. The clients run on the same cores as the API, whose time they take. Milliseconds of processor for a digit say
what HTTP costs also on a machine that is busy with other things.
"""

import argparse
import io
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handwriting_ai import DigitReader, load_settings
from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.strokes import render
from handwriting_ai.preprocess import preprocess

HOST: Final = "127.0.0.1"
CLIENTS: Final = 4
TIMES_OVER: Final = 10
OVERLOAD_S: Final = 10.0
MOST_P50S: Final = 5.0
MOST_DRIFT_MIB: Final = 50.0
LEAST_SHARE: Final = 0.8
RECOVERY_S: Final = 2.0
_WARM_UP_S: Final = 2.0
_START_S: Final = 60.0
_ROUNDS: Final = 10
"""Engine and API take turns, so that a busy neighbour meets both."""
_ENGINE_TIME: Final = 1 / 3
"""Of the API's, in each turn."""
_SEVEN: Final = ((60.0, 60.0), (220.0, 60.0), (120.0, 240.0))
_BOUNDARY: Final = "4f3a"


@dataclass
class Answers:
    """What clients got."""

    seconds: list[float] = field(default_factory=list)
    """Of each answer with status 200."""
    statuses: Counter[str] = field(default_factory=Counter)
    elapsed: float = 0.0
    cpu_s: float = 0.0
    """Processor time of the side that reads."""

    def percentile_ms(self, percent: int) -> float:
        """Milliseconds within which so many of a hundred answers came."""
        return statistics.quantiles(self.seconds, n=100)[percent - 1] * 1000

    @property
    def per_second(self) -> float:
        """Digits read in a second."""
        return len(self.seconds) / self.elapsed

    @property
    def cpu_ms(self) -> float:
        """Processor time for a digit."""
        return self.cpu_s * 1000 / len(self.seconds)

    def add(self, part: "Answers") -> None:
        """Count a turn."""
        self.seconds += part.seconds
        self.statuses += part.statuses
        self.elapsed += part.elapsed
        self.cpu_s += part.cpu_s


def drawing() -> bytes:
    """A seven, as PNG."""
    stroke: NDArray[np.float64] = np.array(_SEVEN)
    buffer = io.BytesIO()
    Image.fromarray(render([stroke], pen_px=18)).save(buffer, "PNG")
    return buffer.getvalue()


def request_of(picture: bytes) -> bytes:
    """The bytes of a whole request."""
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="seven.png"\r\n'
    body = head.encode() + b"Content-Type: image/png\r\n\r\n" + picture + f"\r\n--{_BOUNDARY}--\r\n".encode()
    return (
        f"POST /v1/read HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: multipart/form-data; boundary={_BOUNDARY}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def ask(connection: socket.socket, request: bytes) -> str:
    """Send a request and read its answer to the end; returns the status."""
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    missing = length - len(body)
    while missing > 0:
        missing -= len(_more(connection))
    return head[9:12].decode()


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(65_536)
    if not received:
        raise ConnectionError("The server hung up.")
    return received


def in_turn(pid: int, clients: int, seconds: float, work: Callable[[Answers, float], None]) -> Answers:
    """Let so many threads work side by side until the time is up; `pid` is who reads."""
    answers, started, cpu_before_s = Answers(), time.perf_counter(), cpu_s(pid)
    threads = [threading.Thread(target=work, args=(answers, started + seconds)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.elapsed, answers.cpu_s = time.perf_counter() - started, cpu_s(pid) - cpu_before_s
    return answers


def load(api: tuple[int, int], request: bytes, clients: int, seconds: float) -> Answers:
    """Send the request from so many clients, each on a connection of its own, to `api`: port and process id."""
    port, pid = api

    def client(answers: Answers, until: float) -> None:
        with socket.create_connection((HOST, port), timeout=_START_S) as connection:
            started = time.perf_counter()
            while started < until:
                try:
                    status = ask(connection, request)
                except OSError as error:
                    answers.statuses[type(error).__name__] += 1
                    return
                answers.statuses[status] += 1
                if status == "200":
                    answers.seconds.append(time.perf_counter() - started)
                started = time.perf_counter()

    return in_turn(pid, clients, seconds, client)


def without_http(reader: DigitReader, picture: bytes, seconds: float) -> Answers:
    """The engine's own: the same file, preprocessed and read for as many threads as there are clients."""

    def client(answers: Answers, until: float) -> None:
        while time.perf_counter() < until:
            answers.seconds.append(reader.engine.predict(preprocess(picture).image).latency_ms / 1000)

    return in_turn(os.getpid(), CLIENTS, seconds, client)


@contextmanager
def running_api(data_root: Path) -> Iterator[tuple[int, int]]:
    """The API in a process of its own: its port and its process id."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        address: tuple[str, int] = probe.getsockname()
    port = address[1]
    environment = os.environ | {"APP__DATA_ROOT": str(data_root)}
    with (data_root / "api.log").open("wb") as log:
        command = [sys.executable, "-m", "handwriting_ai.cli", "api", "--host", HOST, "--port", str(port)]
        server = subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(port, server, data_root / "api.log")
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(timeout=_START_S)


def _wait_for(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit(f"The API did not start:\n{log.read_text(encoding='utf-8')}")


def memory_mib(pid: int) -> float:
    """What a process holds in memory (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def cpu_s(pid: int) -> float:
    """The processor time that a process has taken (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def recovery_s(api: tuple[int, int], request: bytes, quick_ms: float) -> float:
    """Seconds until a picture is read as quickly as before."""
    started = time.perf_counter()
    while time.perf_counter() - started < 5 * RECOVERY_S:
        one = load(api, request, 1, 0.05)
        if one.seconds and one.seconds[0] * 1000 <= quick_ms:
            break
    return time.perf_counter() - started


def main() -> None:
    """Print each figure with its goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="of the 4 clients, in 10 turns")
    arguments = parser.parse_args()
    seconds: float = arguments.seconds
    picture = drawing()
    request = request_of(picture)
    calm, engine, shares = Answers(), Answers(), list[float]()
    with tempfile.TemporaryDirectory() as folder, running_api(Path(folder)) as api:
        with DigitReader(load_settings()) as reader:
            load(api, request, CLIENTS, _WARM_UP_S)
            before = memory_mib(api[1])
            for _ in range(_ROUNDS):
                alone = without_http(reader, picture, seconds / _ROUNDS * _ENGINE_TIME)
                asked = load(api, request, CLIENTS, seconds / _ROUNDS)
                shares.append(asked.per_second / alone.per_second)
                engine.add(alone)
                calm.add(asked)
            drift = memory_mib(api[1]) - before
        p50, p99 = calm.percentile_ms(50), calm.percentile_ms(99)
        crowd = load(api, request, CLIENTS * TIMES_OVER, OVERLOAD_S)
        recovered = recovery_s(api, request, p99)
    print(f"{CLIENTS} clients, {calm.elapsed:.0f} s: {dict(calm.statuses)} (goal: only 200)")
    print(f"p50 {p50:.1f} ms, p99 {p99:.1f} ms: ratio {p99 / p50:.1f} (goal at most {MOST_P50S:g})")
    print(f"memory {before:.0f} MiB, {drift:+.1f} MiB (goal ± {MOST_DRIFT_MIB:g})")
    share = f"{statistics.median(shares):.2f}, in turns {min(shares):.2f} to {max(shares):.2f}"
    print(f"{calm.per_second:.0f} digits/s, engine {engine.per_second:.0f}: {share} (goal at least {LEAST_SHARE})")
    print(f"processor {calm.cpu_ms:.1f} ms for a digit, engine {engine.cpu_ms:.1f}: {engine.cpu_ms / calm.cpu_ms:.2f}")
    print(f"{CLIENTS * TIMES_OVER} clients, {OVERLOAD_S:g} s: {dict(crowd.statuses)} (goal: only 200, 503, 504)")
    print(f"a quick answer again after {recovered:.2f} s (goal at most {RECOVERY_S:g} s)")


if __name__ == "__main__":
    main()
