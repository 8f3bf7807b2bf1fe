"""What several tests need: a clean environment, a models folder, a browser."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.jobs.hurry import VALIDATION_DIGITS
from tests.jobs.redis_server import RedisServer
from tests.registry.samples import fresh_state, manifest
from tests.shared_mnist import FOLDER_VARIABLE, share_mnist, unpack_mnist

from handwriting_ai.errors import DataError
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.store import ModelStore

_SECTIONS = ("APP__", "DIGITS__", "SECURITY__", "TRAINING__", "RQ__", "REDIS_URL")


def pytest_configure(config: pytest.Config) -> None:
    """Unpack MNIST, which every other test reads; where several processes test, the first has done so for all."""
    if FOLDER_VARIABLE not in os.environ:
        folder = tempfile.TemporaryDirectory()
        config.add_cleanup(folder.cleanup)
        with suppress(DataError):  # which the tests of it tell better
            unpack_mnist(Path(folder.name))
            os.environ[FOLDER_VARIABLE] = folder.name
    share_mnist()


def _skip_or_fail(reason: str) -> None:
    """A developer may lack something; CI may not."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason} CI must have it.")
    pytest.skip(reason)


@pytest.fixture()
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No variable of ours and no `.env`: the working directory is an empty folder, which is returned."""
    for name in list(os.environ):
        if name.startswith(_SECTIONS):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def two_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `model_dir` is a copy of; nobody writes here."""
    root = tmp_path_factory.mktemp("two_models")
    for model_id, temperature in (("first", 1.25), ("second", 0.8)):
        fields = {"preprocess_hash": preprocess_signature(), "temperature": temperature}
        state = fresh_state() if model_id == "first" else {name: tensor * 1.1 for name, tensor in fresh_state().items()}
        ModelStore(root).register(manifest(model_id).model_copy(update=fields), state)
    return root


@pytest.fixture()
def model_dir(tmp_path: Path, two_models: Path) -> Path:
    """A models folder with two untrained `compact` networks, `first` and `second`, that fit this pipeline."""
    return shutil.copytree(two_models, tmp_path / "models")


@pytest.fixture()
def few_validation_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of this process register their models by few digits: reading 5,000 takes longer than all else they do."""
    monkeypatch.setattr("handwriting_ai.data.split.VALIDATION_COUNT", VALIDATION_DIGITS)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Chromium's executable."""
    path = shutil.which("chromium")
    if path is None:
        _skip_or_fail("No Chromium on this machine: install it, e.g. `apt-get install chromium`.")
    return path or ""


@pytest.fixture()
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of the test's own, started."""
    path = shutil.which("redis-server")
    if path is None:
        _skip_or_fail("No Redis on this machine: install it, e.g. `apt-get install redis-server`.")
    server = RedisServer(path or "", tmp_path / "redis")
    server.start()
    yield server
    server.stop()
