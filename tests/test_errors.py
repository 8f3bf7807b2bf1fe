"""The tree of errors."""

import re
from collections.abc import Iterator

from handwriting_ai import errors
from handwriting_ai.errors import HandwritingError

_BRANCH_WIDTH = 4
"""Of one level of the tree, in characters."""


def _drawn() -> dict[str, str]:
    """Each class of the tree in the docstring, with the one that it hangs from."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"([│├└─ ]*)([A-Z]\w+)(?:$|  )", line)
        if found is not None:
            branches, name = found.group(1), found.group(2)
            path = [*path[: len(branches) // _BRANCH_WIDTH], name]
            parents[name] = path[-2] if len(path) > 1 else "Exception"
    return parents


def _made_from(parent: type[HandwritingError]) -> Iterator[tuple[str, str]]:
    """Each class that is made from one, directly or not, with its first base."""
    for each in parent.__subclasses__():
        if each.__module__ == errors.__name__:
            yield each.__name__, parent.__name__
            yield from _made_from(each)


def test_the_tree_of_errors_is_whole() -> None:
    """Every class stands in it, below the one that it is made from, and nothing else."""
    assert _drawn() == dict([("HandwritingError", "Exception"), *_made_from(HandwritingError)])
