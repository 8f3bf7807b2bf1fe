"""What the routes share while the server runs."""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from handwriting_ai.api.results import Prepared, ReadResult, prepare
from handwriting_ai.config import Settings
from handwriting_ai.errors import EngineBusy, EngineNotReady, HandwritingError, PredictTimeout
from handwriting_ai.inference.requests import PENDING_PER_THREAD
from handwriting_ai.jobs.queue import JobQueue
from handwriting_ai.prediction import Prediction
from handwriting_ai.preprocess import NormalizedImage
from handwriting_ai.reading.page import PageReading
from handwriting_ai.reading.reader import DigitReader
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.support.said_once import SaidOnce

REFRESH_S: Final = 5.0
"""How often the models folder is looked at."""
PAGE_TIMES: Final = 12
"""A page, or a request with many pictures, may take so many times as long as a single digit."""
MOST_PAGES: Final = 4
"""Pages that are read or wait; one is read at a time, so that their memory is that of one."""
MOST_BULKS: Final = 4
"""Requests with many pictures that are read or wait."""
Load: TypeAlias = "Callable[[], Awaitable[bytes]]"
"""Fetches a picture's content, once it is its turn."""
_LOG: Final = logging.getLogger("handwriting_ai.api")
_IN_THE_LOG: Final = "The log says what hinders."
"""Instead of what only the operator is to see."""


@dataclass(frozen=True)
class _Asked:
    """A picture that the engine is reading."""

    prepared: Prepared
    answer: "Future[Prediction]"


class AsyncReader:
    """Reads pictures for an event loop, which never waits: preprocessing and models have threads of their own."""

    def __init__(self, reader: DigitReader, settings: Settings) -> None:
        """So many pictures are at work or wait as the engine itself would queue; one more is turned away."""
        threads = settings.app.workers
        self.digits, self._limit_s = reader, settings.digits.predict_timeout_seconds
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="api-preprocess")
        self._most, self._pending = threads * PENDING_PER_THREAD, 0
        self._page_pool = ThreadPoolExecutor(1, thread_name_prefix="api-page")
        self._bulk_pool = ThreadPoolExecutor(1, thread_name_prefix="api-bulk")
        self._bulk_turns, self._bulks = asyncio.Semaphore(threads), 0
        self._page_slots = threading.BoundedSemaphore(MOST_PAGES)

    async def read(self, picture: bytes, *, invert: bool | None = None) -> ReadResult:
        """Read one encoded picture.

        Raises:
            ImageError: it cannot be read, or holds no ink.
            EngineNotReady: no model is loaded.
            EngineBusy: too many pictures wait.
            PredictTimeout: it took longer than `DIGITS__PREDICT_TIMEOUT_SECONDS`.
        """
        if self._pending >= self._most:
            raise EngineBusy("Too many pictures wait to be read. Try again in a moment.")
        self._pending += 1
        try:
            async with asyncio.timeout(self._limit_s):
                return await self._read(picture, invert)
        except TimeoutError as error:
            raise PredictTimeout(f"No answer within {self._limit_s:g} s.") from error
        finally:
            self._pending -= 1

    async def _read(self, picture: bytes, invert: bool | None) -> ReadResult:
        started = time.perf_counter()
        asked = await asyncio.wrap_future(self._pool.submit(self._ask, picture, invert))
        return asked.prepared.result(await asyncio.wrap_future(asked.answer), started)

    async def read_many(
        self, loads: Sequence[Load], *, invert: bool | None = None
    ) -> list[ReadResult | HandwritingError]:
        """Read encoded pictures, in order; what hinders the reading of one stands in its place.

        They are prepared side by side, no more at a time than there are threads, so that single pictures find a thread
        in between; their answers are computed together.

        Raises:
            EngineNotReady: no model is loaded.
            EngineBusy: too many such requests wait.
            PredictTimeout: it took longer than `PAGE_TIMES` single pictures may.
        """
        self.digits.engine.require_ready()
        if self._bulks >= MOST_BULKS:
            raise EngineBusy("Too many requests with many pictures wait. Try again in a moment.")
        self._bulks += 1
        limit_s = self._limit_s * PAGE_TIMES
        try:
            async with asyncio.timeout(limit_s):
                return await self._read_many(loads, invert)
        except TimeoutError as error:
            raise PredictTimeout(f"No answer within {limit_s:g} s. Send fewer pictures at once.") from error
        finally:
            self._bulks -= 1

    async def _read_many(self, loads: Sequence[Load], invert: bool | None) -> list[ReadResult | HandwritingError]:
        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._try_to_prepare(load, invert)) for load in loads]
        found = [task.result() for task in tasks]
        sound = [each.image for each in found if isinstance(each, Prepared)]
        answers = iter(await asyncio.wrap_future(self._bulk_pool.submit(self._predict, sound)))
        return [each.result(next(answers), started) if isinstance(each, Prepared) else each for each in found]

    async def _try_to_prepare(self, load: Load, invert: bool | None) -> Prepared | HandwritingError:
        async with self._bulk_turns:
            try:
                return await asyncio.wrap_future(
                    self._pool.submit(prepare, await load(), self.digits.limits, invert=invert)
                )
            except HandwritingError as error:
                return error

    async def read_page(self, picture: bytes) -> PageReading:
        """Find and read every digit of one encoded picture; single digits are read in between.

        Raises:
            ImageError: it cannot be read.
            EngineNotReady: no model is loaded.
            EngineBusy: too many pages wait, or too many digits.
            PredictTimeout: it took longer than `PAGE_TIMES` single digits may.
        """
        if not self._page_slots.acquire(blocking=False):
            raise EngineBusy("Too many pages wait to be read. Try again in a moment.")
        reading = self._page_pool.submit(self.digits.read_page, picture)
        reading.add_done_callback(self._free_page_slot)  # also of a page that nobody waits for any more
        limit_s = self._limit_s * PAGE_TIMES
        try:
            async with asyncio.timeout(limit_s):
                return await asyncio.wrap_future(reading)
        except TimeoutError as error:
            raise PredictTimeout(f"No answer within {limit_s:g} s.") from error

    def _free_page_slot(self, _: "Future[PageReading]") -> None:
        self._page_slots.release()

    def _ask(self, picture: bytes, invert: bool | None) -> "_Asked":
        """Preprocess, and hand over to the engine at once rather than by way of the event loop."""
        prepared = prepare(picture, self.digits.limits, invert=invert)
        return _Asked(prepared, self.digits.engine.submit_predict(prepared.image))

    def _predict(self, images: Sequence[NormalizedImage]) -> list[Prediction]:
        if not images:
            return []
        batch: NDArray[np.float32] = np.stack(images)  # (n, 1, 28, 28)
        return self.digits.engine.predict_unhurried(torch.from_numpy(batch))

    def close(self) -> None:
        """End the threads, also the engine's."""
        for pool in (self._pool, self._page_pool, self._bulk_pool):
            pool.shutdown(wait=True, cancel_futures=True)
        self.digits.close()


