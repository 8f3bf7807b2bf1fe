"""The Train page without a browser."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox
from tests.app.test_draw_page import open_app

from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.jobs.store import CONFIG_NAME
from handwriting_ai.jobs.types import Job, JobStatus, plan
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.progress import TrainingMetrics, write_metrics

LIMIT_S = 60.0


@pytest.fixture()
def jobs(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> LocalJobs:
    """The folder that the page looks at, before it is opened."""
    monkeypatch.setenv("APP__DATA_ROOT", str(clean_environment))
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(clean_environment / "models"))
    return LocalJobs(clean_environment / "runs", ModelStore(clean_environment / "models"))


@pytest.fixture()
def page(jobs: LocalJobs) -> Iterator[AppTest]:
    """The app, about to be opened; at the end the queue stands still and no run is left."""
    st.cache_resource.clear()
    yield open_app()
    st.cache_resource.clear()
    for job in jobs.store.all().jobs:
        if not job.state.status.ended:
            jobs.cancel(job.job_id)
            jobs.wait_until_ended(job.job_id, LIMIT_S)


def _open(page: AppTest) -> AppTest:
    page.run()
    return page.switch_page("app_pages/train.py").run()


def _click(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def _job(jobs: LocalJobs, status: JobStatus, error: str | None = None) -> Job:
    """A job that has come this far, with two epochs of metrics."""
    job = jobs.submit(plan("compact", "drawn", seed=len(jobs.store.all().jobs), epochs=4))
    reached: dict[str, object] = {"status": status, "current_epoch": 2, "progress": 0.5, "error": error}
    jobs.store.write_state(job.state.model_copy(update=reached))
    history = [
        TrainingMetrics(
            epoch=epoch,
            epochs=4,
            learning_rate=0.001,
            train_loss=0.5 / epoch,
            val_loss=0.1 / epoch,
            val_accuracy=0.98 + epoch / 200,
            drawn_accuracy={"mine": 0.97},
            scribble_confidence=0.1,
            images_per_second=1234.0,
            seconds=45.0,
        )
        for epoch in (1, 2)
    ]
    write_metrics(jobs.store.folder(job.job_id), history)
    return job


def test_without_runs_the_form_is_open(page: AppTest) -> None:
    """It explains the recipe and says that no time is known yet."""
    _open(page)
    assert not page.exception
    assert "No runs yet" in page.info[0].value
    captions = [caption.value for caption in page.caption]
    assert any("recipe of the shipped models" in caption for caption in captions)
    assert any("known after the first epoch" in caption for caption in captions)


def test_missing_strokes_are_said_before_anything_is_queued(page: AppTest, jobs: LocalJobs) -> None:
    """The recipe `drawn` without pen strokes."""
    _open(page)
    _click(page, "Start")
    assert "TRAINING__INK_DIR" in page.error[0].value
    assert jobs.store.all().jobs == ()


def test_a_started_run_is_queued_trained_and_shown(page: AppTest, jobs: LocalJobs) -> None:
    """With the real queue and a real process, on a few digits."""
    _open(page)
    recipe: Selectbox[str] = page.selectbox(key="recipe")
    recipe.select("baseline").run()
    page.number_input[0].set_value(1).run()
    page.toggle[0].set_value(True).run()
    _click(page, "Start")
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline and not all(job.state.status.ended for job in jobs.store.all().jobs):
        time.sleep(0.2)
    page.run()
    assert not page.exception
    assert [job.state.status for job in jobs.store.all().jobs] == [JobStatus.COMPLETED]
    assert "Registered as `mnist_compact_baseline_seed0_trial2000`" in page.success[0].value
    assert page.metric[0].label == "Validation accuracy"
    assert any("by the 1 epochs of run" in caption.value for caption in page.caption)


def test_a_failed_run_shows_why_and_can_be_resumed_or_deleted(page: AppTest, jobs: LocalJobs) -> None:
    """Its last numbers stay to be seen."""
    job = _job(jobs, JobStatus.FAILED, "The training loss of epoch 3 is nan.")
    _open(page)
    assert not page.exception
    assert page.error[0].value == "The training loss of epoch 3 is nan."
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["Validation accuracy"] == "99.00%"
    states = {button.label: button.disabled for button in page.button}
    assert (states["Cancel"], states["Resume"], states["Delete"]) == (True, False, False)
    _click(page, "Delete")
    assert jobs.store.all().jobs == ()
    assert job.job_id not in str(page.dataframe)


def test_a_damaged_run_is_named(page: AppTest, jobs: LocalJobs) -> None:
    """And the page goes on."""
    job = _job(jobs, JobStatus.CANCELLED)
    (jobs.store.folder(job.job_id) / CONFIG_NAME).write_text("{", encoding="utf-8")
    _open(page)
    assert not page.exception
    assert job.job_id in page.warning[0].value
