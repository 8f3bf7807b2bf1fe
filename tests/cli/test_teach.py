"""`handwriting-ai teach`."""

from pathlib import Path

import pytest
from tests.cli.test_cli import RUNNER
from tests.training.test_teaching import drawings_of

from handwriting_ai import cli
from handwriting_ai.evaluation.predictions import check_predictions
from handwriting_ai.registry.store import ModelStore


@pytest.fixture()
def workplace(clean_environment: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for drawings and runs; the models folder holds `first` and `second`."""
    monkeypatch.setenv("APP__DATA_ROOT", str(clean_environment / "data"))
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    return clean_environment / "data"


@pytest.mark.usefixtures("few_validation_digits")
def test_a_hand_is_taught_and_the_report_is_told(workplace: Path, model_dir: Path) -> None:
    """From saved drawings to a scored model; damaged drawings are named, and a second time is refused."""
    drawings_of(workplace / "drawings", [0, 1, 0, 1], "Ann")
    drawings_of(workplace / "drawings", [2], "Bob")
    (workplace / "drawings" / "damaged.json").write_text("{", encoding="utf-8")
    command = ["teach", "--writer", "Ann", "--parent", "first", "--trial", "10"]
    result = RUNNER.invoke(cli.app, command, env={"COLUMNS": "200"})
    assert result.exit_code == 0, f"{result.output}\n{result.exception}"
    assert "Left out: " in result.stderr
    for said in ("Drawings kept back: ", " of 4 misread before", "Validation: ", "Other people, ", "3 of 2"):
        assert said in result.stdout
    (name,) = set(ModelStore(model_dir).model_ids()) - {"first", "second"}
    assert f"DIGITS__ACTIVE_MODEL={name}" in result.stdout
    assert check_predictions(model_dir / name, ModelStore(model_dir).read_manifest(name)) is False
    again = RUNNER.invoke(cli.app, command)
    assert "--force" in str(again.exception)


def test_a_writer_whom_nobody_knows_is_said(workplace: Path) -> None:
    """With those who have drawn."""
    drawings_of(workplace / "drawings", [0], "Ann")
    result = RUNNER.invoke(cli.app, ["teach", "--writer", "Eve"])
    assert str(result.exception) == "There are no drawings by 'Eve'. Writers: Ann."


@pytest.mark.usefixtures("workplace")
def test_without_drawings_there_is_nothing_to_teach() -> None:
    """It says where drawings come from."""
    assert "page Draw" in str(RUNNER.invoke(cli.app, ["teach", "--parent", "first"]).exception)
