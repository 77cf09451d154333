"""A small city's year adds up, and one fen put wrong anywhere is found."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from ops.databases import connected
from ops.year.seeding import seed_year
from ops.year.verifying import verify
from tests.world import keys

AREA, YEAR, SETTLEMENTS = "350100", 2025, 600
GUARDED = "settlement", "settlement_line", "reversal", "posting", "clearing_item"


@pytest.fixture(scope="module")
async def year(module_database: str) -> str:
    """The database of a small city's year."""
    await seed_year(module_database, keys(), AREA, YEAR, SETTLEMENTS)
    return module_database


@pytest.fixture
async def unguarded(year: str) -> AsyncIterator[Any]:
    """A connection past the triggers that hold rows fast, as the owner of the tables may open it."""
    async with connected(year) as connection:
        for table in GUARDED:
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield connection
        for table in GUARDED:
            await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


async def test_a_year_adds_up(year: str) -> None:
    heard: list[str] = []

    wrong = await verify(year, AREA, YEAR, done=lambda name, _: heard.append(name))

    assert wrong == []
    assert {"every entry balances", "attribution sums to the total", "replay"} <= set(heard)


async def test_a_year_has_what_a_city_has(year: str) -> None:
    async with connected(year) as connection:
        count = {
            table: await connection.fetchval(f"SELECT count(*) FROM {table}")
            for table in ("settlement", "reversal", "clearing_claim")
        }
        limits = await connection.fetchval("SELECT count(*) FROM settlement WHERE pooled_fund > 0")
        family = await connection.fetchval("SELECT count(*) FROM settlement WHERE family_account > 0")

    assert count["settlement"] == SETTLEMENTS
    assert count["reversal"] > 5
    assert count["clearing_claim"] > 12
    assert 0 < limits < SETTLEMENTS
    assert family > 0


async def test_an_interrupted_year_goes_on_and_a_whole_one_stays(year: str) -> None:
    await seed_year(year, keys(), AREA, YEAR, SETTLEMENTS)

    async with connected(year) as connection:
        assert await connection.fetchval("SELECT count(*) FROM settlement") == SETTLEMENTS


PLANTED = {
    "posting": ("debit", "debit > 0"),
    "settlement_line": ("total = total + 0.01, eligible", "true"),
    "settlement": (
        "total = total + 0.01, eligible = eligible + 0.01, personal_total = personal_total + 0.01, cash",
        "true",
    ),
    "settlement budget": ("budget_fund", "budget_fund > 0"),
    "settlement cost": ("budget_cost", "budget_cost > 0"),
    "reversal": (
        "total = total + 0.01, eligible = eligible + 0.01, personal_total = personal_total + 0.01, cash",
        "true",
    ),
    "account": ("balance", "balance IS NOT NULL"),
    "accumulator": ("fund_used", "year = 2025"),
    "clearing_item": ("pooled", "true"),
    "clearing_claim": ("account", "true"),
}


@pytest.mark.parametrize("what", PLANTED)
async def test_one_fen_is_found(year: str, unguarded: Any, what: str) -> None:
    table, (columns, where) = what.split()[0], PLANTED[what]
    last = columns.rsplit(maxsplit=1)[-1]
    plant = f"{columns} = {last} + 0.01"
    chosen = await unguarded.fetchval(f"SELECT id FROM {table} WHERE {where} ORDER BY id LIMIT 1")
    await unguarded.execute(f"UPDATE {table} SET {plant} WHERE id = $1", chosen)

    wrong = await verify(year, AREA, YEAR)

    await unguarded.execute(f"UPDATE {table} SET {plant.replace('+', '-')} WHERE id = $1", chosen)
    assert wrong, f"a fen too much in {what} went unseen"
