"""The search walks outwards by the place index and asks for stock by key, in a crowd of pharmacies."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from bench.crowd import Crowd, gather
from ops.databases import connection_options
from ops.road import FUJIAN
from ops.world.days import DEMO_NOW
from services.nearby_search import LAZILY, NEARBY, After, Filters, Place, Search, Want, arguments
from tests.house import House

PLACE = Place(FUJIAN.home.longitude, FUJIAN.home.latitude)
PHARMACIES = 2_000


@pytest.fixture(scope="module")
async def crowd(house: House) -> list[Want]:
    """Two thousand pharmacies around the patient; three drugs they have."""
    connection = await asyncpg.connect(**connection_options(house.database_url))
    try:
        await gather(connection, Crowd(PHARMACIES, 20, PLACE, DEMO_NOW))
        rows = await connection.fetch(
            "SELECT drug_id FROM stock_item GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 3"
        )
    finally:
        await connection.close()
    return [Want(None, row["drug_id"], Decimal(1)) for row in rows]


async def plan(house: House, *values: Any) -> list[dict[str, Any]]:
    """The nodes of the plan as the search runs, with what each did."""
    connection = await asyncpg.connect(**connection_options(house.database_url))
    try:
        async with connection.transaction():
            await connection.execute(LAZILY)
            text = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {NEARBY}", *values)
    finally:
        await connection.close()
    return list(nodes(json.loads(text)[0]["Plan"]))


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node and those below it."""
    yield node
    for below in node.get("Plans", ()):
        yield from nodes(below)


async def walks_in_order(house: House) -> bool:
    """Whether this PostgreSQL sorts incrementally over a GiST order: from 17 on it does."""
    connection = await asyncpg.connect(**connection_options(house.database_url))
    try:
        return bool(connection.get_server_version() >= (17,))
    finally:
        await connection.close()


@pytest.mark.parametrize("radius", [3_000, 20_000])
@pytest.mark.parametrize("filters", [Filters(), Filters(is_open=True, fills_all=True)])
async def test_no_table_is_read_from_end_to_end(
    house: House, crowd: list[Want], radius: int, filters: Filters
) -> None:
    search = Search(PLACE, radius, filters=filters)
    values = arguments(DEMO_NOW, search, crowd, stale=False, after=After(), limit=21)

    found = await plan(house, *values)

    assert not [node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"]
    (walk,) = [node for node in found if node.get("Relation Name") == "institution"]
    assert walk["Index Name"] == "institution_pharmacy_place"
    assert ("Order By" in walk) == await walks_in_order(house)


async def test_the_walk_ends_with_the_page_however_many_the_circle_holds(
    house: House, crowd: list[Want]
) -> None:
    walked = []
    for radius in (5_000, 40_000):
        values = arguments(DEMO_NOW, Search(PLACE, radius), crowd, stale=False, after=After(), limit=11)
        found = await plan(house, *values)
        (walk,) = [node for node in found if node.get("Relation Name") == "institution"]
        walked.append(walk["Actual Rows"])

    assert (walked[0] == walked[1] < PHARMACIES / 2) == await walks_in_order(house)


async def test_who_is_passed_costs_one_look_at_the_shelf_and_none_at_the_agreement(
    house: House, crowd: list[Want]
) -> None:
    values = arguments(DEMO_NOW, Search(PLACE), crowd, stale=False, after=After(), limit=11)
    found = await plan(house, *values)

    loops = {node.get("Relation Name"): node["Actual Loops"] for node in found}
    (walk,) = [node for node in found if node.get("Relation Name") == "institution"]
    assert loops["stock_item"] == walk["Actual Rows"] > 2 * loops["agreement"]
