"""A claim takes whatever no claim has yet, however old, and reads no more than that."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

from tortoise import connections
from tortoise.transactions import in_transaction

from models import ClearingDue, ClearingItem, Reversal, Settlement
from ops.client import Json
from ops.road import SHANXI
from ops.world import cast
from policy.calendar import SHANGHAI, start_of_day
from services.clearing import TAKE
from tests.house import House
from tests.money.test_clearing import SUBMIT, settled_at
from tests.money.words import lines, reverse
from tests.road.walk import Walk

MAY, JUNE = datetime(2026, 5, 3, tzinfo=SHANGHAI), datetime(2026, 6, 3, tzinfo=SHANGHAI)
MANY = 3000

COPY_FILLS = """
INSERT INTO fill SELECT (jsonb_populate_record(f, jsonb_build_object('id', gen_random_uuid()))).*
FROM fill f, generate_series(1, $2) WHERE f.id = $1
"""
COPY_SETTLEMENTS = """
INSERT INTO settlement SELECT (jsonb_populate_record(s, jsonb_build_object(
  'id', gen_random_uuid(), 'fill_id', f.id, 'number', 'N' || row_number() OVER (),
  'settled_at', s.settled_at - make_interval(mins => 1 + (row_number() OVER ())::int)))).*
FROM settlement s, fill f
WHERE s.id = $1 AND NOT EXISTS (SELECT 1 FROM settlement o WHERE o.fill_id = f.id) AND f.state = 'SETTLED'
"""


async def claimed(walk: Walk, month: str, moment: datetime) -> Json:
    """A month, claimed at a moment."""
    walk.house.stop_at(moment)
    claim = await walk.counter().do(SUBMIT, month=month, area=cast.SHANXI_AREA)
    walk.house.stop_at(None)
    return claim


async def numbers_in(claim: Json) -> set[str]:
    """The numbers that a claim has."""
    return {item.number for item in await ClearingItem.filter(claim_id=claim["id"])}


async def due() -> set[UUID]:
    """What no claim has yet, by the table that says so."""
    return {row.id for row in await ClearingDue.all()}


async def unclaimed() -> set[UUID]:
    """The same, by looking at everything."""
    settlements = await Settlement.filter(cleared__id__isnull=True)
    reversals = await Reversal.filter(cleared__id__isnull=True)
    return {row.id for row in settlements} | {row.id for row in reversals}


async def test_nothing_older_is_lost_and_nothing_taken_twice(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    march, skipped, late = datetime(2026, 3, 20, 10, tzinfo=SHANGHAI), MAY - timedelta(days=10), MAY
    first = await settled_at(walk, march)
    taken = await claimed(walk, "2026-03-01", datetime(2026, 4, 1, tzinfo=SHANGHAI))
    # a transaction that began in March and ended after March was claimed
    slow = await settled_at(walk, march + timedelta(seconds=1))
    second, third = await settled_at(walk, skipped), await settled_at(walk, late)
    own_house.stop_at(MAY + timedelta(hours=1))
    reversal = await reverse(walk.counter(), {"id": str(second.id)}, lines=lines(1))
    waiting = await due()

    rest = await claimed(walk, "2026-05-01", JUNE)

    assert waiting == {slow.id, second.id, third.id, UUID(reversal["id"])}
    assert await numbers_in(taken) == {first.number}
    assert await numbers_in(rest) == {slow.number, second.number, third.number, reversal["number"]}
    assert await due() == await unclaimed() == set()


async def test_a_claim_reads_what_it_takes_whatever_there_was(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    old = await settled_at(walk, datetime(2026, 3, 31, 12, tzinfo=SHANGHAI))
    connection = connections.get("default")
    await connection.execute_query(COPY_FILLS, [old.fill_id, MANY])
    await connection.execute_query(COPY_SETTLEMENTS, [old.id])
    before = await claimed(walk, "2026-03-01", datetime(2026, 4, 1, tzinfo=SHANGHAI))
    new = await settled_at(walk, MAY)
    await connection.execute_script("ANALYZE")

    plan = await plan_of_taking(UUID(before["id"]))

    assert before["settlements"] == MANY + 1
    assert await due() == {new.id}
    read = {name: rows for name, rows in scans(plan) if rows}
    assert read.keys() <= {"clearing_due", "settlement"}
    assert max(read.values()) <= 1, f"{read} rows were read to take one"


async def plan_of_taking(claim: UUID) -> Any:
    """How the database takes what is due, and undoes it."""
    async with in_transaction() as connection:
        statement = f"EXPLAIN (ANALYZE, FORMAT JSON) {TAKE}"
        values = [claim, SHANXI.pharmacy, cast.SHANXI_AREA, start_of_day(JUNE.date())]
        (row,) = await connection.execute_query_dict(statement, values)
        await connection.rollback()
    found = row["QUERY PLAN"]
    return (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]


def scans(node: Json) -> Iterator[tuple[str, int]]:
    """Every table that a plan reads, with the rows that were looked at."""
    if "Scan" in node["Node Type"] and "Relation Name" in node:
        looked = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        yield node["Relation Name"], round(looked * node["Actual Loops"])
    for inner in node.get("Plans", []):
        yield from scans(inner)


async def test_what_was_there_before_the_table_is_put_into_it(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    await settled_at(walk, datetime(2026, 3, 20, 10, tzinfo=SHANGHAI))
    await claimed(walk, "2026-03-01", datetime(2026, 4, 1, tzinfo=SHANGHAI))
    second = await settled_at(walk, MAY)
    own_house.stop_at(MAY + timedelta(hours=1))
    reversal = await reverse(walk.counter(), {"id": str(second.id)}, lines=lines(1))
    expected = {second.id, UUID(reversal["id"])}
    waiting = import_module("models.migrations.0023_clearing_due_before").WAITING

    await ClearingDue.all().delete()
    for _ in range(2):
        await connections.get("default").execute_script(waiting)

    assert await due() == await unclaimed() == expected
