"""The Train page without a browser."""

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NoReturn

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox
from tests.app.test_draw_page import open_app
from tests.jobs.samples import MNIST
from tests.registry.samples import fresh_state, saved, write_model

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.errors import JobConflict, UnknownJob
from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.jobs.store import CONFIG_NAME, JobStore
from handwriting_ai.jobs.types import LARGEST_SEED, MOST_EPOCHS, Job, JobStatus, TrainingConfig, plan
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.registry.weights import WEIGHTS_NAME
from handwriting_ai.support.locks import locked
from handwriting_ai.training.progress import TrainingMetrics, write_metrics
from shared import controls, resources
from shared.ui_state import UiState

LIMIT_S = 120.0


@pytest.fixture()
def jobs(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> LocalJobs:
    """The folder that the page looks at, before it is opened; its runs have few digits to validate on."""
    quick = partial(LocalJobs, command=(sys.executable, "-m", "tests.jobs.faulty_child", "none"))
    monkeypatch.setattr("handwriting_ai.jobs.opening.LocalJobs", quick)
    monkeypatch.setattr(resources, "training_pace", lambda: 250.0)  # measuring it takes seconds
    monkeypatch.setenv("PYTHONPATH", str(PROJECT_ROOT), prepend=os.pathsep)
    monkeypatch.setenv("APP__DATA_ROOT", str(clean_environment))
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(clean_environment / "models"))
    monkeypatch.setenv("TRAINING__STROKES_DIR", str(clean_environment / "nowhere"))  # the form begins at `scanned`
    return LocalJobs(clean_environment / "runs", ModelStore(clean_environment / "models"), MNIST)


@pytest.fixture()
def page(jobs: LocalJobs) -> Iterator[AppTest]:
    """The app, about to be opened; at the end the queue stands still and no run is left."""
    st.cache_resource.clear()
    yield open_app()
    st.cache_resource.clear()
    for job in jobs.store.all().jobs:
        with suppress(JobConflict):  # it has ended
            jobs.cancel(job.job_id)
            jobs.wait_until_ended(job.job_id, LIMIT_S)


def open_page() -> AppTest:
    """The Train page of the app."""
    return open_train(open_app())


def open_train(page: AppTest) -> AppTest:
    """The Train page, in an app that was not opened yet."""
    page.run()
    return page.switch_page("train/page.py").run()


def click(page: AppTest, label: str) -> AppTest:
    """Press the button of this name."""
    return next(button for button in page.button if button.label == label).click().run()


def some_job(jobs: LocalJobs, status: JobStatus, error: str | None = None, *, recipe: str = "drawn") -> Job:
    """A job that has come this far, with two epochs of metrics."""
    seed = len(jobs.store.all().jobs)
    reached: dict[str, object] = {"status": status, "current_epoch": 2, "progress": 0.5, "error": error}
    with jobs.store.lock():  # or the queue of an open page starts it before it is where it should be
        job = jobs.store.create(plan("compact", recipe, seed=seed, epochs=4))
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


def _models(page: AppTest) -> list[str]:
    """The models of the runs, as the table lists them."""
    frame: pd.DataFrame = page.dataframe[0].value
    column: pd.Series[str] = frame["model"]
    return list(column)


def fill_in_a_trial(page: AppTest, *, seeds: int = 1) -> None:
    """A run of one epoch on a few digits for each seed."""
    recipe: Selectbox[str] = page.selectbox(key="recipe")
    recipe.select("baseline").run()
    page.number_input[0].set_value(1).run()
    page.number_input[2].set_value(seeds).run()
    page.toggle[0].set_value(True).run()


def _stand_still(_: LocalJobs) -> None:
    """In place of a queue's tick: nothing is started."""


