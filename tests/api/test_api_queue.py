"""Training over HTTP with the queue in Redis, which may be away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.api.samples import refused
from tests.jobs.redis_server import RedisServer

from handwriting_ai.api.app import create_app
from handwriting_ai.api.schemas import JobView
from handwriting_ai.config import load_settings
from handwriting_ai.jobs.opening import open_jobs
from handwriting_ai.jobs.types import JobStatus
from handwriting_ai.reading.reader import DigitReader

RUN: dict[str, object] = {"arch": "compact", "recipe": "baseline", "epochs": 2, "seed": 7}


@pytest.fixture()
def client(workplace: Path, monkeypatch: pytest.MonkeyPatch, redis_server: RedisServer) -> Iterator[TestClient]:
    """A client of an application that queues in Redis."""
    monkeypatch.setenv("TRAINING__BACKEND", "rq")
    monkeypatch.setenv("REDIS_URL", redis_server.url)
    settings = load_settings()
    assert settings.app.data_root == workplace
    app = create_app(settings, open_reader=lambda: DigitReader(settings), open_jobs=lambda: open_jobs(settings))
    with TestClient(app) as opened:
        yield opened


def test_a_run_is_queued_in_redis(client: TestClient) -> None:
    """And waits for a worker."""
    response = client.post("/v1/train", json=RUN)
    assert response.status_code == 202, response.text
    job = JobView.model_validate_json(response.content)
    shown = JobView.model_validate_json(client.get(f"/v1/jobs/{job.job_id}").content)
    assert shown.status is JobStatus.QUEUED


def test_without_redis_training_is_refused_and_reading_goes_on(client: TestClient, redis_server: RedisServer) -> None:
    """503 that says so, without where Redis was looked for; nothing else is disturbed, and it works again later."""
    job = JobView.model_validate_json(client.post("/v1/train", json=RUN).content)
    redis_server.stop()
    for response in (client.post("/v1/train", json=RUN | {"seed": 8}), client.get(f"/v1/jobs/{job.job_id}")):
        assert "queue of training runs" in refused(response, 503, "queue_unavailable")
        assert str(redis_server.port) not in response.text
        assert response.headers["Retry-After"] == "1"
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    redis_server.start()
    assert client.get(f"/v1/jobs/{job.job_id}").status_code == 200
