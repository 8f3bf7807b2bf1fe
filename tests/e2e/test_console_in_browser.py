"""Nothing goes wrong unseen: the browser's console stays without an error, in real Chromium."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect
from tests.browser import draw, plain_environment, running_dashboard, wait_until_idle
from tests.digit_strokes import DIGIT_STROKES

pytestmark = pytest.mark.browser
expect.set_options(timeout=180_000)

_ADDRESSES: Final = {
    "Draw": "",
    "Ensemble": "ensemble",
    "Train": "train",
    "Compare": "compare",
    "Saved drawings": "drawings",
}
_PROBES: Final = ("/_stcore/health", "/_stcore/host-config")
"""Streamlit's browser half looks for its server below the page's address first, /train/_stcore/health, and asks at the
root when nothing answers there. It cannot be told where the server is, and the console notes each miss."""


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard with the shipped models."""
    with running_dashboard(tmp_path_factory.mktemp("data"), plain_environment()) as address:
        yield address


@pytest.fixture()
def page(chromium: Browser) -> Iterator[Page]:
    """A window on nothing yet."""
    with chromium.new_context() as visitor:
        opened = visitor.new_page()
        opened.set_default_timeout(180_000)
        yield opened


def _listen(page: Page) -> list[str]:
    """What goes wrong from now on, but for Streamlit's own probes."""
    wrong: list[str] = []

    def note(message: ConsoleMessage) -> None:
        source = str(message.location["url"])
        if message.type == "error" and not source.endswith(_PROBES):
            wrong.append(f"{message.text} ({source})")

    def note_uncaught(error: Error) -> None:
        wrong.append(str(error))

    page.on("console", note)
    page.on("pageerror", note_uncaught)
    return wrong


def _wait_for(page: Page, title: str) -> None:
    expect(page).to_have_title(f"{title} · handwriting-ai")
    page.get_by_test_id("stMain").get_by_role("heading").first.wait_for()
    wait_until_idle(page)


@pytest.mark.parametrize("title", _ADDRESSES)
def test_a_page_opened_by_its_address_has_no_error(page: Page, dashboard: str, title: str) -> None:
    """Streamlit's probes are left out: they find nothing below the page's own address, and are no fault of it."""
    wrong = _listen(page)
    page.goto(f"{dashboard}/{_ADDRESSES[title]}")
    _wait_for(page, title)
    assert wrong == []


def test_pages_opened_by_the_menu_have_no_error(page: Page, dashboard: str) -> None:
    """With a drawing, all pages one after the other, and the sources of Draw."""
    wrong = _listen(page)
    page.goto(dashboard)
    _wait_for(page, "Draw")
    draw(page, DIGIT_STROKES[4])
    expect(page.locator(".reading .figure")).to_have_text("4")
    for source in ("Photo", "Test digit", "Canvas"):
        page.get_by_role("radio", name=source).click()
        wait_until_idle(page)
    for title in (*list(_ADDRESSES)[1:], "Draw"):
        page.get_by_role("link", name=title, exact=True).click()
        _wait_for(page, title)
    assert wrong == []
