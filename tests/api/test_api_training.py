"""Training over HTTP: the same jobs as the dashboard's."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.api.opened import OpenApi
from tests.api.samples import refused
from tests.training.samples import EPOCH

from handwriting_ai.api.schemas import JobView
from handwriting_ai.errors import ModelsUnwritable
from handwriting_ai.jobs.store import JobStore
from handwriting_ai.jobs.types import JobStatus
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.progress import write_metrics

RUN: dict[str, object] = {"arch": "compact", "recipe": "baseline", "epochs": 2, "seed": 7}


@pytest.fixture()
def store(workplace: Path, model_dir: Path) -> JobStore:
    """Where the jobs lie."""
    return JobStore(workplace / "runs", ModelStore(model_dir))


@pytest.fixture(scope="module")
def shared_store(shared_workplace: Path) -> JobStore:
    """Where the jobs of `shared_client` lie."""
    return JobStore(shared_workplace / "runs", ModelStore(shared_workplace / "models"))


@pytest.fixture(scope="module")
def shared_job(shared_client: TestClient) -> JobView:
    """A job there."""
    return _queued(shared_client)


def _queued(client: TestClient) -> JobView:
    response = client.post("/v1/train", json=RUN)
    assert response.status_code == 202, response.text
    job = JobView.model_validate_json(response.content, extra="forbid")
    assert response.headers["Location"] == f"/v1/jobs/{job.job_id}"
    return job


def test_a_run_is_queued_and_can_be_looked_up(client: TestClient, store: JobStore) -> None:
    """202 with the job as the dashboard sees it; the same from its own address."""
    job = _queued(client)
    assert (job.status, job.progress, job.metrics, job.error, job.model_id) == (JobStatus.QUEUED, 0.0, None, None, None)
    config = job.config
    assert (config.arch, config.recipe, config.epochs, config.seed) == ("compact", "baseline", 2, 7)
    assert config.model_id == store.read(job.job_id).config.model_id
    assert JobView.model_validate_json(client.get(f"/v1/jobs/{job.job_id}").content) == job


def test_seed_and_epochs_have_defaults(client: TestClient) -> None:
    """Seed 42, and the recipe's own number of epochs."""
    run: dict[str, object] = {"arch": "compact", "recipe": "baseline"}
    response = client.post("/v1/train", json=run)
    config = JobView.model_validate_json(response.content).config
    assert (config.seed, config.epochs) == (42, 100)


def test_a_run_shows_its_last_epoch_and_its_end(client: TestClient, store: JobStore) -> None:
    """Metrics, and the model once there is one."""
    job = _queued(client)
    write_metrics(store.folder(job.job_id), [EPOCH])
    done: dict[str, object] = {"status": JobStatus.COMPLETED, "progress": 1.0, "completed_at": datetime.now(UTC)}
    store.write_state(store.read(job.job_id).state.model_copy(update=done))
    response = client.get(f"/v1/jobs/{job.job_id}")
    assert '"val_loss":0.06' in response.text
    assert '"val_accuracy":0.98' in response.text
    assert f'"model_id":"{job.config.model_id}","error":null' in response.text
    assert '"status":"completed"' in response.text


def test_a_failed_run_says_why_without_its_folders(client: TestClient, store: JobStore, workplace: Path) -> None:
    """The reason is shown, where it lay is not."""
    job = _queued(client)
    failed: dict[str, object] = {"status": JobStatus.FAILED, "error": f"{workplace}/runs/x/checkpoint.pt is damaged."}
    store.write_state(store.read(job.job_id).state.model_copy(update=failed))
    seen = JobView.model_validate_json(client.get(f"/v1/jobs/{job.job_id}").content)
    assert (seen.status, seen.error) == (JobStatus.FAILED, "runs/x/checkpoint.pt is damaged.")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"epochs": 0}, "epochs: "),
        ({"epochs": 501}, "epochs: "),
        ({"epochs": 1.5}, "epochs: "),
        ({"seed": -1}, "seed: "),
        ({"seed": 2**32}, "seed: "),
        ({"seed": "x"}, "seed: "),
        ({"arch": None}, "arch: "),
        ({"arch": "transformer"}, "No architecture 'transformer'. Available: compact"),
        ({"recipe": "magic"}, "Unknown recipe 'magic'. Available: drawn"),
        ({"recipe": "semi_supervised", "epochs": 1}, "has 2 stages"),
        ({"device": "cuda"}, "device: nothing here has this name"),
        ({"force": True}, "force: nothing here has this name"),
    ],
)
def test_a_bad_field_is_refused(
    shared_client: TestClient, shared_store: JobStore, change: dict[str, object], problem: str
) -> None:
    """422 that names the field; nothing is queued."""
    before = shared_store.all()
    assert problem in refused(shared_client.post("/v1/train", json=RUN | change), 422, "validation_error")
    assert shared_store.all() == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"arch": "compact"}', b"\xff\xfe", b"[" * 10_000])
