"""The Compare page without a browser: its tables, what each tab says, and what a click leads to."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
import streamlit as st
from pydantic import TypeAdapter
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button, ButtonGroup, Selectbox
from tests.app.test_draw_page import open_app
from tests.evaluation.samples import fake_predictions, keep_v1_fields_only, linked_as, register_with_predictions
from tests.training.samples import EPOCH

from compare import confusion, tabs
from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.evaluation import member_scores
from handwriting_ai.evaluation.damage import SEVERITIES, Damage, DamagePoint
from handwriting_ai.evaluation.predictions import PREDICTIONS_NAME, EvaluationDigits, Predictions, load_predictions
from handwriting_ai.evaluation.robustness import DAMAGE_NAME, packed_damage
from handwriting_ai.evaluation.scoreboard import Misread
from handwriting_ai.evaluation.statistics import McNemar
from handwriting_ai.registry.manifest import MANIFEST_NAME, Manifest, read_manifest, write_manifest
from handwriting_ai.registry.presets import PRESETS_FILE
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.progress import write_metrics
from shared import controls

PAGE = PROJECT_ROOT / "app" / "compare" / "page.py"
MANY = 200
_COLUMNS = TypeAdapter(dict[str, list[object]])
MISREAD = (
    Misread(row=7, label=4, answer=9, confidence=0.9),
    Misread(row=3, label=4, answer=9, confidence=0.8),
    Misread(row=5, label=9, answer=4, confidence=0.7),
)


@pytest.fixture()
def models(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models folder that the page looks at, empty."""
    folder = clean_environment / "models"
    folder.mkdir()
    monkeypatch.setenv("APP__DATA_ROOT", str(clean_environment))
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(folder))
    return folder


@pytest.fixture()
def page(models: Path) -> Iterator[AppTest]:
    """The page, about to be opened on the folder `models`."""
    assert models.is_dir()
    st.cache_resource.clear()
    yield AppTest(str(PAGE), default_timeout=60)
    st.cache_resource.clear()


@pytest.fixture()
def pair(models: Path) -> Path:
    """Two models: `a` with 20 misread validation digits, 10 with views; `b` with 30 and 15."""
    register_with_predictions(models, "a", errors=20, seed=0)
    register_with_predictions(models, "b", errors=30, seed=1)
    return models


def _open(page: AppTest, tab: str = "Accuracy") -> AppTest:
    page.session_state["compare_tab"] = tab
    page.run()
    assert not page.exception
    return page


def _tick(page: AppTest, *rows: int) -> None:
    """Tick these rows of the table and no others."""
    selection: dict[str, dict[str, list[int]]] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    page.session_state[controls.rows_key("compared", _names(page))] = selection
    page.run()
    assert not page.exception


def _columns(page: AppTest, number: int = 0) -> dict[str, list[object]]:
    """What a data frame on the page holds, by its columns."""
    content: object = page.dataframe[number].value.to_dict("list")
    return _COLUMNS.validate_python(content)


def _figures(page: AppTest) -> dict[str, list[object]]:
    """The table of two models, by its columns; the names of its rows are `index`."""
    content: object = page.table[0].value.reset_index().to_dict("list")
    return _COLUMNS.validate_python(content)


def _errors(page: AppTest) -> list[object]:
    """The two models' misread validation digits."""
    figures = _figures(page)
    row = figures["index"].index("Errors of 5,000")
    return [figures["First"][row], figures["Second"][row]]


def _names(page: AppTest) -> list[str]:
    return [str(name) for name in _columns(page)["model"]]


def _reliability_of(page: AppTest) -> Selectbox[str]:
    found: Selectbox[str] = page.selectbox(key="reliability_of")
    return found


def _charts(page: AppTest) -> int:
    return len(page.get("vega_lite_chart"))


def _texts(page: AppTest) -> str:
    """All that the page says in boxes, captions and plain text."""
    said = [box.value for box in page.info] + [box.value for box in page.warning] + [box.value for box in page.error]
    said += [box.value for box in page.caption] + [box.value for box in page.markdown]
    return "\n".join(said)


def _change_manifest(folder: Path, changes: dict[str, object]) -> None:
    path = folder / MANIFEST_NAME
    write_manifest(path, read_manifest(path).model_copy(update=changes))


