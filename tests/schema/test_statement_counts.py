"""The hot reads send no more statements than the shape of the query needs."""

import re

import pytest

from ops.client import Client
from ops.road import FUJIAN, Road
from ops.world import cast
from tests.house import House
from tests.schema.statements import counted
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
        3,
    ),
    "a prescription": (
        "patient",
        f'{{ prescription(id: "ID") {{ rxNo hospital {{ name }} {LINES} }} }}',
        4,
    ),
    "incoming fills": (
        "pharmacy",
        "{ fills { edges { node { state pharmacy { name } lines { quantity drug { genericName } } } } } }",
        2,
    ),
    "balances": ("patient", "{ benefitBalance { accountBalance uses { fundUsed limitLeft } } }", 4),
    "balances of the family": (
        "patient",
        "{ benefitBalance { familyAccounts { available owner { id } } } }",
        5,
    ),
}


def table_of(statement: str) -> str:
    """The table that a statement begins with."""
    found = re.search(r'\bFROM "?(\w+)', statement)
    return found[1] if found else statement


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

    with counted(monkeypatch) as statements:
        await caller.execute(document)

    assert len(statements) == wanted, sorted(map(table_of, statements))
