"""The Ensemble page without a browser: what a change of members, views and temperature shows."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ButtonGroup, Multiselect, Slider
from tests.app.test_draw_page import open_app, put_on_canvas
from tests.evaluation.samples import register_with_predictions

from handwriting_ai.evaluation.predictions import PREDICTIONS_NAME

MEMBERS = "ensemble_members"


@pytest.fixture()
def models(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty models folder that the app reads from."""
    root = clean_environment / "models"
    root.mkdir()
    monkeypatch.setenv("APP__DATA_ROOT", str(clean_environment))
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(root))
    st.cache_resource.clear()
    yield root
    st.cache_resource.clear()


def _opened() -> AppTest:
    page = open_app()
    page.run()
    page.switch_page("app_pages/ensemble.py").run()
    assert not page.exception
    return page


def _select(page: AppTest, key: str, value: object) -> None:
    group: ButtonGroup[object] = page.button_group(key=key)
    group.set_value(value).run()
    assert not page.exception


def _metrics(page: AppTest) -> dict[str, str]:
    return {each.label: each.value for each in page.metric}


def test_an_empty_folder_is_explained(models: Path) -> None:
    """With what to do."""
    assert models.is_dir()
    page = _opened()
    assert "No model here can be scored" in page.info[0].value


def test_figures_follow_members_and_views(models: Path) -> None:
    """`a` misreads 20 digits in one view and 10 in seventeen, `b` 30 and 15."""
    register_with_predictions(models, "m_a")
    register_with_predictions(models, "m_b", errors=30, seed=5)
    page = _opened()
    members: list[str] = ["m_a"]
    _select(page, MEMBERS, members)
    assert _metrics(page)["Errors"] == "10"
    _select(page, "ensemble_tta", "none")
    assert _metrics(page)["Errors"] == "20"
    assert _metrics(page)["Validation accuracy"] == "99.60%"
    assert any("29 million multiply-adds × 1 views" in each.value for each in page.caption)
    members = ["m_b"]
    _select(page, MEMBERS, members)
    assert _metrics(page)["Errors"] == "30"
    members = []
    _select(page, MEMBERS, members)
    assert "Choose at least one model" in page.info[0].value
    ranked: pd.Series[str] = page.dataframe[0].value["members"]
    assert set(ranked) == {"a", "a, b", "b"}


def test_the_temperature_is_own_fitted_or_from_the_slider(models: Path) -> None:
    """Each changes the loss and leaves the errors; the fitted one has the smallest loss."""
    register_with_predictions(models, "a")
    page = _opened()
    own = float(_metrics(page)["NLL"])
    _select(page, "ensemble_scale", "Fitted to this choice")
    fitted = float(_metrics(page)["NLL"])
    assert any("Smallest validation NLL at temperature" in each.value for each in page.caption)
    _select(page, "ensemble_scale", "Slider")
    slider: Slider[float] = page.slider(key="ensemble_slider")
    slider.set_value(2.5).run()
    slid = float(_metrics(page)["NLL"])
    assert fitted <= own
    assert fitted < slid
    assert "DIGITS__TEMPERATURE_OVERRIDE=2.5000" in page.code[0].value
    assert "DIGITS__TTA_ADVANCED=true" in page.code[0].value


def test_the_test_set_is_reported_on_request(models: Path) -> None:
    """Never unasked; with the count that leaves out disputed labels."""
    register_with_predictions(models, "a")
    page = _opened()
    assert "test digits" not in "".join(each.value for each in page.markdown)
    page.toggle[0].set_value(True).run()
    assert any("**20 errors** of 10,000 test digits" in each.value for each in page.markdown)


def test_a_choice_reads_the_drawing_and_is_used_on_the_draw_page(models: Path) -> None:
    """Its answer stands here; once it is used, the Draw page names it, until it is taken back."""
    register_with_predictions(models, "a")
    register_with_predictions(models, "b", seed=3)
    page = open_app()
    page.run()
    put_on_canvas(page, 7)
    page.run()
    page.switch_page("app_pages/ensemble.py").run()
    members: list[str] = ["b"]
    _select(page, MEMBERS, members)
    assert any("Confidence" in each.value for each in page.markdown)
    next(each for each in page.button if each.label == "Use it in this session").click().run()
    assert any("reads with this choice" in each.value for each in page.success)
    page.switch_page("app_pages/draw.py").run()
    assert any("Read by your choice on the page *Ensemble*: b." in each.value for each in page.caption)
    page.switch_page("app_pages/ensemble.py").run()
    next(each for each in page.button if each.label == "Back to the models of the settings").click().run()
    page.switch_page("app_pages/draw.py").run()
    assert not any("Read by your choice" in each.value for each in page.caption)


def test_what_cannot_be_scored_is_named(models: Path) -> None:
    """The rest is shown."""
    register_with_predictions(models, "a")
    (register_with_predictions(models, "bare") / PREDICTIONS_NAME).unlink()
    page = _opened()
    assert "`bare` is left out" in page.warning[0].value
    assert _metrics(page)["Errors"] == "10"


def test_many_models_are_chosen_from_a_list(models: Path) -> None:
    """Of the first twelve every ensemble is ranked, and the page says so."""
    for number in range(14):
        register_with_predictions(models, f"m{number:02}", seed=number % 3)
    page = _opened()
    choices: Multiselect[str] = page.multiselect(key=MEMBERS)
    assert len(choices.options) == 14
    assert any("The first 12 of 14 models are combined." in each.value for each in page.caption)
    assert any("the best 100 of 4,095" in each.value for each in page.caption)


def test_a_folder_that_becomes_unreadable_is_named(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the page is open; it recovers with the folder."""
    register_with_predictions(models, "a")
    page = _opened()
    list_folder = Path.iterdir

    def refuse(folder: Path) -> Iterator[Path]:
        if folder == models:
            raise PermissionError(13, "Permission denied")
        return list_folder(folder)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", refuse)
        page.run()
        assert not page.exception
        assert "cannot be read: Permission denied" in page.error[0].value
    page.run()
    assert _metrics(page)["Errors"] == "10"
