"""What a completed run leads to on the Train page, without a browser."""

import time

import pytest
from streamlit.testing.v1 import AppTest
from tests.app.test_train_page import LIMIT_S, click, jobs, page

from handwriting_ai.evaluation.predictions import PREDICTIONS_NAME, check_predictions
from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.jobs.types import Job, JobStatus, plan
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from shared.ui_state import UiState

__all__ = ["jobs", "page"]  # the fixtures


@pytest.fixture()
def completed(page: AppTest, jobs: LocalJobs) -> Job:
    """A trial that the dashboard's queue has trained; the app is open."""
    job = jobs.submit(plan("compact", "baseline", seed=0, epochs=1, trial_digits=40))
    page.run()
    return _when_ended(jobs, job)


def _when_ended(jobs: LocalJobs, job: Job) -> Job:
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline and not jobs.store.read(job.job_id).state.status.ended:
        time.sleep(0.2)
    return jobs.store.read(job.job_id)


def _texts(page: AppTest) -> str:
    said = [each.value for each in page.success] + [each.value for each in page.caption]
    return "\n".join(said + [each.value for each in page.info] + [each.value for each in page.warning])


def test_a_finished_trial_is_of_use_at_once(page: AppTest, completed: Job) -> None:
    """One draws with it, compares it, and combines it, and nothing asks for a terminal."""
    name = completed.config.model_id
    page.switch_page("train/page.py").run()
    assert f"Saved as `{name}`, scored by the trial's own 40 digits of each set." in _texts(page)
    assert "Score it" not in [button.label for button in page.button]
    click(page, "Draw with this model")
    assert not page.exception
    assert page.title[0].value == "Draw a digit"
    state: object = page.session_state["ui"]
    assert isinstance(state, UiState)
    assert state.choice == EnsembleChoice(members=(name,), tta=TtaMode.ADVANCED)
    page.switch_page("train/page.py").run()
    click(page, "Compare")
    assert not page.exception
    assert page.title[0].value == "Compare"
    assert f"`{name}` is a quick trial, scored by 40 validation digits alone." in _texts(page)
    page.switch_page("ensemble/page.py").run()
    assert not page.exception
    assert "Scored by 40 digits alone" in _texts(page)
    assert "evaluate --refresh" not in _texts(page)


def test_a_model_without_scores_is_scored_at_a_click(page: AppTest, jobs: LocalJobs, completed: Job) -> None:
    """As trials of earlier versions are; the run is then completed again."""
    folder = jobs.models.folder(completed.config.model_id)
    (folder / PREDICTIONS_NAME).unlink()
    page.switch_page("train/page.py").run()
    assert "It has no scores yet." in _texts(page)
    click(page, "Score it")
    assert not page.exception
    assert _when_ended(jobs, completed).state.status is JobStatus.COMPLETED
    check_predictions(folder, jobs.models.read_manifest(completed.config.model_id))
    page.run()
    assert "It has no scores yet." not in _texts(page)


def test_a_run_that_is_gone_meanwhile_leads_nowhere(page: AppTest, jobs: LocalJobs, completed: Job) -> None:
    """Its model was deleted by somebody else before the button was pressed."""
    (jobs.models.folder(completed.config.model_id) / PREDICTIONS_NAME).unlink()
    page.switch_page("train/page.py").run()
    jobs.models.delete(completed.config.model_id)
    click(page, "Score it")
    assert not page.exception
    assert jobs.store.read(completed.job_id).state.status is JobStatus.COMPLETED
