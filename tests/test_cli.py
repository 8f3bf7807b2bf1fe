"""The command line, as a person types it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter
from typer.main import get_command
from typer.testing import CliRunner

from handwriting_ai import cli
from handwriting_ai.cli.train import parse_seeds

RUNNER = CliRunner()
_ROW = TypeAdapter(dict[str, object])


@pytest.fixture()
def pictures(tmp_path: Path) -> Path:
    """A folder with one drawing, one blank page and one broken file."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    canvas = np.full((280, 280), 255, dtype=np.uint8)
    Image.fromarray(canvas).save(folder / "blank.png")
    canvas[40:240, 130:150] = 0
    Image.fromarray(canvas).save(folder / "a_one.png")
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("not read", encoding="utf-8")
    return folder


@pytest.mark.usefixtures("clean_environment")
def test_predict_reads_a_folder_and_reports_what_it_cannot(
    monkeypatch: pytest.MonkeyPatch, model_dir: Path, pictures: Path
) -> None:
    """One JSON object a line; an unreadable file gives an error object and status 1, the rest are read."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    result = RUNNER.invoke(cli.app, ["predict", str(pictures), "--json"])
    rows = [_ROW.validate_json(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert [Path(str(row["path"])).name for row in rows] == ["a_one.png", "blank.png", "broken.jpg"]
    assert set(rows[0]) == {"path", "digit", "confidence", "probs", "model_id", "uncertain"}
    assert "No digit found" in str(rows[1]["error"])
    assert "not a picture" in str(rows[2]["error"])


@pytest.mark.usefixtures("clean_environment")
def test_predict_speaks_to_people_without_json(
    monkeypatch: pytest.MonkeyPatch, model_dir: Path, pictures: Path
) -> None:
    """A digit, a doubt where there is one, a confidence; refused members on standard error."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    (model_dir / "second" / "model.pt").write_bytes(b"")
    result = RUNNER.invoke(cli.app, ["predict", str(pictures / "a_one.png")])
    assert result.exit_code == 0
    assert "a_one.png:" in result.stdout
    assert "%" in result.stdout
    assert "Refused second" in result.stderr


@pytest.mark.usefixtures("clean_environment")
def test_a_missing_file_is_an_error_object(monkeypatch: pytest.MonkeyPatch, model_dir: Path, tmp_path: Path) -> None:
    """Named, with the reason."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    result = RUNNER.invoke(cli.app, ["predict", str(tmp_path / "nowhere.png"), "--json"])
    row = _ROW.validate_json(result.stdout)
    assert result.exit_code == 1
    assert "No such file" in str(row["error"])


@pytest.mark.usefixtures("clean_environment")
def test_models_list_and_verify(monkeypatch: pytest.MonkeyPatch, model_dir: Path) -> None:
    """A sound model and a refused one; verify fails for the second."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    assert RUNNER.invoke(cli.app, ["models", "verify"]).exit_code == 0
    (model_dir / "second" / "manifest.json").write_text("{", encoding="utf-8")
    listed = RUNNER.invoke(cli.app, ["models", "list"], env={"COLUMNS": "200"})
    assert "first" in listed.stdout
    assert "refused" in listed.stdout
    verified = RUNNER.invoke(cli.app, ["models", "verify"])
    assert verified.exit_code == 1
    assert "refused  second" in verified.stdout


def test_architectures_are_listed() -> None:
    """One name a line."""
    assert "compact" in RUNNER.invoke(cli.app, ["models", "architectures"]).stdout.split()


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["train", "--recipe", "magic"],
            "Unknown recipe 'magic'. Available: drawn, baseline, ",
        ),
        (["train", "--seeds", "90"], "TRAINING__INK_DIR"),
        (["predict", "x.png"], "DIGITS__UNCERTAIN_THRESHOLD=7"),
    ],
)
def test_an_error_of_ours_is_one_line_and_status_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """No traceback for what a person can mend."""
    if arguments[0] == "predict":
        monkeypatch.setenv("DIGITS__UNCERTAIN_THRESHOLD", "7")
    monkeypatch.setattr("sys.argv", ["handwriting-ai", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def _commands(command: object, path: list[str]) -> list[list[str]]:
    """Every command and group, as the words that name it."""
    found = [path]
    attributes: dict[str, dict[str, object]] = vars(command)
    for name, child in attributes.get("commands", {}).items():
        found += _commands(child, [*path, name])
    return found


@pytest.mark.parametrize("command", _commands(get_command(cli.app), []), ids=" ".join)
def test_every_command_has_help(command: list[str]) -> None:
    """A sentence for the command and for each option."""
    result = RUNNER.invoke(cli.app, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.stdout


@pytest.mark.parametrize(("text", "seeds"), [("3", [3]), ("0-2", [0, 1, 2]), ("0,4,7-8", [0, 4, 7, 8])])
def test_seeds_are_read_as_people_write_them(text: str, seeds: list[int]) -> None:
    """One, a range, a list."""
    assert parse_seeds(text) == seeds


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.parametrize("text", ["", "x", "1-x", "4-2", "-1"])
def test_bad_seeds_are_refused(text: str) -> None:
    """Before anything is loaded, with the value and the forms that work."""
    result = RUNNER.invoke(cli.app, ["train", "--seeds", text], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert "--seeds" in result.stderr


@pytest.mark.usefixtures("clean_environment")
def test_train_needs_strokes_for_the_recipe_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And says which variable names them, before a folder is made."""
    monkeypatch.setenv("APP__DATA_ROOT", str(tmp_path))
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(tmp_path / "models"))
    result = RUNNER.invoke(cli.app, ["train"])
    assert "TRAINING__INK_DIR" in str(result.exception)
    assert not (tmp_path / "runs").exists()
