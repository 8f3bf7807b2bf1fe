"""One Chromium for the tests of a module: each visits the dashboard as somebody who was never there."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from tests.browser import running_chromium


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """Not for the whole session: while Playwright runs, no other test could use `asyncio.run`."""
    with running_chromium(chromium_path) as browser:
        yield browser
