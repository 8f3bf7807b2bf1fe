"""Processes of training that nobody measures."""

import pytest


@pytest.fixture()
def untraced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes of a test run without coverage, a second each: they are killed, or do as others that have it."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
