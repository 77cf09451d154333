"""How long the search for a prescription's drugs takes in a crowd (附近检索), and how that grows with it.

The large crowd is a larger province: as dense as the small one and wider. With --dense it is a denser city
instead. Both are asked in turns, so that whatever else the machine does falls on both.

With --http the whole API is asked instead, beside a bare handler that gives the same rows.

python -m bench.nearby [--large] [--dense] [--each 60] [--http]
"""

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

import asyncpg
import httpx

from bench import abreast
from bench.abreast import Question
from bench.crowd import HALF_DEGREES, Crowd, gather, wider
from engines.clock import Clock
from ops.client import Client
from ops.databases import connection_options
from ops.embedded import EngineUrls, create_database, discard_engines, embedded_engines
from ops.issuer import DevelopmentIssuer
from ops.road import FUJIAN
from ops.tokens import token_for
from ops.world.days import DEMO_NOW
from ops.world.seeding import seed_world
from policy.terms import Role
from services.nearby_search import LAZILY, NEARBY, After, Place, Search, Want, arguments
from tests.house import open_house
from tests.world import keys

PLACE = Place(FUJIAN.home.longitude, FUJIAN.home.latitude)
SMALL, LARGE, DRUGS, ROUNDS, PAGE = 5_000, 50_000, 2_000, 400, 20
AT_ONCE, REQUESTS, HOUR = 8, 400, timedelta(hours=1)
"""Each request is another person's: nobody may search four hundred times in a few seconds."""

QUERY = """query N($place: LocationInput!, $drugs: [AskedDrugInput!]) {
  nearbyPharmacies(location: $place, drugs: $drugs, first: 20) {
    edges { node { distance isOpen fillsAll total pharmacy { code name } offers { available price asOf } } }
    pageInfo { hasNextPage endCursor }
  }
}"""


SAME = """query N($place: LocationInput!, $drugs: [AskedDrugInput!]) {
  nearbyPharmacies(location: $place, drugs: $drugs, first: 20) {
    edges { node { isOpen fillsAll pharmacy { code name } offers { drugCode available price } } }
  }
}"""
"""What a bare handler can answer from the very same rows."""

SECONDS, TURNS = 3.0, 3


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one statement (耗时), and how many pharmacies it walked past for its page."""

    median: float
    p99: float
    walked: int


async def make(urls: EngineUrls, pharmacies: int, each: int, half_degrees: float) -> str:
    """A database with the sample world and the crowd in it (造数)."""
    url = await create_database(urls.database_url, f"crowd_{pharmacies}")
    await seed_world(url, keys(), 24, DRUGS, bar=False)
    connection = await asyncpg.connect(**connection_options(url))
    try:
        rows = await gather(connection, Crowd(pharmacies, each, PLACE, DEMO_NOW, half_degrees))
    finally:
        await connection.close()
    print(
        f"{pharmacies:,} pharmacies in {2 * half_degrees:.2f}° × {2 * half_degrees:.2f}°, "
        f"{DRUGS:,} drugs, {rows:,} stock rows"
    )
    return url


async def common_drugs(connection: Any) -> list[str]:
    """Three drugs that most of the crowd's neighbours have (常备药)."""
    rows = await connection.fetch(
        "SELECT drug_id FROM stock_item GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 3"
    )
    return [row["drug_id"] for row in rows]


