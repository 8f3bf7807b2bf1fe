"""Where things lie on screens of every size, in real Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Request, expect
from tests.browser import canvas_box, draw, plain_environment, running_dashboard, visit
from tests.digit_strokes import DIGIT_STROKES

pytestmark = pytest.mark.browser
expect.set_options(timeout=180_000)

_SCREENS = (
    (390, 844),
    (768, 1024),
    (820, 1180),
    (1024, 768),
    (1180, 820),
    (1280, 720),
    (1366, 768),
    (1440, 900),
    (1920, 1080),
    (720, 450),  # 1440 x 900 at 200 % zoom
)
_LARGEST_PX, _SHARE_OF_HEIGHT = 420, 0.55
_PHONE_PX = 640


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard with the shipped models."""
    with running_dashboard(tmp_path_factory.mktemp("data"), plain_environment()) as address:
        yield address


def _box(found: Locator) -> FloatRect:
    box = found.bounding_box()
    assert box is not None
    return box


@pytest.mark.parametrize(("width", "height"), _SCREENS)
def test_canvas_and_answer_are_wholly_in_sight(chromium: Browser, dashboard: str, width: int, height: int) -> None:
    """Without scrolling, on every screen: the canvas square and large, the answer beside it, above it on a phone."""
    with visit(chromium, dashboard, width=width, height=height) as page:
        draw(page, DIGIT_STROKES[8])
        expect(page.locator(".reading .figure")).to_have_text("8")
        canvas, answer = canvas_box(page), _box(page.locator(".reading"))
        for box in (canvas, answer):
            assert box["x"] >= 0
            assert box["y"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["y"] + box["height"] <= height
        scrolled: object = page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
        assert scrolled == 0
        assert canvas["width"] == pytest.approx(canvas["height"], abs=1)
        assert canvas["width"] >= min(0.9 * width, _LARGEST_PX, _SHARE_OF_HEIGHT * height) - 1
        if width <= _PHONE_PX:
            assert answer["y"] + answer["height"] <= canvas["y"] + 1
        else:
            assert answer["x"] >= canvas["x"] + canvas["width"]


def test_on_a_phone_the_menu_closes_after_a_choice(chromium: Browser, dashboard: str) -> None:
    """It would lie over the page that was chosen."""
    with visit(chromium, dashboard, width=390, height=844) as page:
        page.get_by_test_id("stExpandSidebarButton").click()
        page.get_by_role("link", name="Saved drawings").click()
        expect(page.get_by_role("heading", name="Saved drawings")).to_be_visible()
        expect(page.get_by_role("link", name="Saved drawings")).not_to_be_in_viewport()


@pytest.mark.parametrize("address", ["", "ensemble", "compare", "drawings"])
def test_nothing_comes_from_the_web_and_each_tab_is_titled(chromium: Browser, dashboard: str, address: str) -> None:
    """Not even an icon; the title is the page's."""
    titles = {"": "Draw", "ensemble": "Ensemble", "compare": "Compare", "drawings": "Saved drawings"}
    with chromium.new_context() as visitor:
        page = visitor.new_page()
        asked: list[str] = []

        def note(request: Request) -> None:
            asked.append(request.url)

        page.on("request", note)
        page.goto(f"{dashboard}/{address}")
        expect(page).to_have_title(f"{titles[address]} · handwriting-ai")
        expect(page.get_by_test_id("stMain").get_by_role("heading").first).to_be_visible()
        assert [each for each in asked if not each.startswith((dashboard, "data:", "blob:"))] == []
