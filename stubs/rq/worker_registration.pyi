from redis.client import Pipeline
from rq.worker import SpawnWorker

def register(worker: SpawnWorker, pipeline: Pipeline | None = None) -> None: ...
