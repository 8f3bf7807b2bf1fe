"""How long it takes to list 100 queued jobs: `python benchmarks/jobs_listing.py`."""

import statistics
import tempfile
import time
from pathlib import Path

from handwriting_ai.jobs.store import JobStore
from handwriting_ai.jobs.types import plan
from handwriting_ai.registry.store import ModelStore

JOBS = 100
ROUNDS = 20


def main() -> None:
    """Print the median and the largest time."""
    with tempfile.TemporaryDirectory() as name:
        store = JobStore(Path(name) / "runs", ModelStore(Path(name) / "models"))
        for seed in range(JOBS):
            store.create(plan("compact", "baseline", seed=seed))
        times_ms: list[float] = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            assert len(store.all().jobs) == JOBS
            times_ms.append(1_000 * (time.perf_counter() - started))
    print(f"{JOBS} queued jobs: median {statistics.median(times_ms):.1f} ms, slowest {max(times_ms):.1f} ms")


if __name__ == "__main__":
    main()
