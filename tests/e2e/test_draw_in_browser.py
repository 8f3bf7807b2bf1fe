"""A person with a mouse, in real Chromium."""

import base64
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect
from tests.browser import canvas_box, draw, on_canvas, visit, wait_until_idle
from tests.digit_strokes import DIGIT_STROKES, Line

from handwriting_ai.data.drawings import DrawingStore
from shared.sheet import CANVAS_PX

pytestmark = pytest.mark.browser
expect.set_options(timeout=180_000)

_SCRIBBLE: Line = [(float(x), float(y)) for x in range(0, 105, 6) for y in ((5, 140) if x % 12 else (140, 5))]


@pytest.fixture()
def page(chromium: Browser, dashboard: str) -> Iterator[Page]:
    """The Draw page, to which somebody comes for the first time."""
    with visit(chromium, dashboard) as opened:
        yield opened


_FIGURE = ".reading .figure"
_INVITATION = "Draw one digit on the canvas"


def test_each_of_the_ten_digits_is_read_right(page: Page) -> None:
    """Drawn, read, cleared, ten times; the canvas is empty again each time."""
    for digit, lines in DIGIT_STROKES.items():
        draw(page, lines)
        expect(page.locator(_FIGURE)).to_have_text(str(digit))
        page.get_by_role("button", name="Clear", exact=True).click()
        expect(page.get_by_text(_INVITATION)).to_be_visible()


def test_a_scribble_is_never_a_sure_digit(page: Page) -> None:
    """A sentence says that nothing stands out, or what it may be."""
    draw(page, [_SCRIBBLE])
    expect(page.locator(".reading .figure.unsure")).to_be_visible()
    expect(page.get_by_text("does not look like a digit").or_(page.get_by_text("Not sure"))).to_be_visible()


def test_a_drawing_survives_a_page_switch_and_is_saved(page: Page) -> None:
    """Draw, look at another page, come back, save, and find it there."""
    draw(page, DIGIT_STROKES[7])
    expect(page.locator(_FIGURE)).to_have_text("7")
    page.get_by_role("link", name="Saved drawings").click()
    expect(page.get_by_role("heading", name="Saved drawings")).to_be_visible()
    page.get_by_role("link", name="Draw", exact=True).click()
    expect(page.locator(_FIGURE)).to_have_text("7")
    wait_until_idle(page)  # the canvas reports its drawing once more when it is back
    page.get_by_role("radio", name="7", exact=True).click()
    expect(page.get_by_text("Saved as a 7")).to_be_visible()


def test_a_drawing_is_saved_where_it_lies(page: Page, data_root: Path) -> None:
    """What is saved to train on lies where the pointer was, however large the canvas is on the screen."""
    draw(page, DIGIT_STROKES[1])
    expect(page.locator(_FIGURE)).to_have_text("1")
    box = canvas_box(page)
    assert box["width"] > CANVAS_PX
    page.get_by_role("radio", name="1", exact=True).click()
    expect(page.get_by_text("Saved as a 1")).to_be_visible()
    (saved,) = [each for each in DrawingStore(data_root / "drawings").all().drawings if each.label == 1]
    unit = box["width"] / saved.canvas_px
    x, y = saved.strokes[-1][-1]
    assert (box["x"] + x * unit, box["y"] + y * unit) == pytest.approx(on_canvas(box, DIGIT_STROKES[1][0][-1]), abs=3)


def test_the_canvas_has_one_set_of_controls(page: Page) -> None:
    """The component's own toolbar is neither seen when the mouse comes, nor reached by the keyboard."""
    draw(page, DIGIT_STROKES[1])
    box = canvas_box(page)
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + 20)
    toolbar = page.locator(".dc-toolbar")
    expect(toolbar).to_be_hidden()
    expect(page.get_by_role("button", name="Edit", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Clear", exact=True)).to_be_enabled()


def test_a_stroke_begun_right_after_clear_is_kept(page: Page) -> None:
    """The canvas is emptied at once, and by nothing that comes later."""
    draw(page, DIGIT_STROKES[8])
    expect(page.locator(_FIGURE)).to_have_text("8")
    box = canvas_box(page)
    clear = page.get_by_role("button", name="Clear", exact=True)
    clear.dispatch_event("click")
    points = [on_canvas(box, point) for point in DIGIT_STROKES[1][0]]
    page.mouse.move(*points[0])
    page.mouse.down()
    expect(page.get_by_text(_INVITATION)).to_be_visible()  # the server has answered while the pen is down
    for x, y in points[1:]:
        page.mouse.move(x, y, steps=4)
    page.mouse.up()
    expect(page.locator(_FIGURE)).to_have_text("1")


def test_undo_takes_strokes_away_and_brings_back_what_was_cleared(page: Page) -> None:
    """Stroke by stroke; the drawing that was cleared as a whole."""
    undo = page.get_by_role("button", name="Undo", exact=True)
    expect(undo).to_be_disabled()
    draw(page, DIGIT_STROKES[1])
    expect(page.locator(_FIGURE)).to_have_text("1")
    undo.click()
    expect(page.get_by_text(_INVITATION)).to_be_visible()
    expect(undo).to_be_disabled()
    draw(page, DIGIT_STROKES[9])
    expect(page.locator(_FIGURE)).to_have_text("9")
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_text(_INVITATION)).to_be_visible()
    undo.click()
    expect(page.locator(_FIGURE)).to_have_text("9")
    undo.click()
    expect(page.get_by_text(_INVITATION)).to_be_visible()


def test_a_bad_upload_is_explained_and_the_page_goes_on(page: Page) -> None:
    """A text file with a picture's name."""
    page.get_by_role("radio", name="Photo").click()
    page.locator('input[type="file"]').set_input_files(
        {"name": "digit.png", "mimeType": "image/png", "buffer": b"not a picture"}
    )
    expect(page.get_by_text("not a picture that can be read")).to_be_visible()
    page.get_by_role("radio", name="Canvas").click()
    draw(page, DIGIT_STROKES[2])
    expect(page.locator(_FIGURE)).to_have_text("2")


_COPY = """async base64 => {
    const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0))
    await navigator.clipboard.write([new ClipboardItem({"image/png": new Blob([bytes], {type: "image/png"})})])
}"""


def test_a_picture_is_pasted_from_the_clipboard(page: Page) -> None:
    """With the keyboard, wherever the focus is, on *Photo*; it is read like a file."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    picture = Image.new("L", (200, 200), "white")
    ImageDraw.Draw(picture).line(DIGIT_STROKES[1][0], fill="black", width=14)
    packed = BytesIO()
    picture.save(packed, "PNG")
    page.get_by_role("radio", name="Photo").click()
    expect(page.get_by_test_id("stFileUploader")).to_be_visible()
    wait_until_idle(page)
    page.evaluate(_COPY, base64.b64encode(packed.getvalue()).decode())
    page.keyboard.press("Control+V")
    expect(page.locator(_FIGURE)).to_have_text("1")
