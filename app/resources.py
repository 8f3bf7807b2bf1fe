"""The only cached things: settings, the reader with its models, saved drawings and MNIST's test pictures."""

from collections.abc import Callable

import streamlit as st

from handwriting_ai.config import Settings, load_settings
from handwriting_ai.data.mnist import DigitImages, Part, load_mnist
from handwriting_ai.drawings import DrawingStore
from handwriting_ai.reader import DigitReader


def _load_reader() -> DigitReader:
    return DigitReader(settings())


def _close_reader(reader: DigitReader) -> None:
    reader.close()


def _load_test_digits() -> DigitImages:
    return load_mnist(settings().training.data_dir, Part.TEST)


_cached_reader: Callable[[Callable[[], DigitReader]], Callable[[], DigitReader]] = st.cache_resource(
    show_spinner="Loading and warming the models …", on_release=_close_reader
)
_cached_digits: Callable[[Callable[[], DigitImages]], Callable[[], DigitImages]] = st.cache_resource(
    show_spinner="Loading MNIST's test pictures …"
)
settings: Callable[[], Settings] = st.cache_resource(load_settings)
reader = _cached_reader(_load_reader)
test_digits = _cached_digits(_load_test_digits)


def drawings() -> DrawingStore:
    """Where drawings are kept."""
    return DrawingStore(settings().app.data_root / "drawings")