def test_it_is_on_the_menu(pair: Path, page: AppTest) -> None:
    """Opened through the frame, beside the other pages."""
    assert pair.is_dir()
    app = open_app()
    app.run()
    app.switch_page("compare/page.py").run()
    assert not app.exception
    assert app.title[0].value == "Compare"
    assert _names(app) == ["a", "b"]
    assert page.session_state is not app.session_state


def test_without_models_it_says_how_to_get_one(page: AppTest, models: Path) -> None:
    """The folder and the command."""
    _open(page)
    assert str(models) in page.info[0].value
    assert "handwriting-ai train" in page.info[0].value


def test_all_models_are_listed_the_most_accurate_first(pair: Path, page: AppTest) -> None:
    """With their figures in the views on show, and what their manifests say; three at most are ticked at first."""
    register_with_predictions(pair, "c", errors=10, changes={"training_recipe": "heavy_aug"})
    _open(page)
    assert _names(page) == ["c", "a", "b"]
    first = {name: values[1] for name, values in _columns(page).items()}
    assert first["validation accuracy"] == pytest.approx(99.8)
    assert (first["errors of 5,000"], first["views"], first["recipe"], first["seed"]) == (10, 17, "drawn", 0)
    assert (first["training time"], first["predictions"], first["test overlap"]) == (10.0, True, "none")
    assert _charts(page) == 1


def test_seeds_of_one_recipe_are_averaged(pair: Path, page: AppTest) -> None:
    """Mean ± sample standard deviation; a run that differs in more than its seed stays out."""
    register_with_predictions(pair, "other", errors=400, seed=2, changes={"training_epochs": 3})
    register_with_predictions(pair, "again", errors=400, seed=3, changes={"training_recipe": "heavy_aug"})
    register_with_predictions(pair, "child", errors=400, seed=4, changes={"parent_model_id": "a"})
    register_with_predictions(pair, "sister", errors=400, seed=4, changes={"parent_model_id": "b"})
    _open(page)
    means = _columns(page, 1)
    assert (means["architecture"], means["recipe"], means["runs"]) == (["compact"] * 2, ["drawn"] * 2, [2, 2])
    assert means["start"] == ["fresh weights", "a model"]
    assert means["errors of 5,000"] == ["12.5 ± 3.5", "200.0 ± 0.0"]
    assert means["validation accuracy"] == ["99.75% ± 0.07%", "96.00% ± 0.00%"]


def test_means_are_sorted_by_the_mean(pair: Path, page: AppTest) -> None:
    """Not by the best run of a kind, which is luck."""
    register_with_predictions(pair, "lucky", errors=10, seed=2, changes={"training_recipe": "heavy_aug"})
    register_with_predictions(pair, "unlucky", errors=50, seed=3, changes={"training_recipe": "heavy_aug"})
    _open(page)
    means = _columns(page, 1)
    assert means["recipe"] == ["drawn", "heavy_aug"]
    assert means["errors of 5,000"] == ["12.5 ± 3.5", "15.0 ± 14.1"]


def test_refused_models_are_named_with_the_reason(pair: Path, page: AppTest) -> None:
    """Another preprocessing, an unknown architecture, a broken manifest; the others are compared."""
    register_with_predictions(pair, "foreign", changes={"preprocess_hash": "v0/other"})
    register_with_predictions(pair, "strange", changes={"arch": "nonet"})
    (pair / "a" / MANIFEST_NAME).write_text("{", encoding="utf-8")
    _open(page)
    said = page.warning[0].value
    assert all(name in said for name in ("`a` cannot be used", "v0/other", "nonet"))
    assert _names(page) == ["b"]


def test_many_refused_models_fold_away(pair: Path, page: AppTest) -> None:
    """Their number stands on the outside."""
    for number in range(4):
        register_with_predictions(pair, f"foreign{number}", changes={"preprocess_hash": "v0/other"})
    _open(page)
    assert not page.warning
    assert page.expander[0].label == "Not usable: 4 models"


