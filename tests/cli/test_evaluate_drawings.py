"""`evaluate --drawings`: digits of one's own."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter
from tests.data.test_own_digits import save_seven, write_picture
from typer.testing import CliRunner, Result

from handwriting_ai.cli import app

_ANSWER = TypeAdapter(dict[str, object])
_SCORES = TypeAdapter(list[dict[str, object]])


@pytest.fixture()
def own(clean_environment: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a seven and a bar; two untrained models and a preset of both."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    monkeypatch.setenv("COLUMNS", "200")
    presets = '{"default": {"members": ["first", "second"], "tta": "none"}}'
    (model_dir / "presets.json").write_text(presets, encoding="utf-8")
    folder = clean_environment / "own"
    folder.mkdir()
    save_seven(folder)
    write_picture(folder, 1)
    return folder


def _evaluate(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["evaluate", *arguments])


def test_every_preset_and_model_reads_them(own: Path) -> None:
    """The default first, all in the same views; each digit that is misread is named."""
    result = _evaluate("--drawings", str(own), "--json")
    assert result.exit_code == 0, result.output
    answer = _ANSWER.validate_json(result.stdout)
    scores = _SCORES.validate_python(answer["scores"])
    assert answer["n"] == 2
    assert [score["name"] for score in scores] == ["default", "first", "second"]
    assert {score["tta"] for score in scores} == {"advanced"}
    assert scores[0]["p_against_first"] == 1.0
    for score in scores:
        assert len(_SCORES.validate_python(score["misread"])) == score["errors"]


def test_people_get_a_table_and_the_misread_ones(own: Path) -> None:
    """Of the models they name."""
    result = _evaluate("second", "--drawings", str(own), "--tta", "none")
    assert result.exit_code == 0, result.output
    assert "2 digits of your own, TTA none" in result.stdout
    assert "second" in result.stdout
    assert "first" not in result.stdout.replace("against", "")
    assert "read as" in result.stdout


def test_what_cannot_be_read_is_left_out_and_said(own: Path) -> None:
    """A damaged drawing, a file that is no picture, and a model that is damaged."""
    (own / "broken.json").write_text("{", encoding="utf-8")
    (own / "3").mkdir()
    (own / "3" / "x.png").write_bytes(b"no picture")
    result = _evaluate("--drawings", str(own), "--json")
    assert result.exit_code == 0, result.output
    assert "broken.json is not a saved drawing" in result.stderr
    assert "3/x.png: " in result.stderr
    assert _ANSWER.validate_json(result.stdout)["n"] == 2


def test_it_stands_alone(own: Path) -> None:
    """Other measurements are of other digits; nothing to read is an error."""
    assert "leave --strokes out" in _evaluate("--drawings", str(own), "--strokes").output
    missing = _evaluate("--drawings", str(own / "nowhere"))
    assert missing.exit_code != 0
    assert "There is no folder" in str(missing.exception) + missing.output
