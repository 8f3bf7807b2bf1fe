"""Requests that wait for an answer: so many and no more, each for so long and no longer."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from handwriting_ai.errors import EngineBusy, PredictTimeout

PENDING_PER_THREAD: Final = 8
"""Requests that may wait or run, for each thread; one more is told that the engine is busy."""
_Answer = TypeVar("_Answer")
_Asked = ParamSpec("_Asked")


class RequestQueue:
    """A bounded queue before a pool of threads."""

    def __init__(self, threads: int, limit_s: float) -> None:
        self._limit_s = limit_s
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="engine-request")
        self._slots = threading.BoundedSemaphore(threads * PENDING_PER_THREAD)

    def submit(
        self, answer: Callable[_Asked, _Answer], *asked: _Asked.args, **options: _Asked.kwargs
    ) -> "Future[_Answer]":
        """Queue a request.

        Raises:
            EngineBusy: there is no room.
        """
        if not self._slots.acquire(blocking=False):
            raise EngineBusy("The engine has more requests than it can queue. Try again in a moment.")
        return self._start(answer, *asked, **options)

    def submit_next(
        self, answer: Callable[_Asked, _Answer], *asked: _Asked.args, **options: _Asked.kwargs
    ) -> "Future[_Answer]":
        """Queue what belongs to a request that has had room before: it waits for its turn.

        Raises:
            EngineBusy: there is no room for as long as a request may take.
        """
        if not self._slots.acquire(timeout=self._limit_s):
            raise EngineBusy("The engine has had too many requests for too long. Try again in a moment.")
        return self._start(answer, *asked, **options)

    def _start(
        self, answer: Callable[_Asked, _Answer], *asked: _Asked.args, **options: _Asked.kwargs
    ) -> "Future[_Answer]":
        future = self._pool.submit(answer, *asked, **options)
        future.add_done_callback(self._free_slot)
        return future

    def _free_slot(self, _: "Future[_Answer]") -> None:
        self._slots.release()

    def wait(self, future: "Future[_Answer]") -> _Answer:
        """The answer to a request.

        Raises:
            PredictTimeout: it took longer than `DIGITS__PREDICT_TIMEOUT_SECONDS`.
        """
        try:
            return future.result(timeout=self._limit_s)
        except TimeoutError as error:
            future.cancel()
            raise PredictTimeout(f"No answer within {self._limit_s:g} s (DIGITS__PREDICT_TIMEOUT_SECONDS).") from error

    def close(self) -> None:
        """End the threads; what waits is cancelled."""
        self._pool.shutdown(wait=True, cancel_futures=True)
