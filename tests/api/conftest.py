"""The API as its tests open it: untrained models, a queue that nobody works off, one thread."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.api.opened import OpenApi


@pytest.fixture()
def workplace(clean_environment: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for runs and models, and one thread."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    monkeypatch.setenv("APP__DATA_ROOT", str(clean_environment))
    monkeypatch.setenv("APP__THREADS", "1")
    return clean_environment


@pytest.fixture()
def api(workplace: Path) -> Iterator[OpenApi]:
    """Opens applications with the environment's settings."""
    with OpenApi(workplace) as opened:
        yield opened


@pytest.fixture()
def client(api: OpenApi) -> TestClient:
    """A client of an application with the default settings."""
    return api.client()
