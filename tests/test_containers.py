"""Dockerfile, compose.yaml and docs/deploy.md agree with each other, with the Makefile and with the settings."""

import re
import subprocess
import sys
from ipaddress import IPv4Address
from pathlib import Path, PurePosixPath

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from scripts.image_steps import instructions, is_ignored
from typer.testing import CliRunner

from handwriting_ai.cli import app
from handwriting_ai.config import PROJECT_ROOT, AppSettings

OURS = ("app", "api", "worker")
"""The services that run our image; each is a target of the Makefile and a command."""
EXTRAS = {"app", "api", "queue"}
PORTS = {"app": 8501, "api": AppSettings().port}
EVERY_ADDRESS = str(IPv4Address(0))
"""Inside a container; compose.yaml says who reaches it from outside."""
OF_OTHER_PROGRAMS = re.compile(r"(PIP|PYTHON)_?[A-Z_]+")
"""Variables that pip and Python read, not we."""


class Strict(BaseModel):
    """What compose.yaml may hold; a key that no test knows is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Dependency(Strict):
    """When a service may start."""

    condition: str


class EnvFile(Strict):
    """A file of variables."""

    path: str
    required: bool


class Healthcheck(Strict):
    """How a service is asked whether it is well."""

    test: list[str]
    interval: str
    timeout: str
    start_period: str = ""
    retries: int = 3


class Service(Strict):
    """One service."""

    image: str
    build: str | None = None
    user: str | None = None
    init: bool = False
    command: list[str]
    environment: dict[str, str | None] = {}
    env_file: list[EnvFile] = []
    volumes: list[str]
    tmpfs: list[str] = []
    ports: list[str] = []
    depends_on: dict[str, Dependency] = {}
    restart: str
    stop_grace_period: str = ""
    healthcheck: Healthcheck
    read_only: bool
    cap_drop: list[str]
    security_opt: list[str]


class Compose(BaseModel):
    """compose.yaml, its anchors resolved."""

    services: dict[str, Service]
    volumes: dict[str, None]


class Project(BaseModel):
    """The part of pyproject.toml that names extras."""

    extras: dict[str, list[str]] = Field(alias="optional-dependencies")


class Metadata(BaseModel):
    """pyproject.toml."""

    project: Project


def services() -> dict[str, Service]:
    """The services by name."""
    return _COMPOSE.services


def _read(name: str) -> str:
    return (PROJECT_ROOT / name).read_text(encoding="utf-8")


def _as_json(reader: str, name: str) -> str:
    """A file as JSON, which pydantic then types: what yaml and tomllib return is of no type."""
    code = f"import json, sys, tomllib, yaml; json.dump({reader}(sys.stdin.read()), sys.stdout)"
    return subprocess.run(
        [sys.executable, "-c", code], input=_read(name), capture_output=True, text=True, check=True
    ).stdout


_COMPOSE = Compose.model_validate_json(_as_json("yaml.safe_load", "compose.yaml"))


def instruction(name: str) -> str:
    """What stands after the only instruction of this name."""
    (found,) = (rest for each, rest in instructions() if each == name)
    return found


def image_environment() -> dict[str, str]:
    """The variables that the image sets."""
    pairs = [pair for name, rest in instructions() if name == "ENV" for pair in rest.split()]
    return {pair.partition("=")[0]: pair.partition("=")[2] for pair in pairs}


def documented_variables() -> set[str]:
    """The variables of .env.example."""
    return {match[1] for match in re.finditer(r"^(?:# )?([A-Z][A-Z_]+)=", _read(".env.example"), re.MULTILINE)}


def copied() -> list[str]:
    """What the Dockerfile copies, each into a place of its own."""
    words = [
        [word for word in rest.split() if not word.startswith("--")] for name, rest in instructions() if name == "COPY"
    ]
    return [source for *sources, _ in words for source in sources]


def test_all_that_is_copied_is_there() -> None:
    """And not left out by .dockerignore: `.ci/run` does the steps themselves, by scripts/image_steps.py."""
    files = [path.relative_to(PROJECT_ROOT).as_posix() for path in PROJECT_ROOT.rglob("*") if ".venv" not in path.parts]
    for source in copied():
        assert any(not is_ignored(name) for name in files if f"{name}/".startswith(f"{source}/")), source


def test_hadolint_has_nothing_to_say() -> None:
    """With all its rules: none is switched off."""
    linter = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([linter, "Dockerfile"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)
    assert "hadolint ignore" not in _read("Dockerfile")


def test_images_are_pinned_by_version() -> None:
    """The base is a Python that the project runs on; what is not built here has a version too."""
    base = re.fullmatch(r"python:(3\.\d+)-slim-[a-z]+", instruction("FROM"))
    assert base is not None
    assert f'requires-python = ">={base[1]}"' in _read("pyproject.toml")
    for service in services().values():
        assert service.build == "." or re.search(r":\d+\.\d+", service.image), f"{service.image} has no version."


def test_the_image_is_not_root_s() -> None:
    """It runs as the numbered user that it makes, whom /data belongs to."""
    making = next(rest for name, rest in instructions() if name == "RUN" and "useradd" in rest)
    user, group = instruction("USER").split(":")
    assert f"--uid {user}" in making
    assert f"--gid {group}" in making
    assert int(user) > 0


def test_the_image_holds_what_all_three_commands_need() -> None:
    """Their extras, at the versions that CI passes with, and torch without CUDA."""
    installs = [rest for name, rest in instructions() if name == "RUN" and "pip install" in rest]
    torch, rest = installs
    assert all("--constraint constraints.txt" in each for each in installs)
    assert "--index-url https://download.pytorch.org/whl/cpu torch torchvision" in torch
    named = re.search(r"--editable '\.\[([a-z,]+)\]'", rest)
    assert named is not None
    extras: str = named[1]
    assert set(extras.split(",")) == EXTRAS
    assert set(Metadata.model_validate_json(_as_json("tomllib.loads", "pyproject.toml")).project.extras) >= EXTRAS


def test_a_change_of_the_code_installs_nothing_anew() -> None:
    """Code is copied after everything is installed."""
    steps = [f"{name} {rest}" for name, rest in instructions()]
    last_install = max(index for index, step in enumerate(steps) if "pip install" in step)
    assert all(steps.index(f"COPY {name} ./{name}") > last_install for name in ("app", "src", "models", "data"))


@pytest.mark.parametrize("name", OURS)
def test_a_service_runs_what_make_runs(name: str) -> None:
    """The same command; its options exist."""
    recipe = re.search(
        rf"^{name}:.*\n(?:\t@echo .*\n)?\t\$\(BIN\)/(handwriting-ai [a-z]+)\n", _read("Makefile"), re.MULTILINE
    )
    assert recipe is not None
    command = services()[name].command
    by_make: str = recipe[1]
    assert command[:2] == by_make.split()
    result = CliRunner().invoke(app, [*command[1:], "--help"])
    assert result.exit_code == 0, result.output


def test_the_image_alone_is_the_dashboard() -> None:
    """Its command and its health are those of the service `app`."""
    dashboard = services()["app"]
    words = TypeAdapter(list[str])
    assert words.validate_json(instruction("CMD")) == dashboard.command
    asked = instruction("HEALTHCHECK").partition("CMD ")[2]
    assert ["CMD", *words.validate_json(asked)] == dashboard.healthcheck.test


def test_every_variable_is_documented() -> None:
    """In .env.example, unless another program reads it."""
    used = set(image_environment())
    for service in services().values():
        used |= set(service.environment)
    assert [name for name in used - documented_variables() if not OF_OTHER_PROGRAMS.fullmatch(name)] == []


def test_the_guide_knows_services_and_variables() -> None:
    """docs/deploy.md names every service, and no variable that is not there."""
    guide = _read("docs/deploy.md")
    assert [name for name in services() if f"`{name}`" not in guide] == []
    assert {match[0] for match in re.finditer(r"\b[A-Z]+__[A-Z_]+\b", guide)} <= documented_variables()


@pytest.mark.parametrize(("name", "port"), PORTS.items())
def test_ports_are_the_commands_defaults(name: str, port: int) -> None:
    """Open to this machine alone, exposed by the image, and where the health is asked for."""
    service = services()[name]
    assert service.ports == [f"127.0.0.1:{port}:{port}"]
    assert f"localhost:{port}/" in service.healthcheck.test[-1]
    assert str(port) in instruction("EXPOSE").split()
    help_text = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "200"}).output
    assert str(port) in help_text
    assert service.command[2:] == ["--host", EVERY_ADDRESS]


def test_only_dashboard_and_api_are_reached_from_outside() -> None:
    """Redis least of all."""
    assert {name for name, service in services().items() if service.ports} == set(PORTS)


@pytest.mark.parametrize("name", services())
def test_a_service_has_no_more_rights_than_it_needs(name: str) -> None:
    """No capabilities, no new privileges, one folder to write to; it is started again, and asked for its health."""
    service = services()[name]
    assert service.cap_drop == ["ALL"]
    assert service.security_opt == ["no-new-privileges:true"]
    assert service.read_only
    assert service.user != "root"
    assert service.restart == "unless-stopped"
    assert service.healthcheck.test[0].startswith("CMD")


def test_redis_keeps_its_queue() -> None:
    """Written to a volume as it changes."""
    redis = services()["redis"]
    assert redis.command == ["redis-server", "--appendonly", "yes"]
    assert redis.volumes == ["redis:/data"]


@pytest.mark.parametrize("name", OURS)
def test_our_services_share_queue_and_folders(name: str) -> None:
    """The same settings and the same volume for all three, once Redis is well."""
    service = services()[name]
    environment = service.environment
    assert environment == services()["app"].environment
    assert environment["TRAINING__BACKEND"] == "rq"
    assert environment["REDIS_URL"] == "redis://redis:6379/0"
    assert environment["APP__PORT"] == str(PORTS["api"])
    assert environment["SECURITY__API_KEY"] is None  # the host's
    assert environment["TRAINING__INK_DIR"] is None  # further strokes, if the host names a folder on the volume
    assert service.depends_on["redis"].condition == "service_healthy"
    (mounted,) = (volume.partition(":")[2] for volume in service.volumes)
    for variable in ("APP__DATA_ROOT", "DIGITS__MODEL_DIR", "TRAINING__EMNIST_DIR"):
        assert PurePosixPath(environment[variable] or "").is_relative_to(mounted)


def test_a_fresh_volume_is_filled_with_the_shipped_models() -> None:
    """The image has them where the models are looked for, and as its user's own; MNIST lies in the checkout."""
    image, service = image_environment(), services()["app"].environment
    for name in ("APP__DATA_ROOT", "DIGITS__MODEL_DIR"):
        assert image[name] == service[name]
    assert ("COPY", f"--chown=digits:digits models {image['DIGITS__MODEL_DIR']}") in instructions()
    assert service["TRAINING__DATA_DIR"] == f"{instruction('WORKDIR')}/data/mnist"


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".git/config",
        ".venv/bin/python",
        ".mypy_cache/x",
        ".pytest_cache/x",
        ".ruff_cache/x",
        ".coverage",
        "cache/x.npz",
        "data/emnist/EMNIST/raw/x",
        "drawings/x.json",
        "models/.incoming-x/model.pt",
        "models/mnist_compact_drawn_seed0_trial200/model.pt",
        "runs/x/state.json",
        "src/handwriting_ai.egg-info/PKG-INFO",
        "src/handwriting_ai/__pycache__/config.cpython-311.pyc",
        "tests/test_containers.py",
    ],
)
def test_what_stays_out_of_the_image(path: str) -> None:
    """Secrets, caches, runs, and what no command needs."""
    assert is_ignored(path)


@pytest.mark.parametrize(
    "path",
    [
        ".streamlit/config.toml",
        "app/main.py",
        "constraints.txt",
        "data/mnist/train-images-idx3-ubyte.gz",
        "data/scans/semeion.npz",
        "data/strokes/pendigits_tra.jsonl.gz",
        "models/mnist_compact_drawn_seed5/model.pt",
        "models/presets.json",
        "pyproject.toml",
        "src/handwriting_ai/config.py",
        "src/handwriting_ai/report/page.html",
    ],
)
def test_what_goes_into_the_image(path: str) -> None:
    """It is there, let in, and copied."""
    assert (PROJECT_ROOT / path).is_file()
    assert not is_ignored(path)
    assert any(PurePosixPath(path).is_relative_to(source) for source in copied())
