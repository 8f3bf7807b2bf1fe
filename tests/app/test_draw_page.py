"""The Draw page without a browser: what it shows for a drawing, a bad file, refused models."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest
from tests.digit_strokes import DIGIT_STROKES, Line

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.strokes import render
from handwriting_ai.drawings import DrawingStore

MAIN = PROJECT_ROOT / "app" / "main.py"
_SIZE = (280, 312)


@pytest.fixture()
def page(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The app with the shipped models; drawings go to an empty folder."""
    monkeypatch.setenv("APP__DATA_ROOT", str(clean_environment))
    st.cache_resource.clear()
    yield AppTest.from_file(str(MAIN), default_timeout=60)
    st.cache_resource.clear()


def _put_on_canvas(page: AppTest, digit: int, version: int = 0) -> None:
    """Hand the page what the browser component would report."""
    lines = [[(x * 1.3 + 70, y * 1.3 + 60) for x, y in line] for line in DIGIT_STROKES[digit]]
    ink = render([np.array(line) for line in lines], pen_px=18, side_px=_SIZE[1])[:, : _SIZE[0]]
    picture = Image.fromarray(np.subtract(255, ink, dtype=np.uint8)).convert("RGBA")
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    url = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    raw = {"version": "5", "objects": [_path(line) for line in lines]}
    page.session_state[f"canvas_{version}"] = {"drawing": {"raw": raw, "data": url}, "backgroundFit": None}


def _click(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click().run()


def _path(line: Line) -> dict[str, object]:
    first, *rest = line
    commands: list[list[str | float]] = [["M", *first], *(["L", *point] for point in rest)]
    return {"type": "path", "path": commands}


def _texts(page: AppTest) -> str:
    """All that the page says in boxes and metrics."""
    boxes = [*page.info, *page.warning, *page.error, *page.success]
    return "\n".join([*(str(box.value) for box in boxes), *(f"{each.label}: {each.value}" for each in page.metric)])


def test_an_empty_canvas_asks_for_a_digit(page: AppTest) -> None:
    """No answer, no exception."""
    page.run()
    assert not page.exception
    assert "Draw one digit" in _texts(page)
    assert not page.metric


@pytest.mark.parametrize("digit", [3, 4])
def test_a_drawing_is_read_and_explained(page: AppTest, digit: int) -> None:
    """The digit, how sure, and the table of members."""
    _put_on_canvas(page, digit)
    page.run()
    assert not page.exception
    assert f"Answer: {digit}" in _texts(page)
    assert "The models are sure" in _texts(page)
    assert len(page.dataframe) == 1


def test_a_drawing_can_be_saved_with_its_label(page: AppTest, clean_environment: Path) -> None:
    """It stands in the store, and on the page of saved drawings."""
    _put_on_canvas(page, 5)
    page.run()
    page.button_group(key="label_0").set_value(5).run()
    (saved,) = DrawingStore(clean_environment / "drawings").all()
    assert (saved.label, saved.read_as, len(saved.strokes)) == (5, 5, 2)
    assert "Saved with its label" in _texts(page)
    page.switch_page("app_pages/drawings.py").run()
    assert not page.exception
    assert "1 of 1" in _texts(page)
    page.button[0].click().run()
    assert "1 of 1 read right" in _texts(page)


def test_undo_and_clear_change_the_canvas(page: AppTest) -> None:
    """Undo takes one stroke; clear takes all."""
    _put_on_canvas(page, 4)
    page.run()
    _click(page, "Undo")
    assert not page.exception
    assert "Answer:" in _texts(page)
    _click(page, "Clear")
    assert "Draw one digit" in _texts(page)


def test_a_random_test_digit_is_read(page: AppTest) -> None:
    """With its number and its label."""
    page.run()
    page.button_group(key="source").set_value("Random test digit").run()
    assert not page.exception
    assert "Answer:" in _texts(page)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no picture", "not a picture"),
        (b"", "empty"),
    ],
)
def test_a_bad_upload_gets_a_sentence(page: AppTest, content: bytes, message: str) -> None:
    """No traceback."""
    page.run()
    page.button_group(key="source").set_value("Upload").run()
    page.file_uploader[0].set_value(("bad.png", content, "image/png")).run()
    assert not page.exception
    assert message in _texts(page)


def test_missing_models_are_explained(page: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The page says which folder, and the command that trains one."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(tmp_path))
    page.run()
    assert not page.exception
    assert "handwriting-ai train" in _texts(page)


def test_refused_models_are_named(page: AppTest, monkeypatch: pytest.MonkeyPatch, model_dir: Path) -> None:
    """With the reason; the others answer."""
    (model_dir / "second" / "model.pt").write_bytes(b"")
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    page.run()
    assert "`second` was refused" in _texts(page)


def test_saved_drawings_page_without_drawings(page: AppTest) -> None:
    """It says how to get one."""
    page.run()
    page.switch_page("app_pages/drawings.py").run()
    assert "Nothing saved yet" in _texts(page)


def test_a_damaged_drawing_is_named(page: AppTest, clean_environment: Path) -> None:
    """The page stays up."""
    folder = clean_environment / "drawings"
    folder.mkdir()
    (folder / "broken.json").write_text("{", encoding="utf-8")
    page.run()
    page.switch_page("app_pages/drawings.py").run()
    assert not page.exception
    assert "broken.json" in _texts(page)
