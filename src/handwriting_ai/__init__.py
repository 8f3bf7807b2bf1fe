"""Read handwritten digits, and see why they were read so.

>>> from handwriting_ai import DigitReader, load_settings
>>> with DigitReader(load_settings()) as reader:  # doctest: +SKIP
...     reader.read(Path("seven.png").read_bytes()).prediction.digit
7
"""

from handwriting_ai.config import Settings, load_settings
from handwriting_ai.errors import HandwritingError
from handwriting_ai.prediction import Prediction, TtaMode
from handwriting_ai.preprocess import preprocess, preprocess_signature
from handwriting_ai.reader import DigitReader, Reading

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
