"""What an installation without an extra says to who asks for it."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from typer.testing import CliRunner

from handwriting_ai.cli import app
from handwriting_ai.config import PROJECT_ROOT, load_settings
from handwriting_ai.errors import PackagesMissing
from handwriting_ai.jobs.opening import open_jobs
from handwriting_ai.support.extras import EXTRAS, require_extra


def test_they_are_pyproject_s() -> None:
    """Every package of an extra that programs ask for, under the name it is imported by."""
    found: dict[str, dict[str, dict[str, list[str]]]] = tomllib.loads(
        (PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )
    listed = found["project"]["optional-dependencies"]
    distributions = packages_distributions()
    for extra, packages in EXTRAS.items():
        names = {distributions[package][0].lower().replace("_", "-") for package in packages}
        assert names == {re.split("[>=<]", line)[0] for line in listed[extra]}


@pytest.mark.parametrize("extra", EXTRAS)
def test_they_are_installed_where_everything_is(extra: str) -> None:
    """Nothing is said."""
    require_extra(extra)


@pytest.mark.parametrize(
    ("command", "package", "extra"),
    [
        (["app"], "streamlit", "app"),
        (["app"], "streamlit_drawable_canvas", "app"),
        (["api"], "fastapi", "api"),
        (["api"], "uvicorn", "api"),
        (["api"], "python_multipart", "api"),
        (["api"], "prometheus_client", "api"),
        (["worker"], "rq", "queue"),
        (["export", "first"], "onnxscript", "export"),
        (["evaluate", "first", "--report", "report.html"], "vl_convert", "app"),
    ],
)
@pytest.mark.usefixtures("clean_environment")
def test_a_command_without_its_packages_says_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, model_dir: Path, command: list[str], package: str, extra: str
) -> None:
    """Before any work, in one line with the command."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    monkeypatch.setitem(sys.modules, package, None)
    error = CliRunner().invoke(app, command).exception
    assert isinstance(error, PackagesMissing)
    assert f"needs {package}. " in str(error)
    assert f".venv/bin/pip install -c constraints.txt -e '.[{extra}]'" in str(error)


@pytest.mark.usefixtures("clean_environment")
def test_the_queue_in_redis_says_so_wherever_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the settings alone."""
    monkeypatch.setenv("TRAINING__BACKEND", "rq")
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(PackagesMissing, match="needs redis"):
        open_jobs(load_settings())
