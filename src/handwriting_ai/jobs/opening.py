"""Opens the queue that the settings name."""

from typing import TYPE_CHECKING, Final

from handwriting_ai.config import Backend, Settings
from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.jobs.queue import JobQueue
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.support.extras import require_extra
from handwriting_ai.training.sources import DataFolders

if TYPE_CHECKING:
    from handwriting_ai.jobs.rq import RqJobs

RUNS: Final = "runs"
"""Where jobs lie, under `APP__DATA_ROOT`."""


def open_jobs(settings: Settings) -> JobQueue:
    """The queue of this machine, or that in Redis; nobody looks after it until `start` is called.

    Raises:
        PackagesMissing: `TRAINING__BACKEND=rq` without the extra `queue`.
    """
    if settings.training.backend is Backend.RQ:
        return open_rq(settings)
    models, data = ModelStore(settings.digits.model_dir), DataFolders.of(settings)
    return LocalJobs(settings.app.data_root / RUNS, models, data, max_concurrent=settings.training.max_concurrent)


def open_rq(settings: Settings) -> "RqJobs":
    """The queue in Redis, whatever the backend.

    Raises:
        PackagesMissing: the extra `queue` is not installed.
    """
    require_extra("queue")
    from handwriting_ai.jobs.redis_queue import RedisQueue
    from handwriting_ai.jobs.rq import RqJobs

    queue = RedisQueue(settings.redis_url, settings.rq)
    models, data = ModelStore(settings.digits.model_dir), DataFolders.of(settings)
    return RqJobs(settings.app.data_root / RUNS, models, data, queue)
