"""Pharmacies near the patient: the nearest, the cheapest, each once, at the price that is paid later."""

from decimal import Decimal
from typing import Any

import pytest

from models import FillLine, StockBatch, StockItem
from ops.client import Json
from ops.road import FUJIAN, SHANXI, Region, Road
from ops.world import cast
from policy.geography import CoordinateSystem, distance_m, to_gcj02
from policy.money import fen
from tests.house import House
from tests.services.stage import walkers

DOCUMENT = """query N(
  $place: LocationInput!, $id: UUID, $radius: Int, $order: PharmacyOrder,
  $onlyOpen: Boolean, $onlyComplete: Boolean, $first: Int, $after: String
) {
  nearbyPharmacies(
    location: $place, prescriptionId: $id, radius: $radius, order: $order,
    onlyOpen: $onlyOpen, onlyComplete: $onlyComplete, first: $first, after: $after
  ) {
    edges { cursor node {
      distance isOpen fillsAll total
      estimate { total personalTotal fundTotal cash account }
      pharmacy { code position { longitude latitude } }
      offers { suffices price wanted available }
    } }
    pageInfo { hasNextPage endCursor }
  }
}"""
HOME = {"longitude": FUJIAN.home.longitude, "latitude": FUJIAN.home.latitude}


@pytest.fixture(scope="module")
def way(house: House) -> Road:
    """Fujian's people."""
    return walkers(house)


@pytest.fixture(scope="module")
async def prescription(way: Road) -> str:
    """A prescription whose lines are open."""
    return str((await way.upload())["id"])


async def shelve(pharmacy: str, boxes: int, **which: Any) -> None:
    """So many boxes of these drugs, all of one batch, past the movements (直接置库存)."""
    for item in await StockItem.filter(pharmacy_id=pharmacy, **which):
        batch = await StockBatch.filter(item_id=item.id).order_by("-expires_on").first()
        if batch is not None:
            await StockBatch.filter(item_id=item.id).update(on_hand=0)
            await StockBatch.filter(id=batch.id).update(on_hand=boxes)
            await StockItem.filter(id=item.id).update(on_hand=boxes, sellable=boxes)


async def search(way: Road, **given: Any) -> Json:
    """One page."""
    values = {"place": HOME, "radius": 50_000, "first": 100, "order": "DISTANCE"} | given
    data = await way.patient.execute(DOCUMENT, values)
    page: Json = data["nearbyPharmacies"]
    return page


async def found(way: Road, **given: Any) -> list[Json]:
    """The pharmacies of one page."""
    return [edge["node"] for edge in (await search(way, **given))["edges"]]


def codes(nodes: list[Json]) -> list[str]:
    """Their codes, in order."""
    return [node["pharmacy"]["code"] for node in nodes]


async def test_the_nearest_come_first_and_none_is_beyond_the_radius(way: Road, prescription: str) -> None:
    far = await found(way, id=prescription)
    near = await found(way, id=prescription, radius=1_500)

    distances = [node["distance"] for node in far]
    assert distances == sorted(distances)
    assert codes(near) == [code for code, away in zip(codes(far), distances, strict=True) if away <= 1_500]
    here = (FUJIAN.home.longitude, FUJIAN.home.latitude)
    for node in far:
        there = node["pharmacy"]["position"]
        assert node["distance"] == round(distance_m(here, (there["longitude"], there["latitude"])))
    assert cast.FUJIAN_PHARMACY_ENDED not in codes(far)


@pytest.mark.parametrize(("order", "figure"), [("TOTAL_PRICE", "total"), ("PATIENT_PAYS", "personalTotal")])
async def test_the_cheapest_complete_ones_come_first(
    way: Road, prescription: str, order: str, figure: str
) -> None:
    nodes = await found(way, id=prescription, order=order)

    ranks = [(not node["fillsAll"], Decimal(node["estimate"][figure])) for node in nodes]
    assert ranks == sorted(ranks)
    assert {rank[0] for rank in ranks} == {True, False}
    assert set(codes(nodes)) == set(codes(await found(way, id=prescription)))


