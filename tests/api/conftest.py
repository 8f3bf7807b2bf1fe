"""The API as its tests open it: untrained models, a queue that nobody works off, one thread."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.api.opened import OpenApi


def _configure(patch: pytest.MonkeyPatch, folder: Path, model_dir: Path) -> None:
    patch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    patch.setenv("APP__DATA_ROOT", str(folder))
    patch.setenv("APP__THREADS", "1")


@pytest.fixture()
def workplace(clean_environment: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for runs and models, and one thread."""
    _configure(monkeypatch, clean_environment, model_dir)
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


@pytest.fixture(scope="module")
def shared_workplace(tmp_path_factory: pytest.TempPathFactory, two_models: Path) -> Path:
    """As `workplace`, for the tests of a module that leave nothing behind."""
    folder = tmp_path_factory.mktemp("shared_workplace")
    shutil.copytree(two_models, folder / "models")
    return folder


@contextmanager
def _its_settings(folder: Path) -> Iterator[None]:
    """The environment while an application of `folder` opens: it is read no later."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if "__" in name]:  # section and field
            patch.delenv(name)
        patch.chdir(folder)
        _configure(patch, folder, folder / "models")
        yield


@pytest.fixture(scope="module")
def shared_client(shared_workplace: Path) -> Iterator[TestClient]:
    """As `client`, one for a module."""
    with OpenApi(shared_workplace) as opened:
        with _its_settings(shared_workplace):
            client = opened.client()
        yield client


@pytest.fixture(scope="module")
def shared_port(shared_workplace: Path) -> Iterator[int]:
    """Where one application for a module listens, without a key."""
    with OpenApi(shared_workplace) as opened:
        with _its_settings(shared_workplace):
            port = opened.served()
        yield port
