from redis import Redis
from rq.serializers import JSONSerializer

def send_stop_job_command(connection: Redis, job_id: str, serializer: type[JSONSerializer]) -> None: ...
