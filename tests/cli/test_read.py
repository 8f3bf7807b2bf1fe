"""`handwriting-ai predict`, as a person types it."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter
from typer.testing import CliRunner

from handwriting_ai import cli

RUNNER = CliRunner()
_ROW = TypeAdapter(dict[str, object])


@pytest.fixture()
def model_folder(clean_environment: Path, monkeypatch: pytest.MonkeyPatch, model_dir: Path) -> Path:
    """The models that are asked; the working directory is an empty folder beside them."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    assert clean_environment == Path.cwd()
    return model_dir


def draw_one(path: Path) -> Path:
    """Write a picture of a one."""
    canvas = np.full((280, 280), 255, dtype=np.uint8)
    canvas[40:240, 130:150] = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(canvas).save(path, format="PNG")
    return path


def answers_to(*arguments: str) -> list[dict[str, object]]:
    """The lines that `predict --json` prints."""
    printed = RUNNER.invoke(cli.app, ["predict", "--json", *arguments]).stdout
    return [_ROW.validate_json(line) for line in printed.splitlines()]


@pytest.mark.usefixtures("model_folder")
@pytest.mark.timeout(120)
def test_what_is_no_file_is_said_and_not_waited_for(tmp_path: Path) -> None:
    """A pipe without another end and a device without an end; what stands after them is read."""
    pipe, zeros = tmp_path / "pipe.png", tmp_path / "zeros.png"
    os.mkfifo(pipe)
    zeros.symlink_to("/dev/zero")
    rows = answers_to(str(pipe), str(zeros), str(draw_one(tmp_path / "one.png")))
    assert rows[0]["error"] == "The file cannot be read: it is a named pipe, not a file."
    assert rows[1]["error"] == "The file cannot be read: it is a device, not a file."
    assert "digit" in rows[2]


@pytest.mark.usefixtures("model_folder")
def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    """Three billion bytes would have to be held in memory: its size is asked first."""
    with (tmp_path / "huge.png").open("wb") as stream:
        stream.truncate(3_000_000_000)
    (row,) = answers_to(str(tmp_path / "huge.png"))
    assert "3000.0 MB; at most 2 MB are read" in str(row["error"])
