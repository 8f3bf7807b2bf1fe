"""What a worker says while Redis is away."""

import logging

import pytest
from redis.exceptions import RedisError

from handwriting_ai.jobs.redis_words import RedisAway


def test_redis_is_said_to_be_away_once_and_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """RQ says it every two seconds, in two threads; once something else is said it may be said again."""
    log = logging.getLogger("tests.worker")
    log.addFilter(RedisAway())
    log.setLevel(logging.INFO)
    gone = RedisError("Connection refused.")
    for _ in range(3):
        log.error("Worker %s: could not connect to Redis instance: %s retrying in %d seconds...", "name", gone, 2)
    try:
        raise gone
    except RedisError:
        log.exception("Worker %s: found an unhandled exception, quitting...", "name")
    log.info("Worker %s: stopping on request", "name")
    log.error("Again: %s", gone)
    away = "Redis does not answer (Connection refused)."
    assert caplog.messages == [away, "Worker name: stopping on request", away]
    assert "Traceback" not in caplog.text


def test_all_other_troubles_keep_their_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """They are faults, whose place has to be found."""
    log = logging.getLogger("tests.other_worker")
    log.addFilter(RedisAway())
    try:
        raise KeyError("fault")
    except KeyError:
        log.exception("found an unhandled exception")
    log.warning("%(said)s", {"said": "by name"})
    assert "Traceback" in caplog.text
    assert caplog.messages[-1] == "by name"
