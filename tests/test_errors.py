"""The tree of errors."""

import re

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


def test_the_tree_of_errors_is_whole() -> None:
    """Every class stands in it, below the one that it is made from, and nothing else."""
    classes = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, HandwritingError)]
    assert _drawn() == {each.__name__: each.__bases__[0].__name__ for each in classes}
