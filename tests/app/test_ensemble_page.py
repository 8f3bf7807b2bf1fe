"""The Ensemble page without a browser: what a change of members, views and temperature shows."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ButtonGroup, Selectbox, Slider
from tests.app.test_draw_page import open_app, put_on_canvas
from tests.evaluation.samples import fake_predictions, keep_v1_fields_only, linked_as, register_with_predictions

from ensemble import ranking
from handwriting_ai.evaluation.predictions import PREDICTIONS_NAME, Predictions
from handwriting_ai.prediction import TtaMode
from handwriting_ai.registry.presets import PRESETS_FILE
from handwriting_ai.registry.store import ModelStore
from shared import controls

MEMBERS = "ensemble_members"
MANY = 200


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
    page.switch_page("ensemble/page.py").run()
    assert not page.exception
    return page


def _select(page: AppTest, key: str, value: object) -> None:
    group: ButtonGroup[object] = page.button_group(key=key)
    group.set_value(value).run()
    assert not page.exception


def _metrics(page: AppTest) -> dict[str, str]:
    return {each.label: each.value for each in page.metric}


def _captions(page: AppTest) -> str:
    return "\n".join(each.value for each in page.caption)


def _click(page: AppTest, label: str) -> None:
    next(each for each in page.button if each.label == label).click().run()
    assert not page.exception


def _preset(page: AppTest) -> Selectbox[str]:
    found: Selectbox[str] = page.selectbox(key="ensemble_preset")
    return found


def _ranked(page: AppTest) -> set[str]:
    """The ensembles in the table."""
    ranked: pd.Series[str] = page.dataframe[0].value["members"]
    return set(ranked)


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
    assert any("29 million multiply-adds × 1 view." in each.value for each in page.caption)
    members = ["m_b"]
    _select(page, MEMBERS, members)
    assert _metrics(page)["Errors"] == "30"
    members = []
    _select(page, MEMBERS, members)
    assert "Choose at least one model" in page.info[0].value
    assert _ranked(page) == {"a", "a, b", "b"}


def test_the_temperature_is_own_fitted_or_from_the_slider(models: Path) -> None:
    """Each changes the loss and leaves the errors; the fitted one has the smallest loss."""
    register_with_predictions(models, "a")
    page = _opened()
    own = float(_metrics(page)["NLL"])
    _select(page, "ensemble_scale", "Fitted to this choice")
    fitted = float(_metrics(page)["NLL"])
    (temperature,) = (each.value for each in page.caption if "Smallest validation NLL at" in each.value)
    _select(page, "ensemble_scale", "Slider")
    slider: Slider[float] = page.slider(key="ensemble_slider")
    assert slider.value == pytest.approx(float(temperature.split("**")[1]), abs=0.0051)
    slider.set_value(2.5).run()
    _select(page, "ensemble_scale", "Fitted to this choice")
    _select(page, "ensemble_scale", "Slider")
    slider = page.slider(key="ensemble_slider")
    assert slider.value == 2.5
    slid = float(_metrics(page)["NLL"])
    assert fitted <= own
    assert fitted < slid
    assert "DIGITS__TEMPERATURE_OVERRIDE=2.5000" in page.code[0].value
    assert "DIGITS__TTA_ADVANCED=true" in page.code[0].value


def test_the_test_set_is_reported_on_request(models: Path) -> None:
    """Never unasked, nor for the next choice; with the count that leaves out disputed labels."""
    register_with_predictions(models, "a")
    page = _opened()
    assert "test digits" not in "".join(each.value for each in page.markdown)
    page.toggle[0].set_value(True).run()
    assert any("**20 errors** of 10,000 test digits" in each.value for each in page.markdown)
    _select(page, "ensemble_tta", "none")
    assert "test digits" not in "".join(each.value for each in page.markdown)
    assert not page.toggle[0].value


def _views_of_draw(page: AppTest) -> object:
    views: object = page.session_state[controls.VIEWS_KEY]
    return views


def test_a_choice_reads_the_drawing_and_is_used_on_the_draw_page(models: Path) -> None:
    """Its answer stands here; once it is used, the Draw page names it, until it is taken back."""
    register_with_predictions(models, "a")
    register_with_predictions(models, "b", seed=3)
    page = open_app()
    page.run()
    put_on_canvas(page, 7)
    page.run()
    page.switch_page("ensemble/page.py").run()
    members: list[str] = ["b"]
    _select(page, MEMBERS, members)
    assert any("Confidence" in each.value for each in page.markdown)
    _select(page, "ensemble_tta", "none")
    next(each for each in page.button if each.label == "Use it in this session").click().run()
    assert any("reads with this choice" in each.value for each in page.success)
    page.switch_page("draw/page.py").run()
    assert any("Read by 1 model of your choice" in each.value for each in page.caption)
    assert _views_of_draw(page) is TtaMode.NONE
    page.switch_page("ensemble/page.py").run()
    next(each for each in page.button if each.label == "Back to default").click().run()
    page.switch_page("draw/page.py").run()
    assert not any("Read by" in each.value for each in page.caption)
    assert _views_of_draw(page) is TtaMode.ADVANCED


def test_what_cannot_be_scored_is_named(models: Path) -> None:
    """The rest is shown."""
    register_with_predictions(models, "a")
    (register_with_predictions(models, "bare") / PREDICTIONS_NAME).unlink()
    page = _opened()
    assert "`bare` is left out" in page.warning[0].value
    assert _metrics(page)["Errors"] == "10"


def test_models_that_are_not_shipped_cannot_be_chosen(models: Path) -> None:
    """Nor ranked: a choice is there to be used."""
    register_with_predictions(models, "a")
    register_with_predictions(models, "b", errors=5, seed=5)
    ModelStore(models).withhold("b", "22 MB")
    page = _opened()
    assert not page.warning
    assert "stand on the page *Compare* only." in _captions(page)
    assert _ranked(page) == {"a"}


def test_many_models_keep_their_pills(models: Path) -> None:
    """Of the first twelve every ensemble is ranked, and the page says so."""
    for number in range(14):
        register_with_predictions(models, f"m{number:02}", seed=number % 3)
    page = _opened()
    choices: ButtonGroup[str] = page.button_group(key=MEMBERS)
    assert len(choices.options) == 14
    assert any("Of 14 models 12 are combined, the chosen ones first." in each.value for each in page.caption)
    assert any("All 4,095, ranked by validation NLL" in each.value for each in page.caption)


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


def test_one_view_has_no_effect_of_views(models: Path) -> None:
    """Several have."""
    register_with_predictions(models, "a")
    page = _opened()
    assert "the views correct **10** validation digits and break **0**" in _captions(page)
    _select(page, "ensemble_tta", "none")
    assert "the views correct" not in _captions(page)
    errors = next(each for each in page.metric if each.label == "Errors")
    assert errors.value == "20"
    assert "vary by about 4, one standard deviation" in errors.help


def test_damaged_predictions_leave_out_one_model(models: Path) -> None:
    """Their stamp is sound, their arrays are not; the rest is scored and ranked."""
    register_with_predictions(models, "a")
    folder, made = register_with_predictions(models, "b", errors=30, seed=5), fake_predictions()
    digest = ModelStore(models).read_manifest("b").weights_sha256 or ""
    spoilt = Predictions(validation=made.validation[:3], test=made.test)
    (folder / PREDICTIONS_NAME).write_bytes(spoilt.packed(digest))
    page = _opened()
    assert "`b` is left out" in page.warning[0].value
    assert "is damaged: validation holds float16 (3, 5000, 10)" in page.warning[0].value
    assert _metrics(page)["Errors"] == "10"
    assert _ranked(page) == {"a"}


def test_a_chosen_model_that_becomes_damaged_is_no_longer_chosen(models: Path) -> None:
    """The other member goes on."""
    register_with_predictions(models, "a")
    folder = register_with_predictions(models, "b", errors=30, seed=5)
    page = _opened()
    members: list[str] = ["a", "b"]
    _select(page, MEMBERS, members)
    (folder / PREDICTIONS_NAME).write_bytes(b"no archive")
    page.run()
    assert not page.exception
    assert "`b` is left out" in page.warning[0].value
    assert _metrics(page)["Errors"] == "10"


def test_many_left_out_models_fold_away(models: Path) -> None:
    """Their number stands on the outside."""
    register_with_predictions(models, "a")
    for number in range(4):
        register_with_predictions(models, f"foreign{number}", changes={"preprocess_hash": "v0/other"})
    page = _opened()
    assert not page.warning
    assert page.expander[0].label == "Left out: 4 models"
    assert _ranked(page) == {"a"}


def test_v1_manifests_are_enough(models: Path) -> None:
    """Models whose manifests hold no digest and no figures are scored, ranked and read with."""
    for model_id in ("a", "b"):
        keep_v1_fields_only(register_with_predictions(models, model_id))
    page = open_app()
    page.run()
    put_on_canvas(page, 7)
    page.run()
    page.switch_page("ensemble/page.py").run()
    assert not page.exception
    assert _metrics(page)["Errors"] == "10"
    assert _ranked(page) == {"a", "b", "a, b"}
    assert "Confidence" in "".join(each.value for each in page.markdown)


def test_the_chosen_ones_of_many_models_are_ranked(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Although they are not among the first; three are combined, for the sake of time."""
    monkeypatch.setattr(ranking, "MOST_MEMBERS", 3)
    folder = register_with_predictions(models, "m00")
    for number in range(1, 14):
        linked_as(folder, f"m{number:02}")
    page = _opened()
    choices: ButtonGroup[str] = page.button_group(key=MEMBERS)
    choices.set_value(["m13"]).run()
    assert not page.exception
    assert {name for members in _ranked(page) for name in members.split(", ")} == {"m00", "m01", "m13"}


