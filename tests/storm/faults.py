"""Clients under whom engines go away and come back, and a watch that keeps asking whether all is ready."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from uuid import UUID

import httpx

from engines.outside import outside
from ops.client import Client, Json, RequestFailed
from tests.road import words
from tests.road.walk import ELECTRONIC
from tests.storm.ready import Ready

SEARCH = '{ drugs(search: "氨氯地平", first: 3) { edges { node { code } } } }'
SAMPLE_SECONDS = 0.05
AGAIN_SECONDS = 0.05


@dataclass
class Crowd:
    """Who settles and who searches (负载), and every error they met with."""

    url: str
    tokens: dict[str, str]
    heard: dict[UUID, str] = field(default_factory=dict)
    answered: list[float] = field(default_factory=list)
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    lost: int = 0
    is_over: bool = False

    async def settle(self, waiting: list[Ready], pause: float) -> None:
        """Settle order after order, each until it is answered, always under its key."""
        async with outside(30) as http:
            while waiting:
                order = waiting.pop()
                client = Client(self.url, self.tokens[order.pharmacy], http)
                given = {"fillId": str(order.fill_id), "tender": ELECTRONIC, "idempotencyKey": order.key}
                answer = await self.insist(lambda c=client, g=given: c.do(words.SETTLE, **g))  # type: ignore[misc]
                self.heard[order.fill_id] = answer["id"]
                self.answered.append(monotonic())
                await asyncio.sleep(pause)

    async def search(self) -> None:
        """Search again and again."""
        async with outside(30) as http:
            client = Client(self.url, next(iter(self.tokens.values())), http)
            while not self.is_over:
                await self.insist(lambda: client.execute(SEARCH))
                await asyncio.sleep(AGAIN_SECONDS)

    async def insist(self, ask: Callable[[], Awaitable[Json]]) -> Json:
        """Ask until there is an answer; what came instead is counted by code and whether to try again."""
        while True:
            try:
                return await ask()
            except RequestFailed as failed:
                for error in failed.errors:
                    said = error["extensions"]
                    self.errors[said["code"], said["retry"]] += 1
            except httpx.TransportError:
                self.lost += 1
            await asyncio.sleep(AGAIN_SECONDS)

    async def settled_after(self, since: float, many: int, seconds: float = 20.0) -> None:
        """Wait until so many settlements were answered after a moment."""
        async with asyncio.timeout(seconds):
            while self.settled_between(since, monotonic()) < many:  # noqa: ASYNC110  # it gives no sign
                await asyncio.sleep(SAMPLE_SECONDS)

    def settled_between(self, since: float, until: float) -> int:
        """How many settlements were answered in a span of time."""
        return sum(since <= at <= until for at in self.answered)


@dataclass
class Watchman:
    """Asks `/readyz` all the time (就绪采样)."""

    url: str
    samples: list[tuple[float, int, dict[str, Any]]] = field(default_factory=list)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator["Watchman"]:
        """Sample for the length of the block."""
        task = asyncio.create_task(self._sample())
        try:
            yield self
        finally:
            task.cancel()

    async def _sample(self) -> None:
        async with outside(10) as http:
            while True:
                answer = await http.get(f"{self.url}/readyz")
                self.samples.append((monotonic(), answer.status_code, answer.json()["parts"]))
                await asyncio.sleep(SAMPLE_SECONDS)

    async def until(self, part: str, value: bool, seconds: float = 15.0) -> float:
        """Wait until a part is said to be so; gives how long that took."""
        began, seen = monotonic(), len(self.samples)
        async with asyncio.timeout(seconds):
            while not any(parts[part] is value for _, _, parts in self.samples[seen:]):  # noqa: ASYNC110
                await asyncio.sleep(SAMPLE_SECONDS / 2)
        return monotonic() - began

    def statuses(self, since: float, until: float) -> set[int]:
        """What was answered in a span of time."""
        return {status for at, status, _ in self.samples if since <= at <= until}