def _full_disk(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_without_runs_the_form_is_open(page: AppTest) -> None:
    """It explains the recipe and estimates the time, though no run has been made yet."""
    open_train(page)
    assert not page.exception
    assert "No runs yet" in page.info[0].value
    captions = [caption.value for caption in page.caption]
    assert any("for scanned digits" in caption for caption in captions)
    assert any(re.match(r"About 51 min, by a short measurement: ", caption) for caption in captions)


def test_the_form_keeps_to_the_limits_of_command_line_and_api(page: AppTest) -> None:
    """Of epochs, and of the last of ten seeds."""
    open_train(page)
    epochs, first_seed, seeds = page.number_input
    assert epochs.max == MOST_EPOCHS
    assert (first_seed.max or 0) + (seeds.max or 0) - 1 == LARGEST_SEED


def test_missing_strokes_are_said_before_anything_is_queued(page: AppTest, jobs: LocalJobs) -> None:
    """The recipe `drawn` without pen strokes: where it is chosen, and again where it is started all the same."""
    open_train(page)
    recipe: Selectbox[str] = page.selectbox(key="recipe")
    assert recipe.value == "scanned"
    recipe.select("drawn").run()
    assert "git checkout -- data/strokes" in page.info[0].value
    assert not page.error
    click(page, "Start")
    assert "git checkout -- data/strokes" in page.error[0].value
    assert jobs.store.all().jobs == ()


def test_sets_that_cannot_be_looked_for_leave_the_page_as_it_is(
    page: AppTest, jobs: LocalJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of strokes that is not there, or may not be entered: said once, where a recipe needs it."""
    some_job(jobs, JobStatus.FAILED)
    open_train(page)
    recipe: Selectbox[str] = page.selectbox(key="recipe")
    assert recipe.value == "scanned"
    recipe.select("drawn").run()
    assert [box.value.startswith("No pen strokes") for box in page.info] == [True]

    def refuse(*_: Path) -> NoReturn:
        raise PermissionError(13, "Permission denied", "/strokes")

    monkeypatch.setattr("handwriting_ai.training.sources.stroke_paths", refuse)
    page.run()
    assert ["`/strokes` cannot be used: Permission denied" in box.value for box in page.info] == [True]
    assert not page.error
    assert len(_models(page)) == 1


def test_a_seed_without_a_model_is_suggested(page: AppTest, jobs: LocalJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the same recipe, trial and parent; nor a run that is to make one."""
    changes = {"preprocess_hash": preprocess_signature(), "arch": "compact"}
    first, second = (f"mnist_compact_baseline_seed{seed}" for seed in (0, 1))
    for name in (first, second, "mnist_compact_baseline_seed0_trial2000", f"{first}_from_baseline_seed1"):
        write_model(jobs.models.root, name, saved(fresh_state()), changes)
    monkeypatch.setattr(LocalJobs, "tick", _stand_still)  # nothing is trained
    with jobs.store.lock():
        jobs.store.create(plan("compact", "baseline", seed=2))
    open_train(page)
    recipe: Selectbox[str] = page.selectbox(key="recipe")
    recipe.select("baseline").run()
    assert page.number_input[1].value == 3
    parent: Selectbox[str] = page.selectbox(key="parent_compact")
    parent.select(second).run()
    assert page.number_input[1].value == 1
    fresh: Selectbox[str] = page.selectbox(key="parent_compact")
    fresh.set_value(None).run()
    page.toggle[0].set_value(True).run()
    assert page.number_input[1].value == 1


def test_the_form_outlasts_the_page(page: AppTest, jobs: LocalJobs) -> None:
    """Somebody looks at another page before starting: nothing is filled in anew, least of all the parent."""
    fits = {"preprocess_hash": preprocess_signature(), "arch": "compact"}
    write_model(jobs.models.root, "mine", saved(fresh_state()), fits)
    open_train(page)
    fill_in_a_trial(page, seeds=3)
    parent: Selectbox[str] = page.selectbox(key="parent_compact")
    parent.select("mine").run()
    page.number_input[1].set_value(7).run()

    def filled_in() -> tuple[list[str | None], list[float | None], list[bool]]:
        selected: list[str | None] = []
        for key in ("architecture", "parent_compact", "recipe"):
            box: Selectbox[str] = page.selectbox(key=key)
            selected.append(box.value)
        return selected, [each.value for each in page.number_input], [each.value for each in page.toggle]

    before = filled_in()
    assert before == (["compact", "mine", "baseline"], [1, 7, 3], [True, False])
    page.switch_page("drawings/page.py").run()
    page.switch_page("train/page.py").run()
    assert not page.exception
    assert filled_in() == before


def test_the_time_is_estimated_by_runs_that_have_trained(page: AppTest, jobs: LocalJobs) -> None:
    """However many wait behind them."""
    trained = some_job(jobs, JobStatus.COMPLETED)
    unbegun: dict[str, object] = {"status": JobStatus.CANCELLED}
    with jobs.store.lock():
        for seed in range(6):
            job = jobs.store.create(plan("compact", "scanned", seed=seed))
            jobs.store.write_state(job.state.model_copy(update=unbegun))
    open_train(page)
    assert any(f"by the pace of run {trained.job_id}" in caption.value for caption in page.caption)


def test_a_started_run_is_queued_trained_and_shown(
    page: AppTest, jobs: LocalJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the real queue and a real process, on a few digits."""
    monkeypatch.setattr("train.form._TRIAL_DIGITS", 40)
    open_train(page)
    fill_in_a_trial(page)
    click(page, "Start")
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline and not all(job.state.status.ended for job in jobs.store.all().jobs):
        time.sleep(0.2)
    page.run()
    assert not page.exception
    assert [job.state.status for job in jobs.store.all().jobs] == [JobStatus.COMPLETED]
    assert "Saved as `mnist_compact_baseline_seed0_trial40`" in page.success[0].value
    assert page.metric[0].label == "Validation accuracy"
    assert any("by the pace of run" in caption.value for caption in page.caption)


def test_the_queue_is_worked_off_whichever_page_is_open(page: AppTest, jobs: LocalJobs) -> None:
    """As the command that queues a run says."""
    job = jobs.submit(plan("compact", "baseline", seed=0, epochs=1, trial_digits=40))
    page.run()
    assert page.title[0].value == "Draw a digit"
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline and not jobs.store.read(job.job_id).state.status.ended:
        time.sleep(0.2)
    assert jobs.store.read(job.job_id).state.status is JobStatus.COMPLETED


def test_a_queue_is_closed_in_its_own_way(jobs: LocalJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """That in Redis lets go of its connections."""
    closed: list[LocalJobs] = []

    class Closing(LocalJobs):
        def close(self) -> None:
            super().close()
            closed.append(self)

    monkeypatch.setattr("handwriting_ai.jobs.opening.LocalJobs", Closing)
    st.cache_resource.clear()
    opened = resources.jobs()
    st.cache_resource.clear()
    assert closed == [opened]
    assert jobs.store.all().jobs == ()


def test_a_failed_run_shows_why_and_can_be_resumed_or_deleted(page: AppTest, jobs: LocalJobs) -> None:
    """Its last numbers stay to be seen."""
    job, other = (
        some_job(jobs, JobStatus.FAILED),
        some_job(jobs, JobStatus.FAILED, "The training loss of epoch 3 is nan."),
    )
    open_train(page)
    assert not page.exception
    assert page.error[0].value == "The training loss of epoch 3 is nan."
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["Validation accuracy"] == "99.00%"
    states = {button.label: button.disabled for button in page.button}
    assert (states["Cancel"], states["Resume"]) == (True, False)
    assert _models(page) == [other.config.model_id, job.config.model_id]
    click(page, "Delete this run")
    assert jobs.store.all().names == (job.job_id,)
    assert _models(page) == [job.config.model_id]
    assert page.subheader[0].value == job.config.model_id


def test_a_damaged_run_is_named(page: AppTest, jobs: LocalJobs) -> None:
    """And can be deleted; the page goes on."""
    job = some_job(jobs, JobStatus.CANCELLED)
    (jobs.store.folder(job.job_id) / CONFIG_NAME).write_text("{", encoding="utf-8")
    open_train(page)
    assert not page.exception
    assert job.job_id in page.warning[0].value
    click(page, f"Delete {job.job_id}")
    assert not page.warning
    assert jobs.store.all().names == ()


def test_the_chosen_run_stays_when_others_come_and_go(page: AppTest, jobs: LocalJobs) -> None:
    """Rows shift with each run that is queued elsewhere; what the buttons act on does not."""
    older, chosen = some_job(jobs, JobStatus.CANCELLED), some_job(jobs, JobStatus.FAILED)
    open_train(page)
    assert page.subheader[0].value == chosen.config.model_id
    newer = some_job(jobs, JobStatus.FAILED)
    page.run()
    assert _models(page)[0] == newer.config.model_id
    assert page.subheader[0].value == chosen.config.model_id
    jobs.delete(older.job_id)
    page.run()
    assert page.subheader[0].value == chosen.config.model_id
    click(page, "Delete this run")
    assert jobs.store.all().names == (newer.job_id,)


def test_a_row_is_selected_and_remembered_by_its_name(page: AppTest, jobs: LocalJobs) -> None:
    """Also when it is another row later."""
    chosen, newer = some_job(jobs, JobStatus.CANCELLED), some_job(jobs, JobStatus.FAILED)
    open_train(page)
    assert page.subheader[0].value == newer.config.model_id
    selection: dict[str, dict[str, list[int]]] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    page.session_state[controls.rows_key("runs", [newer.job_id, chosen.job_id])] = selection
    page.run()
    assert page.subheader[0].value == chosen.config.model_id
    some_job(jobs, JobStatus.FAILED)
    page.run()
    assert page.subheader[0].value == chosen.config.model_id


def test_what_was_chosen_goes_before_what_runs(page: AppTest, jobs: LocalJobs) -> None:
    """A run that begins elsewhere does not push itself forward; one that is silent says so when it is looked at."""
    chosen = some_job(jobs, JobStatus.FAILED)
    open_train(page)
    begun = some_job(jobs, JobStatus.FAILED)
    silent: dict[str, object] = {"status": JobStatus.RUNNING, "heartbeat": datetime.now(UTC) - timedelta(minutes=5)}
    with locked(jobs.store.folder(begun.job_id)):
        jobs.store.write_state(begun.state.model_copy(update=silent))
        page.run()
        assert page.subheader[0].value == chosen.config.model_id
        assert not page.warning
        jobs.delete(chosen.job_id)
        page.run()
        assert page.subheader[0].value == begun.config.model_id
        assert page.warning[0].value == "No sign of life for 5 min."


def test_no_seed_is_queued_if_one_of_them_cannot_be(page: AppTest, jobs: LocalJobs) -> None:
    """The message speaks of what stands on the page."""
    (jobs.models.root / "mnist_compact_baseline_seed1_trial2000").mkdir(parents=True)
    open_train(page)
    fill_in_a_trial(page, seeds=3)
    click(page, "Start")
    assert "seed1_trial2000' exists" in page.error[0].value
    assert "“Replace a model of the same name”" in page.error[0].value
    assert "--force" not in page.error[0].value
    assert jobs.store.all().names == ()


def test_a_later_seed_that_cannot_be_queued_is_said(
    page: AppTest, jobs: LocalJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one is queued, and shown."""
    submit = LocalJobs.submit

    def only_one(queue: LocalJobs, config: TrainingConfig) -> Job:
        if jobs.store.all().names:
            _full_disk()
        return submit(queue, config)

    monkeypatch.setattr(LocalJobs, "submit", only_one)
    open_train(page)
    fill_in_a_trial(page, seeds=2)
    click(page, "Start")
    assert not page.exception
    assert "No space left on device" in page.toast[0].value
    (job,) = jobs.store.all().jobs
    state: object = page.session_state["ui"]
    assert isinstance(state, UiState)
    assert state.job_id == job.job_id


def test_a_run_is_started_afresh(page: AppTest, jobs: LocalJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where its checkpoint does not fit its data any more, say."""
    job = some_job(jobs, JobStatus.FAILED, recipe="baseline")
    monkeypatch.setattr(LocalJobs, "tick", _stand_still)  # it stays queued
    open_train(page)
    click(page, "Forget it and start again")
    assert not page.exception
    assert jobs.store.read(job.job_id).state.status is JobStatus.QUEUED
    assert jobs.store.metrics(job.job_id) == []


def test_a_finished_run_leads_to_its_model(page: AppTest, jobs: LocalJobs) -> None:
    """While there is one."""
    job = some_job(jobs, JobStatus.COMPLETED)
    write_model(jobs.models.root, job.config.model_id, saved(fresh_state()), {"run_id": job.job_id})
    open_train(page)
    assert f"Saved as `{job.config.model_id}`" in page.success[0].value
    jobs.models.delete(job.config.model_id)
    page.run()
    assert not page.success
    assert "has been deleted or replaced since" in page.info[0].value


def test_a_run_can_start_from_a_model(page: AppTest, jobs: LocalJobs) -> None:
    """Those of the chosen architecture are offered; the queue knows the chosen one."""
    for name, arch in (("mine", "compact"), ("wide", "compact_wide")):
        changes = {"preprocess_hash": preprocess_signature(), "arch": arch}
        write_model(jobs.models.root, name, saved(fresh_state()), changes)
    open_train(page)
    fill_in_a_trial(page)
    parent: Selectbox[str] = page.selectbox(key="parent_compact")
    assert parent.options == ["mine"]
    parent.select("mine").run()
    click(page, "Start")
    assert not page.exception
    (job,) = jobs.store.all().jobs
    assert job.config.parent is not None
    assert job.config.parent.model_id == "mine"
    assert job.config.model_id == "mnist_compact_baseline_seed0_trial2000_from_mine"


def test_a_model_that_nothing_can_start_from_stops_the_form(page: AppTest, jobs: LocalJobs) -> None:
    """A v1 model without weights: the reason stands there, and no run begins with fresh ones instead."""
    folder = write_model(
        jobs.models.root,
        "hollow",
        saved(fresh_state()),
        {"preprocess_hash": preprocess_signature(), "weights_sha256": None},
    )
    (folder / WEIGHTS_NAME).unlink()
    open_train(page)
    parent: Selectbox[str] = page.selectbox(key="parent_compact")
    parent.select("hollow").run()
    assert not page.exception
    assert "hollow" in page.error[0].value
    assert next(button for button in page.button if button.label == "Start").disabled


def test_a_full_disk_is_said_in_a_sentence(page: AppTest, jobs: LocalJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the start of a run, and when a button is pressed."""
    job = some_job(jobs, JobStatus.FAILED)
    monkeypatch.setattr(LocalJobs, "submit", _full_disk)
    monkeypatch.setattr(LocalJobs, "delete", _full_disk)
    open_train(page)
    fill_in_a_trial(page)
    click(page, "Start")
    assert not page.exception
    assert "No space left on device" in page.toast[0].value
    click(page, "Delete this run")
    assert not page.exception
    assert "No space left on device" in page.toast[0].value
    assert jobs.store.all().names == (job.job_id,)


def test_a_models_folder_that_cannot_be_written_is_said_before_anything_is_queued(
    page: AppTest, jobs: LocalJobs
) -> None:
    """With its name; the models are gone, and a file is in their place."""
    open_train(page)
    fill_in_a_trial(page)
    shutil.rmtree(jobs.models.root, ignore_errors=True)
    jobs.models.root.touch()
    click(page, "Start")
    assert f"{jobs.models.root} cannot be written" in page.error[0].value
    assert jobs.store.all().names == ()


def test_a_run_deleted_while_it_is_shown_is_a_sentence(
    page: AppTest, jobs: LocalJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another session may be faster than a page is drawn."""
    some_job(jobs, JobStatus.FAILED)

    def gone(_: JobStore, job_id: str) -> str:
        raise UnknownJob(f"There is no job {job_id!r}.")

    monkeypatch.setattr(JobStore, "log_tail", gone)
    open_train(page)
    assert not page.exception
    assert "There is no job" in page.error[0].value
