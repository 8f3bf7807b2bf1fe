"""The guards find what they should, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest
from scripts.guard_checks import check_source

SRC = ("src", "handwriting_ai", "module.py")
APP = ("app", "page.py")


@pytest.mark.parametrize(
    ("source", "parts", "finding"),
    [
        ("from typing import Any\n", SRC, "typing.Any"),
        ("from typing import cast\n", APP, "typing.cast"),
        ("import typing\nx: typing.Any = 1\n", SRC, "typing.Any"),
        ("x = 1  # type: ignore[assignment]\n", SRC, "silences"),
        ("x = 1  # noqa: E501\n", SRC, "silences"),
        ("try:\n    f()\nexcept:\n    raise\n", SRC, "bare except"),
        ("try:\n    f()\nexcept ValueError:\n    pass\n", SRC, "swallowed"),
        ("try:\n    f()\nexcept (OSError, Exception):\n    g()\n", SRC, "broad except"),
        ("print(1)\n", SRC, "does not print"),
        ("import streamlit as st\n", SRC, "does not import streamlit"),
        ("from torch import nn\n", APP, "does not import torch"),
    ],
)
def test_each_rule_finds_its_offence(source: str, parts: tuple[str, ...], finding: str) -> None:
    """One offence, one finding, with its words."""
    findings = check_source(source, parts)
    assert len(findings) == 1
    assert finding in findings[0].message


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ('"""Any, cast( and # noqa in a text."""\n', SRC),
        ("company = 'Any'\n", SRC),
        ("try:\n    f()\nexcept ValueError as error:\n    raise KeyError from error\n", SRC),
        ("try:\n    f()\nexcept Exception as error:\n    raise KeyError from error\n", SRC),
        ("print(1)\n", APP),
        ("import streamlit\n", APP),
        ("import torch\n", SRC),
    ],
)
def test_what_is_allowed_stays_unfound(source: str, parts: tuple[str, ...]) -> None:
    """Words in texts do not count, and rules keep to their folders."""
    assert check_source(source, parts) == []


def test_the_command_fails_on_an_offence(tmp_path: Path) -> None:
    """Exit status one and the place of the offence."""
    (tmp_path / "bad.py").write_text("x = 1\nfrom typing import Any\n", encoding="utf-8")
    script = Path(__file__).parents[1] / "scripts" / "guard_checks.py"
    done = subprocess.run([sys.executable, str(script), str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "bad.py:2:" in done.stdout
