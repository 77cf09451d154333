"""Whether the tables are those of this version (数据库结构与程序版本): older are refused, newer are fine."""

import asyncio
from dataclasses import dataclass
from typing import Any

import asyncpg

import settings
from engines.logs import configure, log
from models.versions import KNOWN
from ops.databases import connected
from ops.servers import EngineError

ANSWER_SECONDS = 10.0
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


@dataclass(frozen=True, slots=True)
class Tables:
    """The database's migrations beside this program's (结构差异)."""

    missing: list[str]
    newer: list[str]
    is_empty: bool = False


class TablesTooOld(EngineError):
    """Migrations of this version are not applied (未迁移)."""

    def __init__(self, tables: Tables) -> None:
        text = "The database is empty" if tables.is_empty else f"Not applied yet: {', '.join(tables.missing)}"
        super().__init__(
            f"{text}. This version does not start on these tables: run its `yaolu migrate` first; processes "
            "of the version before go on meanwhile. See docs/operations.md, Upgrade."
        )


async def tables_of(connection: Any) -> Tables:
    """What the database has and what this program knows, compared."""
    if await connection.fetchval("SELECT to_regclass('tortoise_migrations')") is None:
        return Tables(sorted(KNOWN), [], is_empty=True)
    rows = await connection.fetch("SELECT name FROM tortoise_migrations WHERE app = 'models'")
    done = {row["name"] for row in rows}
    return Tables(sorted(KNOWN - done), sorted(done - KNOWN))


def check_tables() -> None:
    """`require_tables` for a process that starts."""
    configure(settings.IS_PRODUCTION)
    asyncio.run(require_tables(settings.DATABASE_URL))


async def require_tables(database_url: str) -> None:
    """Refuse to start on tables that are too old; a database that is away is waited for: see `/readyz`."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS), connected(database_url) as connection:
            tables = await tables_of(connection)
    except AWAY as error:
        log.warning("tables.unknown", error=type(error).__name__)
        return
    if tables.missing:
        raise TablesTooOld(tables)
    if tables.newer:
        log.warning("tables.newer", migrations=tables.newer)
