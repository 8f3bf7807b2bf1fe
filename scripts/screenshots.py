"""Draw a seven on the real dashboard and keep the picture for the README: `make screenshots`."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import expect
from tests.browser import draw, open_page, running_dashboard
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.config import PROJECT_ROOT

TARGET = PROJECT_ROOT / "docs" / "draw.png"


def main() -> None:
    """Start the dashboard, draw, wait for the answer, take the picture."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("No Chromium on this machine: install it, e.g. `apt-get install chromium`.")
    with (
        tempfile.TemporaryDirectory() as data_root,
        running_dashboard(Path(data_root), dict(os.environ)) as address,
        open_page(chromium, address, height=1250) as page,
    ):
        draw(page, DIGIT_STROKES[7])
        expect(page.get_by_text("The models are sure")).to_be_visible(timeout=30_000)
        page.get_by_text("28 × 28, centred").wait_for()
        page.mouse.move(0, 0)
        page.wait_for_load_state("networkidle")
        page.wait_for_function("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
        page.screenshot(path=TARGET, full_page=True)
    print(f"Wrote {TARGET}.")


if __name__ == "__main__":
    main()
