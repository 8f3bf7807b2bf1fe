"""What this project uses of redis-py."""

from redis.retry import Retry

class Redis:
    @classmethod
    def from_url(
        cls,
        url: str,
        *,
        socket_connect_timeout: float | None = None,
        socket_timeout: float | None = None,
        retry: Retry | None = None,
    ) -> Redis: ...
    def ping(self) -> bool: ...
    def close(self) -> None: ...
    def hget(self, name: str, key: str) -> bytes | None: ...
    def flushdb(self) -> bool: ...
