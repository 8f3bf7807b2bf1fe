"""`handwriting-ai predict --page`, as a person types it."""

import csv
from math import prod
from pathlib import Path

import pytest
from PIL import Image
from pydantic import TypeAdapter
from tests.segmentation.samples import on_paper, page_of
from typer.testing import CliRunner

from handwriting_ai import cli
from handwriting_ai.cli.pages import DigitAnswer

RUNNER = CliRunner()
_ROW = TypeAdapter(dict[str, object])


@pytest.fixture()
def page(clean_environment: Path, monkeypatch: pytest.MonkeyPatch, model_dir: Path) -> Path:
    """Two lines of digits, and models to read them."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    path = clean_environment / "page.png"
    Image.fromarray(on_paper(page_of(["2035", "417"]))).save(path)
    return path


def test_every_digit_is_answered_with_its_box(page: Path) -> None:
    """Lines from the top down; what cannot be read is an error line of its own."""
    broken = page.with_name("broken.png")
    broken.write_bytes(b"no picture")
    result = RUNNER.invoke(cli.app, ["predict", "--page", "--json", str(page), str(broken)])
    assert result.exit_code == 1
    answer, error = (_ROW.validate_json(line) for line in result.stdout.splitlines())
    lines = TypeAdapter(list[list[list[dict[str, object]]]]).validate_python(answer["lines"])
    assert [sum(len(number) for number in line) for line in lines] == [4, 3]
    assert set(lines[0][0][0]) == {"digit", "confidence", "uncertain", "box"}
    assert "not a picture" in str(error["error"])


def test_people_get_the_text(page: Path) -> None:
    """Under the picture's name; a picture without digits says so."""
    empty = page.with_name("empty.png")
    Image.new("L", (300, 200), 255).save(empty)
    result = RUNNER.invoke(cli.app, ["predict", "--page", str(page), str(empty)])
    assert result.exit_code == 0
    printed = result.stdout.splitlines()
    assert printed[0].endswith("page.png:")
    assert [len(line.replace(" ", "")) for line in printed[1:3]] == [4, 3]
    assert printed[-1] == "No digits found."


def test_a_table_has_a_row_for_each_number(page: Path) -> None:
    """With its box around its digits; a picture that cannot be read is a row with its error."""
    broken = page.with_name("broken.png")
    broken.write_bytes(b"no picture")
    result = RUNNER.invoke(cli.app, ["predict", "--page", "--json", "--csv", "table.csv", str(page), str(broken)])
    assert result.exit_code == 1
    with Path("table.csv").open(encoding="utf-8", newline="") as stream:
        rows: list[dict[str, str]] = list(csv.DictReader(stream))
    first, second, error = rows
    answer = _ROW.validate_json(result.stdout.splitlines()[0])
    assert f"{first['text']}\n{second['text']}" == answer["text"]
    assert [(row["line"], row["number"]) for row in (first, second)] == [("1", "1"), ("2", "1")]
    digits = TypeAdapter(list[list[list[DigitAnswer]]]).validate_python(answer["lines"])[0][0]
    rights = [digit.box[0] + digit.box[2] for digit in digits]
    assert int(first["left"]) + int(first["width"]) == max(rights)
    assert float(first["confidence"]) == pytest.approx(prod(digit.confidence for digit in digits))
    assert "not a picture" in error["error"]
    assert not error["text"]
