"""A prescription by generic name is filled with another producer's drug, from the search to the books."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from models import Institution, SettlementLine, StockItem, StockMovement
from ops.client import Json, Refused
from ops.road import FUJIAN
from ops.world import cast
from policy.calendar import shanghai_day
from policy.terms import MovementKind
from services.movements import record_movements
from tests.house import House
from tests.road.walk import Walk, line_ids
from tests.services.stage import document, error_of
from tests.stock.counter import COUNTER, empty_shelf, purchase

OTHER = cast.AMLODIPINE_ORIGINAL
NEARBY = """query N($place: LocationInput!, $id: UUID!, $equivalents: Boolean) {
  nearbyPharmacies(location: $place, prescriptionId: $id, equivalents: $equivalents, first: 50) {
    edges { node {
      fillsAll total estimate { total } pharmacy { code }
      offers { lineId drugCode standsFor suffices isCounted price wanted }
    } }
  }
}"""
SPLIT = """query S($id: UUID!, $place: LocationInput!) {
  splitProposal(prescriptionId: $id, location: $place) {
    parts { lineIds substitutes { lineId drugCode } pharmacy { pharmacy { code } } } missingLineIds
  }
}"""
FILL = """query F($id: UUID!) {
  fill(id: $id) { lines { quantity price drug { code manufacturer } standsFor { code } } }
}"""
HOME = {"longitude": FUJIAN.home.longitude, "latitude": FUJIAN.home.latitude}


@pytest.fixture(scope="module")
async def walk(house: House) -> Walk:
    """The cast's pharmacy is out of the prescribed product and has another producer's."""
    await empty_shelf(house)
    until = shanghai_day(house.now()) + timedelta(days=300)
    await record_movements(house.call(COUNTER), entries=[purchase(60, "EQ", until, drug_code=OTHER)])
    walk = Walk(house, FUJIAN)
    await walk.counter().do(document("setPrices"), prices=[{"drugCode": OTHER, "price": "6.40"}])
    return walk


async def upload(walk: Walk, *, open_producer: bool = True) -> Json:
    """A prescription whose first line names a product, or only a medicine."""
    draft = walk.draft()
    draft["lines"][0]["allowsEquivalent"] = open_producer
    return await walk.upload(lines=draft["lines"])


async def at_the_counter(walk: Walk, prescription: Json, **given: Any) -> Json:
    """What the search says of the cast's pharmacy."""
    data = await walk.patient.execute(NEARBY, {"place": HOME, "id": prescription["id"], **given})
    nodes = [edge["node"] for edge in data["nearbyPharmacies"]["edges"]]
    (node,) = [node for node in nodes if node["pharmacy"]["code"] == FUJIAN.pharmacy]
    found: Json = node
    return found


async def test_the_road_with_another_producers_drug(walk: Walk) -> None:
    prescription = await upload(walk)
    (first,) = line_ids(prescription, 1)
    chosen = [{"lineId": first, "drugCode": OTHER}]

    shown = await at_the_counter(walk, prescription)
    with pytest.raises(Refused) as empty:
        await walk.request(prescription)
    fill = await walk.request(prescription, substitutes=chosen)
    reviewed = await walk.pharmacist().execute(FILL, {"id": fill["id"]})
    await walk.make_settleable(fill)
    settlement = await walk.settle(fill)

    (offer,) = [offer for offer in shown["offers"] if offer["standsFor"]]
    assert (offer["drugCode"], offer["lineId"], offer["isCounted"]) == (OTHER, first, True)
    assert shown["fillsAll"]
    assert Decimal(shown["total"]) == Decimal(shown["estimate"]["total"])
    assert Decimal(offer["price"]) * Decimal(offer["wanted"]) < Decimal(shown["total"])
    assert empty.value.codes == ["STOCK_SHORT"]
    told = reviewed["fill"]["lines"][0]
    assert (told["drug"]["code"], told["standsFor"]["code"]) == (OTHER, cast.AMLODIPINE)
    assert [line["standsFor"] for line in reviewed["fill"]["lines"][1:]] == [None, None]
    lines = await SettlementLine.filter(settlement_id=settlement["id"]).order_by("number")
    assert (lines[0].drug_code, lines[0].price, lines[0].quantity) == (OTHER, Decimal("6.40"), Decimal(3))
    assert sum(line.total for line in lines) == Decimal(shown["total"])
    sale = await StockMovement.get(kind=MovementKind.SALE, item__drug_id=OTHER)
    assert (sale.quantity, sale.unit_cost) == (Decimal(-3), Decimal("6.40"))


