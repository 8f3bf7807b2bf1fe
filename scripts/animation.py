"""Half a minute of the dashboard as an animated picture: `python scripts/animation.py`."""

import io
import math
import os
import shutil
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect
from tests.browser import canvas_box, on_canvas, open_page, running_dashboard, wait_until_idle
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.strokes import Stroke, render

TARGET: Final = PROJECT_ROOT / "docs" / "draw.webp"
_WIDTH_PX, _HEIGHT_PX = 1100, 860
_STROKE_MS, _LOOK_MS, _READ_MS = 120, 1_500, 4_000
"""How long a frame stands while the pen moves, after a change, and where there is something to read."""
_PIECE_PX: Final = 12
_FRAME_EVERY_PX: Final = 48
"""How far the pen moves at once, and from frame to frame."""
_FIGURE: Final = ".reading .figure"


class Film:
    """Frames of a page, and how long each stands."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._frames: list[Image.Image] = []
        self._durations_ms: list[int] = []

    def take(self, duration_ms: int) -> None:
        """One frame."""
        self._frames.append(Image.open(io.BytesIO(self.page.screenshot())).convert("RGB"))
        self._durations_ms.append(duration_ms)

    def save(self, path: Path) -> None:
        """All of them, played again and again."""
        first, *rest = self._frames
        first.save(path, save_all=True, append_images=rest, duration=self._durations_ms, loop=0, quality=60, method=6)


def draw_slowly(film: Film, digit: int) -> None:
    """With a frame every few points of the pen."""
    page = film.page
    box = canvas_box(page)
    for line in DIGIT_STROKES[digit]:
        points = [on_canvas(box, point) for point in line]
        page.mouse.move(*points[0])
        page.mouse.down()
        way_px = 0.0
        for (from_x, from_y), (to_x, to_y) in pairwise(points):
            pieces = max(1, round(math.dist((from_x, from_y), (to_x, to_y)) / _PIECE_PX))
            for piece in range(1, pieces + 1):
                share = piece / pieces
                page.mouse.move(from_x + (to_x - from_x) * share, from_y + (to_y - from_y) * share)
                way_px += math.dist((from_x, from_y), (to_x, to_y)) / pieces
                if way_px >= _FRAME_EVERY_PX:
                    film.take(_STROKE_MS)
                    way_px = 0.0
        page.mouse.up()
    expect(page.locator(_FIGURE)).to_have_text(str(digit), timeout=60_000)
    _settle(page)
    film.take(_READ_MS)


def photograph(digit: int) -> bytes:
    """A digit as it comes from a camera: grey paper, dark ink, softer to one side."""
    lines = [[(x * 3 + 170, y * 3 + 100) for x, y in line] for line in DIGIT_STROKES[digit]]
    strokes: list[Stroke] = [np.array(line, dtype=np.float64) for line in lines]
    ink = render(strokes, pen_px=26, side_px=640)
    light = np.linspace(228, 196, 640, dtype=np.float32)
    shaded = np.subtract(light[np.newaxis, :], np.multiply(ink, np.float32(0.6)), dtype=np.float32)
    buffer = io.BytesIO()
    Image.fromarray(shaded.astype(np.uint8)).save(buffer, format="PNG")
    return buffer.getvalue()


def _settle(page: Page) -> None:
    wait_until_idle(page)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1_500)  # charts draw themselves


def play(film: Film) -> None:
    """Draw, answer, why, photograph."""
    page = film.page
    film.take(_LOOK_MS)
    draw_slowly(film, 7)
    page.mouse.wheel(0, 600)
    page.get_by_text("training digits most like it").wait_for()
    _settle(page)
    film.take(_READ_MS + _LOOK_MS)
    page.mouse.wheel(0, -900)
    page.get_by_role("button", name="Clear", exact=True).click()
    page.get_by_text("Draw one digit on the canvas").wait_for()
    _settle(page)
    film.take(_LOOK_MS)
    draw_slowly(film, 4)
    page.get_by_role("radio", name="Photo").click()
    page.locator('input[type="file"]').wait_for(state="attached")
    _settle(page)
    film.take(_LOOK_MS)
    files: list[FilePayload] = [
        {"name": f"{digit}.png", "mimeType": "image/png", "buffer": photograph(digit)} for digit in (3, 8, 5)
    ]
    page.locator('input[type="file"]').set_input_files(files)
    expect(page.locator(_FIGURE)).to_have_text("5", timeout=60_000)
    _settle(page)
    film.take(_READ_MS)
    page.get_by_role("button", name="3", exact=True).click()
    expect(page.locator(_FIGURE)).to_have_text("3", timeout=60_000)
    _settle(page)
    film.take(_READ_MS)


def main() -> None:
    """Start the dashboard, play, save."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("No Chromium on this machine: install it, e.g. `apt-get install chromium`.")
    with (
        tempfile.TemporaryDirectory() as data_root,
        running_dashboard(Path(data_root), dict(os.environ)) as address,
        open_page(chromium, address, width=_WIDTH_PX, height=_HEIGHT_PX) as page,
    ):
        film = Film(page)
        play(film)
    film.save(TARGET)
    print(f"Wrote {TARGET}, {TARGET.stat().st_size / 1e6:.1f} MB.")


if __name__ == "__main__":
    main()
