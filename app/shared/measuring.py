"""The pace of this machine, measured while the page is already there."""

import threading
import time
from collections.abc import Callable
from typing import Final

_PAGE_FIRST_S: Final = 2.0
"""So long the measurement waits: the page that asks for it is to have the cores for itself."""


class PaceMeter:
    """Measures once, in the background."""

    def __init__(self, measure: Callable[[], float | None]) -> None:
        """Start soon; the thread only waits for a process of its own, and ends with the server."""
        self.pace: float | None = None
        self._thread = threading.Thread(target=self._run, args=(measure,), name="pace", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether there is nothing more to wait for."""
        return not self._thread.is_alive()

    def _run(self, measure: Callable[[], float | None]) -> None:
        time.sleep(_PAGE_FIRST_S)
        self.pace = measure()
