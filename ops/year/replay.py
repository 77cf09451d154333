"""Replaying members' years (重放): every settlement computed once more, every accumulator added up anew."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import orjson

from ops.databases import connected
from ops.year.columns import AMOUNTS
from ops.year.people import pot_name
from ops.year.reversal_rows import budget_taken
from policy.benefit import BillFacts, Statement, Use, budget_entry, settle
from policy.benefit.kept import restored
from policy.benefit.reversal import AMOUNTS as NATIONAL
from policy.benefit.reversal import changes, refund
from policy.calendar import shanghai_day
from policy.money import ZERO

PREFETCH = 200
COLUMNS = AMOUNTS.split()

HISTORY = f"""
SELECT m.id AS member_id, s.id, s.number, s.settled_at AS at, s.facts, s.statement, NULL::jsonb AS remaining,
       s.budget_cost, s.budget_fund, {", ".join(f"s.{name}" for name in COLUMNS)}, false AS is_back
FROM member m JOIN settlement s ON s.member_id = m.id WHERE m.psn_no >= $1 AND m.psn_no < $2
UNION ALL
SELECT m.id, r.settlement_id, r.number, r.reversed_at, s.facts, s.statement, r.remaining,
       r.budget_cost, r.budget_fund, {", ".join(f"r.{name}" for name in COLUMNS)}, true
FROM member m JOIN reversal r ON r.member_id = m.id JOIN settlement s ON s.id = r.settlement_id
WHERE m.psn_no >= $1 AND m.psn_no < $2
ORDER BY member_id, at, number
"""

ACCUMULATED = """
SELECT a.member_id, a.year, a.bucket, a.deductible_used, a.fund_used
FROM accumulator a JOIN member m ON m.id = a.member_id
WHERE m.psn_no >= $1 AND m.psn_no < $2 ORDER BY a.member_id
"""
"""Simulated members have no use from elsewhere, so that every accumulator is theirs alone."""


class Wrong(NamedTuple):
    """Something that is not as the replay says (不符)."""

    check: str
    key: str
    found: str
    expected: str


class Span(NamedTuple):
    """Person numbers from the first to below the second (人员区段), in one database."""

    database_url: str
    since: str
    until: str


Pots = dict[tuple[int, str], tuple[Decimal, Decimal]]


def replay_alone(span: Span) -> list[Wrong]:
    """A span in a process of its own (单独进程)."""
    return asyncio.run(replay(span))


async def replay(span: Span) -> list[Wrong]:
    """Replay a span of members and compare (重放核对); one member is in memory at a time."""
    wrong: list[Wrong] = []
    # a cursor sees one moment, and fetches little by little
    async with (
        connected(span.database_url) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        kept = await accumulators(connection, span)
        async for member, rows in by_member(connection, span):
            found = replay_member(rows, wrong)
            had = kept.pop(member, {})
            for pot in found.keys() | had.keys():
                one, other = had.get(pot, (ZERO, ZERO)), found.get(pot, (ZERO, ZERO))
                if one != other:
                    key = f"{member} {pot[0]} {pot[1]}"
                    wrong.append(Wrong("accumulators are the replay", key, str(one), str(other)))
    wrong += [Wrong("accumulators are the replay", key, str(pots), "none") for key, pots in kept.items()]
    return wrong


async def accumulators(connection: Any, span: Span) -> dict[str, Pots]:
    """What the database holds as used (年度累计)."""
    found: dict[str, Pots] = {}
    for row in await connection.fetch(ACCUMULATED, span.since, span.until):
        pots = found.setdefault(str(row["member_id"]), {})
        pots[row["year"], row["bucket"]] = (row["deductible_used"], row["fund_used"])
    return found


async def by_member(connection: Any, span: Span) -> AsyncIterator[tuple[str, list[Any]]]:
    """Each member's settlements and reversals, in order (按人分组)."""
    rows: list[Any] = []
    async for row in connection.cursor(HISTORY, span.since, span.until, prefetch=PREFETCH):
        if rows and rows[0]["member_id"] != row["member_id"]:
            yield str(rows[0]["member_id"]), rows
            rows = []
        rows.append(row)
    if rows:
        yield str(rows[0]["member_id"]), rows


def replay_member(rows: list[Any], wrong: list[Wrong]) -> Pots:
    """Compute a member's year once more (个人重放); gives what is used of each pot."""
    pots: Pots = {}
    stands: dict[str, Statement | None] = {}
    years: dict[str, int] = {}
    for row in rows:
        key = str(row["id"])
        facts = restored(BillFacts, orjson.loads(row["facts"]))
        if row["is_back"]:
            before = stands[key]
            assert before is not None, f"{row['number']} takes back what is gone"
            after = restored(Statement, orjson.loads(row["remaining"])) if row["remaining"] else None
            compare(wrong, row, refund(before, after), budget_taken(facts, before, after))
            uses, stands[key] = changes(before, after), after
        else:
            years[key] = shanghai_day(row["at"]).year
            check_facts(wrong, row, facts, pots, years[key])
            found = settle(facts)
            entry = budget_entry(facts, found)
            budget = (entry.drug_cost, entry.fund_payment) if entry else (None, None)
            compare(wrong, row, {name: getattr(found, name) for name in NATIONAL}, budget)
            if orjson.loads(orjson.dumps(found, default=str)) != orjson.loads(row["statement"]):
                wrong.append(Wrong("statements are recomputed", row["number"], "kept", "recomputed"))
            uses, stands[key] = found.uses, found
        add(pots, uses, years[key])
    return pots


def add(pots: Pots, uses: tuple[Use, ...], year: int) -> None:
    """Add what a statement uses to its pots (计入累计)."""
    for use in uses:
        pot = (year, pot_name(use.benefit, use.disease_code))
        deductible, fund = pots.get(pot, (ZERO, ZERO))
        pots[pot] = (deductible + use.deductible, fund + use.fund)


def check_facts(wrong: list[Wrong], row: Any, facts: BillFacts, pots: Pots, year: int) -> None:
    """A settlement was computed with what had been used by then, and on its own day."""
    used = pots.get((year, pot_name(facts.benefit, facts.disease_code)), (ZERO, ZERO))
    found = (facts.deductible_used_year, facts.fund_used_year, facts.on)
    expected = (*used, shanghai_day(row["at"]))
    if found != expected:
        wrong.append(Wrong("facts are what was used by then", row["number"], str(found), str(expected)))


def compare(
    wrong: list[Wrong],
    row: Any,
    amounts: Mapping[str, Decimal],
    budget: tuple[Decimal | None, Decimal | None],
) -> None:
    """The columns of a settlement or reversal are what the rules give (逐栏核对)."""
    expected = {name: amounts[field] for name, field in zip(COLUMNS, NATIONAL, strict=True)}
    expected_all: dict[str, Decimal | None] = {**expected, "budget_cost": budget[0], "budget_fund": budget[1]}
    for name, amount in expected_all.items():
        if row[name] != amount:
            check = "reversals are recomputed" if row["is_back"] else "settlements are recomputed"
            wrong.append(Wrong(check, f"{row['number']} {name}", str(row[name]), str(amount)))
