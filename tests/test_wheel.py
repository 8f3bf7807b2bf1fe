"""The wheel: whole, small, and of use in an empty folder, where nobody has a checkout."""

import json
import os
import shutil
import socket
import subprocess
import time
import zipfile
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

import pytest
from PIL import Image
from tests.installed import LIMIT_S, Built, built_in

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.mnist import Part, load_mnist
from handwriting_ai.preprocess import Gray
from handwriting_ai.registry.presets import read_presets

MAX_BYTES: Final = 20_000_000
HOST: Final = "127.0.0.1"
OURS: Final = ("APP__", "DIGITS__", "SECURITY__", "TRAINING__", "RQ__", "REDIS", "PYTHON", "XDG_", "COV_", "COVERAGE")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Built once in a run of the tests, however many processes test."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return built_in(shared / "wheel")


class Visitor:
    """Somebody who has installed the wheel, with an empty home and an empty folder."""

    def __init__(self, built: Built, folder: Path) -> None:
        self.built, self.home, self.folder = built, folder / "home", folder / "folder"
        self.home.mkdir()
        self.folder.mkdir()
        self.data = self.home / ".local" / "share" / "handwriting-ai"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self.variables = kept | {"HOME": str(self.home), "OMP_WAIT_POLICY": "passive"}

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """A command of theirs, by `handwriting-ai`."""
        return self.do([str(self.built.command), *arguments])

    def python(self, program: str) -> "subprocess.CompletedProcess[str]":
        """A program of theirs."""
        return self.do([str(self.built.python), "-c", program])

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """A server of theirs."""
        command = [str(self.built.command), *arguments]
        return subprocess.Popen(command, cwd=self.folder, env=self.variables, stderr=subprocess.DEVNULL)

    def do(self, command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        """Any program, where they are."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )


@pytest.fixture()
def visitor(built: Built, tmp_path: Path) -> Visitor:
    """With a picture of a digit, `digit.png`."""
    made = Visitor(built, tmp_path)
    first: Gray = load_mnist(PROJECT_ROOT / "data" / "mnist", Part.TRAIN).images[0]
    Image.fromarray(first).resize((280, 280)).save(made.folder / "digit.png")
    return made


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as packed:
        return set(packed.namelist())


def test_it_is_whole_and_small(built: Built) -> None:
    """Every preset's members, the pages and their settings; no predictions, and nothing from the tests."""
    names = _names(built.wheel)
    presets = read_presets(PROJECT_ROOT / "models").values()
    members = {member for preset in presets for member in preset.members}
    within = {name.removeprefix("handwriting_ai/_shipped/") for name in names}
    assert {f"models/{member}/{file}" for member in members for file in ("manifest.json", "model.pt")} <= within
    pages = {path.relative_to(PROJECT_ROOT).as_posix() for path in (PROJECT_ROOT / "app").rglob("*.py")}
    assert pages | {".streamlit/config.toml", "models/presets.json"} <= within
    assert not [name for name in names if "predictions.npz" in name or "__pycache__" in name or "tests/" in name]
    assert built.wheel.stat().st_size <= MAX_BYTES


def test_the_source_distribution_builds_the_same(built: Built) -> None:
    """The same files."""
    assert _names(built.of_sdist) == _names(built.wheel)


def test_it_reads_a_digit(visitor: Visitor) -> None:
    """By the command and by two lines, with the preset that ships; nothing is written for it."""
    said = visitor.run("predict", "digit.png", "--json")
    assert said.returncode == 0, said.stderr
    answer: dict[str, object] = json.loads(said.stdout)
    assert (answer["digit"], answer["model_id"]) == (5, "ensemble_4_models")
    lines = visitor.python("import handwriting_ai; print(handwriting_ai.read('digit.png').digit)")
    assert lines.stdout == "5\n", lines.stderr
    assert not visitor.data.exists()


def test_what_is_missing_is_said_with_its_command(visitor: Visitor) -> None:
    """MNIST is fetched; strokes and scans are there."""
    status = visitor.run("data", "status").stdout
    assert "10,992" not in status
    said = visitor.run("train", "--recipe", "baseline", "--trial", "200", "--epochs", "1")
    assert said.returncode == 2
    assert "handwriting-ai data fetch mnist" in said.stderr
    assert "Traceback" not in said.stderr


def test_it_trains_into_the_user_s_folder(visitor: Visitor) -> None:
    """A trained model lies there and stands in the list beside the package's, which stay as they are."""
    shutil.copytree(PROJECT_ROOT / "data" / "mnist", visitor.data / "data" / "mnist")
    trained = visitor.run("train", "--recipe", "baseline", "--trial", "200", "--epochs", "1")
    assert trained.returncode == 0, trained.stderr
    (model,) = (path.parent.name for path in (visitor.data / "models").glob("*/model.pt"))
    listed = visitor.run("models", "list").stdout
    assert model in listed
    assert "mnist_compact_drawn_seed5" in listed
    refused = visitor.run("models", "delete", "mnist_compact_drawn_seed5")
    assert refused.returncode == 2
    assert "preset 'fast'" in refused.stderr
    assert list(visitor.folder.iterdir()) == [visitor.folder / "digit.png"]


def test_a_folder_that_cannot_be_written_is_named(visitor: Visitor) -> None:
    """Reading needs none; training says which it is, and the setting that names another."""
    shutil.copytree(PROJECT_ROOT / "data" / "mnist", visitor.folder / "mnist")
    visitor.variables["TRAINING__DATA_DIR"] = "mnist"
    visitor.data.parent.mkdir(parents=True)
    visitor.data.write_text("A file, where a folder should be.", encoding="utf-8")
    assert visitor.run("predict", "digit.png").returncode == 0
    said = visitor.run("train", "--recipe", "baseline", "--trial", "200", "--epochs", "1")
    assert said.returncode == 2
    assert str(visitor.data) in said.stderr
    assert "DIGITS__MODEL_DIR" in said.stderr
    assert "Traceback" not in said.stderr


def test_damaged_weights_are_refused(visitor: Visitor, tmp_path: Path) -> None:
    """The others read; who is refused, why, and what restores it is said."""
    copy = shutil.copytree(visitor.built.python.parents[1], tmp_path / "venv", symlinks=True)
    (weights,) = copy.glob("lib/*/site-packages/handwriting_ai/_shipped/models/mnist_compact_drawn_seed5/model.pt")
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    program = "from handwriting_ai.cli import app; app(['predict', 'digit.png'])"
    said = visitor.do([str(copy / "bin" / "python"), "-c", program])
    assert "mnist_compact_drawn_seed5" in said.stderr
    assert "pip install --force-reinstall" in said.stderr


def test_it_exports(visitor: Visitor) -> None:
    """One file, in the folder one is in."""
    said = visitor.run("export", "fast", "--output", "fast.onnx")
    assert said.returncode == 0, said.stderr
    assert (visitor.folder / "fast.onnx").is_file()


def test_its_dashboard_shows_every_page(visitor: Visitor) -> None:
    """Without an exception, although MNIST and predictions are missing: that is said."""
    program = """
from streamlit.testing.v1 import AppTest
from handwriting_ai.config import PROJECT_ROOT

app = AppTest.from_file(str(PROJECT_ROOT / "app" / "main.py"), default_timeout=120).run()
for page in sorted(path.parent.name for path in (PROJECT_ROOT / "app").glob("*/page.py")):
    app.switch_page(f"{page}/page.py").run()
    print(page, [each.value for each in app.exception])
    for each in app.error:
        print(each.value)
"""
    said = visitor.python(program)
    assert said.returncode == 0, said.stderr
    assert [line for line in said.stdout.splitlines() if line.endswith("]")] == [
        f"{page} []" for page in ("compare", "draw", "drawings", "ensemble", "glossary", "train")
    ]


@pytest.mark.parametrize(("command", "path"), [("app", "/_stcore/health"), ("api", "/readyz")])
def test_its_servers_answer(visitor: Visitor, command: str, path: str) -> None:
    """The dashboard and the API start in an empty folder."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        address: tuple[str, int] = probe.getsockname()
    server = visitor.start(command, "--port", str(address[1]), "--host", HOST)
    try:
        assert _answers(address[1], path, server)
    finally:
        server.kill()
        server.wait()


def _answers(port: int, path: str, server: "subprocess.Popen[bytes]") -> bool:
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline and server.poll() is None:
        connection = HTTPConnection(HOST, port, timeout=LIMIT_S)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            time.sleep(0.2)
        finally:
            connection.close()
    return False
