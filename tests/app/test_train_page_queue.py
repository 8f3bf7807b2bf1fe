"""The Train page with the queue in Redis."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from tests.app.test_train_page import click, fill_in_a_trial, open_page
from tests.jobs.redis_server import RedisServer

from handwriting_ai.config import load_settings
from handwriting_ai.jobs.opening import open_jobs
from handwriting_ai.jobs.queue import JobQueue
from handwriting_ai.jobs.types import JobStatus


@pytest.fixture()
def jobs(clean_environment: Path, monkeypatch: pytest.MonkeyPatch, redis_server: RedisServer) -> JobQueue:
    """The queue that the page looks at, before it is opened."""
    monkeypatch.setenv("APP__DATA_ROOT", str(clean_environment))
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(clean_environment / "models"))
    monkeypatch.setenv("TRAINING__BACKEND", "rq")
    monkeypatch.setenv("REDIS_URL", redis_server.url)
    return open_jobs(load_settings())


@pytest.fixture()
def page(jobs: JobQueue) -> Iterator[AppTest]:
    """The Train page."""
    assert jobs.store.all().jobs == ()
    st.cache_resource.clear()
    yield open_page()
    st.cache_resource.clear()


def test_a_run_waits_for_a_worker_and_is_cancelled(page: AppTest, jobs: JobQueue) -> None:
    """The page says that nobody works, and how to change that; how fast a worker is, it cannot know."""
    fill_in_a_trial(page)
    assert any("known after the first epoch" in caption.value for caption in page.caption)
    click(page, "Start")
    assert not page.exception
    assert "handwriting-ai worker" in page.warning[0].value
    assert [job.state.status for job in jobs.store.all().jobs] == [JobStatus.QUEUED]
    click(page, "Cancel")
    assert [job.state.status for job in jobs.store.all().jobs] == [JobStatus.CANCELLED]


def test_the_page_stays_alive_while_redis_is_away(page: AppTest, jobs: JobQueue, redis_server: RedisServer) -> None:
    """A sentence stands in place of the runs, nothing is queued, and they are back when Redis is."""
    fill_in_a_trial(page)
    redis_server.stop()
    click(page, "Start")
    assert not page.exception
    assert all(f"127.0.0.1:{redis_server.port}" in error.value for error in page.error)
    assert page.error
    assert jobs.store.all().jobs == ()
    redis_server.start()
    click(page, "Start")
    assert not page.error
    redis_server.stop()
    page.run()
    assert not page.exception
    assert "Start it, or correct REDIS_URL" in page.error[0].value
    redis_server.start()
    page.run()
    assert not page.error
    assert [job.state.status for job in jobs.store.all().jobs] == [JobStatus.QUEUED]
