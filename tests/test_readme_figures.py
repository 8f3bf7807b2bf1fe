"""The README's rows on MNIST say of each preset what `handwriting-ai evaluate PRESET --json` prints."""

import pytest
from pydantic import BaseModel, TypeAdapter
from typer.testing import CliRunner

from handwriting_ai import cli
from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.evaluation.scoreboard import EvaluationPart

PAGE = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
PRESETS = ("fast", "default", "best")


class _Figures(BaseModel):
    n: int
    errors: int
    accuracy: float
    wilson95: tuple[float, float]
    nll: float
    ece: float
    errors_without_disputed: int | None


def _row(title: str) -> list[str]:
    """The cells of a row, one for each preset."""
    (line,) = (line for line in PAGE.splitlines() if line.startswith(f"| {title} |"))
    return [cell.strip() for cell in line.strip("|").split("|")[1:]]


def _rows_of(part: EvaluationPart, figures: _Figures) -> dict[str, str]:
    """What stands in each row."""
    low, high = figures.wilson95
    counted = f"MNIST {part}, {figures.n:,} digits: errors"
    rows = {
        counted: f"{figures.errors} ({figures.accuracy:.2%})".replace("%", " %"),
        f"– {part}: 95 % interval": f"{low:.2%} to {high:.2%}".replace("%", " %"),
        f"– {part}: NLL, ECE": f"{figures.nll:.4f}, {figures.ece:.2%}".replace("%", " %"),
    }
    if figures.errors_without_disputed is not None:
        rows[f"– {part}: errors without the 15 disputed labels"] = str(figures.errors_without_disputed)
    return rows


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.parametrize("preset", PRESETS)
def test_a_column_is_what_evaluate_prints(preset: str) -> None:
    """If this fails after a change of the models: look at the figures, then write them there."""
    result = CliRunner().invoke(cli.app, ["evaluate", preset, "--json"])
    assert result.exit_code == 0, result.output
    answer = TypeAdapter(dict[str, object]).validate_json(result.stdout)
    for part in EvaluationPart:
        for title, cell in _rows_of(part, _Figures.model_validate(answer[part])).items():
            assert _row(title)[PRESETS.index(preset)] == cell, title
