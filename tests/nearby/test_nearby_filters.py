"""What the search lets through, what it ranks last, and where its pages begin."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from models import Drug, Institution, StockBatch, StockItem
from ops.client import Json, RequestFailed
from ops.road import FUJIAN, Road
from ops.world import cast
from policy.availability import QUIET_AFTER, is_quiet
from policy.calendar import shanghai_day
from tests.house import House
from tests.services.stage import error_of, walkers

DOCUMENT = """query N(
  $place: LocationInput!, $id: UUID, $drugs: [AskedDrugInput!], $equivalents: Boolean! = false
  $order: PharmacyOrder! = DISTANCE, $filter: PharmacyFilterInput, $first: Int! = 100, $after: String
) {
  nearbyPharmacies(
    location: $place, prescriptionId: $id, drugs: $drugs, equivalents: $equivalents, radius: 50000
    order: $order, filter: $filter, first: $first, after: $after
  ) {
    edges { cursor node {
      distance isStale heardAt isOpen pharmacistOnDuty fillsAll total
      pharmacy { code isDualChannel delivers acceptsFamilyCode }
      offers { drugCode standsFor suffices price available asOf movedAt }
    } }
    pageInfo { hasNextPage endCursor }
  }
}"""
HOME = {"longitude": FUJIAN.home.longitude, "latitude": FUJIAN.home.latitude}
ASKED = [{"drugCode": cast.AMLODIPINE, "quantity": "2"}]


@pytest.fixture(scope="module")
def way(house: House) -> Road:
    """Fujian's people."""
    return walkers(house)


async def page(way: Road, **given: Any) -> Json:
    """One page of the search."""
    data = await way.patient.execute(DOCUMENT, {"place": HOME, "drugs": ASKED, **given})
    found: Json = data["nearbyPharmacies"]
    return found


async def found(way: Road, **given: Any) -> list[Json]:
    """Its pharmacies."""
    return [edge["node"] for edge in (await page(way, **given))["edges"]]


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("isOpen", lambda node: node["isOpen"]),
        ("fillsAll", lambda node: node["fillsAll"]),
        ("pharmacistOnDuty", lambda node: node["pharmacistOnDuty"]),
        ("dualChannel", lambda node: node["pharmacy"]["isDualChannel"]),
        ("delivers", lambda node: node["pharmacy"]["delivers"]),
        ("acceptsFamilyCode", lambda node: node["pharmacy"]["acceptsFamilyCode"]),
    ],
)
async def test_a_filter_leaves_exactly_those_that_have_it(way: Road, name: str, holds: Any) -> None:
    every = await found(way, drugs=None)
    if name == "fillsAll":
        every = await found(way)

    passed = await found(way, drugs=ASKED if name == "fillsAll" else None, filter={name: True})

    assert passed == [node for node in every if holds(node)]
    assert passed


async def test_drugs_may_be_asked_for_without_a_prescription(way: Road) -> None:
    for node in await found(way):
        (offer,) = node["offers"]
        assert (offer["drugCode"], offer["standsFor"]) == (cast.AMLODIPINE, None)
        assert offer["asOf"] >= offer["movedAt"]
        cost = Decimal(offer["price"]) * 2
        assert not offer["suffices"] or Decimal(node["total"]) == cost.quantize(Decimal("0.01"))


async def test_equivalents_are_shown_when_wished_behind_the_drug_itself(way: Road) -> None:
    drug = await Drug.get(code=cast.AMLODIPINE)
    same = Drug.filter(generic_name=drug.generic_name, form=drug.form, spec=drug.spec)
    codes = {row.code for row in await same}

    nodes = await found(way, equivalents=True)

    shown = [offer for node in nodes for offer in node["offers"]]
    assert {offer["drugCode"] for offer in shown} == codes
    assert len(codes) > 1
    for node in nodes:
        first, *others = node["offers"]
        assert first["standsFor"] is None
        assert all(other["standsFor"] == cast.AMLODIPINE for other in others)


@pytest.mark.parametrize("order", ["DISTANCE", "TOTAL_PRICE"])
async def test_who_has_gone_quiet_is_stale_and_last(house: House, way: Road, order: str) -> None:
    quiet = FUJIAN.pharmacy
    long_ago = house.now() - QUIET_AFTER - timedelta(minutes=1)
    before = await Institution.get(code=quiet)
    await Institution.filter(code=quiet).update(heard_at=long_ago)
    try:
        nodes = await found(way, order=order)
        paged: list[str] = []
        after = None
        while True:
            one = await page(way, order=order, first=2, after=after)
            paged += [edge["node"]["pharmacy"]["code"] for edge in one["edges"]]
            after = one["pageInfo"]["endCursor"]
            if not one["pageInfo"]["hasNextPage"]:
                break
    finally:
        await Institution.filter(code=quiet).update(heard_at=before.heard_at)

    stale = [node["isStale"] for node in nodes]
    assert stale == sorted(stale)
    assert quiet in [node["pharmacy"]["code"] for node in nodes if node["isStale"]]
    assert paged == [node["pharmacy"]["code"] for node in nodes]


def test_never_heard_is_quiet_too(house: House) -> None:
    now = house.now()

    assert is_quiet(None, now)
    assert not is_quiet(now - QUIET_AFTER, now)


async def test_what_has_expired_since_the_last_movement_is_not_offered(house: House, way: Road) -> None:
    item = await StockItem.get(pharmacy_id=FUJIAN.pharmacy, drug_id=cast.AMLODIPINE)
    last_day = shanghai_day(house.now())
    await StockBatch.filter(item_id=item.id).update(expires_on=last_day)
    await StockItem.filter(id=item.id).update(next_expiry=last_day)

    good = await mine(way)
    house.later(days=1)
    gone = await mine(way)
    house.later(days=-1)

    assert Decimal(good) > 0
    assert Decimal(gone) == 0
    await StockBatch.filter(item_id=item.id).update(expires_on=item.next_expiry)
    await StockItem.filter(id=item.id).update(next_expiry=item.next_expiry)


async def mine(way: Road) -> str:
    """What the cast's pharmacy has of the asked drug; it also has the other one."""
    asked = [*ASKED, {"drugCode": FUJIAN.lines[-1].drug_code, "quantity": "1"}]
    nodes = await found(way, drugs=asked)
    (node,) = [node for node in nodes if node["pharmacy"]["code"] == FUJIAN.pharmacy]
    available: str = node["offers"][0]["available"]
    return available


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"drugs": [{"drugCode": "??"}]}, "drugs[1].drugCode"),
        ({"drugs": [{"drugCode": cast.AMLODIPINE, "quantity": "0"}]}, "drugs[1].quantity"),
        ({"drugs": ASKED * 2}, "drugs"),
        ({"order": "PATIENT_PAYS"}, "order"),
    ],
)
async def test_wishes_that_make_no_sense_are_refused(way: Road, given: Json, field: str) -> None:
    error = await error_of(way.patient, DOCUMENT, {"place": HOME, "drugs": ASKED, **given})

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith(field)


async def test_a_cursor_of_another_order_is_refused(way: Road) -> None:
    cursor = (await page(way, first=1))["pageInfo"]["endCursor"]

    with pytest.raises(RequestFailed, match="游标无效"):
        await page(way, order="TOTAL_PRICE", after=cursor)
