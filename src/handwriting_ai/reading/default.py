"""Two lines: a reader by the settings that hold, made when it is first needed and kept."""

import os
import threading
from collections.abc import Iterable, Iterator

from handwriting_ai.config import load_settings
from handwriting_ai.errors import HandwritingError
from handwriting_ai.prediction import Prediction
from handwriting_ai.reading.page import PageReading
from handwriting_ai.reading.reader import DigitReader, Reading
from handwriting_ai.reading.sources import Source


class _Kept:
    """One reader for all threads of a process."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """In a forked process: neither the reader's threads nor whoever held the lock are there."""
        self._lock = threading.Lock()
        self._reader: DigitReader | None = None

    def reader(self) -> DigitReader:
        """The same for every caller; one in which no model could be loaded is not kept."""
        with self._lock:
            if self._reader is None:
                made = DigitReader(load_settings())
                if not made.engine.ready:
                    made.close()
                    made.report.require_all()
                    made.engine.require_ready()
                self._reader = made
            return self._reader


_KEPT = _Kept()
os.register_at_fork(after_in_child=_KEPT.forget)


def default_reader() -> DigitReader:
    """The reader of `read`, `read_many` and `read_page`; made at the first call, by the environment's settings then.

    Raises:
        SettingsError: a variable has a value that cannot be used.
        ModelError: the models that the settings name cannot be loaded.
        EngineNotReady: they name none.
    """
    return _KEPT.reader()


def read(source: Source) -> Prediction:
    """Read the digit in one picture: a path, bytes, a file opened with 'rb', a Pillow picture or an array.

    The first call loads the models, which takes a few seconds; any thread may call. `DigitReader.read` tells more, and
    takes choices.

    Raises:
        ImageError: the picture cannot be read, or holds no ink.
        EngineError: too many ask at the same time, or the answer takes too long.
        SettingsError, ModelError, EngineNotReady: as `default_reader`.
        TypeError: `source` is no picture at all.
    """
    return default_reader().read(source).prediction


def read_many(sources: Iterable[Source]) -> Iterator[Prediction | HandwritingError]:
    """Read many pictures, faster than one by one; the answers come in order, while the rest is read.

    A picture that cannot be read does not stop the others: the error that `read` would raise stands in its place.

    Raises:
        SettingsError, ModelError, EngineNotReady: as `default_reader`.
        TypeError: something is no picture at all.
    """
    answers = default_reader().read_many(sources)
    return (each.prediction if isinstance(each, Reading) else each for each in answers)


def read_page(source: Source) -> PageReading:
    """Read every digit in one picture: `read_page("sheet.jpg").text` is a line of text for each line of numbers.

    A picture without digits is no error: its text is empty.

    Raises:
        ImageError: the picture cannot be read.
        EngineError: too many ask at the same time, or the answer takes too long.
        SettingsError, ModelError, EngineNotReady: as `default_reader`.
        TypeError: `source` is no picture at all.
    """
    return default_reader().read_page(source)