class Resources:
    """Opened when the server starts, closed when it ends."""

    def __init__(
        self, settings: Settings, *, open_reader: Callable[[], DigitReader], open_jobs: Callable[[], JobQueue]
    ) -> None:
        self._settings, self._open_reader, self._open_jobs = settings, open_reader, open_jobs
        self._reader: AsyncReader | None = None
        self._jobs: JobQueue | None = None
        self.trouble: str | None = None
        """Why what has changed in the models folder is not loaded, as clients may know it; None if all is."""
        self._refusals = SaidOnce(_LOG, "Refused: %s")
        self._answering: tuple[Manifest, ...] | None = None

    @property
    def reader(self) -> AsyncReader:
        """Reads pictures.

        Raises:
            EngineNotReady: the server has not started.
        """
        if self._reader is None:
            raise EngineNotReady("The server has not started.")
        return self._reader

    @property
    def jobs(self) -> JobQueue:
        """The training runs.

        Raises:
            EngineNotReady: the server has not started.
        """
        if self._jobs is None:
            raise EngineNotReady("The server has not started.")
        return self._jobs

    def open(self) -> None:
        """Load the models and begin to work the queue off."""
        self._reader = AsyncReader(self._open_reader(), self._settings)
        self._log_models()
        self._jobs = self._open_jobs()
        self._jobs.start()

    async def keep_current(self, every_s: float, stop: asyncio.Event) -> None:
        """Look at the models folder again and again, and load what has changed there, until `stop` is set."""
        looks = SaidOnce(_LOG, "The models folder could not be read again: %s")
        while not await _is_set_within(stop, every_s):
            trouble: str | None = None
            try:
                await asyncio.to_thread(self.reader.digits.refresh)
                self._log_models()
                self.trouble = None
            except (OSError, HandwritingError, RuntimeError) as error:  # torch's are RuntimeErrors
                trouble = str(error)
                self.trouble = trouble if isinstance(error, HandwritingError) else _IN_THE_LOG
            except Exception:
                self.trouble = _IN_THE_LOG
                _LOG.exception("A bug: nobody looks at the models folder any more. Start the server again.")
                raise
            looks.note(trouble)

    def _log_models(self) -> None:
        """Which models answer, when that has changed, and which were refused, when that has."""
        reader = self.reader.digits
        answering = reader.engine.manifests
        if answering != self._answering:
            _LOG.info("Models that answer: %s", ", ".join(manifest.model_id for manifest in answering) or "none")
        self._answering = answering
        reasons = [f"{refusal.model_id}: {refusal.reason}" for refusal in reader.report.refused]
        self._refusals.note(" ".join(reasons) or None)

    def close(self) -> None:
        """End all threads; runs go on in processes of their own."""
        if self._jobs is not None:
            self._jobs.close()
        if self._reader is not None:
            self._reader.close()


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait so long for an event."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()
