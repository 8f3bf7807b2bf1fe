from signal import Signals

from redis import Redis
from redis.client import Pipeline
from rq import Queue
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer

class SpawnWorker:
    name: str
    def __init__(
        self,
        queues: list[Queue],
        *,
        name: str | None = None,
        connection: Redis,
        serializer: type[JSONSerializer],
        worker_ttl: int,
        maintenance_interval: int,
        job_monitoring_interval: int,
        default_result_ttl: int,
    ) -> None: ...
    @property
    def should_run_maintenance_tasks(self) -> bool: ...
    def run_maintenance_tasks(self) -> None: ...
    pid: int | None
    horse_pid: int
    @classmethod
    def all_keys(cls, *, queue: Queue) -> list[str]: ...
    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None: ...
    def set_shutdown_requested_date(self) -> None: ...
    def main_work_horse(self, job: Job, queue: Queue) -> None: ...
    def kill_horse(self, sig: Signals = ...) -> None: ...
    def work(self, *, burst: bool = False, logging_level: str | None = None) -> bool: ...
    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int: ...
    def maintain_heartbeats(self, job: Job, execution: Execution) -> None: ...
