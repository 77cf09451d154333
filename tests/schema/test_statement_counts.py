"""The hot reads send no more statements than the shape of the query needs."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tortoise.backends.asyncpg.client import AsyncpgDBClient

from ops.client import Client
from ops.road import FUJIAN, Road
from ops.world import cast
from tests.house import House
from tests.services.stage import ready_fill, walkers

PLACE = f"{{longitude: {FUJIAN.home.longitude}, latitude: {FUJIAN.home.latitude}}}"
DRUG = cast.FUJIAN_LINES[0].drug_code
LINES = "lines { number quantity drug { genericName } }"

SHAPES = {
    "nearby by drugs": (
        "patient",
        f'{{ nearbyPharmacies(location: {PLACE}, drugs: [{{drugCode: "{DRUG}"}}], first: 1) {{'
        " edges { node { distance total pharmacy { name } offers { price drug { genericName } } } } } }",
        3,
    ),
    "nearby by prescription": (
        "patient",
        f'{{ nearbyPharmacies(location: {PLACE}, prescriptionId: "ID", first: 1) {{'
        " edges { node { distance total pharmacy { name } estimate { personalTotal } } } } }",
        11,
    ),
    "my prescriptions": (
        "patient",
        f"{{ prescriptions {{ edges {{ node {{ rxNo hospital {{ name }} {LINES} }} }} }} }}",
        5,
    ),
    "a prescription": (
        "patient",
        f'{{ prescription(id: "ID") {{ rxNo hospital {{ name }} {LINES} }} }}',
        4,
    ),
    "incoming fills": (
        "pharmacy",
        "{ fills { edges { node { state pharmacy { name } lines { quantity drug { genericName } } } } } }",
        4,
    ),
    "balances": ("patient", "{ benefitBalance { accountBalance uses { fundUsed limitLeft } } }", 4),
    "balances of the family": (
        "patient",
        "{ benefitBalance { familyAccounts { available owner { id } } } }",
        5,
    ),
}


@contextmanager
def tables_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The table that each statement begins with (语句计数)."""
    tables: list[str] = []
    with monkeypatch.context() as patch:
        for name in ("execute_query", "execute_query_dict"):
            original = getattr(AsyncpgDBClient, name)

            async def spy(self: Any, query: str, *values: Any, _original: Any = original, **more: Any) -> Any:
                found = re.search(r'\bFROM "?(\w+)', query)
                tables.append(found[1] if found else query)
                return await _original(self, query, *values, **more)

            patch.setattr(AsyncpgDBClient, name, spy)
        yield tables


@pytest.fixture(scope="module")
async def way(house: House) -> Road:
    """A patient with prescriptions and a pharmacy with fills."""
    way = walkers(house)
    for _ in range(2):
        await ready_fill(way)
    return way


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_hot_read_sends_so_many_statements_and_no_more(
    way: Road, monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    who, document, wanted = SHAPES[shape]
    caller: Client = getattr(way, who)
    document = document.replace("ID", (await way.upload())["id"])
    # the second time, so that nothing is set up for the first one only
    await caller.execute(document)

    with tables_read(monkeypatch) as tables:
        await caller.execute(document)

    assert len(tables) == wanted, sorted(tables)
