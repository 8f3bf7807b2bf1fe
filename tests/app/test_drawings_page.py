"""Saved drawings: who drew what, deleting with a way back, and teaching."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from tests.app.test_draw_page import open_app

from handwriting_ai.data.drawings import DrawingStore, SavedDrawing
from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.jobs.store import JobStore
from handwriting_ai.registry.store import ModelStore


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
