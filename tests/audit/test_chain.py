"""The audit chain: what is altered, removed, moved or cut off is named, each for what it is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import Context
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from tortoise.transactions import in_transaction

from models import AuditEntry, AuditHead, AuditLink, AuditUnsealed
from ops.audit.anchors import AnchorsUnreadable, heads_of
from ops.audit.verify import Broken, Fault, Walk, verify
from ops.databases import connected
from services.audit_chain import Head, digest_of, hash_after, seal
from tests.audit.tampering import unguarded
from tests.house import House
from tests.services.stage import settled_fill, walkers
from workers.auditing import HEAD_SECONDS, seal_entries

Tamper = Callable[[Any], Awaitable[object]]


@pytest.fixture(scope="module", autouse=True)
async def sealed(house: House) -> int:
    """A road's entries, sealed, with a head in the middle and one at the end."""
    await settled_fill(walkers(house))
    await seal_entries(house.now())
    await settled_fill(walkers(house))
    house.later(seconds=HEAD_SECONDS)
    await seal_entries(house.now())
    return await AuditLink.all().count()


@pytest.fixture
async def database(house: House) -> AsyncIterator[Any]:
    """A connection whose changes are undone."""
    async with connected(house.database_url) as connection:
        transaction = connection.transaction()
        await transaction.start()
        yield connection
        await transaction.rollback()


@pytest.fixture
async def forced(database: Any) -> Any:
    """The same, and no trigger holds it back: somebody with all rights."""
    await unguarded(database)
    return database


async def walked(connection: Any, *heads: Head) -> Walk:
    """The whole chain, verified."""
    return [walk async for walk in verify(connection, heads)][-1]


async def broken(connection: Any, *heads: Head) -> Broken:
    """What verification names."""
    walk = await walked(connection, *heads)
    assert walk.broken is not None
    return walk.broken


async def test_an_untouched_chain_holds_every_entry(database: Any, sealed: int) -> None:
    walk = await walked(database)

    assert walk.broken is None
    assert walk.end.sequence == sealed == await AuditEntry.all().count() > 15
    assert walk.unsealed == await AuditUnsealed.all().count() == 0
    assert await AuditHead.all().count() == 2


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'PHARMACY:P00000000000'",
        "outcome = 'REFUSED'",
        "at = at + interval '1 second'",
        "member_id = NULL",
        "things = 'PERSON'",
    ],
)
async def test_an_entry_that_was_changed_is_named(forced: Any, change: str) -> None:
    entry = await forced.fetchval(
        f"UPDATE audit_entry SET {change} WHERE id = (SELECT entry_id FROM audit_link WHERE sequence = 4) "
        "RETURNING id"
    )

    found = await broken(forced)

    assert (found.fault, found.sequence) == (Fault.CHANGED, 4)
    assert str(entry) in found.text


async def test_an_entry_that_was_removed_is_named(forced: Any) -> None:
    await forced.execute(
        "DELETE FROM audit_entry WHERE id = (SELECT entry_id FROM audit_link WHERE sequence = 5)"
    )

    assert (await broken(forced)).fault == Fault.MISSING
    assert (await broken(forced)).sequence == 5


async def test_an_entry_that_was_removed_with_its_link_is_named(forced: Any) -> None:
    await forced.execute(
        "WITH gone AS (DELETE FROM audit_link WHERE sequence = 5 RETURNING entry_id) "
        "DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM gone)"
    )

    found = await broken(forced)

    assert (found.fault, found.sequence) == (Fault.MISSING, 5)


async def test_a_removal_whose_gap_was_closed_is_named(forced: Any) -> None:
    await forced.execute("DELETE FROM audit_link WHERE sequence = 5")
    await forced.execute("UPDATE audit_link SET sequence = -sequence + 1 WHERE sequence > 5")
    await forced.execute("UPDATE audit_link SET sequence = -sequence WHERE sequence < 0")

    found = await broken(forced)

    assert (found.fault, found.sequence) == (Fault.REORDERED, 5)


@pytest.mark.parametrize("columns", ["entry_id", "entry_id, digest", "entry_id, digest, hash"])
async def test_two_entries_that_changed_places_are_named(forced: Any, columns: str) -> None:
    names = columns.split(", ")
    rows = await forced.fetch(f"SELECT {columns} FROM audit_link WHERE sequence IN (3, 4) ORDER BY sequence")
    # an entry has one link: for a moment the first one gets out of the way
    await forced.execute("UPDATE audit_link SET entry_id = gen_random_uuid() WHERE sequence = 3")
    places = ", ".join(f"{name} = ${number}" for number, name in enumerate(names, 2))
    for sequence, row in ((4, rows[0]), (3, rows[1])):
        await forced.execute(f"UPDATE audit_link SET {places} WHERE sequence = $1", sequence, *row)

    found = await broken(forced)

    assert (found.fault, found.sequence) == (Fault.REORDERED, 3)


async def test_a_link_whose_own_hash_was_changed_is_named(forced: Any) -> None:
    await forced.execute("UPDATE audit_link SET hash = sha256('x') WHERE sequence = 6")

    assert (await broken(forced)).fault == Fault.CHANGED


async def test_an_end_that_was_cut_off_is_named_by_the_heads(forced: Any, sealed: int) -> None:
    await cut_off(forced, 7)

    found = await broken(forced)

    assert (found.fault, found.sequence) == (Fault.TRUNCATED, 8)
    assert str(sealed) in found.text