def test_a_model_without_predictions_shows_its_manifest(pair: Path, page: AppTest) -> None:
    """The page says which command makes them."""
    (pair / "b" / PREDICTIONS_NAME).unlink()
    _open(page)
    _tick(page, 0, 1)
    assert "handwriting-ai evaluate --refresh b" in page.info[0].value
    assert _columns(page)["predictions"] == [True, False]
    _tick(page, 1)
    for tab in ("Calibration", "Per digit", "Confusion"):
        _open(page, tab)
        assert tabs.NO_SCORES in _texts(page)
        assert _charts(page) == 0


def test_stale_predictions_are_not_shown(pair: Path, page: AppTest) -> None:
    """The weights are others than those they were made from."""
    _change_manifest(pair / "b", {"weights_sha256": "0" * 64})
    _open(page)
    _tick(page, 1)
    assert "was made from other weights" in page.info[0].value


def test_v1_manifests_are_compared_as_far_as_they_go(pair: Path, page: AppTest) -> None:
    """Fields they lack are empty; their predictions count as any, and tell what the manifests do not."""
    keep_v1_fields_only(pair / "a")
    keep_v1_fields_only(pair / "b")
    _open(page)
    columns = _columns(page)
    lacking = [each for name in ("recipe", "parameters") for each in columns[name]]
    assert all(each is None or each != each for each in lacking)
    assert all(isinstance(each, float) and each == each for each in (*columns["NLL"], *columns["ECE"]))
    assert len(page.dataframe) == 1
    assert not page.info
    for tab in ("Cost", "Learning curves", "Damage", "Two models"):
        _open(page, tab)
    _open(page, "Cost")
    assert "do not say" in _texts(page)
    assert _charts(page) == 1


