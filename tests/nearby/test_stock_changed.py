"""Subscribers hear within a second what pharmacies around them can promise."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from models import StockItem
from ops.client import Json, Listener
from ops.road import FUJIAN, Road
from ops.world import cast
from tests.house import House
from tests.services.stage import document, walkers

LIVE = """subscription L($codes: [String!]!, $near: LocationInput!, $radius: Int! = 5000,
  $snapshot: Boolean! = false) {
  stockChanged(drugCodes: $codes, near: $near, radius: $radius, snapshot: $snapshot) {
    pharmacyCode distance asOf pharmacy { name } drugs { drugCode available price drug { genericName } }
  }
}"""
HOME = {"longitude": FUJIAN.home.longitude, "latitude": FUJIAN.home.latitude}
WISH: dict[str, Any] = {"codes": [cast.AMLODIPINE], "near": HOME}


@pytest.fixture(scope="module")
def way(house: House) -> Road:
    """Fujian's people."""
    return walkers(house)


async def heard(listener: Listener) -> Json:
    """The next message, which must come within a second."""
    async with asyncio.timeout(1.0):
        return await listener.queue.get()


async def snapshot(listener: Listener) -> dict[str, Json]:
    """The first messages, one per pharmacy: they say that the subscription listens."""
    found = {}
    while FUJIAN.pharmacy not in found:
        message = await asyncio.wait_for(listener.queue.get(), 10)
        found[message["pharmacyCode"]] = message
    return found


async def drain(listener: Listener) -> None:
    """Take the rest of the snapshot: nothing more comes in a while."""
    try:
        while True:
            await asyncio.wait_for(listener.queue.get(), 0.5)
    except TimeoutError:
        return


async def set_price(way: Road, price: str, code: str = cast.AMLODIPINE) -> None:
    """A new price at the cast's pharmacy."""
    await way.pharmacy.do(document("setPrices"), prices=[{"drugCode": code, "price": price}])


async def test_a_change_is_heard_within_a_second_with_all_that_changed(way: Road) -> None:
    async with way.patient.listen(LIVE, {**WISH, "snapshot": True}) as listener:
        first = (await snapshot(listener))[FUJIAN.pharmacy]
        await drain(listener)
        price = str(Decimal(first["drugs"][0]["price"]) - Decimal("0.10"))

        await set_price(way, price)
        told = await heard(listener)

    assert (told["pharmacyCode"], told["distance"]) == (FUJIAN.pharmacy, first["distance"])
    (drug,) = told["drugs"]
    assert (drug["drugCode"], Decimal(drug["price"])) == (cast.AMLODIPINE, Decimal(price))


async def test_what_is_held_for_a_fill_is_heard_and_again_when_let_go(way: Road) -> None:
    item = await StockItem.get(pharmacy_id=FUJIAN.pharmacy, drug_id=cast.AMLODIPINE)
    prescription = await way.upload()
    async with way.patient.listen(LIVE, {**WISH, "snapshot": True}) as listener:
        await snapshot(listener)
        await drain(listener)

        fill = await way.request(prescription["id"])
        less = await heard(listener)
        await way.pharmacy.do(document("declineFill"), fillId=fill["id"], reason="缺货")
        again = await heard(listener)

    available = [Decimal(told["drugs"][0]["available"]) for told in (less, again)]
    assert available[0] < available[1] == item.sellable - item.held


async def test_other_drugs_and_far_pharmacies_are_not_told(way: Road) -> None:
    other = next(line.drug_code for line in FUJIAN.lines if line.drug_code != cast.AMLODIPINE)
    away = {"longitude": HOME["longitude"] + 0.5, "latitude": HOME["latitude"]}
    async with (
        way.patient.listen(LIVE, {**WISH, "snapshot": True}) as near,
        way.patient.listen(LIVE, {**WISH, "near": away}) as far,
    ):
        await snapshot(near)
        await drain(near)
        item = await StockItem.get(pharmacy_id=FUJIAN.pharmacy, drug_id=other)
        assert item.price is not None

        await set_price(way, str(item.price - Decimal("0.01")), other)
        await set_price(way, "5.01")
        told = await heard(near)

    assert [drug["drugCode"] for drug in told["drugs"]] == [cast.AMLODIPINE]
    assert far.queue.empty()


async def test_a_burst_of_changes_is_few_messages_and_ends_with_the_last(way: Road) -> None:
    async with way.patient.listen(LIVE, {**WISH, "snapshot": True}) as listener:
        await snapshot(listener)
        await drain(listener)

        await asyncio.gather(*(set_price(way, f"4.{number:02d}") for number in range(10, 30)))
        item = await StockItem.get(pharmacy_id=FUJIAN.pharmacy, drug_id=cast.AMLODIPINE)
        prices = []
        while item.price not in prices:
            prices.append(Decimal((await heard(listener))["drugs"][0]["price"]))

    assert len(prices) < 20
