"""Digits of one's own on the Compare page, without a browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from tests.app.test_draw_page import open_app
from tests.data.test_own_digits import save_seven
from tests.evaluation.samples import register_with_predictions

from handwriting_ai.config import PROJECT_ROOT


@pytest.fixture()
def page(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The app with an untrained model, a shipped one, and a preset of it, about to be opened."""
    models = clean_environment / "models"
    monkeypatch.setenv("APP__DATA_ROOT", str(clean_environment))
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(models))
    register_with_predictions(models, "untrained")
    name = "mnist_compact_drawn_seed5"
    shutil.copytree(PROJECT_ROOT / "models" / name, models / name)
    presets = f'{{"default": {{"members": ["{name}"], "tta": "none"}}}}'
    (models / "presets.json").write_text(presets, encoding="utf-8")
    st.cache_resource.clear()
    yield open_app()
    st.cache_resource.clear()


def _open_compare(page: AppTest) -> None:
    page.run()
    page.switch_page("compare/page.py").run()


def test_saved_drawings_are_read_by_every_choice_of_models(page: AppTest, clean_environment: Path) -> None:
    """The table leads with the default preset; another selection asks again."""
    for _ in range(3):
        save_seven(clean_environment / "drawings")
    _open_compare(page)
    page.button(key="own_read").click().run()
    assert not page.exception
    frame: pd.DataFrame = page.dataframe[-1].value
    readers: pd.Series[str] = frame["read by"]
    errors: pd.Series[int] = frame["errors"]
    assert next(iter(readers)) == "preset default"
    assert len(list(readers)) == 3
    assert next(iter(errors)) == 0
    assert any("3 digits of your own" in caption.value for caption in page.caption)


def test_without_saved_drawings_it_says_what_to_do(page: AppTest) -> None:
    """And offers no button."""
    _open_compare(page)
    assert not page.exception
    assert any("Nothing saved yet" in caption.value for caption in page.caption)
    assert "own_read" not in {button.key for button in page.button}
