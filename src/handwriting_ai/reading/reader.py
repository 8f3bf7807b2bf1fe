"""From a picture to an answer with its reasons: preprocessing and engine behind one call."""

import statistics
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from handwriting_ai.config import Settings
from handwriting_ai.errors import HandwritingError
from handwriting_ai.inference.engine import InferenceEngine, PredictOptions
from handwriting_ai.inference.views import make_views, views_for
from handwriting_ai.prediction import Prediction, TtaMode
from handwriting_ai.preprocess import (
    FULL_INK,
    IMAGE_SIDE,
    Doubt,
    Gray,
    ImageLimits,
    NormalizedImage,
    Step,
    denormalize,
    preprocess,
    preprocess_signature,
)
from handwriting_ai.reading.many import in_batches
from handwriting_ai.reading.page import PageDigit, PageReading
from handwriting_ai.reading.pages import look_at_page
from handwriting_ai.reading.single import SingleDigit, look_at_digit
from handwriting_ai.reading.sources import Source, picture_of
from handwriting_ai.registry.report import LoadReport
from handwriting_ai.support.units import MS_PER_S

_TIMED_RUNS: Final = 9


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One picture read: the answer, and everything a person may want to see of how it came about."""

    prediction: Prediction
    image: NormalizedImage
    """What the network read, `float32 (1, 28, 28)`."""
    steps: tuple[Step, ...]
    """Each preprocessing step's name and picture."""
    view_pictures: tuple[Gray, ...]
    """One `uint8 (28, 28)` for each of `prediction.views`."""
    doubts: tuple[Doubt, ...]
    """Why the ink of a photograph may not be the digit, or not all of it: with any of them the answer is uncertain."""
    digits_found: int
    """How many digits there seem to be; with more than one the answer is of one of them, and uncertain."""
    preprocess_ms: float
    total_ms: float
    """Decoding, preprocessing and models."""


@dataclass(frozen=True)
class _Prepared:
    """A picture on its way."""

    single: SingleDigit
    started: float
    preprocess_ms: float

    @property
    def image(self) -> NormalizedImage:
        return self.single.made.image


