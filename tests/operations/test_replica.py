"""Searches ask the read replica while it keeps up, and the primary when it does not."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from math import inf
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from api import replica as watching
from models import Drug
from models.config import orm_config
from models.replica import Lag, Standby
from ops.client import Client
from ops.databases import connected
from ops.doctor import database as at_database
from ops.doctor.findings import Level, Place
from ops.embedded import EngineUrls
from ops.world import cast
from policy.terms import Role
from tests.engines_home import engines_home
from tests.house import House, open_house
from tests.operations.standby import replica_of

own_engines_only = pytest.mark.skipif(
    bool(os.environ.get("DATABASE_URL")), reason="a server of one's own need not allow replication"
)
DRUGS = '{ drugs(search: "氨氯地平", first: 5) { edges { node { code } } } }'
END_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
MARK = "复制检验药"


def test_lag_is_measured_by_positions_and_not_by_clocks() -> None:
    lag = Lag()
    unknown = lag.seconds(10.0, 100)
    for at, position in ((10.0, 100), (11.0, 200), (12.0, 200), (13.0, 300)):
        lag.wrote(at, position)

    assert unknown == inf
    assert lag.seconds(13.5, 300) == 0.5
    assert lag.seconds(13.5, 250) == 1.5, "idle since the position it has replayed"
    assert lag.seconds(13.5, 100) == 3.5
    assert lag.seconds(13.5, 99) == inf


@pytest.fixture
def replica(database: str) -> Iterator[str]:
    """The test's database at a replica."""
    with engines_home() as home, replica_of(database, home) as url:
        yield url


@own_engines_only
async def test_searches_ask_the_replica_until_it_lags_or_goes(
    database: str, replica: str, engines: EngineUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr("settings.REPLICA_LAG_SECONDS", 1.0)
    async with house_with(database, replica, engines, tmp_path) as house, connected(replica) as standby:
        patient = house.client(Role.PATIENT, cast.FUJIAN_PATIENT)
        await until(lambda: Standby.is_fresh)
        served = Standby.served
        found = await patient.execute(DRUGS)
        served = Standby.served - served

        await standby.execute("SELECT pg_wal_replay_pause()")
        await Drug.filter(code=cast.AMLODIPINE).update(generic_name=MARK)
        stale = await names(patient)
        await until(lambda: not Standby.is_fresh)
        fresh = await names(patient)
        await standby.execute("SELECT pg_wal_replay_resume()")
        await until(lambda: Standby.is_fresh)
        caught_up = await names(patient)

        monkeypatch.setattr(watching, "LOOK_SECONDS", 60)
        fallen = Standby.fallen_back
        await standby.execute(END_ALL)
        after_its_end = await names(patient)
        fallen = Standby.fallen_back - fallen
        doctor = await at_database.replica(place(database, replica))

    assert found["drugs"]["edges"]
    assert served == 1
    assert stale == []
    assert fresh == caught_up == after_its_end == [cast.AMLODIPINE]
    assert fallen <= 1
    assert [one.level for one in doctor] == [Level.OK]


@own_engines_only
async def test_what_follows_nobody_is_never_asked(
    database: str, engines: EngineUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.05)
    looked = 0
    look = watching.look

    async def counted(lag: Lag) -> float:
        nonlocal looked
        looked += 1
        return await look(lag)

    monkeypatch.setattr(watching, "look", counted)
    async with house_with(database, database, engines, tmp_path) as house:
        await until(lambda: looked > 2)
        found = await house.client(Role.PATIENT, cast.FUJIAN_PATIENT).execute(DRUGS)

        assert not Standby.is_fresh
        assert found["drugs"]["edges"]
    doctor = await at_database.replica(place(database, database))
    assert [one.level for one in doctor] == [Level.FAIL]


@asynccontextmanager
async def house_with(
    database: str, replica_url: str, engines: EngineUrls, folder: Path
) -> AsyncIterator[House]:
    """A house whose searches have a replica."""
    with capture_logs():
        async with open_house(
            database, engines.redis_url, folder, orm=orm_config(database, replica_url)
        ) as house:
            yield house


async def names(patient: Client) -> list[str]:
    """The codes of the drugs that carry the mark."""
    found = await patient.execute(DRUGS.replace("氨氯地平", MARK))
    return [edge["node"]["code"] for edge in found["drugs"]["edges"]]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the watch sees."""
    async with asyncio.timeout(15):
        while not condition():  # noqa: ASYNC110  # it gives no sign
            await asyncio.sleep(0.02)


def place(database_url: str, replica_url: str) -> Place:
    return Place(database_url, "", "", "", replica_url=replica_url)
