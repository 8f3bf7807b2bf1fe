"""What goes wrong, in a sentence, in its place."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import streamlit as st

from handwriting_ai.errors import HandwritingError, ModelExists

REPLACE: Final = "Replace a model of the same name"
"""The switch of the Train page."""
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
"""Nothing is wrong with the file."""


@contextmanager
def said() -> Iterator[None]:
    """Show an error that the package raises on purpose, or the system, where the page is just being drawn.

    Around every page, and inside every fragment: its body runs again without the page.
    """
    try:
        yield
    except (HandwritingError, OSError) as error:
        st.error(in_words(error), icon=":material/error:")


@contextmanager
def toasted() -> Iterator[None]:
    """The same where a button or a callback acts, and what it says must outlive the page as it stands."""
    try:
        yield
    except (HandwritingError, OSError) as error:
        st.toast(in_words(error), icon=":material/error:")


def in_words(error: HandwritingError | OSError) -> str:
    """What went wrong, and what to do on the pages."""
    if isinstance(error, ModelExists):
        return f"{error} Start a new run with another first seed, or with “{REPLACE}” switched on."
    return _of_the_system(error) if isinstance(error, OSError) else str(error)


def _of_the_system(error: OSError) -> str:
    name: object = error.filename
    reason = error.strerror or error
    if not isinstance(name, str):
        return f"The disk refused it: {reason}."
    path = Path(name)
    place = path.parent if path.name.startswith(".") else path  # what is being written has a name that nobody knows
    if error.errno in _NO_ROOM:
        return f"The disk of `{place}` takes no more: {reason}."
    return f"`{place}` cannot be used: {reason}. See that it is there and to its permissions, then try again."
