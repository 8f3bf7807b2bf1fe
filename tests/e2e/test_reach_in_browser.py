"""Everybody reaches everything: by keyboard alone, and with weak eyes, in real Chromium."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser import Theme, draw, plain_environment, running_dashboard, visit, wait_until_idle
from tests.digit_strokes import DIGIT_STROKES

pytestmark = pytest.mark.browser
expect.set_options(timeout=180_000)

_MOST_STEPS: Final = 30
_MOST_STOPS: Final = 150
_FOCUS: Final = """async () => {
    const settled = () => new Promise(done => setTimeout(done, 150))
    let focused = document.activeElement
    while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement
    if (!focused || focused === document.body) return ["", "nothing"]
    const look = () => {
        const looks = []
        for (let each = focused, depth = 0; each && depth < 4; each = each.parentElement, depth += 1) {
            const style = getComputedStyle(each)
            looks.push(style.outline, style.boxShadow, style.backgroundColor, style.borderColor, style.color)
        }
        return looks.join()
    }
    await settled()
    const withFocus = look()
    focused.blur()
    await settled()
    const without = look()
    focused.focus()
    const name = (focused.getAttribute("aria-label") || focused.innerText || focused.value || "").trim()
    return [name, withFocus === without ? "" : "seen"]
}"""
"""The name of what has the keyboard's focus, and whether it looks otherwise without it."""
_NUMBER_STOPS: Final = """() => {
    const main = document.querySelector('[data-testid="stMain"]')
    const all = main.querySelectorAll("a[href], button, input, textarea, select, summary, [tabindex]")
    const groups = new Set()
    const stops = [...all].filter(each => {
        const isShown = each.checkVisibility({visibilityProperty: true})
        if (each.tabIndex < 0 || each.matches(":disabled") || !isShown) return false
        const group = each.closest('[data-testid="stButtonGroup"]')
        if (!group || each.closest('[data-testid="stTooltipIcon"]')) return true
        const isFirst = !groups.has(group)
        groups.add(group)
        return isFirst
    })
    stops.forEach((each, place) => { each.dataset.stop = place })
    return stops.map(each => (each.getAttribute("aria-label") || each.innerText || each.tagName).trim())
}"""
"""Numbers what the Tab key must reach, in the order of the page: of a group of choices one, arrows go to the others."""
_STOP: Final = 'document.activeElement?.dataset?.stop ?? ""'
_DRAWN_BY_ITSELF: Final = 'document.activeElement?.tagName === "CANVAS"'
"""A table paints its own ring round the chosen cell: no style tells of it."""
_STILL: Final = "* { transition: none !important; animation: none !important; }"
_LONGEST_NAME: Final = 80
"""Of a control; the page as a whole takes the focus too, to be scrolled, and its name is all of its text."""
_FAINT: Final = """(least) => {
    const parse = text => (text.match(/[\\d.]+/g) || []).map(Number)
    const linear = level => level <= 0.03928 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4
    const luminance = color => {
        const [r, g, b] = color.map(level => linear(level / 255))
        return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const over = (top, bottom) => {
        const alpha = top.length > 3 ? top[3] : 1
        return [0, 1, 2].map(place => top[place] * alpha + bottom[place] * (1 - alpha))
    }
    const ground = element => {
        const layers = []
        for (let each = element; each; each = each.parentElement) {
            const color = parse(getComputedStyle(each).backgroundColor)
            if (color.length === 3 || color[3] > 0) layers.push(color)
        }
        return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255])
    }
    const faint = []
    const main = document.querySelector('[data-testid="stMain"]')
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement
        const text = walker.currentNode.textContent.trim()
        if (!text || !element.checkVisibility()) continue
        if (element.closest('svg, style, [disabled], [aria-disabled=true], [data-testid="stIconMaterial"]')) continue
        const style = getComputedStyle(element)
        if (!style.color.startsWith("rgb")) continue
        const back = ground(element), fore = over(parse(style.color), back)
        const [light, dark] = [luminance(fore), luminance(back)].sort((a, b) => b - a)
        const ratio = (light + 0.05) / (dark + 0.05)
        if (ratio < least) faint.push(`${text.slice(0, 40)}: ${ratio.toFixed(2)}`)
    }
    return faint
}"""
_LEAST_CONTRAST: Final = 4.5
_TRIES, _PAUSE_MS = 20, 500


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard with the shipped models."""
    with running_dashboard(tmp_path_factory.mktemp("data"), plain_environment()) as address:
        yield address


def _walk(page: Page) -> list[tuple[str, str]]:
    """Press Tab often enough to come round once: what is focused, and whether that is seen."""
    page.add_style_tag(content=_STILL)
    seen: list[tuple[str, str]] = []
    for _ in range(_MOST_STEPS):
        page.keyboard.press("Tab")
        found: list[str] = page.evaluate(_FOCUS)
        seen.append((found[0], found[1]))
    return seen


def _faint(page: Page) -> list[str]:
    """The words that do not stand out, once colours have settled: styles come a moment after what they are for."""
    faint: list[str] = page.evaluate(_FAINT, _LEAST_CONTRAST)
    for _ in range(_TRIES):
        if not faint:
            break
        page.wait_for_timeout(_PAUSE_MS)
        faint = page.evaluate(_FAINT, _LEAST_CONTRAST)
    return faint


def test_every_control_of_draw_is_reached_by_keyboard_and_seen_to_be(chromium: Browser, dashboard: str) -> None:
    """In order; nothing of the canvas component's own toolbar is among them."""
    with visit(chromium, dashboard, width=1280, height=900) as page:
        draw(page, DIGIT_STROKES[4])
        expect(page.locator(".reading .figure")).to_have_text("4")
        wait_until_idle(page)
        page.mouse.click(1270, 890)
        steps = _walk(page)
        names = [name for name, _ in steps]
        wanted = ["Canvas", "Undo", "Clear", "Why this digit"]
        places = [next((place for place, name in enumerate(names) if want in name), -1) for want in wanted]
        assert -1 not in places, names
        assert places == sorted(places), names
        assert not {"Edit", "Redo", "Reset canvas & history"} & set(names)
        assert [name for name, looks in steps if 0 < len(name) < _LONGEST_NAME and not looks] == []