async def test_only_open_and_only_complete_leave_the_others_out(way: Road, prescription: str) -> None:
    every = await found(way, id=prescription)

    are_open = await found(way, id=prescription, onlyOpen=True)
    complete = await found(way, id=prescription, onlyComplete=True)

    assert codes(are_open) == [node["pharmacy"]["code"] for node in every if node["isOpen"]]
    assert codes(complete) == [node["pharmacy"]["code"] for node in every if node["fillsAll"]]
    assert cast.FUJIAN_PHARMACY_CLOSED not in codes(are_open)
    assert cast.FUJIAN_PHARMACY_PARTIAL not in codes(complete)
    assert cast.FUJIAN_PHARMACY_EMPTY not in codes(every), "who has nothing of it is not shown"


@pytest.mark.parametrize("order", ["DISTANCE", "TOTAL_PRICE", "PATIENT_PAYS"])
async def test_pages_hold_each_pharmacy_once(way: Road, prescription: str, order: str) -> None:
    whole = codes(await found(way, id=prescription, order=order))

    paged: list[str] = []
    after = None
    for _ in range(100):
        page = await search(way, id=prescription, order=order, first=2, after=after)
        paged += codes([edge["node"] for edge in page["edges"]])
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert len(whole) > 4
    assert paged == whole


@pytest.mark.parametrize("system", ["WGS84", "BD09"])
async def test_a_place_in_another_system_is_the_same_place(way: Road, prescription: str, system: str) -> None:
    # the place on the other map that is home on ours, found step by step
    longitude, latitude = FUJIAN.home.longitude, FUJIAN.home.latitude
    for _ in range(30):
        point = to_gcj02(longitude, latitude, CoordinateSystem[system])
        longitude += FUJIAN.home.longitude - point.longitude
        latitude += FUJIAN.home.latitude - point.latitude
    shifted = distance_m((longitude, latitude), (FUJIAN.home.longitude, FUJIAN.home.latitude))
    there = {"longitude": longitude, "latitude": latitude, "system": system}

    ours = await found(way, id=prescription)
    theirs = await found(way, id=prescription, place=there)

    assert shifted > 300, "the maps lie hundreds of metres apart"
    assert codes(theirs) == codes(ours)
    for mine, other in zip(ours, theirs, strict=True):
        assert abs(mine["distance"] - other["distance"]) <= 1


async def test_without_a_prescription_every_pharmacy_under_contract_is_shown(
    way: Road, prescription: str
) -> None:
    nodes = await found(way)

    assert cast.FUJIAN_PHARMACY_EMPTY in codes(nodes)
    assert cast.FUJIAN_PHARMACY_ENDED not in codes(nodes)
    assert all(node["offers"] == [] and node["estimate"] is None for node in nodes)
    assert all(not node["fillsAll"] for node in nodes)


async def test_what_is_held_for_others_is_not_offered(house: House, way: Road, prescription: str) -> None:
    await shelve(FUJIAN.pharmacy, 5, drug_id=cast.AMLODIPINE, held=0)
    other = await way.upload()
    await way.request(other["id"])

    nodes = await found(way, id=prescription)

    (mine,) = [node for node in nodes if node["pharmacy"]["code"] == FUJIAN.pharmacy]
    (offer,) = [one for one in mine["offers"] if not one["suffices"]]
    assert (offer["wanted"], offer["available"]) == ("3", "2")
    assert not mine["fillsAll"]


@pytest.mark.parametrize("region", [FUJIAN, SHANXI], ids=["福建", "山西"])
async def test_the_estimate_is_what_is_paid_later(house: House, region: Region) -> None:
    way = walkers(house, region)
    await shelve(region.pharmacy, 50, on_hand__lt=50)
    prescription = await way.upload()
    (shown,) = [
        node
        for node in await found(
            way,
            id=prescription["id"],
            place={"longitude": region.home.longitude, "latitude": region.home.latitude},
        )
        if node["pharmacy"]["code"] == region.pharmacy
    ]

    fill = await way.request(prescription["id"])
    await way.approve(fill["id"])
    await way.make_ready(fill["id"])
    await way.sign(fill)
    await way.verify_manually(fill["id"])
    preview = await way.preview(fill["id"])
    settlement = await way.settle(fill["id"], preview["digest"])

    paid = settlement["statement"]
    assert shown["estimate"] == {name: paid[name] for name in shown["estimate"]}
    assert shown["total"] == paid["total"]
    lines = await FillLine.filter(fill_id=fill["id"])
    shelf_price = sum((line.quantity * line.price for line in lines), Decimal(0))
    assert Decimal(paid["total"]) == fen(shelf_price)
