"""One's place is kept: in the address, and from page to page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ButtonGroup

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from shared import controls
from shared.ui_state import UiState


@pytest.fixture()
def page(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The app with the shipped models, not yet run."""
    monkeypatch.setenv("APP__DATA_ROOT", str(clean_environment))
    st.cache_resource.clear()
    yield AppTest(str(PROJECT_ROOT / "app" / "main.py"), default_timeout=60)
    st.cache_resource.clear()


def _state(page: AppTest) -> UiState:
    state: object = page.session_state["ui"]
    assert isinstance(state, UiState)
    return state


def _address(page: AppTest) -> dict[str, object]:
    """The parameters in it."""
    parameters: dict[str, object] = page.query_params
    return parameters


def test_the_address_says_which_models_read(page: AppTest) -> None:
    """And in how many views; what it says no more is forgotten."""
    _address(page)["models"] = ["mnist_compact_drawn_light_seed2"]
    _address(page)["models_in"] = "basic"
    page.run()
    assert not page.exception
    assert _state(page).choice == EnsembleChoice(members=("mnist_compact_drawn_light_seed2",), tta=TtaMode.BASIC)
    next(button for button in page.button if button.label == "Back to default").click().run()
    assert _state(page).choice is None
    page.run()
    assert "models" not in _address(page)


def test_the_address_says_where_the_digit_comes_from(page: AppTest) -> None:
    """A test digit, here."""
    _address(page)["source"] = "Test digit"
    page.run()
    assert any(button.label == "Another digit" for button in page.button)


def test_views_are_kept_in_the_address_and_from_page_to_page(page: AppTest) -> None:
    """Another number than the default."""
    page.run()
    group: ButtonGroup[TtaMode] = page.button_group(key=controls.VIEWS_KEY)
    group.set_value(TtaMode.BASIC).run()
    assert _address(page)[controls.VIEWS_KEY] == "basic"
    page.switch_page("drawings/page.py").run()
    page.switch_page("draw/page.py").run()
    again: ButtonGroup[TtaMode] = page.button_group(key=controls.VIEWS_KEY)
    assert again.value == TtaMode.BASIC


def test_an_address_that_makes_no_sense_is_passed_over(page: AppTest) -> None:
    """No such views, no such source; models that are not there are said."""
    _address(page)[controls.VIEWS_KEY] = "many"
    _address(page)["source"] = "Telegram"
    _address(page)["models"] = "gone"
    page.run()
    assert not page.exception
    assert "`gone` cannot be loaded" in page.error[0].value
