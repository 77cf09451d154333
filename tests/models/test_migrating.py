"""Migrations: from any point of the history to the same tables."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.executor import MigrationTarget
from tortoise.migrations.migration import Migration
from tortoise.migrations.operations import RunPython

from models.config import orm_config
from ops.databases import connected
from ops.embedded import EngineUrls, create_database, drop_database
from ops.migrating import Executor, migrate_database

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
    assert not asking, f"the light memory of ops/migrating.py has no query builders; write SQL in {asking}"
