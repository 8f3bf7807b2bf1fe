"""A person with a mouse, in real Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser import canvas_box, draw, on_canvas, plain_environment, running_dashboard, visit, wait_until_idle
from tests.digit_strokes import DIGIT_STROKES, Line

from handwriting_ai.data.drawings import DrawingStore

pytestmark = pytest.mark.browser
expect.set_options(timeout=180_000)

_LEFTWARDS_PX, _UPWARDS_PX = 50, 30
_SCRIBBLE: Line = [(float(x), float(y)) for x in range(0, 105, 6) for y in ((5, 140) if x % 12 else (140, 5))]


@pytest.fixture(scope="module")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the dashboard keeps drawings."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def dashboard(data_root: Path) -> Iterator[str]:
    """A dashboard with the shipped models; what a visitor draws and chooses is of no account to the next."""
    with running_dashboard(data_root, plain_environment()) as address:
        yield address


@pytest.fixture()
def page(chromium: Browser, dashboard: str) -> Iterator[Page]:
    """The Draw page, to which somebody comes for the first time."""
    with visit(chromium, dashboard) as opened:
        yield opened


def _metric(label: str) -> str:
    return f'[data-testid="stMetric"]:has-text("{label}") [data-testid="stMetricValue"]'


def test_each_of_the_ten_digits_is_read_right(page: Page) -> None:
    """Drawn, read, cleared, ten times; the canvas is empty again each time."""
    for digit, lines in DIGIT_STROKES.items():
        draw(page, lines)
        expect(page.locator(_metric("Answer"))).to_have_text(str(digit))
        page.get_by_role("button", name="Clear", exact=True).click()
        expect(page.get_by_text("Draw one digit on the canvas")).to_be_visible()


def test_a_scribble_is_never_a_sure_digit(page: Page) -> None:
    """A question mark stands where the answer would, and a sentence says why."""
    draw(page, [_SCRIBBLE])
    expect(page.locator(_metric("Answer"))).to_have_text("?")
    expect(page.get_by_text("does not look like a digit").or_(page.get_by_text("Uncertain"))).to_be_visible()


def test_a_drawing_survives_a_page_switch_and_is_saved(page: Page) -> None:
    """Draw, look at another page, come back, save, and find it there."""
    draw(page, DIGIT_STROKES[7])
    expect(page.locator(_metric("Answer"))).to_have_text("7")
    page.get_by_role("link", name="Saved drawings").click()
    expect(page.get_by_role("heading", name="Saved drawings")).to_be_visible()
    page.get_by_role("link", name="Draw", exact=True).click()
    expect(page.locator(_metric("Answer"))).to_have_text("7")
    wait_until_idle(page)  # the canvas reports its drawing once more when it is back
    page.get_by_role("radio", name="7", exact=True).click()
    expect(page.get_by_text("Saved as a 7")).to_be_visible()


def test_a_stroke_that_was_moved_is_saved_where_it_lies(page: Page, data_root: Path) -> None:
    """The toolbar's *Edit* drags a line; what is saved to train on lies where the picture that was read has it."""
    draw(page, DIGIT_STROKES[1])
    expect(page.locator(_metric("Answer"))).to_have_text("1")
    box = canvas_box(page)
    foot = on_canvas(box, DIGIT_STROKES[1][0][-1])
    page.mouse.move(*foot)  # the toolbar shows itself
    page.get_by_role("button", name="Edit", exact=True).click()
    picture = page.locator('[data-testid="stImage"] img').first
    unmoved = picture.get_attribute("src") or ""
    page.mouse.move(*foot)
    page.mouse.down()
    page.mouse.move(foot[0] - _LEFTWARDS_PX, foot[1] - _UPWARDS_PX, steps=5)
    page.mouse.up()
    expect(picture).not_to_have_attribute("src", unmoved)
    page.get_by_role("radio", name="1", exact=True).click()
    expect(page.get_by_text("Saved as a 1")).to_be_visible()
    (saved,) = [each for each in DrawingStore(data_root / "drawings").all().drawings if each.label == 1]
    x, y = saved.strokes[-1][-1]
    assert (box["x"] + x + _LEFTWARDS_PX, box["y"] + y + _UPWARDS_PX) == pytest.approx(foot, abs=3)


def test_a_bad_upload_is_explained_and_the_page_goes_on(page: Page) -> None:
    """A text file with a picture's name."""
    page.get_by_text("Upload", exact=True).click()
    page.locator('input[type="file"]').set_input_files(
        {"name": "digit.png", "mimeType": "image/png", "buffer": b"not a picture"}
    )
    expect(page.get_by_text("not a picture that can be read")).to_be_visible()
    page.get_by_text("Canvas", exact=True).click()
    draw(page, DIGIT_STROKES[2])
    expect(page.locator(_metric("Answer"))).to_have_text("2")
