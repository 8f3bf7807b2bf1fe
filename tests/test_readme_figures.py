"""The README's rows on MNIST are what `evaluate PRESET --json` prints, those on pen strokes what its page says."""

import pytest
from pydantic import BaseModel, TypeAdapter
from typer.testing import CliRunner

from handwriting_ai import cli
from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.evaluation.scoreboard import EvaluationPart

STROKES_PAGE = (PROJECT_ROOT / "docs" / "pen-strokes.md").read_text(encoding="utf-8")
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


def _strokes(preset: str, file: str, column: str) -> str:
    """A cell of the first table of docs/pen-strokes.md."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in STROKES_PAGE.splitlines() if "|" in line]
    titles = rows[0]
    (row,) = (row for row in rows if row[:2] == [f"`{preset}`", file])
    return row[titles.index(column)].replace("%", " %")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_column_on_drawings_is_that_of_their_page(preset: str) -> None:
    """With random pens."""
    number = PRESETS.index(preset)
    unipen = "unipen_1a_digits"
    cells = {
        "pendigits, 5 writers held out, 1,250 digits": _strokes(preset, "pendigits_tra", "random pens"),
        "UNIPEN, 43 writers held out, 3,158 digits": _strokes(preset, unipen, "random pens"),
        "– without its 70 [doubtful labels](docs/pen-strokes.md)": _strokes(
            preset, unipen, "random pens, no doubtful labels"
        ),
    }
    for title, cell in cells.items():
        assert _row(title)[number] == cell, title
    sure = _row("scribbles, 1,000: taken for a digit with 70 % confidence or more")[number]
    assert f"{float(sure.removesuffix(' %')) * 10:.0f} of 1,000" == _strokes(preset, unipen, "sure scribbles")
