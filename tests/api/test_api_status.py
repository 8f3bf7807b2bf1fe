"""What the server says about itself."""

import logging
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.api.opened import OpenApi, wait_until
from tests.api.samples import INSIDE, drawing, paper, png, refused, send

from handwriting_ai.api.problems import hide_paths
from handwriting_ai.api.schemas import ActiveModels, Health, Readiness, Version
from handwriting_ai.prediction import TtaMode
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.reading.reader import DigitReader
from handwriting_ai.registry.presets import PRESETS_FILE


def test_health_and_version(client: TestClient) -> None:
    """The process lives, and says what it is."""
    assert Health.model_validate_json(client.get("/healthz").content).status == "ok"
    version = Version.model_validate_json(client.get("/version").content)
    assert (version.version, version.preprocess_signature) == ("0.1.0", preprocess_signature())


def test_readiness_reports_who_was_loaded_and_who_refused(api: OpenApi, model_dir: Path) -> None:
    """With the reason, but not with the folder it lies in."""
    (model_dir / "second" / "model.pt").write_bytes(b"spoilt")
    response = api.client().get("/readyz")
    report = Readiness.model_validate_json(response.content)
    assert (response.status_code, report.ready, report.loaded) == (200, True, ("first",))
    assert [each.model_id for each in report.refused] == ["second"]
    assert "second/model.pt" in report.refused[0].reason
    assert report.trouble is None
    assert not any(word in response.text for word in INSIDE)


def test_without_a_model_it_lives_but_is_not_ready(api: OpenApi, model_dir: Path) -> None:
    """503 with the report; what needs a model says so too."""
    for name in ("first", "second"):
        (model_dir / name / "manifest.json").write_text("{", encoding="utf-8")
    client = api.client()
    response = client.get("/readyz")
    report = Readiness.model_validate_json(response.content)
    assert (response.status_code, report.ready, report.loaded, len(report.refused)) == (503, False, (), 2)
    assert client.get("/healthz").status_code == 200
    refused(client.get("/v1/models/active"), 503, "not_ready")
    refused(send(client, drawing()), 503, "not_ready")


def test_before_the_start_nothing_is_ready(api: OpenApi) -> None:
    """An application whose models are not loaded yet answers 503."""
    client = TestClient(api.app())
    refused(client.get("/readyz"), 503, "not_ready")
    refused(client.get("/v1/jobs/20260131-120000-1f2e"), 503, "not_ready")


def test_models_that_change_are_read_again(api: OpenApi, model_dir: Path) -> None:
    """Without a restart, also if there was none at first."""
    names = ("first", "second")
    for name in names:
        (model_dir / name / "model.pt").rename(model_dir / f"{name}.pt")
    client = api.client(refresh_s=0.01)

    def loaded() -> tuple[str, ...]:
        return Readiness.model_validate_json(client.get("/readyz").content).loaded

    def bring_back(name: str) -> None:
        (model_dir / f"{name}.pt").rename(model_dir / name / "model.pt")

    assert loaded() == ()
    bring_back("first")
    wait_until(lambda: loaded() == ("first",))
    bring_back("second")
    wait_until(lambda: loaded() == names)