def test_of_very_many_models_only_ticked_ones_are_read(
    models: Path, page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two hundred models three; the table says what manifests do, of one view."""
    for first, errors in enumerate((10, 11, 12)):
        folder = register_with_predictions(models, f"m{first:03}", errors=errors)
        for number in range(first + 3, MANY, 3):
            linked_as(folder, f"m{number:03}")
    read: list[str] = []

    def count(folder: Path, manifest: Manifest, digits: EvaluationDigits) -> Predictions:
        read.append(manifest.model_id)
        return load_predictions(folder, manifest, digits)

    monkeypatch.setattr(member_scores, "load_predictions", count)
    _open(page)
    assert len(_names(page)) == MANY
    assert set(_columns(page)["views"]) == {1}
    assert "in one view, as their manifests say" in _texts(page)
    assert sorted(read) == sorted(_names(page)[:3])
    _tick(page, *range(12))
    assert "colours repeat" in _texts(page)
    _tick(page)
    assert "Tick models" in page.info[0].value


def test_a_folder_that_cannot_be_read_is_said(pair: Path, page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was readable when the page was opened."""
    _open(page)
    list_folder = Path.iterdir

    def refuse(folder: Path) -> Iterator[Path]:
        if folder == pair:
            raise PermissionError(13, "Permission denied")
        return list_folder(folder)

    monkeypatch.setattr(Path, "iterdir", refuse)
    _open(page)
    assert f"The models folder {pair} cannot be read: Permission denied" in page.error[0].value


def test_an_unreadable_file_of_the_system_is_said(pair: Path, page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which no part of the package expects."""

    def refuse(_: ModelStore) -> NoReturn:
        raise PermissionError(13, "Permission denied", str(pair))

    monkeypatch.setattr(ModelStore, "model_ids", refuse)
    _open(page)
    assert f"`{pair}` cannot be used: Permission denied" in page.error[0].value


def test_damaged_predictions_count_as_none(pair: Path, page: AppTest) -> None:
    """Their stamp is sound, their arrays are not; the other model keeps its charts."""
    digest = ModelStore(pair).read_manifest("a").weights_sha256 or ""
    made = fake_predictions()
    spoilt = Predictions(validation=made.validation[:3], test=made.test)
    (pair / "a" / PREDICTIONS_NAME).write_bytes(spoilt.packed(digest))
    _open(page, "Two models")
    assert "is damaged: validation holds float16 (3, 5000, 10)" in page.info[0].value
    assert "There is only one model to choose" in _texts(page)
    assert not page.error


def test_missing_mnist_is_said(pair: Path, page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of a traceback."""
    monkeypatch.setenv("TRAINING__DATA_DIR", str(pair))
    _open(page)
    assert "TRAINING__DATA_DIR" in page.error[0].value


def test_table_and_charts_speak_of_the_same_views(pair: Path, page: AppTest) -> None:
    """Those chosen above them; a model without predictions stands with the one view of its manifest."""
    (register_with_predictions(pair, "c", errors=40) / PREDICTIONS_NAME).unlink()
    _open(page, "Two models")
    assert (_columns(page)["views"], _columns(page)["errors of 5,000"]) == ([17, 17, 1], [10, 15, 40])
    assert _errors(page) == ["10", "15"]
    views: ButtonGroup[str] = page.button_group(key="compare_tta")
    views.set_value("none").run()
    assert not page.exception
    assert (_columns(page)["views"], _columns(page)["errors of 5,000"]) == ([1, 1, 1], [20, 30, 40])


def test_presets_are_rows_of_the_table(pair: Path, page: AppTest) -> None:
    """In their own views, with all their members' arithmetic; ticked, they are in every tab that has scores."""
    presets: dict[str, object] = {
        "both": {"members": ["a", "b"], "tta": "basic"},
        "lacking": {"members": ["a", "gone"], "tta": "none"},
    }
    (pair / PRESETS_FILE).write_text(json.dumps(presets), encoding="utf-8")
    _open(page)
    assert sorted(_names(page)) == ["a", "b", "both (preset)"]
    assert "The preset `lacking` is not shown: no predictions of `gone`." in _texts(page)
    place = _names(page).index("both (preset)")
    columns = _columns(page)
    adds = dict(zip(_names(page), columns["multiply-adds"], strict=True))
    assert columns["views"][place] == 5
    assert adds["both (preset)"] == 2 * 5 * int(str(adds["a"])) / 17
    assert columns["seed"][place] is None or columns["seed"][place] != columns["seed"][place]
    _tick(page, 0, 1, 2)
    for tab in ("Accuracy", "Cost", "Per digit", "Learning curves", "Damage"):
        _open(page, tab)
        assert not page.error
    _open(page, "Calibration")
    assert "both (preset)" in _columns(page, -1)["model"]
    _open(page, "Confusion")
    confusions_of: Selectbox[str] = page.selectbox(key="confusions_of")
    confusions_of.set_value("both (preset)").run()
    assert not page.exception


def test_what_all_names_begin_with_is_left_out(models: Path, page: AppTest) -> None:
    """In the table, whose last column has the names in full, and in the lists of the tabs."""
    for seed in range(2):
        register_with_predictions(models, f"mnist_compact_seed{seed}", errors=20 + seed, seed=seed)
    _open(page, "Calibration")
    assert _names(page) == ["seed0", "seed1"]
    assert _columns(page)["full name"] == ["mnist_compact_seed0", "mnist_compact_seed1"]
    assert _reliability_of(page).options == ["seed0", "seed1"]


def test_three_different_networks_are_ticked_at_first(models: Path, page: AppTest) -> None:
    """The best of each, not three seeds of the best; what is ticked stands in the address."""
    for number, arch in enumerate(("compact", "compact", "compact", "simplecnn_m5", "simplecnn_m7")):
        register_with_predictions(models, f"m{number}", errors=10 + number, seed=number, changes={"arch": arch})
    _open(page, "Calibration")
    assert _columns(page, -1)["model"] == ["m0", "m3", "m4"]
    address: dict[str, object] = page.query_params
    assert address["ticked"] == ["m0", "m3", "m4"]


def test_views_change_the_figures(pair: Path, page: AppTest) -> None:
    """One view reads less than seventeen."""
    assert pair.is_dir()
    _open(page, "Confusion")
    cells: Selectbox[str] = page.selectbox(key="cell_a_advanced")
    assert cells.options[0] == "All misread digits (10)"
    views: ButtonGroup[str] = page.button_group(key="compare_tta")
    views.set_value("none").run()
    fewer: Selectbox[str] = page.selectbox(key="cell_a_none")
    assert fewer.options[0] == "All misread digits (20)"


def test_latency_is_measured_on_request(pair: Path, page: AppTest) -> None:
    """A model whose weights are broken is named; the other gets its point."""
    (pair / "b" / "model.pt").write_bytes(b"")
    _open(page, "Cost")
    assert "Not measured yet in 17 views" in _texts(page)
    assert _charts(page) == 2
    page.button[0].click().run()
    assert not page.exception
    assert "'b' cannot be loaded" in page.error[0].value
    assert "Not known of `b`" in _texts(page)
    assert _charts(page) == 3


def test_a_model_that_is_not_shipped_is_compared(pair: Path, page: AppTest) -> None:
    """Marked, with the reason, and scored like the other; only its latency cannot be measured."""
    ModelStore(pair).withhold("b", "22 MB")
    _open(page, "Two models")
    assert not page.warning
    assert _columns(page)["not included"][1] == "22 MB"
    assert "are scored by the predictions kept of them and never loaded." in _texts(page)
    assert _errors(page) == ["10", "15"]
    for tab in ("Calibration", "Per digit", "Confusion"):
        _open(page, tab)
        assert not page.error
    assert "has no damage.json. It is made with the model's weights" in _texts(_open(page, "Damage"))
    _open(page, "Cost")
    page.button[0].click().run()
    assert not page.error
    assert "Not known of `b`" in _texts(page)
    _tick(page, 1)
    assert page.button[0].disabled


def test_calibration_has_figures_and_two_charts(pair: Path, page: AppTest) -> None:
    """ECE of both kinds, NLL, Brier and AUROC of the ticked models."""
    assert pair.is_dir()
    _open(page, "Calibration")
    columns = _columns(page, 2)
    assert list(columns) == ["model", "ECE", "ECE, equal counts", "NLL", "Brier", "AUROC of misreads"]
    assert columns["model"] == ["a", "b"]
    assert _charts(page) == 2


def test_learning_curves_are_shown_where_they_were_kept(pair: Path, page: AppTest) -> None:
    """The others are named."""
    _open(page, "Learning curves")
    assert "No learning curve was kept for `a`, `b`" in _texts(page)
    assert _charts(page) == 0
    write_metrics(pair / "a", [EPOCH])
    _open(page, "Learning curves")
    assert "No learning curve was kept for `b`" in _texts(page)
    assert _charts(page) == 2


def test_damage_is_shown_where_it_was_measured(pair: Path, page: AppTest) -> None:
    """The page says which command measures it."""
    _open(page, "Damage")
    assert "handwriting-ai evaluate --damage a" in _texts(page)
    assert _charts(page) == 0
    points = tuple(
        DamagePoint(damage=damage, severity=severity, amount=amount, n=5_000, errors=20 + severity)
        for damage in Damage
        for severity, amount in enumerate((0.0, *SEVERITIES[damage]))
    )
    digest = ModelStore(pair).read_manifest("a").weights_sha256
    assert digest is not None
    (pair / "a" / DAMAGE_NAME).write_bytes(packed_damage(points, digest))
    _open(page, "Damage")
    assert "handwriting-ai evaluate --damage b" in _texts(page)
    assert _charts(page) == 1 + len(Damage)


def test_a_model_without_errors_has_nothing_to_show(models: Path, page: AppTest) -> None:
    """An empty heat map, no pictures, and no AUROC."""
    register_with_predictions(models, "perfect", errors=1, seed=4)
    _open(page, "Confusion")
    assert "None." in _texts(page)
    assert not page.image
    _open(page, "Calibration")
    assert _columns(page, 1)["ECE"] != [None]
    auroc = _columns(page, 1)["AUROC of misreads"][0]
    assert auroc is None or auroc != auroc


def test_what_was_chosen_outlasts_a_change_of_tab(pair: Path, page: AppTest) -> None:
    """Until the model is no longer ticked."""
    assert pair.is_dir()
    _open(page, "Calibration")
    _reliability_of(page).set_value("b").run()
    _open(page, "Accuracy")
    _open(page, "Calibration")
    assert _reliability_of(page).value == "b"
    _open(page, "Accuracy")
    _tick(page, 0)
    _open(page, "Calibration")
    assert _reliability_of(page).value == "a"


def test_a_cell_of_the_confusions_shows_its_digits(pair: Path, page: AppTest) -> None:
    """Chosen from the list, as the keyboard does."""
    assert pair.is_dir()
    _open(page, "Confusion")
    assert len(page.image) == 10
    cells: Selectbox[str] = page.selectbox(key="cell_a_advanced")
    label, answer = cells.options[1].split(" (")[0].split(" read as ")
    assert int(answer) == (int(label) + 1) % 10
    cells.set_value(f"{label} read as {answer}").run()
    assert not page.exception
    assert 1 <= len(page.image) < 10


def test_two_models_are_tested_against_each_other(pair: Path, page: AppTest) -> None:
    """Figures side by side, McNemar's test in words, and the digits that only one reads."""
    assert pair.is_dir()
    _open(page, "Two models")
    assert _errors(page) == ["10", "15"]
    assert "exact McNemar test" in _texts(page)
    assert len(page.image) == 25
    second: Selectbox[str] = page.selectbox(key="two_Second")
    assert second.options == ["a", "b", "Default ensemble (2 models)"]
    second.set_value("Default ensemble (2 models)").run()
    assert not page.exception
    second.set_value("a").run()
    assert "Both are the same" in _texts(page)


def test_presets_are_tested_against_each_other(pair: Path, page: AppTest) -> None:
    """Beside the models and the default ensemble; one with the same members stands there once."""
    register_with_predictions(pair, "c", errors=40)
    presets: dict[str, object] = {
        "default": {"members": ["a", "b"], "tta": "none"},
        "fast": {"members": ["a"], "tta": "none"},
        "best": {"members": ["a", "b", "c"], "tta": "none"},
    }
    (pair / PRESETS_FILE).write_text(json.dumps(presets), encoding="utf-8")
    _open(page, "Two models")
    first: Selectbox[str] = page.selectbox(key="two_First")
    assert first.options == ["a", "b", "c", "Default ensemble (2 models)", "Preset best (3 models)"]
    first.set_value("Preset best (3 models)").run()
    assert not page.exception
    assert "exact McNemar test" in _texts(page)


@pytest.mark.parametrize(("ticked", "expected"), [((), None), ((1,), ["15", "10"]), ((2,), ["10", "15"])])
def test_two_models_are_offered_whatever_is_ticked(
    pair: Path, page: AppTest, ticked: tuple[int, ...], expected: list[str] | None
) -> None:
    """First what is ticked and scored, then the first of the others; never the last by accident."""
    (register_with_predictions(pair, "c", errors=40) / PREDICTIONS_NAME).unlink()
    _open(page)
    _tick(page, *ticked)
    _open(page, "Two models")
    if expected is None:
        assert "Tick models" in _texts(page)
    else:
        assert _errors(page) == expected


def test_one_model_is_compared_with_itself(models: Path, page: AppTest) -> None:
    """The page explains itself; other views make a second choice."""
    register_with_predictions(models, "only")
    _open(page, "Two models")
    assert "only one model" in page.info[0].value
    views: ButtonGroup[str] = page.button_group(key="two_views_Second")
    views.set_value("none").run()
    assert not page.exception
    assert _errors(page) == ["10", "20"]


def test_broken_presets_do_not_end_the_page(pair: Path, page: AppTest) -> None:
    """The models can still be compared."""
    (pair / PRESETS_FILE).write_text("{", encoding="utf-8")
    _open(page, "Two models")
    assert PRESETS_FILE in page.warning[0].value
    assert len(page.table) == 1
    presets = {"default": {"members": ["a", "gone"], "tta": "none"}}
    (pair / PRESETS_FILE).write_text(json.dumps(presets), encoding="utf-8")
    _open(page, "Two models")
    assert "no predictions of `gone`" in _texts(page)


def test_test_figures_stand_only_where_asked_for(pair: Path, page: AppTest) -> None:
    """Off at first; then in the table's order, which goes by validation."""
    register_with_predictions(pair, "lucky", errors=40, test_errors=2)
    _open(page)
    assert "test digits" not in _texts(page)
    assert "never used to choose" in _texts(page)
    page.toggle(key="compare_test").set_value(True).run()
    assert not page.exception
    report = _columns(page, -1)
    assert report["model"] == ["a", "b", "lucky"]
    assert report["errors"][0] == 20
    assert "without the 15 disputed labels" in report


@pytest.mark.parametrize(
    ("reported", "cell"),
    [
        ({"selection": {"cell": [{"label": "4", "answer": "9"}]}}, "4 read as 9"),
        ({"selection": {"cell": []}}, confusion.ALL_CELLS),
        ({"selection": {"cell": {}}}, confusion.ALL_CELLS),
        ({"selection": {}}, confusion.ALL_CELLS),
    ],
)
def test_a_click_chooses_a_cell(reported: dict[str, object], cell: str) -> None:
    """What the browser reports of the heat map; a click beside the cells chooses all."""
    assert confusion.clicked_cell(reported) == cell


def test_cells_are_counted_and_taken_apart() -> None:
    """The fullest first, after all together."""
    counts = confusion.cell_counts(MISREAD)
    assert list(counts.items()) == [(confusion.ALL_CELLS, 3), ("4 read as 9", 2), ("9 read as 4", 1)]
    assert [each.row for each in confusion.of_cell(MISREAD, "4 read as 9")] == [7, 3]
    assert confusion.of_cell(MISREAD, confusion.ALL_CELLS) == list(MISREAD)
    assert confusion.only_in(MISREAD, list(MISREAD)[1:]) == list(MISREAD)[:1]


@pytest.mark.parametrize(
    ("first", "second", "p_value", "words"),
    [
        (3, 3, 1.0, "Nothing tells them apart"),
        (3, 4, 1.0, "in 100 of 100 cases (exact McNemar test, p = 1): not enough"),
        (20, 5, 0.0041, "in 4 of 1,000 cases (exact McNemar test, p = 0.0041): more than chance: the first reads"),
        (0, 30, 2e-9, "in fewer than 1 of 1,000 cases (exact McNemar test, p = 2e-09): more than chance: the second"),
    ],
)
def test_the_difference_is_put_into_words(first: int, second: int, p_value: float, words: str) -> None:
    """Both counts, the chance, and whether it is enough."""
    test = McNemar(only_first_right=first, only_second_right=second, p_value=p_value)
    said = confusion.difference(test, 5_000)
    assert f"**{first}** are read by the first only, **{second}** by the second only" in said
    assert words in said


def _choose_to_delete(page: AppTest, name: str) -> Button:
    found: Selectbox[str] = page.selectbox(key="doomed_model")
    found.select(name).run()
    assert not page.exception
    return next(button for button in page.button if button.label == "Delete this model")


def test_a_model_is_deleted(page: AppTest, pair: Path) -> None:
    """Sound or refused; the others stay, and nothing is chosen afterwards."""
    register_with_predictions(pair, "c", errors=40, seed=2)
    (pair / "b" / MANIFEST_NAME).write_text("{", encoding="utf-8")
    _open(page)
    for name in ("b", "c"):
        _choose_to_delete(page, name).click().run()
        assert not page.exception
        assert not (pair / name).exists()
        chosen: object = page.session_state["doomed_model"]
        assert chosen is None
    assert [toast.value for toast in page.toast] == ["`c` is deleted."]
    assert _names(page) == ["a"]


def test_a_model_that_is_named_somewhere_is_kept(page: AppTest, pair: Path) -> None:
    """The reason stands beside the button, which is off; so also where nobody can tell."""
    presets = pair / PRESETS_FILE
    presets.write_text('{"both": {"members": ["a", "b"], "tta": "none"}}', encoding="utf-8")
    _open(page)
    assert _choose_to_delete(page, "a").disabled
    assert "The model 'a' stays: the preset 'both' would lack it." in page.caption[-1].value
    presets.write_text("{", encoding="utf-8")
    assert _choose_to_delete(page, "b").disabled
    assert PRESETS_FILE in page.caption[-1].value


def test_a_model_that_has_come_to_be_named_is_kept(page: AppTest, pair: Path) -> None:
    """Between the choice and the click."""
    _open(page)
    button = _choose_to_delete(page, "a")
    (pair / PRESETS_FILE).write_text('{"both": {"members": ["a", "b"], "tta": "none"}}', encoding="utf-8")
    button.click().run()
    assert "the preset 'both' would lack it" in page.toast[0].value
    assert (pair / "a").is_dir()


def test_a_model_that_somebody_else_deleted_is_said(page: AppTest, pair: Path) -> None:
    """Between the choice and the click."""
    register_with_predictions(pair, "c", errors=40, seed=2)
    _open(page)
    button = _choose_to_delete(page, "c")
    ModelStore(pair).delete("c")
    button.click().run()
    assert not page.exception
    assert "There is no model 'c'" in page.toast[0].value
