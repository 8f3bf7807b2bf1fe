"""A person who compares and combines models, in real Chromium."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser import draw, plain_environment, running_dashboard, visit, wait_until_idle
from tests.digit_strokes import DIGIT_STROKES
from tests.evaluation.samples import register_with_predictions

pytestmark = pytest.mark.browser
expect.set_options(timeout=180_000)


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard with two models, which misread 20 and 30 validation digits in one view."""
    data = tmp_path_factory.mktemp("data")
    register_with_predictions(data / "models", "one")
    register_with_predictions(data / "models", "two", errors=30, seed=5)
    environment = plain_environment() | {"DIGITS__MODEL_DIR": str(data / "models")}
    with running_dashboard(data, environment) as address:
        yield address


@pytest.fixture()
def page(chromium: Browser, dashboard: str) -> Iterator[Page]:
    """The Draw page, to which somebody comes for the first time."""
    with visit(chromium, dashboard) as opened:
        yield opened


def _metric(page: Page, label: str, text: str) -> None:
    value = page.locator(f'[data-testid="stMetric"]:has-text("{label}") [data-testid="stMetricValue"]')
    expect(value).to_have_text(text)


def test_an_ensemble_is_chosen_live_and_used(page: Page) -> None:
    """Members, views and temperature change the figures; then the Draw page reads with the choice."""
    draw(page, DIGIT_STROKES[7])
    expect(page.locator(".reading .figure")).to_be_visible()
    page.get_by_role("link", name="Ensemble").click()
    page.get_by_role("button", name="two", exact=True).click()
    page.get_by_role("radio", name="1 view", exact=True).click()
    _metric(page, "Errors", "20")
    page.get_by_role("button", name="two", exact=True).click()
    page.get_by_role("button", name="one", exact=True).click()
    _metric(page, "Errors", "30")
    page.get_by_role("radio", name="Slider").click()
    slider = page.get_by_role("slider", name="One temperature for all members")
    slider.wait_for()
    wait_until_idle(page)  # the figures are the slider's by now
    before = page.locator('[data-testid="stMetric"]:has-text("NLL")').inner_text()
    slider.press("PageUp")
    expect(page.locator('[data-testid="stMetric"]:has-text("NLL")')).not_to_have_text(before)
    expect(page.get_by_text("DIGITS__TEMPERATURE_OVERRIDE")).to_be_attached()
    wait_until_idle(page)
    page.get_by_role("button", name="Use it in this session").click()
    expect(page.get_by_text("reads with this choice")).to_be_visible()
    page.get_by_role("link", name="Draw", exact=True).click()
    wait_until_idle(page)
    expect(page.get_by_text("Read by 1 model of your choice")).to_be_visible()


def test_a_click_on_a_confusion_shows_its_digits(page: Page) -> None:
    """Four misread digits of one cell; then two models side by side."""
    page.get_by_role("link", name="Compare").click()
    page.get_by_role("radio", name="1 view", exact=True).click()
    page.get_by_role("tab", name="Confusion").click()
    cells = page.get_by_role("combobox", name="Which digits")
    expect(cells).to_have_value("All misread digits (20)")
    wait_until_idle(page)
    # The cell's count lies above its square.
    page.locator('[data-testid="stVegaLiteChart"] text[aria-label*="Read as: 4; Label: 3"]').click()
    expect(cells).to_have_value(re.compile(r"3 read as 4 \(\d+\)"))
    expect(page.get_by_text("3 as 4, ").first).to_be_visible()
    expect(page.get_by_text("0 as 1, ")).to_have_count(0)
    page.get_by_role("tab", name="Two models").click()
    expect(page.get_by_text("McNemar").first).to_be_visible()
