"""`handwriting-ai predict`, as a person types it."""

import contextlib
import csv
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter
from typer.testing import CliRunner

from handwriting_ai import cli
from handwriting_ai.errors import EngineNotReady

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
    assert "3000.0 MB; at most 20 MB are read: shrink it, or raise DIGITS__MAX_IMAGE_MB." in str(row["error"])


def _deny(monkeypatch: pytest.MonkeyPatch, denied: Path) -> None:
    """What the system does to a folder that is somebody else's; tests may run as root, whom nothing is denied."""
    look, scan = Path.stat, Path.iterdir

    def stat(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if denied in path.parents:
            raise PermissionError(13, "Permission denied", str(path))
        return look(path, follow_symlinks=follow_symlinks)

    def iterdir(path: Path) -> Iterator[Path]:
        if path == denied:
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(Path, "stat", stat)
    monkeypatch.setattr(Path, "iterdir", iterdir)


@pytest.mark.usefixtures("model_folder")
def test_a_file_that_cannot_be_asked_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lies in somebody else's folder: it is an error of its own, and those named after it are read."""
    hidden, seen = draw_one(tmp_path / "theirs" / "one.png"), draw_one(tmp_path / "one.png")
    _deny(monkeypatch, tmp_path / "theirs")
    unreadable, read = answers_to(str(hidden), str(seen))
    assert unreadable == {"path": str(hidden), "error": "The file cannot be read: Permission denied."}
    assert "digit" in read


@pytest.mark.usefixtures("model_folder")
def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    """A virtual environment beside one's pictures is full of other people's."""
    for name in ("a.png", ".venv/icon.png", ".b.png"):
        draw_one(tmp_path / "pictures" / name)
    rows = answers_to(str(tmp_path / "pictures"))
    assert [Path(str(row["path"])).name for row in rows] == ["a.png"]


@pytest.mark.usefixtures("model_folder")
def test_a_folder_that_cannot_be_looked_into_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than left out in silence; what lies beside it is read, in order."""
    for name in ("a.png", "b/one.png", "c.PNG", "d/e/one.jpeg"):
        draw_one(tmp_path / "pictures" / name)
    _deny(monkeypatch, tmp_path / "pictures" / "b")
    rows = answers_to(str(tmp_path / "pictures"))
    assert [Path(str(row["path"])).relative_to(tmp_path / "pictures").as_posix() for row in rows] == [
        "a.png",
        "b",
        "c.PNG",
        "d/e/one.jpeg",
    ]
    assert [row.get("error") for row in rows] == [None, "The folder cannot be read: Permission denied.", None, None]


@pytest.mark.usefixtures("model_folder")
def test_links_are_followed_and_no_folder_is_read_twice(tmp_path: Path) -> None:
    """A link up, one to a folder beside it, one to itself, and one to nothing."""
    draw_one(tmp_path / "pictures" / "within" / "one.png")
    draw_one(tmp_path / "elsewhere" / "other.png")
    for name, target in (
        ("up", ".."),
        ("within/again", "../within"),
        ("to_elsewhere", "../elsewhere"),
        ("round.png", "round.png"),
        ("gone.png", "nowhere"),
    ):
        (tmp_path / "pictures" / name).symlink_to(target)
    rows = answers_to(str(tmp_path / "pictures"))
    found = {Path(str(row["path"])).name: str(row.get("error", "")) for row in rows}
    assert len(rows) == len(found)
    assert {name for name, error in found.items() if not error} == {"one.png", "other.png"}
    assert found["round.png"] == "The file cannot be read: Too many levels of symbolic links."
    assert found["gone.png"] == "The file cannot be read: No such file or directory."


@pytest.mark.usefixtures("model_folder")
@pytest.mark.parametrize("form", [["--json"], []])
def test_names_that_are_no_utf_8_are_printed(tmp_path: Path, form: list[str]) -> None:
    """Latin-1 from an old disk, and a line feed that would be two lines: as text, and as JSON for any reader."""
    for name in (b"f\xfcnf.png", b"two\nlines.png"):
        draw_one(tmp_path / "pictures" / os.fsdecode(name))
    printed = RUNNER.invoke(cli.app, ["predict", *form, str(tmp_path / "pictures")])
    first, second = printed.stdout_bytes.decode("utf-8", "strict").splitlines()
    assert "f\\xfcnf.png" in (first.replace("\\\\", "\\"))
    assert "two\\nlines.png" in (second.replace("\\\\", "\\"))


def test_without_a_model_it_is_said_once(tmp_path: Path, model_folder: Path) -> None:
    """And not for each picture."""
    for model_id in ("first", "second"):
        (model_folder / model_id / "model.pt").write_bytes(b"")
    pictures = [str(draw_one(tmp_path / name)) for name in ("a.png", "b.png")]
    ended = RUNNER.invoke(cli.app, ["predict", *pictures])
    assert isinstance(ended.exception, EngineNotReady)
    assert ended.stdout == ""
    assert ended.stderr.count("Refused") == 2


def test_a_misspelt_preset_is_told_with_the_nearest_name(
    tmp_path: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with all presets and models there are."""
    (model_folder / "presets.json").write_text('{"default": {"members": ["first"], "tta": "none"}}', encoding="utf-8")
    monkeypatch.setenv("DIGITS__ACTIVE_MODEL", "defalt")
    ended = RUNNER.invoke(cli.app, ["predict", str(draw_one(tmp_path / "one.png"))])
    assert "Did you mean 'default'? Presets: default. Models: first, second." in ended.stderr
    assert isinstance(ended.exception, EngineNotReady)


@pytest.fixture()
def many(tmp_path: Path, model_folder: Path) -> Path:
    """A folder of 600 files, of which a third are broken, empty, or lead nowhere; models that read them."""
    assert model_folder.is_dir()
    picture = draw_one(tmp_path / "one.png")
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(600):
        path = folder / f"{number:04}.png"
        match number % 9:
            case 0:
                path.write_bytes(picture.read_bytes()[:200])
            case 3:
                path.touch()
            case 6:
                path.symlink_to("nowhere")
            case _:
                path.symlink_to(picture)
    return folder


def _rows(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as stream:
        rows: list[dict[str, str]] = list(csv.DictReader(stream))
    return rows


def test_a_third_of_a_large_folder_is_broken(many: Path, tmp_path: Path) -> None:
    """Each has its line and its row, in order; the table holds the same figures."""
    table = tmp_path / "table.csv"
    ended = RUNNER.invoke(cli.app, ["predict", "--json", "--csv", str(table), str(many)])
    rows = [_ROW.validate_json(line) for line in ended.stdout.splitlines()]
    assert ended.exit_code == 1
    assert [Path(str(row["path"])).name for row in rows] == [f"{number:04}.png" for number in range(600)]
    assert [index for index, row in enumerate(rows) if "error" in row] == list(range(0, 600, 3))
    assert ended.stderr == f"{table}: 400 read, 200 not.\n"
    written = _rows(table)
    assert [row["path"] for row in written] == [str(row["path"]) for row in rows]
    assert written[1]["digit"] == str(rows[1]["digit"])
    assert str([float(written[1][f"p{digit}"]) for digit in range(10)]) == str(rows[1]["probs"])
    assert written[0]["error"].startswith("The PNG picture is damaged")
    assert written[6]["error"] == "The file cannot be read: No such file or directory."


@pytest.mark.usefixtures("model_folder")
def test_a_table_that_cannot_be_written_is_said_before_anything_is_read(tmp_path: Path) -> None:
    """With its option; nothing is printed."""
    ended = RUNNER.invoke(
        cli.app, ["predict", "--csv", str(tmp_path / "no" / "t.csv"), str(tmp_path)], env={"COLUMNS": "200"}
    )
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "--csv" in ended.stderr
    assert "cannot be written: No such file or directory." in ended.stderr


@pytest.mark.usefixtures("model_folder")
def test_a_name_is_no_formula(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spreadsheet would compute it."""
    monkeypatch.chdir(tmp_path)
    draw_one(tmp_path / "=1+1.png")
    RUNNER.invoke(cli.app, ["predict", "--csv", "table.csv", "=1+1.png"])
    assert [row["path"] for row in _rows(tmp_path / "table.csv")] == ["'=1+1.png"]


@pytest.mark.timeout(300)
def test_ctrl_c_ends_it_and_says_how_many_were_read(many: Path, tmp_path: Path) -> None:
    """On a terminal, where a bar shows rate and time left; what was read stands in the table."""
    table, (terminal, its_end) = tmp_path / "table.csv", os.openpty()
    command = [sys.executable, "-m", "handwriting_ai.cli", "predict", "--json", "--csv", str(table), *[str(many)] * 40]
    variables = dict(os.environ) | {"TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=its_end, env=variables) as process:
        os.close(its_end)
        assert process.stdout is not None
        for _ in range(100):
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        shown = b""
        with contextlib.suppress(OSError):  # how a terminal says that it is closed
            while piece := os.read(terminal, 65_536):
                shown += piece
        os.close(terminal)
        assert process.wait(60) == 130
    said = re.search(r"Stopped: (\d+) of 24,000 were read\.", shown.decode())
    assert said is not None
    assert "pictures/s" in shown.decode()
    assert "Traceback" not in shown.decode()
    assert sum(not row["error"] for row in _rows(table)) == int(str(said[1]))
