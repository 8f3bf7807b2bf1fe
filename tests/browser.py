"""A dashboard in a process of its own, and a Chromium that draws on it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, FloatRect, Locator, Page, expect, sync_playwright
from tests.digit_strokes import Line

Theme = Literal["light", "dark"]
_HOST = "127.0.0.1"
_NOT_PASSED_ON = ("APP__", "DIGITS__", "SECURITY__", "TRAINING__", "COVERAGE_")
"""Variables of ours, and those by which coverage, which slows a dashboard down, would measure it."""
_START_LIMIT_S = 180.0
_SCALE, _LEFT, _TOP, _SIDE = 1.3, 70, 45, 280
"""Where `draw` puts the box of a digit: a canvas of any size counts as 280 × 280."""
_CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def plain_environment() -> dict[str, str]:
    """The variables of this process but for ours: a dashboard as it comes."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED_ON)}


@contextmanager
def running_dashboard(
    data_root: Path, environment: dict[str, str], *, module: str = "handwriting_ai.cli"
) -> Iterator[str]:
    """Start the dashboard, by the command `app` of a module, on a free port; yields its address once it answers."""
    port = _free_port()
    command = [sys.executable, "-m", module, "app", "--host", _HOST, "--port", str(port)]
    variables = environment | {"APP__DATA_ROOT": str(data_root), "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none"}
    with (data_root / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=data_root, env=variables, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_until_healthy(port, process)
            yield f"http://{_HOST}:{port}"
        finally:
            process.terminate()
            process.wait(timeout=60)


@contextmanager
def running_chromium(executable: str) -> Iterator[Browser]:
    """Start a Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@contextmanager
def visit(
    browser: Browser, address: str, *, width: int = 1280, height: int = 1500, theme: Theme = "light"
) -> Iterator[Page]:
    """Open an address as somebody who was never here, and wait until the page stands still."""
    with browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme) as visitor:
        page = visitor.new_page()
        page.set_default_timeout(180_000)
        page.goto(address)
        page.locator('[data-testid="stMain"] [data-testid="stElementContainer"]').first.wait_for(state="attached")
        wait_until_idle(page)  # it says so, too, before its script has run for the first time
        yield page


@contextmanager
def open_page(
    executable: str, address: str, *, width: int = 1280, height: int = 1500, theme: Theme = "light"
) -> Iterator[Page]:
    """Open an address in a Chromium of its own."""
    with (
        running_chromium(executable) as browser,
        visit(browser, address, width=width, height=height, theme=theme) as page,
    ):
        yield page


def wait_until_idle(page: Page) -> None:
    """Connected, and no script running."""
    page.locator('[data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]').first.wait_for()


def canvas_box(page: Page) -> FloatRect:
    """Where the canvas lies on the screen."""
    canvas: Locator = page.locator('[class*="st-key-canvas_"] canvas.upper-canvas')
    canvas.first.wait_for()
    wait_until_idle(page)
    expect(canvas).to_have_count(1)  # a cleared canvas stands beside its successor until the script has ended
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    return box


def on_canvas(box: FloatRect, point: tuple[float, float]) -> tuple[float, float]:
    """Where `draw` draws a point, on the screen."""
    unit = box["width"] / _SIDE
    return box["x"] + (_LEFT + point[0] * _SCALE) * unit, box["y"] + (_TOP + point[1] * _SCALE) * unit


def draw(page: Page, lines: list[Line]) -> None:
    """Draw lines with the mouse, enlarged."""
    box = canvas_box(page)
    for line in lines:
        points = [on_canvas(box, point) for point in line]
        page.mouse.move(*points[0])
        page.mouse.down()
        for x, y in points[1:]:
            page.mouse.move(x, y, steps=4)
        page.mouse.up()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_healthy(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_LIMIT_S
    while process.poll() is None and time.monotonic() < deadline:
        if answers(port):
            return
        time.sleep(0.2)
    raise AssertionError(f"The dashboard did not start within {_START_LIMIT_S:g} s (exit status {process.poll()}).")


def answers(port: int) -> bool:
    """Whether a dashboard answers there."""
    connection = HTTPConnection(_HOST, port, timeout=2)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
