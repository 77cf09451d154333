"""Batches: what expires first leaves first, what expired or was recalled never leaves to a patient."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from models import Institution, StockMovement
from ops.world.cast import AMLODIPINE, FUJIAN_PHARMACY
from policy.calendar import shanghai_day
from policy.terms import MovementKind, Role
from policy.violation import Code
from services.actor import Actor
from services.entries import StockEntry
from services.errors import Refused
from services.movements import record_movements
from services.recalls import recall_batch
from services.stock import availability, heartbeat
from tests.house import House
from tests.stock.counter import (
    COUNTER,
    batches_of,
    check_adds_up,
    empty_shelf,
    item_of,
    keep,
    let_go,
    line,
    purchase,
    sell,
    take_back,
)


@pytest.fixture(autouse=True)
async def two_batches(house: House) -> AsyncIterator[None]:
    """Ten boxes that end in five days, ten that end in fifty; nothing else."""
    offset = house.clock.offset
    await empty_shelf(house)
    today = shanghai_day(house.now())
    run = uuid4().hex[:8]
    near = purchase(10, f"NEAR-{run}", today + timedelta(days=5))
    far = purchase(10, f"FAR-{run}", today + timedelta(days=50))
    await record_movements(house.call(COUNTER), entries=[far, near])
    yield
    house.clock.offset = offset


async def promised(house: House) -> Decimal:
    """What a patient is told."""
    return (await availability([await item_of()], shanghai_day(house.now())))[AMLODIPINE]


async def test_what_expires_first_is_sold_first_and_a_sale_may_take_from_two_batches(house: House) -> None:
    one = line(Decimal(12))
    await keep(house.call(COUNTER), lines=[one])

    await sell(house.call(COUNTER), lines=[one])

    left = {name[:4]: amount for name, amount in (await batches_of()).items() if amount}
    assert left == {"FAR-": Decimal(8)}
    sales = await StockMovement.filter(fill_line_id=one.id, kind=MovementKind.SALE).order_by("expires_on")
    assert [sale.quantity for sale in sales] == [Decimal(-10), Decimal(-2)]
    assert sales[0].approval_number == "国药准字H99990001"
    await check_adds_up([AMLODIPINE], shanghai_day(house.now()))


async def test_a_sale_taken_back_returns_to_the_batches_it_came_from_and_only_once(house: House) -> None:
    before = await batches_of()
    one = line(Decimal(12))
    await keep(house.call(COUNTER), lines=[one])
    await sell(house.call(COUNTER), lines=[one])

    await take_back(house.call(COUNTER), lines=[one])
    await take_back(house.call(COUNTER), lines=[one])

    assert await batches_of() == before
    returns = await StockMovement.filter(fill_line_id=one.id, kind=MovementKind.SALE_RETURN)
    assert len({movement.original_id for movement in returns}) == len(returns) == 2


async def test_an_expired_batch_is_not_promised_from_midnight_on_even_before_it_is_swept(
    house: House,
) -> None:
    assert await promised(house) == 20

    house.later(days=6)
    unswept = await promised(house)
    await house.expire()

    assert unswept == await promised(house) == 10
    assert (await item_of()).sellable == 10
    assert (await item_of()).on_hand == 20


async def test_a_recalled_batch_is_neither_promised_nor_sold_though_it_was_held(house: House) -> None:
    one = line(Decimal(15))
    await keep(house.call(COUNTER), lines=[one])
    number = next(name for name, left in (await batches_of()).items() if left and name.startswith("FAR-"))

    agency = Actor(Role.AGENCY, "350100", area="350100")
    await recall_batch(house.call(agency), drug_code=AMLODIPINE, batch_number=number, reason="国家药监局通告")

    assert await promised(house) == 0
    with pytest.raises(Refused) as refused:
        await sell(house.call(COUNTER), lines=[one])
    assert [violation.code for violation in refused.value.violations] == [Code.STOCK_SHORT]
    assert (await item_of()).on_hand == 20
    await let_go(house.call(COUNTER), lines=[one])


async def test_every_bad_line_is_named_and_nothing_is_taken(house: House) -> None:
    before = await batches_of()
    today = shanghai_day(house.now())
    good = purchase(1, "GOOD", today + timedelta(days=90))
    lines = [
        good,
        purchase(0, "B1", today),
        purchase(1, "", today),
        purchase(1, "B3", today, drug_code="X"),
        purchase(1, "B4", today, supplier="", made_on=today + timedelta(days=1)),
        StockEntry(AMLODIPINE, MovementKind.SALE, Decimal(1)),
    ]

    with pytest.raises(Refused) as refused:
        await record_movements(house.call(COUNTER), entries=lines)

    assert {violation.line_id for violation in refused.value.violations} == {"2", "3", "4", "5", "6"}
    texts = "".join(violation.message for violation in refused.value.violations)
    for word in ("quantity", "缺少生产批号", "drugCode", "缺少供货单位", "madeOn", "expiresOn", "kind"):
        assert word in texts
    assert await batches_of() == before


async def test_lines_that_the_books_forbid_are_all_named_too(house: House) -> None:
    today = shanghai_day(house.now())
    out = StockEntry(AMLODIPINE, MovementKind.ADJUSTMENT, Decimal(-999), "FAR", memo="报损")
    lines = [
        out,
        purchase(1, "OK", today + timedelta(days=90)),
        purchase(1, "OK", today + timedelta(days=91)),
        purchase(1, "U", today, drug_code="XZ99ZZZ999Z999999999999"),
    ]

    with pytest.raises(Refused) as refused:
        await record_movements(house.call(COUNTER), entries=lines)

    found = [(violation.line_id, violation.code) for violation in refused.value.violations]
    assert found == [("1", Code.STOCK_SHORT), ("3", Code.INVALID_VALUE), ("4", Code.UNKNOWN_DRUG)]


async def test_a_heartbeat_says_that_the_pharmacy_is_there(house: House) -> None:
    house.later(days=2)

    call = house.call(COUNTER)
    await heartbeat(call)

    assert (await Institution.get(code=FUJIAN_PHARMACY)).heard_at == call.now
