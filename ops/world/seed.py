"""Filling a database with the sample world (写入示例世界): by COPY, in one transaction, once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
from rich.progress import Progress, TaskID
from tortoise.backends.base.config_generator import expand_db_url

from engines.keys import KeyRing
from ops.world import cast
from ops.world.days import DEMO_NOW
from ops.world.ids import member_id
from ops.world.pharmacies import DEFAULT_PHARMACIES
from ops.world.rows import Row
from ops.world.stored import columns, stored
from ops.world.world import World

# Two seeders of one database take turns under this number; the second finds the world made.
_TURN = 0x79616F6C75
_PROGRESS_EVERY = 5_000


class AnotherWorld(Exception):
    """The database holds something else than this sample world (库中已有其他数据)."""


@dataclass(frozen=True)
class SeedReport:
    """What seeding did (写入结果): rows by table, or nothing when the world was there already."""

    message: str
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Whether anything was written (是否新建)."""
        return bool(self.rows)


async def seed(
    database_url: str,
    keys: KeyRing,
    *,
    pharmacies: int | None = None,
    drugs: int | None = None,
    now: datetime = DEMO_NOW,
    progress: Progress | None = None,
) -> SeedReport:
    """Write the sample world into a migrated database (写入示例世界).

    A second time it writes nothing; into a database that holds another world it refuses with `AnotherWorld`.
    """
    world = World(DEFAULT_PHARMACIES if pharmacies is None else pharmacies, drugs, now)
    connection = await _connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _TURN)
            if await _is_there(connection, world, keys):
                return SeedReport(f"The sample world is already there, {_size(world)}; nothing was written.")
            rows = await _write(connection, world, keys, progress)
        # After a load of this size the planner would guess until autovacuum comes by.
        await connection.execute(f"ANALYZE {', '.join(rows)}")
    finally:
        await connection.close()
    return SeedReport(f"The sample world is written: {_size(world)}, {sum(rows.values()):,} rows.", rows)


async def _connect(database_url: str) -> Any:
    # The URL is read as the mapper reads it, so that one setting serves both.
    credentials = expand_db_url(database_url)["credentials"]
    known = {key: credentials.get(key) for key in ("host", "port", "user", "password", "database", "ssl")}
    # A transaction pooler keeps no prepared statements, so none are named.
    return await asyncpg.connect(**known, timeout=30, statement_cache_size=0)


async def _is_there(connection: Any, world: World, keys: KeyRing) -> bool:
    """Whether this very world is in the database (是否已写入)."""
    wanted = {
        "institution": [pharmacy.code for pharmacy in world.pharmacies],
        "drug": [drug.code for drug in world.drugs],
    }
    found, rows = {}, {}
    for table, codes in wanted.items():
        query = f"SELECT count(*), count(*) FILTER (WHERE code = ANY($1::text[])) FROM {table}"
        rows[table], found[table] = await connection.fetchrow(query, codes)
    if not any(rows.values()):
        return False
    missing = {table: len(codes) - found[table] for table, codes in wanted.items()}
    if any(missing.values()):
        raise AnotherWorld(
            f"The database already holds {rows['institution']} institutions and {rows['drug']} drugs, "
            f"but lacks {missing['institution']} pharmacies and {missing['drug']} drugs of the sample world "
            f"with {_size(world)}. Seed an empty database, or ask for the size it was seeded with."
        )
    await _check_keys(connection, world, keys)
    return True


async def _check_keys(connection: Any, world: World, keys: KeyRing) -> None:
    """Refuse a database whose members were sealed with another key ring (密钥环不符)."""
    patient = world.member(cast.FUJIAN_PATIENT)
    query = "SELECT id_number_hash FROM member WHERE id = $1"
    kept = await connection.fetchval(query, member_id(cast.FUJIAN_PATIENT))
    if kept not in keys.lookup_hashes(patient.id_number):
        raise AnotherWorld(
            "The database's sample members were sealed with another key ring: nobody would be found by an "
            "identity number. Use that key ring, or seed an empty database."
        )


async def _write(connection: Any, world: World, keys: KeyRing, progress: Progress | None) -> dict[str, int]:
    """Copy every table's rows (逐表写入)."""
    written: dict[str, int] = {}
    for table, rows in world.tables().items():
        bar = _Bar(table, progress)
        records = bar.counting(stored(table, rows(), keys))
        await connection.copy_records_to_table(table, columns=columns(table), records=records)
        written[table] = bar.finish()
    return written


class _Bar:
    """One table's line of the progress display (进度)."""

    def __init__(self, table: str, progress: Progress | None) -> None:
        self._progress = progress
        self._rows = 0
        self._task: TaskID | None = progress.add_task(table, total=None) if progress else None

    def counting(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows, counted as they pass (计数)."""
        for row in rows:
            self._rows += 1
            if self._rows % _PROGRESS_EVERY == 0:
                self._show(None)
            yield row

    def finish(self) -> int:
        """How many rows passed (行数); the line is full now."""
        self._show(self._rows)
        return self._rows

    def _show(self, total: int | None) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=self._rows, total=total)


def _size(world: World) -> str:
    return f"{len(world.pharmacies):,} pharmacies, {len(world.drugs):,} drugs"
