"""Whatever happens at the counter: what the ledger says was sold is what was settled and booked."""

from datetime import timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest

from models import (
    FillLine,
    JournalEntry,
    Posting,
    Settlement,
    SettlementLine,
    StockItem,
    StockMovement,
)
from ops.client import Json
from ops.road import FUJIAN
from ops.world.days import DEMO_NOW
from policy.calendar import shanghai_day
from policy.money import fen
from policy.terms import MovementKind
from services.movements import record_movements
from services.stock import PriceEntry, set_prices
from tests.house import House
from tests.road.walk import Walk, line_ids
from tests.road.words import CANCEL
from tests.stock.counter import COUNTER, check_adds_up, purchase

DRUGS = [line.drug_code for line in FUJIAN.lines]
SETTLED = 4
ZERO = Decimal(0)


class Days:
    """Some days at one counter, by dice."""

    def __init__(self, house: House, dice: Random) -> None:
        self.house, self.dice, self.walk = house, dice, Walk(house, FUJIAN)
        self.fills: list[Json] = []

    async def buy(self) -> None:
        """A few boxes that expire sooner than what is there: a line's boxes come from several batches."""
        days = self.dice.randint(20, 90)
        until = shanghai_day(DEMO_NOW) + timedelta(days=days)
        drug = self.dice.choice(DRUGS)
        entry = purchase(self.dice.randint(1, 2), f"V{days}", until, drug_code=drug)
        await record_movements(self.house.call(COUNTER), entries=[entry])

    async def price(self) -> None:
        """A price with more places than money has."""
        drug = self.dice.choice(DRUGS)
        item = await StockItem.get(pharmacy_id=FUJIAN.pharmacy, drug_id=drug)
        assert item.price is not None
        lower = (item.price * self.dice.randint(900_000, 1_000_000) / 1_000_000).quantize(Decimal("0.000001"))
        await set_prices(self.house.call(COUNTER), prices=[PriceEntry(drug, lower)])

    async def ask(self) -> None:
        """A patient asks for some lines."""
        prescription = await self.walk.upload()
        some = self.dice.sample([1, 2, 3], self.dice.randint(1, 3))
        self.fills.append(await self.walk.request(prescription, lineIds=line_ids(prescription, *some)))

    async def cancel(self) -> None:
        """And thinks better of it."""
        if self.fills:
            fill = self.fills.pop(self.dice.randrange(len(self.fills)))
            await self.walk.patient.do(CANCEL, fillId=fill["id"])

    async def settle(self) -> None:
        """Or buys."""
        if not self.fills:
            await self.ask()
        fill = self.fills.pop(self.dice.randrange(len(self.fills)))
        await self.walk.make_settleable(fill)
        await self.walk.settle(fill)


async def check_values() -> int:
    """Line by line, bill by bill, entry by entry: the same sums. Gives the number of bills."""
    sold: dict[UUID | None, Decimal] = {}
    for movement in await StockMovement.filter(
        kind=MovementKind.SALE, item__pharmacy_id=FUJIAN.pharmacy, fill_line_id__isnull=False
    ):
        assert movement.unit_cost is not None
        value = -movement.quantity * movement.unit_cost
        sold[movement.fill_line_id] = sold.get(movement.fill_line_id, ZERO) + value
    settlements = await Settlement.filter(pharmacy_id=FUJIAN.pharmacy)
    for settlement in settlements:
        lines = await FillLine.filter(fill_id=settlement.fill_id).order_by("prescription_line__number")
        totals = await SettlementLine.filter(settlement_id=settlement.id).order_by("number")
        assert [fen(sold.pop(line.id)) for line in lines] == [line.total for line in totals]
        assert sum((line.total for line in totals), ZERO) == settlement.total
        entry = await JournalEntry.get(reference=settlement.number)
        legs = await Posting.filter(entry_id=entry.id)
        assert sum((leg.debit for leg in legs), ZERO) == settlement.total
        assert sum((leg.credit for leg in legs), ZERO) == settlement.total
    assert sold == {}, "what was sold and never settled"
    return len(settlements)


@pytest.mark.parametrize("seed", range(2))
async def test_the_ledgers_value_is_the_journals(house: House, seed: int) -> None:
    days = Days(house, Random(seed))
    before = await check_values()

    while await check_values() < before + SETTLED:
        await days.dice.choice([days.buy, days.buy, days.price, days.ask, days.cancel, days.settle])()
        await check_adds_up(DRUGS, shanghai_day(house.now()))

    portions = await StockMovement.filter(kind=MovementKind.SALE).values_list("fill_line_id", flat=True)
    assert len(portions) > len(set(portions)), "no line was taken from two batches"