def test_a_body_that_is_no_run_is_refused(shared_client: TestClient, body: bytes) -> None:
    """422 for whatever is not such an object."""
    response = shared_client.post("/v1/train", content=body, headers={"Content-Type": "application/json"})
    refused(response, 422, "validation_error")


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "text/plain"}, {"Content-Type": "multipart/form-data"}])
def test_a_run_must_be_json(shared_client: TestClient, headers: dict[str, str]) -> None:
    """415."""
    response = shared_client.post("/v1/train", content=b'{"arch": "compact", "recipe": "baseline"}', headers=headers)
    refused(response, 415, "unsupported_media_type")


def test_a_name_that_is_taken_is_a_conflict(client: TestClient, model_dir: Path) -> None:
    """By a job that waits, or by a model that is there."""
    job = _queued(client)
    assert job.job_id in refused(client.post("/v1/train", json=RUN), 409, "conflict")
    (model_dir / job.config.model_id.replace("seed7", "seed8")).mkdir()
    refused(client.post("/v1/train", json=RUN | {"seed": 8}), 409, "conflict")


def test_a_recipe_without_its_data_is_a_conflict(client: TestClient, store: JobStore) -> None:
    """EMNIST is not on this server; nothing is queued that must fail."""
    assert "data" in refused(client.post("/v1/train", json=RUN | {"recipe": "semi_supervised"}), 409, "conflict")
    assert store.all().jobs == ()


def test_a_models_folder_that_cannot_be_written_takes_no_run(
    client: TestClient, store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading goes on; nothing is queued, and the client sees no folder of ours."""

    def refuse(models: ModelStore) -> None:
        raise ModelsUnwritable(f"The models folder {models.root} cannot be written.")

    monkeypatch.setattr(ModelStore, "require_writable", refuse)
    said = refused(client.post("/v1/train", json=RUN), 409, "conflict")
    assert said == "This server cannot write its models folder."
    assert store.all().jobs == ()


@pytest.mark.parametrize(
    "job_id",
    [
        "nothing",
        "..",
        ".",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "a%2fb",
        "%00",
        ".hidden",
        "x" * 5_000,
        "~root",
        "ü",
        "*",
    ],
)
def test_an_id_that_is_none_or_leads_elsewhere_is_not_found(
    shared_client: TestClient, shared_job: JobView, job_id: str
) -> None:
    """404, and no list of those there are."""
    message = refused(shared_client.get(f"/v1/jobs/{job_id}"), 404, "not_found")
    assert shared_job.job_id not in message


def test_a_damaged_job_is_a_fault_of_ours(client: TestClient, store: JobStore) -> None:
    """500; what lies where is for the log."""
    job = _queued(client)
    (store.folder(job.job_id) / "config.json").write_text("{", encoding="utf-8")
    refused(client.get(f"/v1/jobs/{job.job_id}"), 500, "internal_error")


def test_runs_may_be_asked_for_by_several_at_once(api: OpenApi, store: JobStore) -> None:
    """The lock lets one through, the rest meet a conflict."""
    client = api.client()
    statuses = sorted(_at_once(lambda: client.post("/v1/train", json=RUN).status_code, 6))
    assert statuses == [202, *[409] * 5]
    assert len(store.all().jobs) == 1


def _at_once(work: Callable[[], int], count: int) -> list[int]:
    with ThreadPoolExecutor(count) as pool:
        return [each.result() for each in [pool.submit(work) for _ in range(count)]]
