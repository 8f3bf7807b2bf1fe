"""From pointer-up to the answer on screen, in a real Chromium: `python benchmarks/page_latency.py`.

Starts the dashboard as a person would, draws digits of one stroke with the mouse and takes both times in the browser:
when the pointer is released, and when the first frame with the answer has been laid out.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Page, expect
from tests.browser import draw, open_page, running_dashboard
from tests.digit_strokes import DIGIT_STROKES

ANSWER: Final = ".reading .figure"
EMPTY: Final = "Draw one digit on the canvas"
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


def main() -> None:
    """Print the first drawing's time, and median and largest of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help=f"each draws {len(_ONE_STROKE)} digits")
    arguments = parser.parse_args()
    rounds: int = arguments.rounds
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("No Chromium on this machine: install it, e.g. `apt-get install chromium`.")
    with (
        tempfile.TemporaryDirectory() as data_root,
        running_dashboard(Path(data_root), dict(os.environ)) as address,
        open_page(chromium, address) as page,
    ):
        times_ms = [pointer_to_answer_ms(page, digit) for _ in range(rounds) for digit in _ONE_STROKE]
    print(
        f"pointer-up to answer, {len(times_ms)} drawings: first {times_ms[0]:.0f} ms, "
        f"median {statistics.median(times_ms):.0f} ms, slowest {max(times_ms):.0f} ms"
    )


if __name__ == "__main__":
    main()
