"""Read handwritten digits, and see why they were read so.

>>> import handwriting_ai
>>> handwriting_ai.read("seven.jpg").digit  # doctest: +SKIP
7
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

from handwriting_ai.errors import HandwritingError
from handwriting_ai.prediction import Prediction, TtaMode
from handwriting_ai.preprocess import preprocess, preprocess_signature

if TYPE_CHECKING:
    from handwriting_ai.config import Settings, load_settings
    from handwriting_ai.reading.default import read, read_many, read_page
    from handwriting_ai.reading.page import PageReading
    from handwriting_ai.reading.reader import DigitReader, Reading

__all__ = [
    "DigitReader",
    "HandwritingError",
    "PageReading",
    "Prediction",
    "Reading",
    "Settings",
    "TtaMode",
    "load_settings",
    "preprocess",
    "preprocess_signature",
    "read",
    "read_many",
    "read_page",
]
_IMPORTED_LATER: Final = {
    "DigitReader": "reading.reader",
    "PageReading": "reading.page",
    "Reading": "reading.reader",
    "Settings": "config",
    "load_settings": "config",
    "read": "reading.default",
    "read_many": "reading.default",
    "read_page": "reading.default",
}
"""What brings torch or pydantic along, which take seconds: a command's `--help` has no use for them."""


if not TYPE_CHECKING:  # or a type checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        """Import what is asked for."""
        if name not in _IMPORTED_LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_IMPORTED_LATER[name]}"), name)
