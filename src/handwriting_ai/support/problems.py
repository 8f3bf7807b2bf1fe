"""Pydantic's findings in one line of plain words."""

from collections.abc import Mapping, Sequence, Set
from typing import Final

from pydantic import ValidationError

_VALUE_SHOWN: Final = 60
_PLAIN_WORDS: Final = {"extra_forbidden": "nothing here has this name"}
"""What to say instead of Pydantic's own words, by the type of the problem."""


def describe_problems(
    error: ValidationError, *, separator: str = ".", upper: bool = False, secret: Set[str] = frozenset()
) -> str:
    """Each field with its value and what is wrong with it: `temperature=-1: Input should be greater than 0`.

    The values of the fields in `secret`, and of all below them, are not repeated.
    """
    # Not `error.json()`: that fails where the input is not UTF-8.
    problems: Sequence[Mapping[str, object]] = error.errors(include_url=False, include_context=False)
    lines: list[str] = []
    for problem in problems:
        loc = problem["loc"]
        parts = [str(part) for part in loc] if isinstance(loc, tuple) else []
        field = separator.join(parts)
        if not parts:  # the whole is no such thing: it has no name, and may be long
            lines.append(str(problem["msg"]))
            continue
        hidden = problem["type"] == "missing" or not secret.isdisjoint(parts[:1])
        value = "" if hidden else f"={str(problem['input'])[:_VALUE_SHOWN]}"
        lines.append(f"{field.upper() if upper else field}{value}: {plain_words(problem)}")
    return "; ".join(lines)


def plain_words(problem: Mapping[str, object]) -> str:
    """What one of the findings of `ValidationError.errors` says: Pydantic's words, or those of the check it called."""
    return _PLAIN_WORDS.get(str(problem.get("type")), str(problem["msg"]).removeprefix("Value error, "))
