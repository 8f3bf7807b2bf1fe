"""What goes wrong, in a sentence, in its place."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import streamlit as st

from handwriting_ai.errors import HandwritingError, ModelExists

REPLACE: Final = "Replace a model of the same name"
"""The switch of the Train page."""


@contextmanager
def said() -> Iterator[None]:
    """Show an error that the package raises on purpose, or the disk, where the page is just being drawn."""
    try:
        yield
    except (HandwritingError, OSError) as error:
        st.error(in_words(error), icon=":material/error:")


def in_words(error: HandwritingError | OSError) -> str:
    """What went wrong, and what to do on the pages."""
    if isinstance(error, ModelExists):
        return str(error).replace("Use --force", f"Start it with “{REPLACE}” switched on")
    return f"The disk refused it: {error.strerror or error}." if isinstance(error, OSError) else str(error)
