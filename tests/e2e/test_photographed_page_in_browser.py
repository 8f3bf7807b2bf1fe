"""A person with a photograph of numbers, in real Chromium."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.browser import visit
from tests.made_pages import as_file, few_numbers

from handwriting_ai.data.drawings import DrawingStore

pytestmark = pytest.mark.browser
expect.set_options(timeout=180_000)


def test_a_digit_of_a_photographed_page_is_corrected_and_all_are_saved(
    chromium: Browser, dashboard: str, data_root: Path
) -> None:
    """A click on its box opens it; the text and what is saved follow the correction."""
    made = few_numbers()
    with visit(chromium, f"{dashboard}/?source=Photo") as page:
        page.locator('input[type="file"]').set_input_files(
            {"name": "numbers.png", "mimeType": "image/png", "buffer": as_file(made)}
        )
        text = page.locator(".st-key-page_text code")
        expect(text).to_have_text(made.text)
        boxes = page.locator(".st-key-boxes .box")
        expect(boxes).to_have_count(len(made.digits))
        shown = page.locator(".st-key-boxes img").bounding_box()
        second = boxes.nth(1).bounding_box()
        assert shown is not None
        assert second is not None
        middle = made.digits[1].box
        picture_px: int = made.picture.shape[1]
        expected = shown["x"] + (middle.left + middle.width / 2) * shown["width"] / picture_px
        assert abs(second["x"] + second["width"] / 2 - expected) < 5
        boxes.nth(1).click()
        expect(page.get_by_role("heading", name="Digit 2 of 6")).to_be_visible()
        page.locator('[class*="st-key-is_"]').get_by_role("radio", name="9", exact=True).click()
        labels = [made.digits[0].label, 9, *(digit.label for digit in made.digits[2:])]
        said = "".join(map(str, labels))
        expect(text).to_have_text(f"{said[:3]}\n{said[3:]}")
        expect(boxes.nth(1)).to_have_text("9✓")
        page.get_by_role("button", name="Save 6 digits").click()
        expect(page.get_by_text("Saved 6 digits")).to_be_visible()
        assert [each.label for each in DrawingStore(data_root / "drawings").all().drawings] == labels
