"""One Chromium for the tests of a module: each visits the dashboard as somebody who was never there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.browser import plain_environment, running_chromium, running_dashboard


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """Not for the whole session: while Playwright runs, no other test could use `asyncio.run`."""
    with running_chromium(chromium_path) as browser:
        yield browser


@pytest.fixture(scope="module")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the dashboard keeps drawings."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def dashboard(data_root: Path) -> Iterator[str]:
    """A dashboard with the shipped models; what a visitor draws and chooses is of no account to the next."""
    with running_dashboard(data_root, plain_environment()) as address:
        yield address
