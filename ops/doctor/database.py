"""The doctor at the database: version, settings, migrations, clock, replica, and what waits in the tables."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise import Tortoise

import settings
from engines.clock import Clock
from models.config import orm_config
from models.versions import KNOWN
from ops.databases import connected
from ops.doctor.findings import Finding, Place, fail, ok, warn
from ops.versions import tables_of
from services.figures import Backlog, backlog

OLDEST = 150000
LATE_SECONDS = 60.0
BEHIND_BYTES = 64_000_000
SKEW_WARN, SKEW_FAIL = timedelta(seconds=1), timedelta(seconds=5)
DURABLE = ("fsync", "full_page_writes")


async def server(place: Place) -> list[Finding]:
    """The server's version and settings (数据库服务器)."""
    async with connected(place.database_url) as connection:
        number = int(await connection.fetchval("SHOW server_version_num"))
        version = await connection.fetchval("SHOW server_version")
        encoding = await connection.fetchval("SHOW server_encoding")
        is_standby = await connection.fetchval("SELECT pg_is_in_recovery()")
        off = [name for name in DURABLE if await connection.fetchval(f"SHOW {name}") != "on"]
        most = int(await connection.fetchval("SHOW max_connections"))
        busy = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'client%'"
        )
    found = [
        ok("database", f"PostgreSQL {version}")
        if number >= OLDEST
        else fail("database", f"PostgreSQL {version} is too old", "Use PostgreSQL 15 or newer.")
    ]
    if is_standby:
        found.append(
            fail("database", "DATABASE_URL is a standby", "Name the primary; see DATABASE_REPLICA_URL.")
        )
    if encoding != "UTF8":
        found.append(fail("database", f"its encoding is {encoding}", "Make the database anew with UTF8."))
    if off:
        say = fail if place.is_production else warn
        text = f"{', '.join(off)} off: a crash of the machine loses what was answered"
        found.append(say("database", text, "Turn it on in postgresql.conf."))
    if busy > 0.8 * most:
        advice = "Raise max_connections, or lower DATABASE_POOL_MAX: processes times pool must fit."
        found.append(warn("database", f"{busy} of {most} connections are taken", advice))
    return found


async def migrations(place: Place) -> list[Finding]:
    """Whether the tables are as this version wants them (数据库结构版本)."""
    async with connected(place.database_url) as connection:
        tables = await tables_of(connection)
    if tables.is_empty:
        return [fail("migrations", "the database is empty", "Run `yaolu migrate`.")]
    if tables.missing:
        text = f"{len(tables.missing)} are not applied: {', '.join(tables.missing)}"
        return [fail("migrations", text, "Run `yaolu migrate` before starting this version.")]
    if tables.newer:
        text = f"the database is newer than this program: {', '.join(tables.newer)}"
        return [warn("migrations", text, "Fine during an upgrade; else start the newer version.")]
    return [ok("migrations", f"all {len(KNOWN)} are applied")]


async def clock(place: Place) -> list[Finding]:
    """How far the database's clock is from this machine's (数据库时钟)."""
    async with connected(place.database_url) as connection:
        before = datetime.now(UTC)
        there = await connection.fetchval("SELECT clock_timestamp()")
        after = datetime.now(UTC)
    return [skew("database's clock", there, before, after)]


def skew(whose: str, there: datetime, before: datetime, after: datetime) -> Finding:
    """What to say of a clock that was read between two moments of ours (时钟偏差)."""
    away = max(before - there, there - after, timedelta())
    text = f"the {whose} is {away.total_seconds():.2f} s away from this machine's"
    advice = "Have both machines follow the same NTP servers."
    if away > SKEW_FAIL:
        return fail("clocks", text, advice)
    return warn("clocks", text, advice) if away > SKEW_WARN else ok("clocks", text)


async def replica(place: Place) -> list[Finding]:
    """Whether the replica follows (只读副本)."""
    if not place.replica_url:
        return []
    async with connected(place.replica_url) as connection:
        if not await connection.fetchval("SELECT pg_is_in_recovery()"):
            advice = "Name a streaming replica of DATABASE_URL; until then searches ask the primary."
            return [fail("replica", "DATABASE_REPLICA_URL follows nobody", advice)]
        replayed = await connection.fetchval("SELECT pg_last_wal_replay_lsn()::text")
    async with connected(place.database_url) as connection:
        behind = await connection.fetchval(
            "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), $1::text::pg_lsn)", replayed
        )
    text = f"it is {max(0, behind) / 1e6:.1f} MB of log behind"
    if behind > BEHIND_BYTES:
        return [
            warn(
                "replica", text, "Searches ask the primary while it is more than REPLICA_LAG_SECONDS behind."
            )
        ]
    return [ok("replica", text)]


async def queues(place: Place) -> list[Finding]:
    """Jobs and audit rows that wait (积压)."""
    context: Any = await Tortoise.init(config=orm_config(place.database_url), _enable_global_fallback=True)
    try:
        waiting = await backlog(Clock.of(settings.YAOLU_CLOCK).now())
    finally:
        await context.close_connections()
    return [*jobs(waiting), audit(waiting)]


def jobs(waiting: Backlog) -> list[Finding]:
    """What to say of the jobs (任务)."""
    pending = sum(many for (_, state), many in waiting.jobs.items() if state == "PENDING")
    late = max(waiting.late.values(), default=0.0)
    found = [
        warn("queues", f"{pending:g} jobs wait, the oldest {late:.0f} s overdue", "Start a worker, or more.")
        if late > LATE_SECONDS
        else ok("queues", f"{pending:g} jobs wait")
    ]
    for (kind,), many in waiting.stuck.items():
        if many:
            text = f"{many:g} {kind} jobs were tried more than three times"
            advice = "Read job.error and the worker's log, event job.failed."
            found.append(warn("queues", text, advice))
    for (kind, state), many in waiting.jobs.items():
        if state == "FAILED":
            text = f"{many:g} {kind} jobs were given up"
            found.append(warn("queues", text, "Read job.error; the people at the counter check by hand."))
    return found


def audit(waiting: Backlog) -> Finding:
    """What to say of the audit rows that wait for their seal (待封存审计)."""
    text = f"{waiting.unsealed:g} audit rows wait for their seal, the oldest {waiting.unsealed_seconds:.0f} s"
    if waiting.unsealed_seconds > LATE_SECONDS:
        return warn("queues", text, "Start a worker: it seals them within a second.")
    return ok("queues", text)