async def time_statements(urls: Sequence[str]) -> list[Timing]:
    """The search for three drugs, each time from another place near by, in all worlds by turns (检索语句)."""
    async with AsyncExitStack() as stack:
        worlds = [await stack.enter_async_context(searching(url)) for url in urls]
        times: list[list[float]] = [[] for _ in worlds]
        for number in range(ROUNDS):
            place = Place(PLACE.longitude + number % 20 * 0.001, PLACE.latitude + number // 20 * 0.001)
            for (connection, wants), spent in zip(worlds, times, strict=True):
                values = values_at(place, wants)
                start = perf_counter()
                await connection.fetch(NEARBY, *values)
                spent.append((perf_counter() - start) * 1000)
        return [
            Timing(statistics.median(spent), statistics.quantiles(spent, n=100)[98], await walked(*world))
            for world, spent in zip(worlds, times, strict=True)
        ]


@asynccontextmanager
async def searching(url: str) -> AsyncIterator[tuple[Any, list[Want]]]:
    """A connection as the search has it, and what is looked for."""
    connection = await asyncpg.connect(**connection_options(url))
    try:
        wants = [Want(None, code, Decimal(2)) for code in await common_drugs(connection)]
        async with connection.transaction():
            await connection.execute(LAZILY)
            yield connection, wants
    finally:
        await connection.close()


async def walked(connection: Any, wants: list[Want]) -> int:
    """How many pharmacies a page takes (经过的药店)."""
    plan = await connection.fetch(f"EXPLAIN ANALYZE {NEARBY}", *values_at(PLACE, wants))
    (walk,) = [row[0] for row in plan if "Scan using institution_pharmacy_place" in row[0]]
    return int(float(walk.split("rows=")[-1].split()[0]))


def values_at(place: Place, wants: list[Want]) -> list[Any]:
    """The statement's values at a place."""
    return arguments(DEMO_NOW, Search(place), wants, stale=False, after=After(), limit=PAGE + 1)


async def requests_per_second(urls: EngineUrls, url: str) -> float:
    """Requests through the whole API of one process, which also plays the client (每秒请求数)."""
    connection = await asyncpg.connect(**connection_options(url))
    drugs = [{"drugCode": code, "quantity": "2"} for code in await common_drugs(connection)]
    await connection.close()
    with tempfile.TemporaryDirectory() as folder:
        async with open_house(url, urls.redis_url, Path(folder)) as house, httpx.AsyncClient() as http:
            people = [
                Client(house.url, token_for(Role.PATIENT, f"N{number}", HOUR, makes=house.issuer), http)
                for number in range(REQUESTS + 1)
            ]
            place = {"longitude": PLACE.longitude, "latitude": PLACE.latitude}

            async def one_after_another() -> None:
                for _ in range(REQUESTS // AT_ONCE):
                    await people.pop().execute(QUERY, {"place": place, "drugs": drugs})

            await people.pop().execute(QUERY, {"place": place, "drugs": drugs})
            start = perf_counter()
            await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
            return REQUESTS / (perf_counter() - start)


async def over_http(urls: EngineUrls, home: Path, each: int) -> None:
    """The small crowd asked over HTTP, beside a bare handler (端到端)."""
    url = await make(urls, SMALL, each, HALF_DEGREES)
    connection = await asyncpg.connect(**connection_options(url))
    drugs = [{"drugCode": code, "quantity": "2"} for code in await common_drugs(connection)]
    await connection.close()
    variables = {
        "place": {"longitude": PLACE.longitude, "latitude": PLACE.latitude},
        "drugs": drugs,
        "first": PAGE,
    }
    issuer = DevelopmentIssuer(home, now=Clock.of(DEMO_NOW.isoformat()).now)
    token = token_for(Role.PATIENT, FUJIAN.patient, 4 * HOUR, makes=issuer)
    question = Question("nearby", SAME, variables, token, pharmacies_of)
    await abreast.compare(url, urls, home, question, SECONDS, TURNS)


def pharmacies_of(answer: Any) -> object:
    """What is compared: which pharmacies, in which order."""
    edges = answer["data"]["nearbyPharmacies"]["edges"]
    return [(edge["node"]["pharmacy"], edge["node"]["fillsAll"]) for edge in edges]


async def compare(urls: EngineUrls, each: int, *, large: bool, dense: bool) -> None:
    """The small crowd, and if wished the large one and the growth between them."""
    worlds = [await make(urls, SMALL, each, HALF_DEGREES)]
    if large:
        worlds.append(await make(urls, LARGE, each, HALF_DEGREES if dense else wider(LARGE)))
    timings = await time_statements(worlds)
    for pharmacies, url, timing in zip((SMALL, LARGE), worlds, timings, strict=False):
        print(f"{pharmacies:,} pharmacies")
        print(
            f"  SQL median {timing.median:.1f} ms, p99 {timing.p99:.1f} ms, walked {timing.walked} pharmacies"
        )
        print(f"  one API process: {await requests_per_second(urls, url):.0f} requests/s, client included")
    if large:
        grown = timings[1].median / timings[0].median
        print(f"growth {SMALL:,} to {LARGE:,}: {grown:.2f} times (goal: under 1.5)")


def main() -> None:
    """Run on engines of its own, in a folder that goes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--large", action="store_true", help="also 50,000 pharmacies")
    parser.add_argument("--dense", action="store_true", help="the 50,000 where the 5,000 are")
    parser.add_argument("--each", type=int, default=60, help="drugs per pharmacy")
    parser.add_argument("--http", action="store_true", help="the whole API, beside a bare handler")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yaolu-bench-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o711)
        with embedded_engines(Path(home), fast=True) as urls:
            if given.http:
                asyncio.run(over_http(urls, Path(home), given.each))
            else:
                asyncio.run(compare(urls, given.each, large=given.large, dense=given.dense))
        discard_engines(Path(home))


if __name__ == "__main__":
    main()