def test_two_hundred_models_are_shown(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of which twelve are read; the page Draw, which opens first, would load them all if none were chosen."""
    monkeypatch.setenv("DIGITS__ACTIVE_MODEL", "m000")
    for first, seed in enumerate(range(3)):
        folder = register_with_predictions(models, f"m{first:03}", seed=seed)
        for number in range(first + 3, MANY, 3):
            linked_as(folder, f"m{number:03}")
    page = _opened()
    choices: ButtonGroup[str] = page.button_group(key=MEMBERS)
    assert len(choices.options) == MANY
    assert "Of 200 models 12 are combined" in _captions(page)


def test_a_preset_chosen_first_leaves_no_complaint_in_the_log(
    models: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit complains, once a process, of a control that has both a default and a value set for it."""
    monkeypatch.setattr("streamlit.elements.lib.policies._shown_default_value_warning", False)
    monkeypatch.setattr(logging.getLogger("streamlit"), "propagate", True)
    register_with_predictions(models, "a")
    (models / PRESETS_FILE).write_text('{"fast": {"members": ["a"], "tta": "none"}}', encoding="utf-8")
    page = _opened()
    _preset(page).set_value("fast").run()
    assert _preset(page).value == "fast"
    assert not [record for record in caplog.records if "default value" in record.getMessage()]


def test_a_preset_sets_members_and_views(models: Path) -> None:
    """The list shows it as long as the controls agree with it; what lacks a member is said."""
    register_with_predictions(models, "a")
    register_with_predictions(models, "b", errors=30, seed=5)
    presets = {
        "default": {"members": ["a", "b"], "tta": "advanced"},
        "fast": {"members": ["b"], "tta": "none"},
        "best": {"members": ["a", "gone"], "tta": "advanced"},
    }
    (models / PRESETS_FILE).write_text(json.dumps(presets), encoding="utf-8")
    page = _opened()
    assert "The preset `best` cannot be chosen without `gone`." in _captions(page)
    assert (_preset(page).value, list(_preset(page).options)) == ("default", ["default", "fast"])
    _preset(page).set_value("fast").run()
    assert not page.exception
    assert (_preset(page).value, _metrics(page)["Errors"]) == ("fast", "30")
    assert "DIGITS__ACTIVE_MODEL=b" in page.code[0].value
    _select(page, "ensemble_tta", "basic")
    assert (_preset(page).value, _metrics(page)["Errors"]) == (None, "15")


def test_a_choice_in_use_can_always_be_taken_back(models: Path) -> None:
    """Also once the controls say something else, or nothing."""
    register_with_predictions(models, "a")
    register_with_predictions(models, "b")
    page = _opened()
    _click(page, "Use it in this session")
    for members in (["a"], list[str]()):
        _select(page, MEMBERS, members)
        assert "In use: a, b, 17 views." in _captions(page)
        assert any(each.label == "Back to default" for each in page.button)
    _click(page, "Back to default")
    assert "In use:" not in _captions(page)


def test_a_cleared_drawing_is_no_longer_read(models: Path) -> None:
    """The page says again how to get an answer."""
    register_with_predictions(models, "a")
    page = open_app()
    page.run()
    put_on_canvas(page, 7)
    page.run()
    _click(page, "Clear")
    page.switch_page("ensemble/page.py").run()
    assert "Draw a digit on the page *Draw*" in _captions(page)


def test_a_temperature_of_the_settings_stands_for_the_models_own(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In figures, answer and lines, and as the slider's first value; without it the lines reset it."""
    register_with_predictions(models, "a")
    page = _opened()
    own = _metrics(page)["NLL"]
    assert page.code[0].value.splitlines()[-1] == "DIGITS__TEMPERATURE_OVERRIDE="
    monkeypatch.setenv("DIGITS__TEMPERATURE_OVERRIDE", "2.5")
    st.cache_resource.clear()
    page = _opened()
    assert _metrics(page)["NLL"] != own
    assert "DIGITS__TEMPERATURE_OVERRIDE replaces the models' own temperatures: **2.5**" in _captions(page)
    assert page.code[0].value.splitlines()[-1] == "DIGITS__TEMPERATURE_OVERRIDE=2.5000"
    _select(page, "ensemble_scale", "Slider")
    slider: Slider[float] = page.slider(key="ensemble_slider")
    assert slider.value == 2.5


def test_a_selected_row_is_forgotten_when_the_controls_say_something_else(models: Path) -> None:
    """Other views, members or a preset get another table, so that no row stays marked wrongly; a run does not."""
    register_with_predictions(models, "a")
    register_with_predictions(models, "b", errors=30, seed=5)
    presets = {"fast": {"members": ["b"], "tta": "none"}}
    (models / PRESETS_FILE).write_text(json.dumps(presets), encoding="utf-8")
    page = _opened()
    keys = [page.dataframe[0].key]
    page.run()
    assert page.dataframe[0].key == keys[0]
    _select(page, "ensemble_tta", "none")
    keys.append(page.dataframe[0].key)
    members: list[str] = ["a"]
    _select(page, MEMBERS, members)
    keys.append(page.dataframe[0].key)
    _preset(page).set_value("fast").run()
    keys.append(page.dataframe[0].key)
    assert len(set(keys)) == 4