async def test_where_the_product_is_prescribed_no_other_is_shown_or_taken(walk: Walk) -> None:
    prescription = await upload(walk, open_producer=False)
    chosen = [{"lineId": line_ids(prescription, 1)[0], "drugCode": OTHER}]

    shown = await at_the_counter(walk, prescription, equivalents=True)
    with pytest.raises(Refused) as refused:
        await walk.request(prescription, substitutes=chosen)

    assert [offer for offer in shown["offers"] if offer["standsFor"]] == []
    assert refused.value.codes == ["EQUIVALENT_NOT_ALLOWED"]


async def test_equivalents_are_left_out_when_not_wished(walk: Walk) -> None:
    shown = await at_the_counter(walk, await upload(walk), equivalents=False)

    assert [offer for offer in shown["offers"] if offer["standsFor"]] == []
    assert not shown["fillsAll"]


async def test_another_medicine_stands_for_nothing(walk: Walk) -> None:
    prescription = await upload(walk)
    chosen = [{"lineId": line_ids(prescription, 1)[0], "drugCode": cast.METOPROLOL}]

    with pytest.raises(Refused) as refused:
        await walk.request(prescription, substitutes=chosen)

    assert "NOT_EQUIVALENT" in refused.value.codes


async def test_a_price_above_the_others_own_ceiling_is_refused(walk: Walk) -> None:
    prescription = await upload(walk)
    chosen = [{"lineId": line_ids(prescription, 1)[0], "drugCode": OTHER}]
    item = StockItem.filter(pharmacy_id=FUJIAN.pharmacy, drug_id=OTHER)
    await item.update(price=Decimal(900))
    try:
        with pytest.raises(Refused) as refused:
            await walk.request(prescription, substitutes=chosen)
    finally:
        await item.update(price=Decimal("6.40"))

    assert refused.value.codes == ["PRICE_ABOVE_CEILING"]


@pytest.mark.parametrize("wrong", ["twice", "foreign", "no code", "unknown"])
async def test_substitutes_that_make_no_sense_are_named(walk: Walk, wrong: str) -> None:
    prescription = await upload(walk)
    one = {"lineId": line_ids(prescription, 1)[0], "drugCode": OTHER}
    chosen = {
        "twice": [one, one],
        "foreign": [one | {"lineId": prescription["id"]}],
        "no code": [one | {"drugCode": "??"}],
        "unknown": [one | {"drugCode": "XC08CAS001A001010199977"}],
    }[wrong]
    given = {"prescriptionId": prescription["id"], "pharmacyCode": FUJIAN.pharmacy, "substitutes": chosen}

    error = await error_of(
        walk.patient, document("requestFill"), {"input": given | {"idempotencyKey": f"wrong-{wrong}"}}
    )

    assert error["extensions"]["code"] == ("NOT_FOUND" if wrong == "unknown" else "BAD_USER_INPUT")


async def test_a_code_shown_at_the_counter_may_be_filled_with_the_other_too(walk: Walk) -> None:
    prescription = await upload(walk)
    code = await walk.show_code(prescription)
    chosen = [{"lineId": line_ids(prescription, 1)[0], "drugCode": OTHER}]

    fill = await walk.counter().do(
        "mutation C($input: ClaimPrescriptionInput!) { claimPrescription(input: $input) {"
        " ... on Fill { id lines { drug { code } } } ... on Refusal { violations { code rule message } } } }",
        code=code,
        substitutes=chosen,
    )

    assert fill["lines"][0]["drug"]["code"] == OTHER


async def test_a_split_proposal_says_what_to_take_instead(walk: Walk) -> None:
    prescription = await upload(walk)
    others = (
        await Institution.filter(kind="PHARMACY").exclude(code=FUJIAN.pharmacy).values_list("code", flat=True)
    )
    codes = [OTHER, *(line.drug_code for line in FUJIAN.lines)]
    elsewhere = StockItem.filter(pharmacy_id__in=others, drug_id__in=codes)
    kept = {row.id: row.sellable for row in await elsewhere}
    await elsewhere.update(sellable=0)

    data = await walk.patient.execute(SPLIT, {"id": prescription["id"], "place": HOME})

    for key, sellable in kept.items():
        await StockItem.filter(id=key).update(sellable=sellable)
    (part,) = data["splitProposal"]["parts"]
    assert part["substitutes"] == [{"lineId": line_ids(prescription, 1)[0], "drugCode": OTHER}]
    fill = await walk.request(prescription, substitutes=part["substitutes"], lineIds=part["lineIds"])
    assert fill["state"] == "REQUESTED"
