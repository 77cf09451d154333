"""The API is killed with -9 in the middle of a storm of settlements: nothing is half done or lost."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from engines.clock import Clock
from engines.outside import outside
from ops.embedded import EngineUrls
from ops.issuer import DevelopmentIssuer
from ops.tokens import token_for
from ops.world.days import DEMO_NOW
from policy.terms import Role
from tests.road import words
from tests.road.walk import ELECTRONIC
from tests.storm.killed import Storm, environment_of, free_address, nobody_else_is_connected
from tests.storm.ready import PHARMACIES, Ready, ready_fills
from tests.storm.wholeness import check_sums, settled_and_whole, sums

FILLS = 60
CLIENTS = 12
KILLED_AFTER = (10, 30)
"""After how many answers the process is killed."""


@dataclass
class Settling:
    """The orders and what their clients have heard (结算风暴)."""

    storm: Storm
    tokens: dict[str, str]
    heard: dict[UUID, str] = field(default_factory=dict)

    async def client(self, waiting: list[Ready]) -> None:
        """Settle order after order; after a lost reply send the same again under the same key."""
        async with outside(30) as http:
            while waiting:
                order = waiting.pop()
                answer = await self.storm.do(
                    self.tokens[order.pharmacy],
                    http,
                    words.SETTLE,
                    order.key,
                    fillId=str(order.fill_id),
                    tender=ELECTRONIC,
                )
                self.heard[order.fill_id] = answer["id"]
                await self.storm.tell()


async def test_a_killed_api_leaves_every_settlement_whole_or_absent_and_no_answer_is_lost(
    tables: None, database: str, engines: EngineUrls, tmp_path: Path
) -> None:
    clock = Clock.of(DEMO_NOW.isoformat())
    issuer = DevelopmentIssuer(tmp_path, now=clock.now)
    environment = environment_of(database, engines, tmp_path, clock)
    orders = await ready_fills(FILLS, clock.now())
    before = await sums()
    ttl = timedelta(hours=1)
    tokens = {code: token_for(Role.PHARMACY, code, ttl, makes=issuer) for code in PHARMACIES}
    storm = Storm(free_address())
    settling = Settling(storm, tokens)
    waiting = list(orders)

    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(settling.client(waiting))
        for answers in KILLED_AFTER:
            await storm.rage(environment, tmp_path / "api.log", answers)
            await nobody_else_is_connected()
            settled = await settled_and_whole(orders)
            await check_sums(before, settled.values())
            assert settling.heard.items() <= {key: str(row.id) for key, row in settled.items()}.items()
            assert answers <= len(settled) < FILLS
        await storm.rage(environment, tmp_path / "api.log", FILLS)

    settled = await settled_and_whole(orders)
    await check_sums(before, settled.values())
    assert settling.heard == {key: str(row.id) for key, row in settled.items()}
    assert len(settled) == FILLS
    assert storm.lost > 0