class DigitReader:
    """Reads pictures with the engine that the settings describe. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        """Load and warm the models; `report` says which were refused and why."""
        digits = settings.digits
        self.limits = digits.image_limits
        self._threads = settings.app.workers
        self.engine = InferenceEngine(digits, threads=self._threads, signature=preprocess_signature())
        self._refreshing = threading.Lock()
        self.report: LoadReport = self.engine.try_load_active()
        self._warm_up()

    def _warm_up(self) -> None:
        """Read a thick stroke: the first picture costs more than those after it."""
        picture = np.zeros((300, 120), dtype=np.uint8)
        picture[50:250, 50:70] = FULL_INK
        preprocess(picture, limits=ImageLimits())

    def refresh(self) -> None:
        """Read the models folder again if what it holds of the active set is not what was loaded.

        While one thread does so the others go on with the set that runs.

        Raises:
            ModelError: the folder or its presets cannot be read, as while they are written; nothing has changed.
        """
        if not self._refreshing.acquire(blocking=not self.engine.ready):
            return
        try:
            if self.engine.is_outdated():
                self.reload()
        finally:
            self._refreshing.release()

    def reload(self) -> LoadReport:
        """Read the models folder again; the running set stays if nothing there can be loaded."""
        self.report = self.engine.try_load_active()
        return self.report

    def read(
        self,
        source: Source,
        *,
        tta: TtaMode | None = None,
        temperature: float | None = None,
        members: Sequence[str] | None = None,
        invert: bool | None = None,
    ) -> Reading:
        """Read one picture; None leaves a choice to the settings, the manifests or the picture.

        Args:
            source: a file's path or content, an open binary file, a Pillow picture, or an array `(h, w)` or
                `(h, w, 1 | 3 | 4)`.
            tta: which views are read.
            temperature: for all members.
            members: which models read it.
            invert: True if ink is darker than paper, False if lighter.

        Raises:
            TypeError: `source` is none of these.
            ImageError: the picture cannot be read, or holds no ink.
            EngineError: no model is loaded, the queue is full, or the answer takes too long.
        """
        prepared = self._prepare(source, invert)
        options = PredictOptions(tta=tta, temperature=temperature, members=None if members is None else tuple(members))
        prediction = self.engine.predict(prepared.image, options)
        (shown,) = _view_pictures(prepared.image[np.newaxis], tta or self.engine.tta_mode)
        return _reading(prepared, prediction, shown)

    def read_many(
        self,
        sources: Iterable[Source],
        *,
        tta: TtaMode | None = None,
        temperature: float | None = None,
        members: Sequence[str] | None = None,
        invert: bool | None = None,
    ) -> Iterator[Reading | HandwritingError]:
        """Read many pictures, in order, a hundred of them in memory at a time: some are prepared while others are read.

        A picture that cannot be read does not stop the others: what `read` would raise stands in its place.

        Raises:
            EngineNotReady: no model is loaded.
            TypeError: something is no picture at all.
        """
        options = PredictOptions(tta=tta, temperature=temperature, members=None if members is None else tuple(members))
        if members is None:
            self.engine.require_ready()
        prepare = partial(self._prepare, invert=invert)
        return in_batches(sources, prepare, partial(self._read_batch, options), threads=self._threads)

    def _prepare(self, source: Source, invert: bool | None) -> _Prepared:
        started = time.perf_counter()
        single = look_at_digit(picture_of(source, self.limits), self.limits, invert=invert)
        return _Prepared(single, started, (time.perf_counter() - started) * MS_PER_S)

    def _read_batch(self, options: PredictOptions, batch: Sequence[_Prepared]) -> list[Reading]:
        pictures: NDArray[np.float32] = np.stack([each.image for each in batch])
        predictions = self.engine.predict_unhurried(torch.from_numpy(pictures), options)
        shown = _view_pictures(pictures, options.tta or self.engine.tta_mode)
        return [_reading(*each) for each in zip(batch, predictions, shown, strict=True)]

    def read_page(
        self,
        source: Source,
        *,
        tta: TtaMode | None = None,
        temperature: float | None = None,
        members: Sequence[str] | None = None,
    ) -> PageReading:
        """Find and read every digit of a picture; None leaves a choice to the settings or the manifests.

        A large page takes its time: its digits are read a few at a time, so that others are answered in between.

        Raises:
            ImageError: the picture cannot be read. One without digits is no error: nothing is in the answer.
            EngineError: no model is loaded, the queue is full, or the answer takes too long.
        """
        started = time.perf_counter()
        page = look_at_page(picture_of(source, self.limits), self.limits)
        preprocess_ms = (time.perf_counter() - started) * MS_PER_S
        options = PredictOptions(tta=tta, temperature=temperature, members=None if members is None else tuple(members))
        predictions = self.engine.predict_each(page.batch, options)
        return page.reading(predictions, preprocess_ms, started)

    def latency_ms(self, members: Sequence[str], tta: TtaMode) -> float:
        """The median time that these models take together for a picture on this machine, in this mode.

        Raises:
            ModelRefused: one of them cannot be loaded.
            EngineError: as `read`.
        """
        self.engine.make_available(members).require_all()
        blank: NormalizedImage = np.zeros((1, IMAGE_SIDE, IMAGE_SIDE), dtype=np.float32)
        options = PredictOptions(tta=tta, members=tuple(members))
        return statistics.median(self.engine.predict(blank, options).latency_ms for _ in range(_TIMED_RUNS))

    def close(self) -> None:
        """End the engine's threads."""
        self.engine.close()

    def __enter__(self) -> "DigitReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _reading(prepared: _Prepared, prediction: Prediction, shown: tuple[Gray, ...]) -> Reading:
    made = prepared.single.made
    return Reading(
        prediction=replace(prediction, uncertain=True) if made.doubts else prediction,
        doubts=made.doubts,
        digits_found=prepared.single.digits_found,
        image=prepared.image,
        steps=made.steps,
        view_pictures=shown,
        preprocess_ms=prepared.preprocess_ms,
        total_ms=(time.perf_counter() - prepared.started) * MS_PER_S,
    )


def reading_of(digit: PageDigit) -> Reading:
    """One digit of a page, as if it had been a picture of its own: with everything that explains its answer."""
    names = tuple(view.name for view in digit.prediction.views)
    mode = next(mode for mode in TtaMode if tuple(view.name for view in views_for(mode)) == names)
    (shown,) = _view_pictures(digit.image[np.newaxis], mode)
    return Reading(
        prediction=digit.prediction,
        image=digit.image,
        steps=digit.steps,
        view_pictures=shown,
        doubts=digit.doubts,
        digits_found=1,
        preprocess_ms=0.0,
        total_ms=digit.prediction.latency_ms,
    )


def _view_pictures(images: "NDArray[np.float32]", mode: TtaMode) -> list[tuple[Gray, ...]]:
    """The views of each of `(n, 1, 28, 28)` as people see them: grey levels, ink 255."""
    made = make_views(torch.from_numpy(images), views_for(mode))
    levels: NDArray[np.float32] = made.view(-1, len(images), IMAGE_SIDE, IMAGE_SIDE).numpy()
    pictures = denormalize(levels)
    return [tuple(pictures[:, index]) for index in range(len(images))]
