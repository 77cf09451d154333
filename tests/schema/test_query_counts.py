"""A list costs the same number of statements however long it is."""

from decimal import Decimal

import pytest

from models import Case, Fill, Settlement, StockItem
from ops.client import Client, Json
from ops.road import FUJIAN, Road
from ops.world import cast
from policy.terms import CaseKind
from tests.house import House
from tests.money.claims import claimed
from tests.money.words import REVERSE
from tests.schema.statements import counted
from tests.services.stage import ready_fill, settled_fill, walkers

FEW, MANY = 2, 6


@pytest.fixture(scope="module")
async def way(house: House) -> Road:
    """A patient with several prescriptions, fills and settlements."""
    way = walkers(house)
    for _ in range(MANY // 2):
        await settled_fill(way)
        await way.verify_manually((await ready_fill(way))["id"])
    await open_cases(house)
    for settlement in await Settlement.all():
        given = {"settlementId": str(settlement.id), "goods": "RETURNED", "lines": [{"number": 1}]}
        await way.pharmacy.do(REVERSE, **given, reason="患者退药")
        await claimed(FUJIAN.pharmacy, cast.FUJIAN_AREA, house.now())
    return way


async def open_cases(house: House) -> None:
    """A case about every fill there is (监管线索)."""
    await Case.bulk_create(
        Case(
            key=str(fill.id),
            kind=CaseKind.FALSE_STOCK,
            pharmacy_id=fill.pharmacy_id,
            drug_id=cast.FUJIAN_LINES[number % 3].drug_code,
            fill_id=fill.id,
            opened_at=house.now(),
            opened_by="药店拒单",
        )
        for number, fill in enumerate(await Fill.filter(pharmacy_id=FUJIAN.pharmacy))
    )


PHARMACY = "pharmacy { code name openingHours { weekday opens closes } }"
MEMBER = "member { id name idNumberMasked }"
FILL = f"""id state feeListSha256 isProxy {PHARMACY} {MEMBER} buyer {{ name }}
lines {{ quantity price drug {{ genericName }} }} queries {{ question }}
identityChecks {{ verdict cards {{ reading }} }}
settlement {{ number lines {{ drugCode total }} }} prescription {{ rxNo }}"""
PRESCRIPTION = f"""id {MEMBER} hospital {{ name }} doctor {{ name }}
lines {{ number drug {{ genericName }} fate {{ pharmacyName state isSettled }} }}
fills {{ id state feeListSha256 {PHARMACY} }}"""
REVERSAL = "number lines { number goods } settlement { id } effects { fundTotal }"
SETTLEMENT = f"""id {MEMBER} {PHARMACY} hospital {{ name }} lines {{ drugCode }} fill {{ state {PHARMACY} }}
standing {{ total }} reversals {{ {REVERSAL} }}"""

LISTS = {
    "prescriptions": ("patient", PRESCRIPTION),
    "fills": ("pharmacy", FILL),
    "settlements": ("hospital", SETTLEMENT),
    "stock": ("pharmacy", "onHand held drug { genericName }"),
    "clearingClaims": ("pharmacy", f"number payable {PHARMACY}"),
    "accountMovements": ("patient", "what reference amount balance"),
    "cases": ("pharmacy", f"id complaint {PHARMACY} drug {{ genericName }} fill {{ id state }}"),
}


@pytest.mark.parametrize("field", LISTS)
async def test_a_longer_page_sends_no_more_statements(
    way: Road, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    who, wanted = LISTS[field]
    caller: Client = getattr(way, who)

    async def cost(first: int) -> tuple[int, int]:
        query = f"query L($first: Int!) {{ {field}(first: $first) {{ edges {{ node {{ {wanted} }} }} }} }}"
        # the second time, so that nothing is set up for the first one only
        await caller.execute(query, {"first": first})
        with counted(monkeypatch) as statements:
            data = await caller.execute(query, {"first": first})
        return len(data[field]["edges"]), len(statements)

    few, few_cost = await cost(FEW)
    many, many_cost = await cost(MANY if field != "settlements" else MANY // 2)

    assert (few, few_cost) == (FEW, many_cost)
    assert many > few


NEARBY = f"""query N($place: LocationInput!, $id: UUID, $first: Int!, $order: PharmacyOrder!) {{
  nearbyPharmacies(location: $place, prescriptionId: $id, radius: 50000, first: $first, order: $order) {{
    edges {{ node {{
      distance total estimate {{ personalTotal }} {PHARMACY} offers {{ suffices drug {{ genericName }} }}
    }} }}
  }}
}}"""


@pytest.mark.parametrize("order", ["DISTANCE", "TOTAL_PRICE", "PATIENT_PAYS"])
async def test_a_full_page_costs_the_same_however_long_it_is(
    way: Road, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    prescription = await way.upload()
    await StockItem.filter(
        drug_id__in=[line.drug_code for line in cast.FUJIAN_LINES], price__isnull=False, held=0
    ).update(on_hand=Decimal(50), sellable=Decimal(50))
    place = {"longitude": FUJIAN.home.longitude, "latitude": FUJIAN.home.latitude}

    async def cost(first: int, key: str | None) -> tuple[list[Json], int]:
        given = {"place": place, "id": key, "first": first, "order": order}
        with counted(monkeypatch) as statements:
            data = await way.patient.execute(NEARBY, given)
        return data["nearbyPharmacies"]["edges"], len(statements)

    await cost(1, prescription["id"])
    few, few_cost = await cost(2, prescription["id"])
    every, _ = await cost(100, prescription["id"])
    # a page that is not full is completed with pharmacies gone quiet, by the same statement once more
    many, many_cost = await cost(len(every) - 1, prescription["id"])

    assert len(few) < len(many)
    assert few_cost == many_cost


async def test_hospitals_nearby_cost_two_statements(way: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    place = {"longitude": FUJIAN.home.longitude, "latitude": FUJIAN.home.latitude}
    query = """query H($place: LocationInput!) {
      nearbyHospitals(location: $place, radius: 50000) { distance hospital { name } }
    }"""

    with counted(monkeypatch) as statements:
        data = await way.patient.execute(query, {"place": place})

    distances = [one["distance"] for one in data["nearbyHospitals"]]
    assert len(distances) > 1
    assert distances == sorted(distances)
    assert len(statements) == 2
