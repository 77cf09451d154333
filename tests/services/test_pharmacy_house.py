"""A pharmacy's own house: stock that adds up, prices, hours, the roster."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from models import DutyShift, Fill, FillLine, OpeningHours, StockHold, StockItem, StockMovement
from ops.client import Json, Refused
from ops.road import Road, trace_codes
from ops.world.cast import (
    AMLODIPINE,
    FUJIAN_LINES,
    FUJIAN_PHARMACIST,
    FUJIAN_PHARMACIST_SECOND,
    FUJIAN_PHARMACY,
    ORLISTAT,
)
from policy.terms import MovementKind
from tests.house import House
from tests.services.stage import document, settled_fill, walkers


@pytest.fixture(scope="module")
def way(house: House) -> Road:
    """Fujian's people."""
    return walkers(house)


async def item_of(drug: str) -> StockItem:
    """The drug at Fujian's pharmacy."""
    return await StockItem.get(pharmacy_id=FUJIAN_PHARMACY, drug_id=drug)


async def movements(item: StockItem) -> Sequence[StockMovement]:
    """How it came and went."""
    return await StockMovement.filter(item_id=item.id).order_by("moved_at")


async def assert_adds_up() -> None:
    """Every figure on hand is the sum of its movements, every figure held that of its live holds."""
    for item in await StockItem.filter(pharmacy_id=FUJIAN_PHARMACY):
        moved = sum((one.quantity for one in await movements(item)), Decimal(0))
        kept = await StockHold.filter(item_id=item.id, ended_at__isnull=True)
        assert item.on_hand == moved, item.drug_id
        assert item.held == sum((one.quantity for one in kept), Decimal(0)), item.drug_id


async def record(way: Road, *entries: Json) -> None:
    """Record movements."""
    await way.pharmacy.do(document("recordStock"), entries=list(entries))


def entry(kind: str, quantity: str, **more: Any) -> Json:
    """One movement of amlodipine."""
    return {"drugCode": AMLODIPINE, "kind": kind, "quantity": quantity, **more}


async def test_what_is_on_hand_is_the_sum_of_what_moved(way: Road) -> None:
    before = (await item_of(AMLODIPINE)).on_hand

    await record(way, entry("PURCHASE", "12.5"), entry("PURCHASE_RETURN", "-2.5"))
    await record(way, entry("ADJUSTMENT", "-1"), entry("ADJUSTMENT", "3"))

    assert (await item_of(AMLODIPINE)).on_hand == before + 12
    await assert_adds_up()


async def test_a_stock_take_books_the_difference_to_what_was_counted(way: Road) -> None:
    item = await item_of(AMLODIPINE)

    await record(way, entry("STOCK_TAKE", str(item.on_hand + 4)))
    await record(way, entry("STOCK_TAKE", str(item.on_hand - 1)))

    *_, more, less = await movements(item)
    assert (more.kind, more.quantity) == (MovementKind.STOCK_TAKE, Decimal(4))
    assert (less.kind, less.quantity) == (MovementKind.STOCK_TAKE, Decimal(-5))
    assert (await item_of(AMLODIPINE)).on_hand == item.on_hand - 1
    await assert_adds_up()


async def test_a_movement_keeps_where_it_came_from(way: Road) -> None:
    (code,) = trace_codes(AMLODIPINE, 1)
    told = {
        "batchNumber": "B20260301",
        "expiresOn": "2028-02-29",
        "supplier": "示例医药配送甲公司",
        "unitCost": "9.870000",
        "traceCodes": [code],
        "reference": "PO-1",
    }

    await record(way, entry("PURCHASE", "1", **told))

    *_, last = await movements(await item_of(AMLODIPINE))
    assert (last.batch_number, str(last.expires_on), last.unit_cost) == (
        "B20260301",
        "2028-02-29",
        Decimal("9.87"),
    )
    assert (last.supplier, last.trace_codes, last.reference) == ("示例医药配送甲公司", [code], "PO-1")
    assert last.recorded_by == f"PHARMACY:{FUJIAN_PHARMACY}"


async def test_a_settlement_sells_what_was_held(way: Road) -> None:
    before = {line.drug_code: (await item_of(line.drug_code)).on_hand for line in FUJIAN_LINES}

    fill = await settled_fill(way)

    for line in FUJIAN_LINES:
        item = await item_of(line.drug_code)
        *_, sale = await movements(item)
        sold = await FillLine.get(fill_id=fill["id"], drug_id=line.drug_code)
        assert item.on_hand == before[line.drug_code] - line.quantity
        assert (sale.kind, sale.quantity) == (MovementKind.SALE, -line.quantity)
        assert sale.trace_codes == sold.trace_codes != []
    await assert_adds_up()


