"""What `/metrics` counts, in a registry of its own for each application."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest

_PREFIX: Final = "handwriting"


class Metrics:
    """Counts requests, answers and refusals; may be used from any thread."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "requests", "Requests, by route and status.", ("route", "status"), _PREFIX, registry=self._registry
        )
        self._seconds = Histogram(
            "request_seconds", "From a request's head to its answer.", ("route",), _PREFIX, registry=self._registry
        )
        self._predictions = Counter(
            "predictions",
            "Digits read, by whether they are doubtful.",
            ("uncertain",),
            _PREFIX,
            registry=self._registry,
        )
        self._busy = Counter(
            "engine_busy", "Pictures turned away because too many waited.", (), _PREFIX, registry=self._registry
        )
        ProcessCollector(registry=self._registry)

    def note_request(self, route: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is a pattern, never the path itself."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def note_prediction(self, *, uncertain: bool) -> None:
        """A digit was read."""
        self._predictions.labels(str(uncertain).lower()).inc()

    def note_busy(self) -> None:
        """A picture was turned away."""
        self._busy.inc()

    def page(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)
