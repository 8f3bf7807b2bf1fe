"""Saved drawings: who drew what, deleting with a way back, and teaching."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from tests.app.test_draw_page import open_app
from tests.jobs.test_teaching_jobs import few_of_test, teach_quickly
from tests.training.test_teaching import drawings_of

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.drawings import DrawingStore, SavedDrawing
from handwriting_ai.jobs import child
from handwriting_ai.jobs.child import carry_out, run_job
from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.jobs.store import JobStore
from handwriting_ai.jobs.teaching import Teacher
from handwriting_ai.jobs.types import JobStatus
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from handwriting_ai.registry.presets import Preset, read_presets
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.sources import DataFolders
from shared.ui_state import UiState


def _queued_for_good(*_: object) -> None:
    """No process is started."""


@pytest.fixture()
def page(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The app with the shipped models and empty folders, whose queue starts nothing."""
    monkeypatch.setenv("APP__DATA_ROOT", str(clean_environment))
    monkeypatch.setattr(LocalJobs, "_start", _queued_for_good)
    st.cache_resource.clear()
    yield open_app()
    st.cache_resource.clear()


def _save(folder: Path, label: int, writer: str | None) -> SavedDrawing:
    return DrawingStore(folder / "drawings").save(
        [[(140, 60), (140, 220)]],
        canvas_px=280,
        pens_px=[14],
        label=label,
        read_as=1,
        confidence=0.9,
        model_id="fast",
        writer=writer,
    )


def test_others_drawings_are_asked_about_and_come_back(page: AppTest, clean_environment: Path) -> None:
    """The button is off until one says that Ann's are meant; what was deleted can be brought back."""
    hers = _save(clean_environment, 1, "Ann")
    page.run()
    page.switch_page("drawings/page.py").run()
    page.checkbox(key=f"pick_{hers.drawing_id}").check().run()
    assert page.button(key="delete_drawings").disabled
    page.checkbox(key="delete_others").check().run()
    page.button(key="delete_drawings").click().run()
    store = DrawingStore(clean_environment / "drawings")
    assert not page.exception
    assert store.all().drawings == ()
    page.button(key="undo_delete").click().run()
    assert store.all().drawings == (hers,)


def test_teaching_is_started_for_one_writer(page: AppTest, clean_environment: Path) -> None:
    """A run with Ann's two drawings waits in the queue, and the page shows it."""
    for label, writer in ((1, "Ann"), (1, "Ann"), (2, None)):
        _save(clean_environment, label, writer)
    page.run()
    page.switch_page("drawings/page.py").run()
    assert page.button(key="teach").label == "Teach from 2 drawings"
    page.button(key="teach").click().run()
    assert not page.exception
    (job,) = JobStore(clean_environment / "runs", ModelStore(clean_environment / "models")).all().jobs
    assert job.config.lesson is not None
    assert (job.config.lesson.name, job.config.lesson.count) == ("Ann", 2)
    assert page.button(key="teach_cancel").label == "Cancel"


@pytest.fixture()
def taught(clean_environment: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A model that was taught Ann's four drawings in a run that the pages know; returns its name."""
    monkeypatch.setattr(child, "run_teaching", teach_quickly)
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    monkeypatch.setenv("DIGITS__ACTIVE_MODEL", "first")
    drawings = drawings_of(clean_environment / "drawings", [0, 1, 0, 1], "Ann")
    strokes = PROJECT_ROOT / "data" / "strokes"
    folders = DataFolders(mnist=PROJECT_ROOT / "data" / "mnist", strokes=(strokes,))
    jobs = LocalJobs(clean_environment / "runs", ModelStore(model_dir), folders)
    config = Teacher(jobs).plan("Ann", drawings, parent="first")
    with jobs.in_foreground(config) as job:
        state = carry_out(jobs.store, job, run_job(jobs.store, jobs.models, few_of_test))
    assert state.status is JobStatus.COMPLETED, state.error
    return config.model_id


def _captions(page: AppTest) -> str:
    said = [each.value for each in page.caption] + [each.value for each in page.success]
    return "\n".join(said)


def test_what_was_taught_is_reported_and_of_use_at_once(page: AppTest, taught: str, model_dir: Path) -> None:
    """Before and after, a preset of one's own, and the pages Draw, Train, Compare and Ensemble."""
    page.run()
    page.switch_page("drawings/page.py").run()
    assert not page.exception
    assert {"Drawings kept back", "MNIST's validation", "Other people, strokes"} <= {each.label for each in page.metric}
    assert "More drawings would help: " in _captions(page)
    page.button(key="teach_save").click().run()
    assert read_presets(model_dir)["ann"] == Preset(name="ann", members=(taught,), tta=TtaMode.ADVANCED)
    page.button(key="teach_use").click().run()
    assert not page.exception
    assert page.title[0].value == "Draw a digit"
    state: object = page.session_state["ui"]
    assert isinstance(state, UiState)
    assert state.choice == EnsembleChoice(members=(taught,), tta=TtaMode.ADVANCED)
    page.switch_page("train/page.py").run()
    assert not page.exception
    assert f"Saved as `{taught}`, scored by 3,000 digits of each set." in _captions(page)
    assert "Score it" not in [button.label for button in page.button]
    next(button for button in page.button if button.label == "Compare").click().run()
    assert not page.exception
    assert "is a taught model, scored by 10 validation digits alone." in _captions(page)
    page.switch_page("ensemble/page.py").run()
    assert not page.exception
    assert "Scored by 10 digits alone" in _captions(page)
