"""The documentation: its links, targets and commands exist."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from handwriting_ai.cli import app
from handwriting_ai.config import PROJECT_ROOT

PAGES = [path for folder in (".", "docs", "models") for path in sorted((PROJECT_ROOT / folder).glob("*.md"))]
_LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
_TARGET = re.compile(r"(?:`|^\$ )make ([a-z]+)", re.MULTILINE)
_COMMAND = re.compile(r"(?:`|\$ |[A-Z_]+=\S+ )handwriting-ai ([a-z]+(?: (?:list|verify|architectures))?)")


def _found(pattern: "re.Pattern[str]", page: Path) -> list[str]:
    found: list[str] = pattern.findall(page.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    """Every link to a file of the project."""
    missing = [link for link in _found(_LINK, page) if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_named_targets_exist(page: Path) -> None:
    """Every `make …`."""
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    unknown = [name for name in _found(_TARGET, page) if not re.search(rf"^{name}:", makefile, re.MULTILINE)]
    assert unknown == []


COMMANDS = sorted({command for page in PAGES for command in _found(_COMMAND, page)})


@pytest.mark.parametrize("command", COMMANDS)
def test_named_commands_exist(command: str) -> None:
    """Every `handwriting-ai …` answers to `--help`, with a sentence of its own."""
    result = CliRunner().invoke(app, [*command.split(), "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_the_readme_names_commands() -> None:
    """Otherwise the test above would test nothing."""
    assert {"predict", "train", "models list", "models verify"} <= set(COMMANDS)
    assert "check" in _found(_TARGET, PROJECT_ROOT / "README.md")
