"""A person who writes a number with the mouse, in real Chromium."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser import canvas_box, visit
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.data.drawings import DrawingStore
from shared.sheet import CANVAS_PX

pytestmark = pytest.mark.browser
expect.set_options(timeout=180_000)


def write(page: Page, digits: str) -> None:
    """Write a number from left to right, a stroke at a time."""
    box = canvas_box(page)
    unit = box["height"] / CANVAS_PX
    for place, digit in enumerate(digits):
        for line in DIGIT_STROKES[int(digit)]:
            points = [
                (box["x"] + (20 + 130 * place + x * 0.95) * unit, box["y"] + (60 + y * 1.1) * unit) for x, y in line
            ]
            page.mouse.move(*points[0])
            page.mouse.down()
            for x, y in points[1:]:
                page.mouse.move(x, y, steps=4)
            page.mouse.up()


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 720)])
def test_a_number_is_written_corrected_and_saved(
    chromium: Browser, dashboard: str, data_root: Path, width: int, height: int
) -> None:
    """Canvas and text are in sight without scrolling; a corrected digit is saved as what the person says."""
    with visit(chromium, f"{dashboard}/?source=Number", width=width, height=height) as page:
        write(page, "2024")
        text = page.locator(".st-key-page_text code")
        expect(text).to_have_text("2024")
        expect(page.locator(".st-key-boxes .box")).to_have_count(4)
        for found in (page.locator('[class*="st-key-canvas_"] canvas.upper-canvas'), text):
            box = found.bounding_box()
            assert box is not None
            assert min(box["x"], box["y"]) >= 0
            assert box["x"] + box["width"] <= width
            assert box["y"] + box["height"] <= height
        store = DrawingStore(data_root / "drawings")
        before = len(store.all().drawings)
        page.locator('[class*="st-key-digits_"]').get_by_role("radio", name="4").click()
        page.locator('[class*="st-key-is_"]').get_by_role("radio", name="9", exact=True).click()
        expect(text).to_have_text("2029")
        page.get_by_role("button", name="Save 4 digits").click()
        expect(page.get_by_text("Saved 4 digits")).to_be_visible()
        assert [each.label for each in store.all().drawings[before:]] == [2, 0, 2, 9]


def test_either_canvas_has_its_size_when_it_takes_the_others_place(chromium: Browser, dashboard: str) -> None:
    """From one digit to a number and back: never the component's own size, and never its toolbar."""
    with visit(chromium, dashboard, width=1280, height=900) as page:
        sizes = {"Canvas": canvas_box(page)["width"]}
        for source, proportion in (("Number", 2), ("Canvas", 1), ("Number", 2)):
            page.get_by_role("radio", name=source, exact=True).click()
            page.wait_for_timeout(500)
            box = canvas_box(page)
            assert box["width"] == pytest.approx(proportion * box["height"], abs=2)
            assert box["width"] == pytest.approx(sizes.setdefault(source, box["width"]), abs=1)
            assert box["x"] + box["width"] <= 1280
            assert page.locator(".dc-toolbar").first.is_hidden()
