"""The pace of this machine, measured while the page is already there."""

import threading
from collections.abc import Callable


class PaceMeter:
    """Measures once, in the background."""

    def __init__(self, measure: Callable[[], float | None]) -> None:
        """Start at once; the thread only waits for a process of its own, and ends with the server."""
        self.pace: float | None = None
        self._thread = threading.Thread(target=self._run, args=(measure,), name="pace", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether there is nothing more to wait for."""
        return not self._thread.is_alive()

    def _run(self, measure: Callable[[], float | None]) -> None:
        self.pace = measure()
