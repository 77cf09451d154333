"""Texts kept under their hash (持久化查询), in Redis for all processes: sent once, named from then on."""

from redis.exceptions import RedisError

from engines.redis_client import impatient

PREFIX = "yaolu:document:"
KEPT_SECONDS = 7 * 24 * 3600
ANSWER_SECONDS = 0.25


class PersistedTexts:
    """Automatic persisted queries; while Redis is away nothing is known, and clients send their texts."""

    def __init__(self, url: str, namespace: str = "") -> None:
        self._prefix = f"{PREFIX}{namespace}"
        self._client = impatient(url, ANSWER_SECONDS)

    async def get(self, sha256: str) -> str | None:
        """The text of a hash; what is asked for stays for another week."""
        try:
            kept = await self._client.getex(self._prefix + sha256, ex=KEPT_SECONDS)
        except (RedisError, OSError, TimeoutError):
            return None
        return kept.decode() if isinstance(kept, bytes) else kept

    async def put(self, sha256: str, text: str) -> None:
        """Keep a text under its hash."""
        try:
            await self._client.set(self._prefix + sha256, text, ex=KEPT_SECONDS)
        except (RedisError, OSError, TimeoutError):
            return

    async def stop(self) -> None:
        """Let go of every connection."""
        await self._client.aclose()
