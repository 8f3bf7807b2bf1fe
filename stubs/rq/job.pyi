from enum import StrEnum

from redis import Redis
from rq.serializers import JSONSerializer

class JobStatus(StrEnum):
    CREATED = "created"
    QUEUED = "queued"
    FINISHED = "finished"
    FAILED = "failed"
    STARTED = "started"
    DEFERRED = "deferred"
    SCHEDULED = "scheduled"
    STOPPED = "stopped"
    CANCELED = "canceled"

class Retry:
    def __init__(self, max: int) -> None: ...

class ExecutionRegistry:
    key: str

class Job:
    @property
    def execution_registry(self) -> ExecutionRegistry: ...
    id: str
    meta: dict[str, object]
    timeout: float | None
    retries_left: int | None
    @classmethod
    def fetch(cls, id: str, connection: Redis, serializer: type[JSONSerializer]) -> Job: ...
    def get_status(self, refresh: bool = True) -> JobStatus: ...
    def save_meta(self) -> None: ...
    def delete(self) -> None: ...
