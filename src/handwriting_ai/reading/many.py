"""Many pictures, in order: prepared side by side, answered in batches, a few at a time in memory."""

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

from handwriting_ai.errors import HandwritingError

_Given = TypeVar("_Given")
_Prepared = TypeVar("_Prepared")
_Answered = TypeVar("_Answered")

BATCH: Final = 28
"""Pictures that are answered together: of 17 views each, seven of them make a batch that fits the processor's cache."""
_BATCHES_AT_WORK: Final = 3
"""One whose answers are handed out or computed, and those that are prepared meanwhile."""


def in_batches(
    given: Iterable[_Given],
    prepare: Callable[[_Given], _Prepared],
    answer: Callable[[Sequence[_Prepared]], Sequence[_Answered]],
    *,
    threads: int,
) -> Iterator[_Answered | HandwritingError]:
    """The answer to each, in order; the error of ours that preparing one raised stands in its place.

    Whoever stops asking ends the threads. `given` is asked for no more than is being prepared.

    Args:
        given: as many as there are, also without end.
        prepare: called from `threads` threads at a time.
        answer: one answer for each of at most `BATCH`; called from one thread at a time, while others are prepared.
        threads: how many.
    """
    waiting = iter(given)
    answering: deque[Future[list[_Answered | HandwritingError]]] = deque()
    pool, one_by_one = (ThreadPoolExecutor(count, thread_name_prefix="read-many") for count in (threads, 1))

    def try_to_prepare(each: _Given) -> _Prepared | HandwritingError:
        try:
            return prepare(each)
        except HandwritingError as error:
            return error

    def answer_all(batch: Sequence[Future[_Prepared | HandwritingError]]) -> list[_Answered | HandwritingError]:
        found = [each.result() for each in batch]
        sound = [each for each in found if not isinstance(each, HandwritingError)]
        answers = iter(answer(sound) if sound else ())
        return [each if isinstance(each, HandwritingError) else next(answers) for each in found]

    try:
        while True:
            while len(answering) < _BATCHES_AT_WORK:
                batch = [pool.submit(try_to_prepare, each) for each in itertools.islice(waiting, BATCH)]
                if not batch:
                    break
                answering.append(one_by_one.submit(answer_all, batch))
            if not answering:
                return
            yield from answering.popleft().result()
    finally:
        for executor in (pool, one_by_one):
            executor.shutdown(wait=True, cancel_futures=True)
