"""The Draw page without a browser: what it shows for a drawing, a bad file, refused models."""

import errno
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ButtonGroup
from tests.digit_strokes import DIGIT_STROKES, Line

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.drawings import DrawingStore
from handwriting_ai.data.strokes import Stroke, render
from handwriting_ai.evaluation.scoreboard import EvaluationPart
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from shared import controls, resources
from shared.guessing import Shown
from shared.ui_state import UiState

MAIN = PROJECT_ROOT / "app" / "main.py"
_SHARPNESS = 2
"""Pixels of the component for each of the sheet."""


@pytest.fixture()
def page(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The app with the shipped models; drawings go to an empty folder."""
    monkeypatch.setenv("APP__DATA_ROOT", str(clean_environment))
    st.cache_resource.clear()
    yield open_app()
    st.cache_resource.clear()


def put_on_canvas(page: AppTest, digit: int, version: int = 0) -> None:
    """Hand the page what the browser component would report."""
    put_lines_on_canvas(
        page, [[(x * 1.3 + 70, y * 1.3 + 45) for x, y in line] for line in DIGIT_STROKES[digit]], version
    )


def put_lines_on_canvas(page: AppTest, lines: Sequence[Line], version: int = 0) -> None:
    """The same with any lines, in pixels of the sheet."""
    raw: dict[str, object] = {"version": "5", "objects": [_path(line) for line in lines]}
    drawing: dict[str, object] = {"raw": raw, "data": None}
    state: dict[str, object] = {"drawing": drawing, "backgroundFit": None}
    page.session_state[f"canvas_{version}"] = state


def open_app() -> AppTest:
    """The app, not yet run."""
    return AppTest(str(MAIN), default_timeout=60)


def _state(page: AppTest) -> UiState:
    """What the session remembers."""
    state: object = page.session_state["ui"]
    assert isinstance(state, UiState)
    return state


def _select(page: AppTest, key: str, value: int | str) -> None:
    """Choose one of a group of buttons."""
    group: ButtonGroup[int | str] = page.button_group(key=key)
    group.set_value(value).run()


def _open(page: AppTest, tab: str) -> None:
    """Look at one of the reasons."""
    page.session_state["reasons"] = tab
    page.run()


def _click(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click().run()


def _path(line: Line) -> dict[str, object]:
    first, *rest = [(x * _SHARPNESS, y * _SHARPNESS) for x, y in line]
    commands: list[list[str | float]] = [["M", first[0], first[1]]]
    commands += [["L", x, y] for x, y in rest]
    return {"type": "path", "path": commands, "strokeWidth": 18 * _SHARPNESS}


def _texts(page: AppTest) -> str:
    """All that the page says in boxes and metrics."""
    said = [box.value for box in page.info] + [box.value for box in page.warning]
    said += [box.value for box in page.error] + [box.value for box in page.success]
    said += [re.sub("<[^>]+>", " ", text.value) for text in page.markdown]
    return "\n".join(said + [f"{each.label}: {each.value}" for each in page.metric])


def _answer(page: AppTest) -> str:
    """The one large figure."""
    figures: list[str] = re.findall(r'class="figure[^"]*">(.)<', "".join(text.value for text in page.markdown))
    return "".join(figures)


def test_an_empty_canvas_asks_for_a_digit(page: AppTest) -> None:
    """No answer, no exception."""
    page.run()
    assert not page.exception
    assert "Draw one digit" in _texts(page)
    assert _answer(page) == ""


@pytest.mark.parametrize("digit", [3, 4])
def test_a_drawing_is_read_and_explained(page: AppTest, digit: int) -> None:
    """The digit, how sure, and the table of members."""
    put_on_canvas(page, digit)
    page.run()
    assert not page.exception
    assert _answer(page) == str(digit)
    assert f"This is a {digit}." in _texts(page)
    _open(page, "Model by model")
    assert len(page.dataframe) == 1


def test_why_names_the_runner_up_and_shows_three_like_it(page: AppTest) -> None:
    """The first of the reasons; it stays open for the next digit."""
    put_on_canvas(page, 7)
    page.run()
    assert not page.exception
    (sentence,) = [each.value for each in page.caption if "speaks for" in each.value]
    assert "speaks for a **7**" in sentence
    assert any("3 training digits most like it" in each.value for each in page.caption)
    _open(page, "Details")
    _click(page, "Clear")
    put_on_canvas(page, 3)
    page.run()
    assert _state(page).reason == "Details"


def test_a_drawing_can_be_saved_with_its_label(page: AppTest, clean_environment: Path) -> None:
    """It stands in the store, and on the page of saved drawings."""
    put_on_canvas(page, 5)
    page.run()
    _select(page, f"label_0_{len(DIGIT_STROKES[5])}", 5)
    (saved,) = DrawingStore(clean_environment / "drawings").all().drawings
    assert (saved.label, saved.read_as, len(saved.strokes)) == (5, 5, 2)
    assert "Saved as a **5**" in _texts(page)
    page.switch_page("drawings/page.py").run()
    assert not page.exception
    assert "1 of 1" in _texts(page)
    _click(page, "Score with the present models")
    assert "1 of 1 read right by ensemble_4_models in 17 views" in _texts(page)


def test_ink_that_is_left_out_is_said(page: AppTest) -> None:
    """Of two digits the larger is read, and nothing hides that."""
    lines = [[(x * 0.5 + left, y + 60) for x, y in line] for left in (20, 190) for line in DIGIT_STROKES[1]]
    put_lines_on_canvas(page, lines)
    page.run()
    assert any("of the ink was left out" in each.value for each in page.warning)
    put_lines_on_canvas(page, lines[: len(lines) // 2])
    page.run()
    assert not any("left out" in each.value for each in page.warning)


def test_a_saving_can_be_taken_back(page: AppTest, clean_environment: Path) -> None:
    """A finger slips; then the right digit is chosen."""
    key = f"label_0_{len(DIGIT_STROKES[5])}"
    put_on_canvas(page, 5)
    page.run()
    _select(page, key, 6)
    assert "Saved as a **6**" in _texts(page)
    _click(page, "Do not keep it")
    assert DrawingStore(clean_environment / "drawings").all().drawings == ()
    _select(page, key, 5)
    assert "Saved as a **5**" in _texts(page)


def test_a_drawing_outlasts_a_look_at_another_source(page: AppTest) -> None:
    """It lies behind the canvas when that is shown again."""
    put_on_canvas(page, 3)
    page.run()
    _select(page, "source", "Test digit")
    _select(page, "source", "Canvas")
    assert _answer(page) == "3"
    _click(page, "Clear")
    assert _answer(page) == ""


def test_where_the_digit_comes_from_outlasts_the_page(page: AppTest) -> None:
    """Somebody looks at another page, and comes back to a test digit."""
    page.run()
    _select(page, "source", "Test digit")
    page.switch_page("drawings/page.py").run()
    page.switch_page("draw/page.py").run()
    assert not page.exception
    assert "Guess first" in _texts(page)


def test_a_choice_takes_over_the_views_chosen_here(page: AppTest) -> None:
    """What the page Ensemble calls the choice in use is what reads."""
    put_on_canvas(page, 3)
    page.run()
    state = _state(page)
    state.choice = EnsembleChoice(members=("mnist_compact_drawn_light_seed2",), tta=TtaMode.ADVANCED)
    page.run()
    _select(page, controls.VIEWS_KEY, TtaMode.BASIC)
    assert state.choice.tta is TtaMode.BASIC
    _open(page, "Details")
    assert any("5 views × 1 model)" in each.value for each in page.caption)


def test_a_choice_is_named_in_words_and_can_be_given_up(page: AppTest) -> None:
    """A preset by its name, other choices by how many models they are."""
    put_on_canvas(page, 3)
    page.run()
    state = _state(page)
    state.choice = EnsembleChoice(members=("mnist_compact_drawn_seed5",), tta=TtaMode.NONE)
    page.run()
    assert any("Read by the preset *fast*" in each.value for each in page.caption)
    state.choice = EnsembleChoice(members=("mnist_compact_drawn_light_seed2",), tta=TtaMode.NONE)
    page.run()
    assert any("Read by 1 model of your choice" in each.value for each in page.caption)
    _click(page, "Back to default")
    assert state.choice is None
    assert not any("Read by" in each.value for each in page.caption)
    assert _answer(page) == "3"


def test_a_choice_that_cannot_be_loaded_has_a_way_back(page: AppTest) -> None:
    """One error, and a button that lets the models of the settings read."""
    put_on_canvas(page, 3)
    page.run()
    state = _state(page)
    state.choice = EnsembleChoice(members=("gone",), tta=TtaMode.NONE)
    page.run()
    assert ["`gone` cannot be loaded" in each.value for each in page.error] == [True]
    _click(page, "Back to default")
    assert _answer(page) == "3"


def test_a_choice_reads_where_the_models_of_the_settings_are_gone(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, model_dir: Path
) -> None:
    """The settings name a model that is not there; this session chose another one."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    monkeypatch.setenv("DIGITS__ACTIVE_MODEL", "gone")
    put_on_canvas(page, 3)
    page.run()
    assert "No model could be loaded" in page.error[0].value
    state = _state(page)
    state.choice = EnsembleChoice(members=("second",), tta=TtaMode.NONE)
    page.run()
    assert not page.error
    _open(page, "Details")
    assert any("1 view × 1 model)" in each.value for each in page.caption)


def test_a_drawing_that_cannot_be_saved_is_said(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page stays as it was, and the same button can be pressed again."""

    def full(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    key = f"label_0_{len(DIGIT_STROKES[5])}"
    put_on_canvas(page, 5)
    page.run()
    with monkeypatch.context() as patch:
        patch.setattr(DrawingStore, "save", full)
        _select(page, key, 5)
    assert not page.exception
    assert "No space left on device" in page.toast[0].value
    assert "Saved as a **5**" not in _texts(page)
    _select(page, key, 5)
    assert "Saved as a **5**" in _texts(page)


def test_what_was_selected_is_deleted_and_nothing_else(page: AppTest, clean_environment: Path) -> None:
    """The rows that come to stand in its place are not selected."""
    store = DrawingStore(clean_environment / "drawings")
    kept = [
        store.save([[(0, 0), (1, 9)]], canvas_px=280, pens_px=[9], label=label, read_as=1, confidence=0.9, model_id="m")
        for label in (1, 2, 3)
    ]
    page.run()
    page.switch_page("drawings/page.py").run()
    page.checkbox(key=f"pick_{kept[0].drawing_id}").check().run()
    _click(page, "Delete 1 drawing")
    assert not page.exception
    assert [drawing.label for drawing in store.all().drawings] == [2, 3]
    assert not any(each.value for each in page.checkbox)


def test_saved_drawings_stand_misreads_first_then_the_newest(page: AppTest, clean_environment: Path) -> None:
    """With the writer's name; a score says which were misread."""
    store = DrawingStore(clean_environment / "drawings")
    for label, read_as, writer in ((1, 1, None), (2, 7, "Ada"), (3, 3, None)):
        store.save(
            [[(140, 60), (140, 220)]],
            canvas_px=280,
            pens_px=[18],
            label=label,
            read_as=read_as,
            confidence=0.9,
            model_id="m",
            writer=writer,
        )
    page.run()
    page.switch_page("drawings/page.py").run()
    assert not page.exception
    assert [each.label for each in page.checkbox] == ["a **2**", "a **3**", "a **1**"]
    assert any("read as a **7**" in each.value and "Ada" in each.value for each in page.caption)
    _click(page, "Score with the present models")
    assert "1 of 3 read right" in _texts(page)
    assert any(each.value == "Misread:" for each in page.caption)


def test_saved_drawings_are_scored_with_the_choice_of_the_session(page: AppTest) -> None:
    """Its models are loaded if they are not yet; one that cannot be is named, and nothing is scored."""
    put_on_canvas(page, 5)
    page.run()
    _select(page, f"label_0_{len(DIGIT_STROKES[5])}", 5)
    outside = EnsembleChoice(members=("mnist_simplecnn_m5_scanned_seed0",), tta=TtaMode.NONE)
    state = _state(page)
    state.choice = outside
    page.switch_page("drawings/page.py").run()
    _click(page, "Score with the present models")
    assert "1 of 1 read right by mnist_simplecnn_m5_scanned_seed0 in 1 view." in _texts(page)
    state.choice = replace(outside, members=("gone",))
    _click(page, "Score with the present models")
    assert not page.exception
    assert "`gone` cannot be loaded" in _texts(page)
    assert "read right by" not in _texts(page)


def test_undo_and_clear_change_the_canvas(page: AppTest) -> None:
    """Undo takes one stroke; clear takes all, and undo brings all back; the canvas reports it later."""
    put_on_canvas(page, 4)
    page.run()
    _click(page, "Undo")
    assert not page.exception
    assert len(_state(page).sheet.strokes) == len(DIGIT_STROKES[4]) - 1
    _click(page, "Clear")
    assert "Draw one digit" in _texts(page)
    _click(page, "Undo")
    assert len(_state(page).sheet.strokes) == len(DIGIT_STROKES[4]) - 1
    assert _answer(page)


def _shown(state: UiState) -> Shown:
    assert state.guessing.shown is not None
    return state.guessing.shown


def test_a_test_digit_is_guessed_before_it_is_told(page: AppTest) -> None:
    """Neither label nor answer are to be seen until then; the score is kept."""
    page.run()
    _select(page, "source", "Test digit")
    assert not page.exception
    assert _answer(page) == ""
    assert "Guess first" in _texts(page)
    state = _state(page)
    label: int = resources.test_digits().labels.item(_shown(state).row)
    _select(page, "guess", label)
    assert _answer(page)
    assert "You were right" in _texts(page)
    assert state.guessing.score.asked == state.guessing.score.yours == 1
    page.run()
    assert state.guessing.score.asked == 1
    _click(page, "Another digit")
    assert _answer(page) == ""


def test_a_hard_digit_is_one_that_the_models_are_least_sure_of(page: AppTest) -> None:
    """Of validation, whose digits are for choosing."""
    page.run()
    _select(page, "source", "Test digit")
    _click(page, "A hard one")
    assert not page.exception
    state = _state(page)
    assert _shown(state).part is EvaluationPart.VALIDATION
    _select(page, "guess", 0)
    assert _answer(page)


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
    _select(page, "source", "Photo")
    page.file_uploader[0].set_value([("bad.png", content, "image/png")]).run()
    assert not page.exception
    assert message in _texts(page)


def _png_of(digit: int) -> bytes:
    """A drawn digit as somebody photographs it: dark on light."""
    lines = [[(x * 3 + 90, y * 3 + 90) for x, y in line] for line in DIGIT_STROKES[digit]]
    strokes: list[Stroke] = [np.array(line, dtype=np.float64) for line in lines]
    buffer = io.BytesIO()
    Image.fromarray(np.subtract(240, render(strokes, pen_px=30, side_px=640) // 2, dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def _choose_photos(page: AppTest, *digits: int) -> None:
    page.run()
    _select(page, "source", "Photo")
    page.file_uploader[0].set_value([(f"{digit}.png", _png_of(digit), "image/png") for digit in digits]).run()


def test_photographs_stand_in_a_strip_with_their_answers(page: AppTest) -> None:
    """The last one is open; a press opens another; they are there after a look at the canvas."""
    _choose_photos(page, 3, 7)
    assert not page.exception
    assert _answer(page) == "7"
    _click(page, "3")
    assert _answer(page) == "3"
    _select(page, "source", "Canvas")
    assert _answer(page) == ""
    _select(page, "source", "Photo")
    assert _answer(page) == "3"
    _click(page, "Remove all")
    assert "Choose or take a picture" in _texts(page)


def test_a_photograph_among_others_that_cannot_be_read_is_told(page: AppTest) -> None:
    """Its place in the strip says so; the others are read."""
    page.run()
    _select(page, "source", "Photo")
    files = [("bad.png", b"no picture", "image/png"), ("4.png", _png_of(4), "image/png")]
    page.file_uploader[0].set_value(files).run()
    assert _answer(page) == "4"
    _click(page, "–")
    assert not page.exception
    assert "not a picture" in _texts(page)


def test_a_photograph_is_saved_as_its_ink(page: AppTest, clean_environment: Path) -> None:
    """With its label and its writer's name; read again it is the same digit."""
    _choose_photos(page, 5)
    page.text_input(key="writer").set_value("Ada").run()
    _select(page, f"label_{_state(page).photos.open_id}", 5)
    (saved,) = DrawingStore(clean_environment / "drawings").all().drawings
    assert (saved.label, saved.read_as, saved.is_photograph, saved.writer) == (5, 5, True, "Ada")
    assert saved.picture().shape == (280, 280)
    assert resources.reader().read(saved.picture()).prediction.digit == 5
    assert "Saved as a **5**" in _texts(page)
    page.switch_page("drawings/page.py").run()
    assert not page.exception
    assert "1 of 1" in _texts(page)


def test_a_photograph_is_read_and_shown(page: AppTest) -> None:
    """Of a kind that no browser shows by itself, and larger than what is worked on; the label names the limits."""
    page.run()
    _select(page, "source", "Photo")
    photograph = Image.new("L", (1500, 1200), 255)
    photograph.paste(0, (700, 200, 780, 1000))
    buffer = io.BytesIO()
    photograph.save(buffer, format="TIFF")
    page.file_uploader[0].set_value([("one.tif", buffer.getvalue(), "image/tiff")]).run()
    assert not page.exception
    assert _answer(page) == "1"
    assert "at most 20 MB and 12,000 pixels a side" in page.file_uploader[0].label


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
    assert "`second` was not loaded" in _texts(page)


def test_one_view_of_one_model_is_said_in_the_singular(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, model_dir: Path
) -> None:
    """Without a choice on the Ensemble page the models of the settings read."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    monkeypatch.setenv("DIGITS__ACTIVE_MODEL", "second")
    monkeypatch.setenv("DIGITS__TTA", "false")
    put_on_canvas(page, 3)
    page.run()
    _open(page, "Details")
    assert any("1 view × 1 model)" in each.value for each in page.caption)


def test_a_preset_brings_its_views_along(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """`fast` reads one view; a switch goes before it."""
    monkeypatch.setenv("DIGITS__ACTIVE_MODEL", "fast")
    put_on_canvas(page, 3)
    page.run()
    _open(page, "Details")
    assert any("1 view × 1 model)" in each.value for each in page.caption)
    monkeypatch.setenv("DIGITS__TTA", "true")
    st.cache_resource.clear()
    again = open_app()
    put_on_canvas(again, 3)
    again.run()
    _open(again, "Details")
    assert any("5 views × 1 model)" in each.value for each in again.caption)


def test_models_that_come_are_loaded_without_a_restart(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, clean_environment: Path, model_dir: Path
) -> None:
    """The page says that there is none and to reload it; then that is enough."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(clean_environment / "later"))
    page.run()
    assert "No model could be loaded" in page.error[0].value
    model_dir.rename(clean_environment / "later")
    page.run()
    assert not page.error
    assert resources.reader().engine.member_ids == ("first", "second")


def test_what_goes_wrong_inside_the_fragment_is_said(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that has become unreadable, and broken presets."""

    def refuse() -> NoReturn:
        raise PermissionError(13, "Permission denied", "/models/a")

    page.run()
    with monkeypatch.context() as patch:
        patch.setattr(resources, "reader", refuse)
        page.run()
        assert not page.exception
        assert "`/models/a` cannot be used: Permission denied" in _texts(page)
    put_on_canvas(page, 3)
    page.run()
    assert _answer(page) == "3"


def test_saved_drawings_page_without_drawings(page: AppTest) -> None:
    """It says how to get one."""
    page.run()
    page.switch_page("drawings/page.py").run()
    assert "Nothing saved yet" in _texts(page)


def test_a_damaged_drawing_is_named(page: AppTest, clean_environment: Path) -> None:
    """The page stays up."""
    folder = clean_environment / "drawings"
    folder.mkdir()
    (folder / "broken.json").write_text("{", encoding="utf-8")
    page.run()
    page.switch_page("drawings/page.py").run()
    assert not page.exception
    assert "broken.json" in _texts(page)
