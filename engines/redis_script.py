"""A script in Redis (Redis 脚本) that is asked so often that the client's own way around it would show."""

import asyncio
from collections.abc import Sequence
from hashlib import sha1
from typing import Any

from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import NoScriptError


class Script:
    """A script with a connection of its own (专用连接): one question at a time, and none waits for long.

    The client would take a connection out of its pool for each command, look it over, and stop the time of
    every step by a task: twice the work of the question itself.
    """

    def __init__(self, url: str, text: str, seconds: float) -> None:
        self._pool: Any = ConnectionPool.from_url(
            url, retry=Retry(NoBackoff(), 0), socket_timeout=None, socket_connect_timeout=seconds
        )
        self._text, self._seconds = text, seconds
        self._digest = sha1(text.encode(), usedforsecurity=False).hexdigest()
        self._connection: Any = None

    async def __call__(self, keys: Sequence[str], values: Sequence[float]) -> Any:
        """What the script says; raises RedisError, OSError or TimeoutError."""
        question = (len(keys), *keys, *values)
        async with asyncio.timeout(self._seconds):
            try:
                return await self._said("EVALSHA", self._digest, *question)
            # a server that was restarted knows neither the connection nor the script
            except (ConnectionLost, NoScriptError):
                return await self._said("EVAL", self._text, *question)

    async def _said(self, *command: Any) -> Any:
        if self._connection is None:
            self._connection = await self._pool.get_connection()
        # connects again where it must; whatever ends either call early ends the connection too
        await self._connection.send_command(*command)
        return await self._connection.read_response()

    async def stop(self) -> None:
        """Let go of the connection."""
        await self._pool.disconnect()
