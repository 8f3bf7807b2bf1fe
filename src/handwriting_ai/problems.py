"""Pydantic's findings in one line of plain words."""

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import ValidationError

_VALUE_SHOWN: Final = 60


def describe_problems(error: ValidationError, *, separator: str = ".", upper: bool = False) -> str:
    """Each field with its value and what is wrong with it: `temperature=-1: Input should be greater than 0`."""
    # Not `error.json()`: that fails where the input is not UTF-8.
    problems: Sequence[Mapping[str, object]] = error.errors(include_url=False, include_context=False)
    lines: list[str] = []
    for problem in problems:
        loc = problem["loc"]
        field = separator.join(str(part) for part in loc) if isinstance(loc, tuple) else ""
        value = "" if problem["type"] == "missing" else f"={str(problem['input'])[:_VALUE_SHOWN]}"
        lines.append(f"{field.upper() if upper else field}{value}: {problem['msg']}")
    return "; ".join(lines)
