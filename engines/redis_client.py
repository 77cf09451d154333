"""The client of Redis (Redis 客户端) for those who would rather do without an answer than wait for it."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


def impatient(url: str, seconds: float) -> Redis:
    """A client that gives up after so long; a connection that a restarted server left is tried once more."""
    return Redis.from_url(
        url, retry=Retry(NoBackoff(), 1), socket_timeout=seconds, socket_connect_timeout=seconds
    )
