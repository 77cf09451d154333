"""Verifying a city's year (核对模拟年度): sums in the database, a replay beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from itertools import pairwise
from multiprocessing import get_context
from typing import Any

from ops.databases import connected
from ops.year.checks import CHECKS
from ops.year.replay import Span, Wrong, replay, replay_alone
from policy.calendar import start_of_day
from services.attribution import BY_HOSPITAL

SPAN = 500
"""Members of one replay at a time."""

SHOWN_MAX = 100
"""How many differences of one check are fetched: one is enough to fail."""

EDGES = """
SELECT psn_no FROM (
  SELECT psn_no, row_number() OVER (ORDER BY psn_no) AS n FROM member WHERE psn_no LIKE $1
) m
WHERE n % $2 = 1 ORDER BY psn_no
"""
HOSPITALS_MAX = 100_000

DIRECT = """
WITH own AS (
  SELECT id, total, fund_total, budget_fund FROM settlement
  WHERE area = $1 AND settled_at >= $2 AND settled_at < $3
), back AS (SELECT r.total, r.fund_total, r.budget_fund FROM reversal r JOIN own ON own.id = r.settlement_id)
SELECT o.total - COALESCE(b.total, 0) AS total, o.fund - COALESCE(b.fund, 0) AS fund,
       o.budget - COALESCE(b.budget, 0) AS budget
FROM (SELECT COALESCE(sum(total), 0) AS total, COALESCE(sum(fund_total), 0) AS fund,
             COALESCE(sum(budget_fund), 0) AS budget FROM own) o,
     (SELECT sum(total) AS total, sum(fund_total) AS fund, sum(budget_fund) AS budget FROM back) b
"""


async def verify(
    database_url: str,
    area: str,
    year: int,
    *,
    processes: int = 1,
    done: Callable[[str, int], None] = lambda name, wrong: None,
) -> list[Wrong]:
    """Everything of the year that does not add up (核对); empty when all is well.

    `done` hears of each check, and of each replayed span, with how much was wrong.
    """
    wrong: list[Wrong] = []
    async with connected(database_url) as connection:
        await connection.execute("SET work_mem = '128MB'")
        for check in CHECKS:
            rows = await connection.fetch(f"{check.statement} LIMIT {SHOWN_MAX}")
            wrong += [Wrong(check.name, *map(str, row.values())) for row in rows]
            done(check.name, len(rows))
        found = await attribution(connection, area, year)
        wrong += found
        done("attribution sums to the total", len(found))
        spans = await spans_of(connection, database_url, f"Y{area}{year}")
    async for found in replayed(spans, processes):
        wrong += found
        done("replay", len(found))
    return wrong


async def attribution(connection: Any, area: str, year: int) -> list[Wrong]:
    """The prescribing institutions' years (年终归属), as the house shows them, are together the total."""
    starts = [start_of_day(date(one, 1, 1)) for one in (year - 1, year, year + 1)]
    rows = await connection.fetch(BY_HOSPITAL, *starts, None, area, "", HOSPITALS_MAX)
    direct = await connection.fetchrow(DIRECT, area, *starts[1:])
    names = {"total": "total", "fund": "fund", "budget": "budget_fund"}
    sums = {name: sum(row[column] for row in rows) for name, column in names.items()}
    return [
        Wrong("attribution sums to the total", name, str(sums[name]), str(direct[name]))
        for name in names
        if sums[name] != direct[name]
    ]


async def spans_of(connection: Any, database_url: str, prefix: str) -> list[Span]:
    """The city's members in spans (分段)."""
    rows = await connection.fetch(EDGES, f"{prefix}%", SPAN)
    edges = [*(row["psn_no"] for row in rows), f"{prefix}:"]
    return [Span(database_url, *pair) for pair in pairwise(edges)]


async def replayed(spans: list[Span], processes: int) -> AsyncIterator[list[Wrong]]:
    """Replay every span (重放), by as many processes as wanted."""
    if processes == 1:
        for span in spans:
            yield await replay(span)
        return
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting = [loop.run_in_executor(pool, replay_alone, span) for span in spans]
        for one in asyncio.as_completed(waiting):
            yield await one
