"""The bell (门铃): tells every process that there is something new to read, and never carries the news."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from engines.redis_client import impatient

PREFIX = "yaolu:bell:"
RING_SECONDS = 2.0
CONNECT_SECONDS = 2.0
PING_AFTER_SECONDS = 15.0
CANCEL_AGAIN_SECONDS = 0.1
BACKOFF_FIRST, BACKOFF_MAX = 0.05, 5.0

log = structlog.get_logger(__name__)


class Wakeups:
    """One listener's wake-ups (唤醒): any number of rings while it is busy make one."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        """Make the next `wait` return at once."""
        self._event.set()

    async def wait(self, timeout: float | None = None) -> bool:  # noqa: ASYNC109  # the wait is its work
        """Wait for a ring; give False when the time passed without one. Read again in either case."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._event.wait()
        rung = self._event.is_set()
        self._event.clear()
        return rung


class Bell:
    """Ring after a commit, and listen with one connection per process (门铃).

    `failures`, `rings`, `heard` and `reconnects` are counters for the metrics page.
    """

    def __init__(self, url: str) -> None:
        self._client = impatient(url, RING_SECONDS)
        self._listeners: dict[str, set[Wakeups]] = {}
        self._task: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()
        self.rings = self.failures = self.heard = self.reconnects = 0

    async def ring(self, topics: Iterable[str]) -> None:
        """Tell everybody who listens to these topics; never fails, for the news is already committed."""
        wanted = list(dict.fromkeys(topics))
        if not wanted:
            return
        try:
            async with asyncio.timeout(RING_SECONDS), self._client.pipeline(transaction=False) as pipe:
                for topic in wanted:
                    pipe.publish(PREFIX + topic, b"")
                await pipe.execute()
            self.rings += len(wanted)
        except (RedisError, OSError, TimeoutError) as error:
            self.failures += len(wanted)
            log.warning("bell.ring_failed", topics=len(wanted), error=type(error).__name__)
            # Whoever listens in this process can be told without Redis; others read again on their timers.
            for topic in wanted:
                self._wake(topic)

    async def ping(self) -> bool:
        """Whether Redis answers (用于就绪检查)."""
        try:
            async with asyncio.timeout(RING_SECONDS):
                return bool(await self._client.ping())
        except (RedisError, OSError, TimeoutError):
            return False

    @property
    def is_listening(self) -> bool:
        """Whether rings of other processes reach this one now."""
        return self._listening.is_set()

    async def listening(self) -> None:
        """Wait until rings of other processes reach this one."""
        await self._listening.wait()

    @asynccontextmanager
    async def subscribe(self, *topics: str) -> AsyncIterator[Wakeups]:
        """Be woken when one of these topics is rung, or when rings may have been missed."""
        wakeups = Wakeups()
        for topic in topics:
            self._listeners.setdefault(topic, set()).add(wakeups)
        try:
            yield wakeups
        finally:
            for topic in topics:
                listeners = self._listeners[topic]
                listeners.discard(wakeups)
                if not listeners:
                    del self._listeners[topic]

    async def start(self) -> None:
        """Start the one listener of this process; it comes back by itself after every loss."""
        if self._task is None:
            self._task = asyncio.create_task(self._supervise(), name="bell")

    async def stop(self) -> None:
        """Stop listening and let go of every connection."""
        task, self._task = self._task, None
        # Until Python 3.12 `wait_for`, which redis-py uses, may swallow a cancellation.
        while task is not None and not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=CANCEL_AGAIN_SECONDS)
        self._listening.clear()
        await self._client.aclose()

    async def _supervise(self) -> None:
        delay = BACKOFF_FIRST
        while True:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("bell.lost", error=type(error).__name__)
            # Without this listener nobody hears anything: a fault in it is logged and it starts again.
            except Exception:
                log.exception("bell.fault")
            if self._listening.is_set():
                self._listening.clear()
                delay = BACKOFF_FIRST
            self.reconnects += 1
            # Jitter spreads the processes that lost the same server.
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))
            delay = min(delay * 2, BACKOFF_MAX)

    async def _listen(self) -> None:
        async with self._client.pubsub() as pubsub:
            async with asyncio.timeout(CONNECT_SECONDS * 2):
                await pubsub.psubscribe(PREFIX + "*")
            async for message in _messages(pubsub):
                if message["type"] == "psubscribe":
                    # A confirmation means a new connection: rings before it are lost, so all read again.
                    self._listening.set()
                    self._wake_all()
                elif message["type"] == "pmessage":
                    self.heard += 1
                    self._wake(message["channel"].decode(errors="replace").removeprefix(PREFIX))

    def _wake(self, topic: str) -> None:
        for wakeups in self._listeners.get(topic, ()):
            wakeups.wake()

    def _wake_all(self) -> None:
        for topic in self._listeners:
            self._wake(topic)


async def _messages(pubsub: PubSub) -> AsyncIterator[dict[str, Any]]:
    """Every message; a silent connection is pinged, and taken for dead when it does not answer."""
    is_pinged = False
    while True:
        message = await pubsub.get_message(timeout=PING_AFTER_SECONDS)
        if message is not None:
            is_pinged = False
            yield message
        elif is_pinged:
            raise TimeoutError("Redis did not answer a ping.")
        else:
            await pubsub.ping()
            is_pinged = True