def test_what_hinders_to_read_them_again_is_logged_once(
    api: OpenApi, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The server goes on, and goes on looking."""
    looks: list[DigitReader] = []

    def fail(reader: DigitReader) -> None:
        looks.append(reader)
        raise OSError("the disk is gone")

    monkeypatch.setattr(DigitReader, "refresh", fail)
    client = api.client(refresh_s=0.001)
    wait_until(lambda: len(looks) > 2)
    response = client.get("/readyz")
    assert response.status_code == 200
    assert "disk" not in response.text
    assert Readiness.model_validate_json(response.content).trouble == "The log says what hinders."
    assert caplog.text.count("the disk is gone") == 1


def test_presets_that_break_are_logged(api: OpenApi, model_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The set that runs goes on; nobody need guess why a new preset is not taken."""
    client = api.client(refresh_s=0.01)
    (model_dir / PRESETS_FILE).write_text("{", encoding="utf-8")
    wait_until(lambda: "The models folder could not be read again: " in caplog.text)
    assert PRESETS_FILE in caplog.text
    response = client.get("/readyz")
    report = Readiness.model_validate_json(response.content)
    assert report.loaded == ("first", "second")
    assert PRESETS_FILE in (report.trouble or "")
    assert not any(word in response.text for word in INSIDE)
    (model_dir / PRESETS_FILE).unlink()
    wait_until(lambda: Readiness.model_validate_json(client.get("/readyz").content).trouble is None)


def test_the_log_says_which_models_answer_and_which_were_refused(
    api: OpenApi, model_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """At the start, and when that has changed; not at each look."""
    weights = model_dir / "second" / "model.pt"
    weights.rename(model_dir / "second.pt")
    with caplog.at_level(logging.INFO):
        api.client(refresh_s=0.001)
        assert "Models that answer: first\n" in caplog.text
        assert "Refused: second: " in caplog.text
        (model_dir / "second.pt").rename(weights)
        wait_until(lambda: "Models that answer: first, second\n" in caplog.text)
    assert caplog.text.count("Models that answer: ") == 2
    assert caplog.text.count("Refused: ") == 1


def test_a_bug_where_the_folder_is_looked_at_is_told(
    api: OpenApi, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The server goes on with the models it has, and ends in order."""

    def fail(_: DigitReader) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(DigitReader, "refresh", fail)
    client = api.client(refresh_s=0.001)
    wait_until(lambda: "nobody looks at the models folder any more" in caplog.text)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert "The log says what hinders." in answer.text


def test_the_active_models_are_named(api: OpenApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, with their figures, the views, and the temperature that stands above theirs."""
    monkeypatch.setenv("DIGITS__ACTIVE_MODEL", "second,first")
    monkeypatch.setenv("DIGITS__TTA", "true")
    monkeypatch.setenv("DIGITS__TEMPERATURE_OVERRIDE", "1.5")
    active = ActiveModels.model_validate_json(api.client().get("/v1/models/active").content)
    assert (active.model_id, active.tta, active.temperature_override) == ("ensemble_2_models", TtaMode.BASIC, 1.5)
    assert [(each.model_id, each.temperature) for each in active.members] == [("second", 0.8), ("first", 1.25)]
    assert all((each.arch, each.val_acc) == ("compact", 0.99) for each in active.members)


def test_metrics_count_what_happened(client: TestClient) -> None:
    """Requests by route and status, their time, digits read, refusals; unknown paths share one line."""
    send(client, drawing())
    send(client, drawing(), "/v1/predict")
    send(client, png(paper()))
    client.get("/v1/jobs/nothing")
    client.get("/a/b")
    client.get("/c")
    response = client.get("/metrics")
    lines = response.text.splitlines()
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'handwriting_requests_total{route="/v1/read",status="200"} 1.0' in lines
    assert 'handwriting_requests_total{route="/v1/read",status="400"} 1.0' in lines
    assert 'handwriting_requests_total{route="/v1/jobs/{job_id}",status="404"} 1.0' in lines
    assert 'handwriting_requests_total{route="unmatched",status="404"} 2.0' in lines
    assert 'handwriting_request_seconds_count{route="/v1/read"} 2.0' in lines
    assert "handwriting_engine_busy_total 0.0" in lines
    read = [line for line in lines if line.startswith("handwriting_predictions_total")]
    assert sum(float(line.split()[-1]) for line in read) == 2


def test_each_application_counts_for_itself(api: OpenApi) -> None:
    """No registry is shared."""
    first, second = api.client(), api.client()
    first.get("/healthz")
    assert 'route="/healthz"' not in second.get("/metrics").text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/srv/models/a/model.pt is broken", "a/model.pt is broken"),
        ("Nothing in /srv/models.", "Nothing in its folder."),
        ("'/srv/models' and /srv/models, /srv", "'its folder' and its folder, its folder"),
        ("/srv/a is in no /srv/models.", "a is in no its folder."),
        ("/elsewhere/x of the models", "/elsewhere/x of the models"),
        ("/srv/models-old/x", "models-old/x"),
        ("/srv.bak/x, /mnt/srv/models/x", "/srv.bak/x, /mnt/srv/models/x"),
    ],
)
def test_folders_are_left_out_of_reasons(text: str, shown: str) -> None:
    """What lies in them keeps its name; other words and longer names are left alone."""
    assert hide_paths(text, Path("/srv"), Path("/srv/models")) == shown
