"""The only cached things: settings, reader and models, queue, scores, MNIST's pictures and rows, pace."""

from collections.abc import Callable
from contextlib import suppress

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from handwriting_ai.config import Backend, Settings, load_settings
from handwriting_ai.data.alike import AlikeDigits
from handwriting_ai.data.drawings import DrawingStore
from handwriting_ai.data.mnist import DigitImages, Part, load_mnist
from handwriting_ai.data.split import split_rows
from handwriting_ai.errors import HandwritingError, ModelError
from handwriting_ai.evaluation.predictions import load_evaluation_digits
from handwriting_ai.evaluation.scoreboard import Scoreboard
from handwriting_ai.jobs.opening import open_jobs
from handwriting_ai.jobs.queue import JobQueue
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.reading.reader import DigitReader
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.estimate import measure_pace
from shared.measuring import PaceMeter


def _load_reader() -> DigitReader:
    return DigitReader(settings())


def _close_jobs(opened: JobQueue) -> None:
    opened.close()  # not `JobQueue.close`, which would leave Redis's connections open


def _load_test_digits() -> DigitImages:
    return load_mnist(settings().training.data_dir, Part.TEST)


def _load_training_digits() -> DigitImages:
    return load_mnist(settings().training.data_dir, Part.TRAIN)


def _find_validation_rows() -> "NDArray[np.int64]":
    return split_rows(_load_training_digits().labels)[1]  # the pictures need not be kept for it


def _open_alike() -> AlikeDigits:
    digits = training_digits()
    return AlikeDigits(digits, split_rows(digits.labels)[0])  # those that models were trained on


def _open_jobs() -> JobQueue:
    opened = open_jobs(settings())
    opened.start()
    return opened


def _start_meter() -> PaceMeter:
    return PaceMeter(measure_pace)


def _open_scoreboard() -> Scoreboard:
    chosen = settings()
    digits = load_evaluation_digits(chosen.training.data_dir)
    return Scoreboard(ModelStore(chosen.digits.model_dir), digits, preprocess_signature())


_cached_reader: Callable[[Callable[[], DigitReader]], Callable[[], DigitReader]] = st.cache_resource(
    show_spinner="Loading and warming the models …", on_release=DigitReader.close
)
_cached_digits: Callable[[Callable[[], DigitImages]], Callable[[], DigitImages]] = st.cache_resource(
    show_spinner="Loading MNIST's pictures …"
)
_cached_jobs: Callable[[Callable[[], JobQueue]], Callable[[], JobQueue]] = st.cache_resource(
    show_spinner=False, on_release=_close_jobs
)
_cached_scoreboard: Callable[[Callable[[], Scoreboard]], Callable[[], Scoreboard]] = st.cache_resource(
    show_spinner="Loading MNIST's pictures …"
)
_cached_meter: Callable[[Callable[[], PaceMeter]], Callable[[], PaceMeter]] = st.cache_resource(
    show_spinner=False,
    ttl="1h",  # a measurement that failed is tried again
)
_cached_rows: Callable[[Callable[[], "NDArray[np.int64]"]], Callable[[], "NDArray[np.int64]"]] = st.cache_resource(
    show_spinner=False
)
_cached_alike: Callable[[Callable[[], AlikeDigits]], Callable[[], AlikeDigits]] = st.cache_resource(
    show_spinner="Looking at the training digits …"
)
settings: Callable[[], Settings] = st.cache_resource(load_settings)
_kept_reader = _cached_reader(_load_reader)
test_digits = _cached_digits(_load_test_digits)
training_digits = _cached_digits(_load_training_digits)
jobs = _cached_jobs(_open_jobs)
scoreboard = _cached_scoreboard(_open_scoreboard)
_pace_meter = _cached_meter(_start_meter)
alike_digits = _cached_alike(_open_alike)
validation_rows = _cached_rows(_find_validation_rows)
"""Where MNIST's training file has the validation digits: its rows, from 0."""


def reader() -> DigitReader:
    """The reader, with what now lies in the models folder."""
    kept = _kept_reader()
    with suppress(ModelError):  # the pages Ensemble and Compare say what is wrong with the folder
        kept.refresh()
    return kept


def training_pace() -> float | None:
    """How fast this machine trains; None until it is known."""
    return _pace_meter().pace


def pace_is_coming() -> bool:
    """Whether it is still being measured."""
    return not _pace_meter().done


def tend_queue() -> None:
    """Work off this machine's queue whichever page is open; with Redis its workers do. What hinders, Train says."""
    with suppress(HandwritingError, OSError):
        if settings().training.backend is Backend.LOCAL:
            jobs()


def drawings() -> DrawingStore:
    """Where drawings are kept."""
    return DrawingStore(settings().app.data_root / "drawings")
