"""A person who teaches a model a hand, in real Chromium."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser import draw, plain_environment, running_dashboard, visit, wait_until_idle
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.config import PROJECT_ROOT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]  # the lesson may wait a while for a busy machine
expect.set_options(timeout=180_000)


@pytest.fixture()
def page(chromium: Browser, tmp_path: Path, model_dir: Path) -> Iterator[Page]:
    """The Draw page of a dashboard in a hurry, with two models that have learnt nothing."""
    environment = plain_environment() | {"DIGITS__MODEL_DIR": str(model_dir), "DIGITS__ACTIVE_MODEL": "first"}
    paths = [str(PROJECT_ROOT), str(PROJECT_ROOT / "app"), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    with (
        running_dashboard(tmp_path, environment, module="tests.e2e.quick_app") as address,
        visit(chromium, address) as opened,
    ):
        yield opened


def test_ten_digits_are_drawn_taught_and_the_model_drawn_with(page: Page) -> None:
    """Each is saved with its label; the report leads back to the canvas, where the new model reads."""
    for digit, lines in DIGIT_STROKES.items():
        draw(page, lines)
        expect(page.locator(".reading .figure")).to_be_visible()
        wait_until_idle(page)
        page.get_by_role("radio", name=str(digit), exact=True).click()
        expect(page.get_by_text(f"{digit}. You find it under")).to_be_visible()
        page.get_by_role("button", name="Clear", exact=True).click()
        expect(page.get_by_text("Draw one digit on the canvas")).to_be_visible()
    page.get_by_role("link", name="Saved drawings").click()
    page.get_by_text("Teach a model this hand").click()
    page.get_by_role("button", name="Teach from 10 drawings").click()
    expect(page.get_by_text("MNIST's validation")).to_be_visible()
    wait_until_idle(page)
    page.get_by_role("button", name="Draw with it").click()
    expect(page.get_by_role("heading", name="Draw a digit")).to_be_visible()
    draw(page, DIGIT_STROKES[3])
    expect(page.get_by_text("1 model of your choice").first).to_be_visible()
