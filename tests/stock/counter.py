"""A pharmacy's counter without patients: what happens to stock, straight through the services."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from models import FillLine, Institution, StockBatch, StockHold, StockItem, StockMovement
from ops.world.cast import AMLODIPINE, FUJIAN_PHARMACY
from policy import stock as rules
from policy.calendar import shanghai_day
from policy.terms import MovementKind, Role
from services import holds
from services.actor import Actor
from services.entries import StockEntry
from services.errors import Refused
from services.stock import availability, lock_items
from services.use_case import Work, use_case
from tests.house import House

ZERO = Decimal(0)
COUNTER = Actor(Role.PHARMACY, FUJIAN_PHARMACY, institution=FUJIAN_PHARMACY)


def purchase(quantity: int, batch: str, expires_on: date, **more: Any) -> StockEntry:
    """A purchase with everything it must say."""
    values: dict[str, Any] = {
        "drug_code": AMLODIPINE,
        "kind": MovementKind.PURCHASE,
        "quantity": Decimal(quantity),
        "batch_number": batch,
        "made_on": date(2025, 1, 1),
        "expires_on": expires_on,
        "approval_number": "国药准字H99990001",
        "supplier": "示例医药配送甲公司",
        "unit_cost": Decimal("4.2"),
    }
    return StockEntry(**(values | more))


def line(quantity: Decimal, drug: str = AMLODIPINE, codes: Sequence[str] = ()) -> FillLine:
    """A fill line that no table has: stock only looks at what it says."""
    return FillLine(
        id=uuid4(),
        fill_id=uuid4(),
        prescription_line_id=uuid4(),
        drug_id=drug,
        quantity=quantity,
        price=Decimal("5.5"),
        trace_codes=list(codes),
    )


@use_case("holdForTest", Institution)
async def keep(work: Work, lines: Sequence[FillLine]) -> Institution:
    """Hold stock for lines if there is enough, as a claim does."""
    pharmacy = await Institution.get(code=FUJIAN_PHARMACY)
    items = await lock_items(pharmacy, [one.drug_id for one in lines])
    promised = await availability(list(items.values()), shanghai_day(work.now))
    if any(one.quantity > promised[one.drug_id] for one in lines):
        raise Refused([holds.unsellable(one) for one in lines])
    await holds.hold(lines, items, work.now)
    return pharmacy


@use_case("sellForTest", Institution)
async def sell(work: Work, lines: Sequence[FillLine]) -> Institution:
    """Sell what is held, as a settlement does."""
    await holds.sell(work, FUJIAN_PHARMACY, lines, "TEST")
    return await Institution.get(code=FUJIAN_PHARMACY)


@use_case("releaseForTest", Institution)
async def let_go(work: Work, lines: Sequence[FillLine]) -> Institution:
    """Let go what is held, as a cancelled fill does."""
    await holds.release([one.id for one in lines], work.now)
    return await Institution.get(code=FUJIAN_PHARMACY)


@use_case("takeBackForTest", Institution)
async def take_back(work: Work, lines: Sequence[FillLine]) -> Institution:
    """Undo a sale, as a reversal does."""
    await holds.take_back(work, FUJIAN_PHARMACY, [one.id for one in lines], "TEST-R")
    return await Institution.get(code=FUJIAN_PHARMACY)


async def item_of(drug: str = AMLODIPINE) -> StockItem:
    """The drug at the pharmacy."""
    return await StockItem.get(pharmacy_id=FUJIAN_PHARMACY, drug_id=drug)


async def batches_of(drug: str = AMLODIPINE) -> dict[str, Decimal]:
    """What each batch of the drug holds."""
    rows = await StockBatch.filter(item_id=(await item_of(drug)).id)
    return {row.batch_number: row.on_hand for row in rows}


async def empty_shelf(house: House, drug: str = AMLODIPINE) -> None:
    """Count every batch of the drug as gone, so that a test begins with nothing."""
    from services.movements import record_stock

    for number in await batches_of(drug):
        gone = StockEntry(drug, MovementKind.STOCK_TAKE, ZERO, batch_number=number)
        await record_stock(house.call(COUNTER), entries=[gone])


async def check_adds_up(drugs: Sequence[str], today: date) -> None:
    """Figures, batches, movements and holds of these drugs agree, and none is below zero."""
    for drug in drugs:
        item = await item_of(drug)
        batches = await StockBatch.filter(item_id=item.id)
        moved: dict[UUID | None, Decimal] = {}
        for movement in await StockMovement.filter(item_id=item.id):
            moved[movement.batch_id] = moved.get(movement.batch_id, ZERO) + movement.quantity
        kept = await StockHold.filter(item_id=item.id, ended_at__isnull=True)
        assert item.on_hand == sum(moved.values(), ZERO) == sum((b.on_hand for b in batches), ZERO)
        assert all(batch.on_hand == moved.get(batch.id, ZERO) >= 0 for batch in batches)
        assert item.held == sum((one.quantity for one in kept), ZERO) <= item.on_hand
        good, _ = rules.sellable(batches, today)
        promised = await availability([item], today)
        assert promised[drug] == max(good - item.held, ZERO) >= 0
        if item.next_expiry is None or item.next_expiry >= today:
            assert item.sellable == good
