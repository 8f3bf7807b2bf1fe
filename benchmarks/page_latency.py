"""How long one waits for the dashboard, in a real Chromium: `python benchmarks/page_latency.py`.

Starts the dashboard as a person would and takes all times as they are seen in the browser: from an address to a canvas
that can be drawn on, from a choice in the menu to the whole page, and from the moment the pointer is released to the
first frame with the answer.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Browser, Page, expect
from tests.browser import draw, running_chromium, running_dashboard, visit, wait_until_idle
from tests.digit_strokes import DIGIT_STROKES

ANSWER: Final = ".reading .figure"
CANVAS: Final = '[class*="st-key-canvas_"] canvas.upper-canvas'
EMPTY: Final = "Draw one digit on the canvas"
PAGES: Final = ("Ensemble", "Train", "Compare", "Saved drawings")
_STOPWATCH: Final = """() => {
    window.pointerToAnswerMs = null;
    window.addEventListener("pointerup", () => {
        const released = performance.now();
        const seen = () => document.querySelector(".reading .figure");
        const observer = new MutationObserver(() => {
            if (!seen()) return;
            observer.disconnect();
            requestAnimationFrame(() => { window.pointerToAnswerMs = performance.now() - released; });
        });
        observer.observe(document.body, {childList: true, subtree: true, characterData: true});
    }, {capture: true, once: true});
}"""
_ONE_STROKE: Final = {digit: lines for digit, lines in DIGIT_STROKES.items() if len(lines) == 1}


def load_seconds(browser: Browser, address: str) -> float:
    """From the address to a canvas that can be drawn on, for somebody who was never here."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as visitor:
        page = visitor.new_page()
        page.set_default_timeout(180_000)
        started = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.locator(CANVAS).first.wait_for()
        return time.perf_counter() - started


def switch_seconds(page: Page, title: str) -> float:
    """From a click in the menu to the whole page: its heading is there, and nothing is being drawn any more."""
    started = time.perf_counter()
    page.get_by_role("link", name=title, exact=True).click()
    if title == "Draw":
        page.locator(CANVAS).first.wait_for()
    else:
        page.get_by_test_id("stMain").get_by_role("heading", name=title, exact=True).wait_for()
    wait_until_idle(page)
    return time.perf_counter() - started


def pointer_to_answer_ms(page: Page, digit: int) -> float:
    """Draw one digit on the empty canvas, time its answer, check it, and clear the canvas."""
    page.evaluate(_STOPWATCH)
    draw(page, _ONE_STROKE[digit])
    page.wait_for_function("window.pointerToAnswerMs !== null")
    elapsed: object = page.evaluate("window.pointerToAnswerMs")
    expect(page.locator(ANSWER)).to_have_text(str(digit))
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_text(EMPTY)).to_be_visible()
    return float(str(elapsed))


def _print_visits(page: Page, loaded_s: float) -> None:
    """Each page for the first time in the server's life, then again; beside them, how often Draw could be loaded."""
    first = {title: switch_seconds(page, title) for title in PAGES}
    again = {title: switch_seconds(page, title) for title in ("Draw", *PAGES)}
    for title, seconds in first.items():
        print(f"first visit of {title}: {seconds:.1f} s, {seconds / loaded_s:.1f} times a load of Draw")
    for title, seconds in again.items():
        print(f"switch to {title}: {seconds:.1f} s, {seconds / loaded_s:.1f} times a load of Draw")
    switch_seconds(page, "Draw")


def main() -> None:
    """Print loads and switches, then the first drawing's time, and median and largest of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help=f"each draws {len(_ONE_STROKE)} digits; 0 draws none")
    arguments = parser.parse_args()
    rounds: int = arguments.rounds
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("No Chromium on this machine: install it, e.g. `apt-get install chromium`.")
    with (
        tempfile.TemporaryDirectory() as data_root,
        running_dashboard(Path(data_root), dict(os.environ)) as address,
        running_chromium(chromium) as browser,
    ):
        cold_s = load_seconds(browser, address)
        loads_s = [load_seconds(browser, address) for _ in range(3)]
        print(f"address to usable canvas: {cold_s:.1f} s at first, then {statistics.median(loads_s):.1f} s")
        with visit(browser, address) as page:
            _print_visits(page, statistics.median(loads_s))
            times_ms = [pointer_to_answer_ms(page, digit) for _ in range(rounds) for digit in _ONE_STROKE]
    if times_ms:
        print(
            f"pointer-up to answer, {len(times_ms)} drawings: first {times_ms[0]:.0f} ms, "
            f"median {statistics.median(times_ms):.0f} ms, slowest {max(times_ms):.0f} ms"
        )


if __name__ == "__main__":
    main()
