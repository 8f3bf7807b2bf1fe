"""Read handwritten digits, and see why they were read so.

>>> from handwriting_ai import DigitReader, load_settings
>>> with DigitReader(load_settings()) as reader:  # doctest: +SKIP
...     reader.read("seven.jpg").prediction.digit
7
"""

from importlib import import_module
from typing import TYPE_CHECKING

from handwriting_ai.config import Settings, load_settings
from handwriting_ai.errors import HandwritingError
from handwriting_ai.prediction import Prediction, TtaMode
from handwriting_ai.preprocess import preprocess, preprocess_signature

if TYPE_CHECKING:
    from handwriting_ai.reading.reader import DigitReader, Reading

__all__ = [
    "DigitReader",
    "HandwritingError",
    "Prediction",
    "Reading",
    "Settings",
    "TtaMode",
    "load_settings",
    "preprocess",
    "preprocess_signature",
]


if not TYPE_CHECKING:  # or a type checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        """What brings torch along is imported when it is asked for: a command's `--help` has no use for it."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module("handwriting_ai.reading.reader"), name)
