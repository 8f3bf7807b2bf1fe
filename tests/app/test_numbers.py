"""Several digits on the Draw page without a browser: the text, a correction, saving all, the table of a page."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ButtonGroup
from tests.digit_strokes import DIGIT_STROKES, Line

from draw import page_answer
from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.drawings import DrawingStore
from handwriting_ai.data.strokes import Stroke, render_each
from shared.freehand import PenStroke
from shared.page_work import PageWork, mark_of
from shared.pictures import on_paper
from shared.ui_state import UiState

MAIN = PROJECT_ROOT / "app" / "main.py"
_SHARPNESS = 2
_WIDTH_PX = 130
"""From one digit to the next."""


@pytest.fixture()
def page(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The app with the shipped models, in few views; drawings go to an empty folder."""
    monkeypatch.setenv("APP__DATA_ROOT", str(clean_environment))
    monkeypatch.setenv("DIGITS__TTA", "true")
    st.cache_resource.clear()
    yield AppTest(str(MAIN), default_timeout=120)
    st.cache_resource.clear()


def number_lines(digits: str) -> list[Line]:
    """The strokes of a number, in pixels of the sheet."""
    return [
        [(20 + _WIDTH_PX * place + x * 0.95, 60 + y * 1.1) for x, y in line]
        for place, digit in enumerate(digits)
        for line in DIGIT_STROKES[int(digit)]
    ]


def _path(line: Line) -> dict[str, object]:
    first, *rest = [(x * _SHARPNESS, y * _SHARPNESS) for x, y in line]
    commands: list[list[str | float]] = [["M", first[0], first[1]]]
    commands += [["L", x, y] for x, y in rest]
    return {"type": "path", "path": commands, "strokeWidth": 11 * _SHARPNESS}


def _write(page: AppTest, digits: str) -> None:
    """Hand the page what the browser component would report."""
    raw: dict[str, object] = {"version": "5", "objects": [_path(line) for line in number_lines(digits)]}
    drawing: dict[str, object] = {"raw": raw, "data": None}
    state: dict[str, object] = {"drawing": drawing, "backgroundFit": None}
    page.session_state["source"] = "Number"
    page.session_state["canvas_number_0"] = state
    page.run()
    assert not page.exception


def _photograph(digits: str) -> bytes:
    lines: list[Stroke] = [np.array(line, dtype=np.float64) for line in number_lines(digits)]
    ink = render_each(lines, [11.0] * len(lines), side_px=_WIDTH_PX * len(digits) + 40)
    paper = on_paper(ink)
    buffer = io.BytesIO()
    Image.fromarray(paper).save(buffer, format="PNG")
    return buffer.getvalue()


def _state(page: AppTest) -> UiState:
    state: object = page.session_state["ui"]
    assert isinstance(state, UiState)
    return state


def _work(page: AppTest, item: str = "number") -> PageWork:
    return _state(page).works[item]


def _click(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception


def test_an_empty_wide_canvas_asks_for_a_number(page: AppTest) -> None:
    """No answer, no exception."""
    page.session_state["source"] = "Number"
    page.run()
    assert not page.exception
    assert any("Write a number" in each.value for each in page.markdown)


def test_a_number_is_read_corrected_and_saved(page: AppTest, clean_environment: Path) -> None:
    """Its text can be copied; a digit that a person corrects is saved as what they say, and a saving is taken back."""
    _write(page, "2024")
    assert page.code[0].value == "2024"
    work = _work(page)
    assert work.reading is not None
    second = work.reading.digits[1]
    work.opened = mark_of(second)
    page.run()
    assert not page.exception
    label: ButtonGroup[int] = page.button_group(key=f"is_{mark_of(second)}")
    label.set_value(6).run()
    assert page.code[0].value == "2624"
    _click(page, "Save 4 digits")
    store = DrawingStore(clean_environment / "drawings")
    assert [each.label for each in store.all().drawings] == [2, 6, 2, 4]
    assert [each.read_as for each in store.all().drawings] == [2, 0, 2, 4]
    label = page.button_group(key=f"is_{mark_of(second)}")
    label.set_value(0).run()
    _click(page, "Save 1 digit")
    assert sorted(each.label for each in store.all().drawings) == [0, 2, 2, 4]
    _click(page, "Do not keep them")
    assert store.all().drawings == ()


def test_a_photographed_number_is_shown_as_one(page: AppTest) -> None:
    """Its text; whoever wants one digit gets it; a row of the table for each number."""
    page.session_state["source"] = "Photo"
    page.run()
    _state(page).photos.add("two.png", _photograph("37"))
    page.run()
    assert not page.exception
    assert page.code[0].value == "37"
    item = _state(page).photos.all[0].photo_id
    work = _work(page, item)
    assert work.reading is not None
    heading, row = page_answer.number_table(work.reading, work).to_csv(index=False).splitlines()
    assert heading == "line,number,text,confidence,left,top,width,height"
    assert row.startswith("1,1,37,")
    kind: ButtonGroup[str] = page.button_group(key=f"kind_{item}")
    kind.set_value("One digit").run()
    assert not page.exception
    assert len(page.code) == 0


def test_a_photograph_of_one_digit_is_read_as_one(page: AppTest) -> None:
    """As before."""
    page.session_state["source"] = "Photo"
    page.run()
    _state(page).photos.add("one.png", _photograph("5"))
    page.run()
    assert not page.exception
    assert len(page.code) == 0
    assert any('class="figure">5<' in each.value for each in page.markdown)


def test_a_photograph_of_one_digit_is_read_once(page: AppTest) -> None:
    """Its digits are looked for one by one only when somebody says that it is a page."""
    page.session_state["source"] = "Photo"
    page.run()
    _state(page).photos.add("one.png", _photograph("5"))
    page.run()
    item = _state(page).photos.all[0].photo_id
    assert _state(page).works.get(item, PageWork()).reading is None
    kind: ButtonGroup[str] = page.button_group(key=f"kind_{item}")
    kind.set_value("Number or page").run()
    assert not page.exception
    assert page.code[0].value == "5"


def test_several_digits_on_the_canvas_go_on_as_a_number(page: AppTest) -> None:
    """A button takes the strokes along."""
    strokes = tuple(PenStroke(points=tuple(line), pen_px=11.0) for line in number_lines("17"))
    page.run()
    _state(page).sheet.take(strokes)
    page.run()
    assert not page.exception
    assert any("several digits" in each.value for each in page.warning)
    _click(page, "Read it as a number")
    source: object = page.session_state["source"]
    assert source == "Number"
    assert _state(page).number_sheet.strokes == strokes
    assert page.code[0].value == "17"
