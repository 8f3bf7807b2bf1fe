"""What RQ's worker says of a Redis that is away, in words of ours."""

import logging
from typing import Final

from redis.exceptions import RedisError

RQ_LOG: Final = logging.getLogger("rq.worker")
"""What RQ's worker says."""


class RedisAway(logging.Filter):
    """Says once that Redis does not answer, where RQ says it at each try, or with a traceback."""

    def __init__(self) -> None:
        super().__init__()
        self._is_said = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Let a record pass as it is, put into other words, or not at all."""
        error = _redis_error(record)
        if error is None:
            self._is_said = False
            return True
        is_new, self._is_said = not self._is_said, True
        record.msg, record.args, record.exc_info = f"Redis does not answer ({str(error).rstrip('.')}).", (), None
        return is_new


def _redis_error(record: logging.LogRecord) -> RedisError | None:
    """What of Redis a record tells of."""
    arguments: object = record.args
    told: list[object] = [*arguments] if isinstance(arguments, tuple) else []
    if record.exc_info:
        told.append(record.exc_info[1])
    return next((each for each in told if isinstance(each, RedisError)), None)