def _open_with_a_saved_drawing(page: Page, title: str) -> None:
    draw(page, DIGIT_STROKES[4])
    expect(page.locator(".reading .figure")).to_have_text("4")
    wait_until_idle(page)
    page.get_by_role("radio", name="4", exact=True).click()
    expect(page.get_by_text("Saved as a 4")).to_be_visible()
    page.get_by_role("link", name=title, exact=True).click()
    page.get_by_test_id("stMain").get_by_role("heading", name=title, exact=True).wait_for()
    wait_until_idle(page)


@pytest.mark.parametrize("title", ["Ensemble", "Train", "Compare", "Saved drawings"])
def test_every_control_is_reached_by_keyboard_in_order_and_seen_to_be(
    chromium: Browser, dashboard: str, title: str
) -> None:
    """With the Tab key alone, from the top of the page to its end."""
    with visit(chromium, dashboard, width=1280, height=900) as page:
        _open_with_a_saved_drawing(page, title)
        page.add_style_tag(content=_STILL)
        page.wait_for_load_state("networkidle")
        names: list[str] = page.evaluate(_NUMBER_STOPS)
        reached, unseen = list[int](), list[str]()
        for _ in range(_MOST_STOPS):
            page.keyboard.press("Tab")
            stop: str = page.evaluate(_STOP)
            if not stop or (reached and int(stop) == reached[-1]):
                continue  # the menu, the page as a whole, or another cell of the same table
            reached.append(int(stop))
            looks: list[str] = page.evaluate(_FOCUS)
            paints_itself: bool = page.evaluate(_DRAWN_BY_ITSELF)
            if not (looks[1] or paints_itself):
                unseen.append(names[int(stop)])
            if int(stop) == len(names) - 1:
                break
        assert reached == list(range(len(names))), names
        assert unseen == []


def test_arrows_go_through_a_group_of_choices(chromium: Browser, dashboard: str) -> None:
    """The Tab key stops at it once."""
    with visit(chromium, f"{dashboard}/ensemble", width=1280, height=900) as page:
        page.get_by_role("radio", name="1 view", exact=True).focus()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("radio", name="5 views", exact=True)).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("address", ["", "ensemble", "train", "compare", "drawings"])
def test_text_stands_out_from_its_ground(chromium: Browser, dashboard: str, address: str, theme: Theme) -> None:
    """By 4.5 : 1 at least, on every page, light and dark."""
    with visit(chromium, f"{dashboard}/{address}", width=1280, height=1400, theme=theme) as page:
        if not address:
            draw(page, DIGIT_STROKES[4])
            expect(page.locator(".reading .figure")).to_have_text("4")
        expect(page.get_by_test_id("stMain").get_by_role("heading").first).to_be_visible()
        wait_until_idle(page)
        assert _faint(page) == []
