"""Migrations: from any point of the history to the same tables."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import asyncpg
import pytest
from structlog.testing import capture_logs
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.executor import MigrationTarget
from tortoise.migrations.migration import Migration
from tortoise.migrations.operations import RunPython
from tortoise.migrations.recorder import MigrationRecorder

from models.config import orm_config
from ops import migrating
from ops.databases import connected
from ops.embedded import EngineUrls, create_database, drop_database
from ops.migrating import Executor, TablesInUse, migrate_database
from ops.processes import PROJECT

SHAPE = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns "
    "WHERE table_schema = 'public'",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
)


@pytest.fixture
async def empty(engines: EngineUrls) -> AsyncIterator[str]:
    """A database with nothing in it."""
    url = await create_database(engines.database_url, "yaolu_test_migrating")
    try:
        yield url
    finally:
        await drop_database(engines.database_url, "yaolu_test_migrating")


async def shape(url: str) -> set[asyncpg.Record]:
    """Columns, constraints, indexes and triggers of a database."""
    async with connected(url) as connection:
        return {row for query in SHAPE for row in await connection.fetch(query)}


async def stop_after(url: str, name: str) -> list[Migration]:
    """Migrate up to a point of the history; gives all of it."""
    config = orm_config(url)
    await Tortoise.init(config=config, init_connections=False)
    try:
        executor = Executor(get_connection("default"), config["apps"])
        await executor.migrate([MigrationTarget("models", name)])
        return [one for one in executor.loader.graph.nodes.values() if one is not None]
    finally:
        await Tortoise.close_connections()


async def test_a_database_left_halfway_is_brought_to_the_same_end(empty: str, database: str) -> None:
    await stop_after(empty, "0010_family")
    before = await shape(empty)

    await migrate_database(empty)
    await migrate_database(empty)

    assert before != await shape(empty) == await shape(database)


async def test_no_migration_asks_for_rows(empty: str) -> None:
    history = await stop_after(empty, "0001_the_main_road")

    asking = [one.name for one in history for step in one.operations if isinstance(step, RunPython)]
    assert not asking, (
        f"the light memory of ops/table_history.py has no query builders; write SQL in {asking}"
    )


async def test_a_table_in_use_is_waited_for_shortly_and_again_until_it_is_free(
    empty: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "LOCK_SECONDS", 0.1)
    monkeypatch.setattr(migrating, "PAUSE_SECONDS", 0.1)
    await stop_after(empty, "0021_signatures")
    waits: list[str] = []

    async with connected(empty) as somebody:
        holding = somebody.transaction()
        await holding.start()
        await somebody.execute("LOCK TABLE settlement IN ROW EXCLUSIVE MODE")
        with capture_logs() as lines:
            migration = asyncio.create_task(migrate_database(empty))
            while len(waits) < 2:
                await asyncio.sleep(0.02)
                waits = [line["migration"] for line in lines if line["event"] == "migrate.waits"]
            await holding.rollback()
            await migration

    assert set(waits) == {"0022_clearing_due"}
    assert await shape(empty) == await shape(database)


async def test_what_was_settled_before_is_gathered_while_others_settle(empty: str) -> None:
    await stop_after(empty, "0022_clearing_due")

    async with connected(empty) as somebody, somebody.transaction():
        await somebody.execute("LOCK TABLE settlement, reversal, clearing_due IN ROW EXCLUSIVE MODE")
        with capture_logs() as lines:
            await migrate_database(empty)

    assert [line for line in lines if line["event"] == "migrate.waits"] == []


async def test_a_table_that_is_never_free_ends_it_with_what_to_do(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("LOCK_SECONDS", 0.05), ("PAUSE_SECONDS", 0.01), ("ATTEMPTS", 2)):
        monkeypatch.setattr(migrating, name, value)
    await stop_after(empty, "0021_signatures")
    before = await shape(empty)

    async with connected(empty) as somebody, somebody.transaction():
        await somebody.execute("LOCK TABLE settlement IN ROW EXCLUSIVE MODE")
        with capture_logs(), pytest.raises(TablesInUse, match=r"0022_clearing_due .* pg_stat_activity"):
            await migrate_database(empty)

    assert await shape(empty) == before


async def test_a_migration_that_is_broken_off_leaves_nothing_and_is_made_by_the_next_run(
    empty: str, database: str
) -> None:
    await stop_after(empty, "0021_signatures")
    before = await shape(empty)

    with broken_off_before_its_record(), pytest.raises(ConnectionResetError):
        await migrate_database(empty)
    left = await shape(empty)
    await migrate_database(empty)

    assert left == before
    assert await shape(empty) == await shape(database)


@contextmanager
def broken_off_before_its_record() -> Iterator[None]:
    """The end comes when everything is done but its record."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MigrationRecorder, "record_applied", broken_off)
        yield


async def broken_off(*_: object) -> None:
    raise ConnectionResetError


async def test_two_that_migrate_at_once_take_turns(empty: str, database: str) -> None:
    command = [sys.executable, "-m", "ops.cli", "migrate"]
    environment = {**os.environ, "DATABASE_URL": empty}

    both = [
        await asyncio.create_subprocess_exec(*command, cwd=PROJECT, env=environment, stderr=PIPE)
        for _ in range(2)
    ]
    said = [(await one.communicate())[1].decode() for one in both]

    assert [one.returncode for one in both] == [0, 0], said
    assert await shape(empty) == await shape(database)
