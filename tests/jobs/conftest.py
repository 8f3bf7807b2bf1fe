"""Processes of training that nobody measures."""

import pytest


@pytest.fixture()
def untraced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes of a test run without coverage, which costs each a second: they are killed, or others do the same."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