async def test_an_end_that_was_cut_off_with_its_heads_is_named_by_one_kept_outside(
    forced: Any, sealed: int
) -> None:
    kept = Head(sealed, await forced.fetchval("SELECT hash FROM audit_link WHERE sequence = $1", sealed))
    await cut_off(forced, 7)
    await forced.execute("DELETE FROM audit_head")

    assert (await walked(forced)).broken is None
    assert (await broken(forced, kept)).fault == Fault.TRUNCATED


async def test_a_chain_that_was_computed_anew_is_named_by_a_head_kept_outside(
    forced: Any, sealed: int
) -> None:
    kept = Head(sealed, await forced.fetchval("SELECT hash FROM audit_link WHERE sequence = $1", sealed))
    await cut_off(forced, 2)
    await forced.execute("DELETE FROM audit_head")
    before = await forced.fetchval("SELECT hash FROM audit_link WHERE sequence = 2")
    for number in range(3, sealed + 1):
        entry = uuid4()
        await forced.execute(
            "INSERT INTO audit_entry (id, at, actor, verb, subject, outcome) "
            "VALUES ($1, '2026-03-16T01:30:00Z', 'x', 'x', '', 'DONE')",
            entry,
        )
        row = await forced.fetchrow("SELECT * FROM audit_entry WHERE id = $1", entry)
        digest = digest_of(row)
        before = hash_after(bytes(before), digest)
        await forced.execute("INSERT INTO audit_link VALUES ($1, $2, $3, $4)", number, entry, digest, before)

    assert (await walked(forced)).broken is None
    found = await broken(forced, kept)
    assert (found.fault, found.sequence) == (Fault.CHANGED, sealed)


async def test_an_entry_that_was_put_in_past_the_chain_is_named(forced: Any) -> None:
    entry = uuid4()
    await forced.execute(
        "INSERT INTO audit_entry (id, at, actor, verb, outcome, subject) VALUES ($1, now(), '', '', '', '')",
        entry,
    )

    found = await broken(forced)

    assert found.fault == Fault.INSERTED
    assert str(entry) in found.text


async def cut_off(connection: Any, last: int) -> None:
    """Remove everything after a link, entries and all."""
    await connection.execute(
        "WITH gone AS (DELETE FROM audit_link WHERE sequence > $1 RETURNING entry_id) "
        "DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM gone)",
        last,
    )


@pytest.mark.parametrize("table", ["audit_entry", "audit_link", "audit_head"])
@pytest.mark.parametrize("statement", ["TRUNCATE {0}", "DELETE FROM {0}", "UPDATE {0} SET {1} = {1}"])
async def test_the_chain_cannot_be_changed_or_emptied(house: House, table: str, statement: str) -> None:
    column = "at" if table == "audit_entry" else "hash"
    async with connected(house.database_url) as connection:
        with pytest.raises(asyncpg.PostgresError, match="never changed or removed"):
            await connection.execute(statement.format(table, column))


async def test_what_was_undone_is_never_sealed_and_what_waits_is_counted(
    house: House, database: Any, sealed: int
) -> None:
    async with in_transaction() as undone:
        await entry_of(house)
        await undone.rollback()
    async with in_transaction():
        await entry_of(house)
        assert await seal_apart(house) == 0

    assert (await walked(database)).unsealed == 1
    assert await seal_apart(house) == 1


async def seal_apart(house: House) -> int:
    """Seal in a task of its own, so on a connection of its own."""
    return await asyncio.create_task(seal_entries(house.now()), context=Context())


async def entry_of(house: House) -> None:
    """One more entry."""
    await AuditEntry.create(at=house.now(), actor="SERVICE:test", verb="test", outcome="DONE")


async def test_many_sealers_at_once_give_every_entry_one_place(house: House, database: Any) -> None:
    async def write() -> None:
        for _ in range(20):
            await entry_of(house)

    async def sealing() -> None:
        for _ in range(20):
            await seal(house.now(), heads_apart=0)

    await asyncio.gather(*(write() for _ in range(4)), *(sealing() for _ in range(4)))
    await seal_entries(house.now())

    assert await AuditUnsealed.all().count() == 0
    assert await AuditLink.all().count() == await AuditEntry.all().count()
    assert (await walked(database)).broken is None


async def test_a_head_is_kept_once_a_minute_and_for_whatever_came_last(house: House) -> None:
    await entry_of(house)
    await seal(house.now(), heads_apart=0)
    before = await AuditHead.all().count()
    await entry_of(house)
    hasty = await seal(house.now(), heads_apart=HEAD_SECONDS)
    house.later(seconds=HEAD_SECONDS)
    due = await seal(house.now(), heads_apart=HEAD_SECONDS)
    idle = await seal(house.now() + timedelta(days=1), heads_apart=HEAD_SECONDS)

    assert (hasty.entries, hasty.head) == (1, None)
    assert due.entries == 0
    assert due.head is not None
    assert due.head.sequence == await AuditLink.all().count()
    assert idle.head is None
    assert await AuditHead.all().count() == before + 1


def test_heads_are_read_as_printed_and_out_of_the_workers_log(tmp_path: Path) -> None:
    file = tmp_path / "heads"
    text = "ab" * 32
    file.write_text(
        f"12 {text}\n"
        '{"event": "worker.ready", "faces": 1}\n'
        f'{{"sequence": 13, "hash": "{text}", "event": "audit.head"}}\n'
        f"2026-03-16T01:30:00Z [info     ] audit.head                     hash={text} sequence=14\n"
    )

    assert heads_of(file) == [Head(number, bytes.fromhex(text)) for number in (12, 13, 14)]
    file.write_text("nothing\n")
    with pytest.raises(AnchorsUnreadable):
        heads_of(file)
