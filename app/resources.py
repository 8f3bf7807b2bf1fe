"""The only cached things: settings, the reader with its models, saved drawings and MNIST's test pictures."""

import streamlit as st

from handwriting_ai.config import load_settings
from handwriting_ai.data.mnist import DigitImages, Part, load_mnist
from handwriting_ai.drawings import DrawingStore
from handwriting_ai.reader import DigitReader


def _load_reader() -> DigitReader:
    return DigitReader(settings())


def _close_reader(reader: DigitReader) -> None:
    reader.close()


def _load_test_digits() -> DigitImages:
    return load_mnist(settings().training.data_dir, Part.TEST)


settings = st.cache_resource(load_settings, show_spinner=False)
reader = st.cache_resource(_load_reader, show_spinner="Loading and warming the models …", on_release=_close_reader)
test_digits = st.cache_resource(_load_test_digits, show_spinner="Loading MNIST's test pictures …")


def drawings() -> DrawingStore:
    """Where drawings are kept."""
    return DrawingStore(settings().app.data_root / "drawings")

