"""The API is killed with -9 in the middle of a storm of settlements: nothing is half done or lost."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from tortoise import Tortoise, connections

from engines.clock import Clock
from models.config import orm_config
from ops.client import Client, Json
from ops.embedded import EngineUrls
from ops.issuer import DevelopmentIssuer
from ops.processes import Child, wait_until_ready
from ops.tokens import token_for
from ops.world.days import DEMO_NOW
from policy.terms import Role
from tests.road import words
from tests.road.walk import ELECTRONIC
from tests.storm.ready import PHARMACIES, Ready, ready_fills
from tests.storm.wholeness import check_sums, settled_and_whole, sums
from tests.world import keys

FILLS = 60
CLIENTS = 12
KILLED_AFTER = (10, 30)
"""After how many answers the process is killed."""

SELF = "storm"
OTHERS = (
    "SELECT count(*) AS others FROM pg_stat_activity "
    f"WHERE datname = current_database() AND application_name <> '{SELF}'"
)


@dataclass
class Storm:
    """The orders and what their clients have heard (结算风暴)."""

    url: str
    tokens: dict[str, str]
    is_up: asyncio.Event = field(default_factory=asyncio.Event)
    heard: dict[UUID, str] = field(default_factory=dict)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    lost: int = 0

    async def client(self, waiting: list[Ready]) -> None:
        """Settle order after order; after a lost reply send the same again under the same key."""
        async with httpx.AsyncClient(timeout=30) as http:
            while waiting:
                order = waiting.pop()
                answer = await self.settle(order, http)
                async with self.news:
                    self.heard[order.fill_id] = answer["id"]
                    self.news.notify_all()

    async def settle(self, order: Ready, http: httpx.AsyncClient) -> Json:
        """One settlement, as often as it takes."""
        client = Client(self.url, self.tokens[order.pharmacy], http)
        while True:
            await self.is_up.wait()
            try:
                return await client.do(
                    words.SETTLE,
                    idempotencyKey=order.key,
                    fillId=str(order.fill_id),
                    tender=ELECTRONIC,
                )
            except httpx.TransportError:
                self.lost += 1

    async def rage(self, environment: dict[str, str], log: Path, answers: int) -> None:
        """Run an API process until so many answers were heard, then kill it."""
        child = Child(["api", "--port", str(httpx.URL(self.url).port)], environment, log)
        try:
            await asyncio.to_thread(wait_until_ready, self.url, [child])
            self.is_up.set()
            async with asyncio.timeout(60), self.news:
                await self.news.wait_for(lambda: len(self.heard) >= answers)
            self.is_up.clear()
        finally:
            child.kill()


@pytest.fixture
async def tables(database: str) -> AsyncIterator[None]:
    """The tables, seen past the API, by connections that tell who they are."""
    mark = "&" if "?" in database else "?"
    config = orm_config(f"{database}{mark}application_name={SELF}")
    context = await Tortoise.init(config=config, _enable_global_fallback=True)
    yield
    await context.close_connections()


async def nobody_else_is_connected() -> None:
    """Wait until the database has noticed that the process is gone, and undone what it left."""
    async with asyncio.timeout(20):
        while True:
            rows = await connections.get("default").execute_query_dict(OTHERS)
            if rows[0]["others"] == 0:
                return


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def test_a_killed_api_leaves_every_settlement_whole_or_absent_and_no_answer_is_lost(
    tables: None, database: str, engines: EngineUrls, tmp_path: Path
) -> None:
    clock = Clock.of(DEMO_NOW.isoformat())
    issuer = DevelopmentIssuer(tmp_path, now=clock.now)
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "REDIS_URL": engines.redis_url,
        "YAOLU_HOME": str(tmp_path),
        "YAOLU_KEYS": keys().to_json(),
        "YAOLU_CLOCK": clock.setting,
    }
    orders = await ready_fills(FILLS, clock.now())
    before = await sums()
    ttl = timedelta(hours=1)
    tokens = {code: token_for(Role.PHARMACY, code, ttl, makes=issuer) for code in PHARMACIES}
    storm = Storm(f"http://127.0.0.1:{free_port()}", tokens)
    waiting = list(orders)

    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(storm.client(waiting))
        for answers in KILLED_AFTER:
            await storm.rage(environment, tmp_path / "api.log", answers)
            await nobody_else_is_connected()
            settled = await settled_and_whole(orders)
            await check_sums(before, settled.values())
            assert storm.heard.items() <= {key: str(row.id) for key, row in settled.items()}.items()
            assert answers <= len(settled) < FILLS
        await storm.rage(environment, tmp_path / "api.log", FILLS)

    settled = await settled_and_whole(orders)
    await check_sums(before, settled.values())
    assert storm.heard == {key: str(row.id) for key, row in settled.items()}
    assert len(settled) == FILLS
    assert storm.lost > 0