async def test_what_is_cancelled_is_let_go_and_sold_to_nobody(way: Road) -> None:
    before = await item_of(AMLODIPINE)
    fill = await way.request((await way.upload())["id"])
    held = (await item_of(AMLODIPINE)).held

    await way.patient.do(document("cancelFill"), fillId=fill["id"])

    after = await item_of(AMLODIPINE)
    assert held == before.held + 3
    assert (after.on_hand, after.held) == (before.on_hand, before.held)
    await assert_adds_up()


async def test_a_drug_comes_to_the_shelf_by_its_first_purchase(way: Road) -> None:
    await record(way, entry("PURCHASE", "2") | {"drugCode": ORLISTAT})

    item = await item_of(ORLISTAT)
    assert item.on_hand >= 2
    await assert_adds_up()


async def test_a_new_price_holds_for_the_next_patient_not_for_this_one(way: Road) -> None:
    fill = await way.request((await way.upload())["id"])
    old = (await item_of(AMLODIPINE)).price
    assert old is not None
    lower = old - Decimal("0.01")

    await way.pharmacy.do(document("setPrices"), prices=[{"drugCode": AMLODIPINE, "price": f"{lower:f}"}])

    asked = await FillLine.get(fill_id=fill["id"], drug_id=AMLODIPINE)
    later = await way.request((await way.upload())["id"])
    asked_later = await FillLine.get(fill_id=later["id"], drug_id=AMLODIPINE)
    assert (asked.price, asked_later.price) == (old, lower)


HOURS = "query H($id: UUID!) { fill(id: $id) { pharmacy { openingHours { weekday opens closes } } } }"


async def test_opening_hours_are_replaced_as_a_whole_and_decide_who_may_ask(house: House, way: Road) -> None:
    fill = await way.request((await way.upload())["id"])
    old = await OpeningHours.filter(institution_id=FUJIAN_PHARMACY).values("weekday", "opens", "closes")
    spans = [
        {"weekday": 0, "opens": 780, "closes": 1440},
        {"weekday": 0, "opens": 0, "closes": 480},
        {"weekday": 6, "opens": 480, "closes": 720},
    ]

    await way.pharmacy.do(document("setOpeningHours"), spans=spans)

    shown = (await way.patient.execute(HOURS, {"id": fill["id"]}))["fill"]["pharmacy"]["openingHours"]
    assert shown == [spans[1], spans[0], spans[2]]
    prescription = await way.upload()
    with pytest.raises(Refused) as refused:
        await way.request(prescription["id"])
    assert refused.value.codes == ["PHARMACY_CLOSED"]
    await way.pharmacy.do(document("setOpeningHours"), spans=[dict(one) for one in old])
    assert (await way.request(prescription["id"]))["state"] == "REQUESTED"


async def test_a_new_roster_replaces_what_is_to_come_and_keeps_what_was(house: House, way: Road) -> None:
    now = house.now()
    past = await DutyShift.filter(institution_id=FUJIAN_PHARMACY, ends_at__lte=now).count()
    begun = await DutyShift.filter(
        institution_id=FUJIAN_PHARMACY, starts_at__lte=now, ends_at__gt=now
    ).count()
    assert begun > 0
    shift = {
        "pharmacistCode": FUJIAN_PHARMACIST_SECOND,
        "startsAt": (now + timedelta(hours=2)).isoformat(),
        "endsAt": (now + timedelta(hours=10)).isoformat(),
    }

    await way.pharmacy.do(document("setDutyRoster"), shifts=[shift])

    rows = await DutyShift.filter(institution_id=FUJIAN_PHARMACY)
    to_come = [row for row in rows if row.ends_at > house.now()]
    assert [row.pharmacist_id for row in to_come] == [FUJIAN_PHARMACIST_SECOND]
    assert len(rows) == past + begun + 1, "what has begun stays on record, ended now"
    prescription = await way.upload()
    with pytest.raises(Refused) as refused:
        await way.request(prescription["id"])
    assert refused.value.codes == ["PHARMACIST_NOT_ON_DUTY"]


async def test_a_shift_that_has_begun_may_be_told_again(house: House, way: Road) -> None:
    now = house.now()
    shift = {
        "pharmacistCode": FUJIAN_PHARMACIST,
        "startsAt": (now - timedelta(minutes=5)).isoformat(),
        "endsAt": (now + timedelta(hours=8)).isoformat(),
    }

    await way.pharmacy.do(document("setDutyRoster"), shifts=[shift])

    fill = await way.request((await way.upload())["id"])
    assert (await way.approve(fill["id"]))["state"] == "APPROVED"
    assert (await Fill.get(id=fill["id"])).pharmacist_id == FUJIAN_PHARMACIST
