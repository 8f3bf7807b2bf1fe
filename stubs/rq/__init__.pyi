"""What this project uses of RQ, without the library's loose types."""

from redis import Redis
from rq.job import Job, Retry
from rq.serializers import JSONSerializer

class Queue:
    name: str
    connection: Redis
    @property
    def registry_cleaning_key(self) -> str: ...
    def __init__(self, name: str, connection: Redis, *, serializer: type[JSONSerializer]) -> None: ...
    def create_job(
        self,
        func: str,
        args: tuple[str, ...],
        *,
        timeout: int,
        result_ttl: int,
        failure_ttl: int,
        description: str,
        job_id: str,
        meta: dict[str, object],
        retry: Retry,
    ) -> Job: ...
    def enqueue_job(self, job: Job) -> Job: ...
    def acquire_maintenance_lock(self) -> bool: ...
    def release_maintenance_lock(self) -> None: ...
    @property
    def count(self) -> int: ...

def get_current_job() -> Job | None: ...
