"""Use the real dashboard and keep pictures of it for the README: `make screenshots`."""

import io
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PIL import Image
from playwright.sync_api import Page, expect
from scripts.page_photograph import held_out_page
from tests.browser import Theme, draw, open_page, running_dashboard, wait_until_idle
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.config import PROJECT_ROOT

DOCS = PROJECT_ROOT / "docs"
_COMPARE_HEIGHT_PX = 1310
"""The page Compare down to its last button."""
_OTHER_SCREENS: Final[tuple[tuple[str, int, int, Theme], ...]] = (
    ("draw-dark", 1280, 1080, "dark"),
    ("draw-tablet", 820, 1180, "light"),
    ("draw-phone", 390, 844, "light"),
    ("draw-phone-dark", 390, 844, "dark"),
)


def picture_draw(page: Page, name: str = "draw") -> None:
    """A crossed seven, read and explained."""
    draw(page, DIGIT_STROKES[7])
    expect(page.get_by_text("This is a 7.")).to_be_visible(timeout=30_000)
    page.get_by_text("training digits most like it").wait_for()
    page.locator('[data-testid="stVegaLiteChart"] .marks').first.wait_for()
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle")
    page.wait_for_function("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    page.screenshot(path=DOCS / f"{name}.png")


def picture_page(page: Page) -> None:
    """A photographed page of a held-out writer, each digit in its box."""
    page.locator('input[type="file"]').set_input_files(
        {"name": "numbers.png", "mimeType": "image/png", "buffer": held_out_page()}
    )
    page.locator(".st-key-boxes .box").first.wait_for(timeout=60_000)
    wait_until_idle(page)
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle")
    shown = Image.open(io.BytesIO(page.screenshot()))
    shown.save(DOCS / "page.webp", quality=80)


def picture_ensemble(page: Page) -> None:
    """What the shipped ensemble does, and what it reads in the drawing."""
    page.get_by_role("link", name="Ensemble").click()
    page.get_by_text("Your drawing, read by this choice").wait_for()
    page.get_by_text("Every ensemble of these models").wait_for()
    wait_until_idle(page)
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=DOCS / "ensemble.png", full_page=True)


def picture_compare(page: Page) -> None:
    """The shipped models beside one another, on validation."""
    page.get_by_role("heading", name="Compare").wait_for()
    page.locator('[data-testid="stVegaLiteChart"]').first.wait_for()
    wait_until_idle(page)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=DOCS / "compare.png", full_page=True)


def picture_train(page: Page) -> None:
    """A quick trial in its sixth epoch or a later one, under the form it was started from."""
    page.get_by_role("combobox", name="Recipe").click()
    page.get_by_role("option", name="baseline").click()
    page.get_by_text("Quick trial").click()
    wait_until_idle(page)
    page.get_by_role("button", name="Start").click()
    page.get_by_text("New run", exact=True).click()
    page.get_by_text(re.compile(r"^Epoch ([6-9]|\d\d) of 100")).wait_for(timeout=120_000)
    page.screenshot(path=DOCS / "train.png", full_page=True)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Cancelled after").wait_for()


def main() -> None:
    """Start the dashboard, use it, take the pictures."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("No Chromium on this machine: install it, e.g. `apt-get install chromium`.")
    with tempfile.TemporaryDirectory() as data_root, running_dashboard(Path(data_root), dict(os.environ)) as address:
        with open_page(chromium, address, height=1080) as page:
            picture_draw(page)
            page.set_viewport_size({"width": 1280, "height": 1250})
            picture_ensemble(page)
        for name, width, height, theme in _OTHER_SCREENS:
            with open_page(chromium, address, width=width, height=height, theme=theme) as page:
                picture_draw(page, name)
        with open_page(chromium, f"{address}/?source=Photo", height=800) as page:
            picture_page(page)
        with open_page(chromium, f"{address}/compare", height=_COMPARE_HEIGHT_PX) as page:
            picture_compare(page)
        with open_page(chromium, f"{address}/train", height=1250) as page:
            picture_train(page)
    print(f"Wrote the pictures in {DOCS}.")


if __name__ == "__main__":
    main()
