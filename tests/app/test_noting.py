"""Runs and models that are named, annotated, filtered, archived and compared, without a browser."""

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Multiselect, Selectbox
from tests.app.test_draw_page import open_app
from tests.app.test_train_page import click, jobs, open_train, page, some_job
from tests.evaluation.samples import register_with_predictions

from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.jobs.types import JobStatus
from handwriting_ai.registry.notes import NOTE_NAME, Note, read_note, write_note
from shared.ui_state import UiState

__all__ = ["jobs", "page"]  # the fixtures


def _column(page: AppTest, name: str, table: int = 0) -> list[str]:
    frame: pd.DataFrame = page.dataframe[table].value
    column: pd.Series[str] = frame[name]
    return list(column)


def _type(page: AppTest, label: str, text: str) -> None:
    next(field for field in page.text_input if field.label == label).set_value(text).run()


def test_a_run_is_named_annotated_and_archived(page: AppTest, jobs: LocalJobs) -> None:
    """On disk, beside its state; archived it is left out until one asks for all."""
    job, other = some_job(jobs, JobStatus.FAILED, "No."), some_job(jobs, JobStatus.FAILED, "No.", recipe="scanned")
    open_train(page)
    next(field for field in page.text_input if field.label == "Your name for it").set_value("wide pen")
    next(area for area in page.text_area if area.label == "Note").set_value("after the holidays")
    click(page, "Save")
    assert not page.exception
    noted = next(each.job_id for each in (job, other) if jobs.store.note(each.job_id).name)
    assert jobs.store.note(noted) == Note(name="wide pen", text="after the holidays")
    assert sorted(_column(page, "name")) == ["", "wide pen"]
    _type(page, "Filter", "HOLIDAYS wide")
    assert _column(page, "note") == ["after the holidays"]
    _type(page, "Filter", "nothing of this kind")
    assert "No run has all of these words" in page.info[0].value
    _type(page, "Filter", "")
    write_note(jobs.store.folder(noted), Note(archived=True))
    page.run()
    assert len(_column(page, "model")) == 1
    page.toggle(key="archived_runs").set_value(True).run()
    assert len(_column(page, "model")) == 2
    page.switch_page("draw/page.py").run()
    page.switch_page("train/page.py").run()
    assert len(_column(page, "model")) == 2  # the choice is kept


def test_several_runs_stand_in_one_chart(page: AppTest, jobs: LocalJobs) -> None:
    """With what they differ in; a run that is deleted is chosen no more."""
    first, second = some_job(jobs, JobStatus.FAILED, "No."), some_job(jobs, JobStatus.FAILED, "No.", recipe="scanned")
    open_train(page)
    chosen: Multiselect[str] = page.multiselect(key="curves_of")
    chosen.set_value([first.job_id, second.job_id]).run()
    assert not page.exception
    assert _column(page, "recipe", table=1) == ["drawn", "scanned"]
    state: object = page.session_state["ui"]
    assert isinstance(state, UiState)
    assert state.places["curves"] == (first.job_id, second.job_id)
    jobs.delete(second.job_id)
    page.run()
    assert not page.exception
    assert _column(page, "recipe", table=1) == ["drawn"]


def test_a_damaged_note_stops_no_list(page: AppTest, jobs: LocalJobs) -> None:
    """It is told which, and the run is shown."""
    job = some_job(jobs, JobStatus.FAILED, "No.")
    (jobs.store.folder(job.job_id) / NOTE_NAME).write_text("{", encoding="utf-8")
    open_train(page)
    assert not page.exception
    assert any("note.json is damaged" in warning.value for warning in page.warning)
    assert len(_column(page, "model")) == 1


@pytest.mark.usefixtures("jobs")
def test_a_model_is_named_and_filtered_on_compare(jobs: LocalJobs) -> None:
    """As runs are."""
    st.cache_resource.clear()
    for name in ("a", "b"):
        register_with_predictions(jobs.models.root, name)
    page = open_app()
    page.run()
    page.switch_page("compare/page.py").run()
    which: Selectbox[str] = page.selectbox(key="noted_models")
    which.select("b").run()
    next(field for field in page.text_input if field.label == "Your name for it").set_value("my best")
    click(page, "Save")
    assert not page.exception
    assert read_note(jobs.models.folder("b")) == Note(name="my best")
    _type(page, "Filter", "best")
    assert not page.exception
    assert _column(page, "model") == ["b"]
    st.cache_resource.clear()
