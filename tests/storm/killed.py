"""An API process of its own that is killed with -9 and started again, and clients that don't mind."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
from tortoise import Tortoise, connections

from engines.clock import Clock
from models.config import orm_config
from ops.client import Client, Json
from ops.embedded import EngineUrls
from ops.processes import Child, wait_until_ready
from tests.world import keys

SELF = "storm"
OTHERS = (
    "SELECT count(*) AS others FROM pg_stat_activity "
    f"WHERE datname = current_database() AND application_name <> '{SELF}'"
)


@dataclass
class Storm:
    """The clients of a process that dies (风暴): whoever hears nothing sends the same again."""

    url: str
    is_up: asyncio.Event = field(default_factory=asyncio.Event)
    heard: int = 0
    lost: int = 0
    told_to_wait: int = 0
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def do(self, token: str, http: httpx.AsyncClient, document: str, key: str, **input: object) -> Json:
        """One mutation under its key, as often as it takes; refusals are answers too."""
        client = Client(self.url, token, http)
        while True:
            await self.is_up.wait()
            try:
                return await client.do(document, idempotencyKey=key, **input)
            except httpx.TransportError:
                self.lost += 1

    def has_heard(self, answers: int) -> bool:
        """Whether so many answers were heard in all."""
        return self.heard >= answers

    async def tell(self) -> None:
        """One more answer was heard."""
        async with self.news:
            self.heard += 1
            self.news.notify_all()

    async def rage(self, environment: dict[str, str], log: Path, answers: int, linger: float = 0.0) -> None:
        """Run an API process until so many answers were heard in all and a moment longer, then kill it."""
        async with self.up(environment, log):
            async with asyncio.timeout(60), self.news:
                await self.news.wait_for(partial(self.has_heard, answers))
            await asyncio.sleep(linger)

    @asynccontextmanager
    async def up(self, environment: dict[str, str], log: Path) -> AsyncIterator[None]:
        """An API process for the length of the block, then killed with -9."""
        child = Child(["api", "--port", str(httpx.URL(self.url).port)], environment, log)
        try:
            await asyncio.to_thread(wait_until_ready, self.url, [child])
            self.is_up.set()
            yield
        finally:
            self.is_up.clear()
            child.kill()


def environment_of(database: str, engines: EngineUrls, folder: Path, clock: Clock) -> dict[str, str]:
    """What a process on the tests' engines is told (环境变量)."""
    return {
        **os.environ,
        "DATABASE_URL": database,
        "REDIS_URL": engines.redis_url,
        "YAOLU_HOME": str(folder),
        "YAOLU_KEYS": keys().to_json(),
        "YAOLU_CLOCK": clock.setting,
        # a crowd shares one token here
        "RATE_POINTS": "1000000",
        "RATE_POINTS_PER_SECOND": "100000",
        "REFUSALS": "1000000",
    }


@asynccontextmanager
async def seen_past_the_api(database: str) -> AsyncIterator[None]:
    """The tables, by connections that tell who they are."""
    mark = "&" if "?" in database else "?"
    config = orm_config(f"{database}{mark}application_name={SELF}")
    context = await Tortoise.init(config=config, _enable_global_fallback=True)
    try:
        yield
    finally:
        await context.close_connections()


async def nobody_else_is_connected() -> None:
    """Wait until the database has noticed that the process is gone, and undone what it left."""
    async with asyncio.timeout(20):
        while True:
            rows = await connections.get("default").execute_query_dict(OTHERS)
            if rows[0]["others"] == 0:
                return


def free_address() -> str:
    """An address nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{found.getsockname()[1]}"
