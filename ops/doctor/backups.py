"""The doctor at the backups: does what keeps the database's log elsewhere keep up."""

from collections.abc import Mapping, Sequence
from typing import Any

from ops.databases import connected
from ops.doctor.findings import Finding, Place, ok, warn

SLOTS = """
SELECT slot_name AS name, active, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8 / 1e6 AS behind
FROM pg_replication_slots WHERE slot_type = 'physical' ORDER BY slot_name
"""
ARCHIVER = """
SELECT current_setting('archive_mode') <> 'off' AS archives, last_failed_wal AS failed,
       coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS fails
FROM pg_stat_archiver
"""


async def log_kept(place: Place) -> list[Finding]:
    """Who keeps the log elsewhere (日志归档)."""
    async with connected(place.database_url) as connection:
        slots = await connection.fetch(SLOTS)
        archiver = await connection.fetchrow(ARCHIVER)
    found = [*streamed(slots), *archived(archiver)]
    return found or [ok("backups", "the log is kept nowhere else: a lost disk loses all since the last dump")]


def streamed(slots: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """What to say of those for whom the log is kept until they have it (复制槽)."""
    found = []
    for slot in slots:
        if slot["active"]:
            found.append(ok("backups", f"{slot['name']} receives the log"))
            continue
        # without a position nothing is kept for it: it never received, or was dropped behind
        kept = slot["behind"]
        behind = "it has no place in the log" if kept is None else f"{kept:.0f} MB of log wait"
        advice = "Start its receiver, or drop the slot: the log it waits for fills the database's disk."
        found.append(warn("backups", f"nobody receives for {slot['name']}: {behind}", advice))
    return found


def archived(archiver: Mapping[str, Any]) -> list[Finding]:
    """What to say of the archiving (归档)."""
    if not archiver["archives"]:
        return []
    if archiver["fails"]:
        advice = "Read the server's log, and archive_command: what is not archived fills the server's disk."
        return [warn("backups", f"archiving fails, last at {archiver['failed']}", advice)]
    return [ok("backups", "the log is archived")]
