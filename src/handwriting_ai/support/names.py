"""What to say of a name that nothing has."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_ALIKE: Final = 0.7
"""Of 1, from which two names are taken for one that was misspelt: `fsat` and `fast` have 0.75."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` Did you mean 'default'?`, to stand after a sentence; empty where no known name is much like it."""
    nearest = get_close_matches(name, list(known), n=1, cutoff=_ALIKE)
    return f" Did you mean {nearest[0]!r}?" if nearest else ""
