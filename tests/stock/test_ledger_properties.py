"""Whatever happens to stock, in whatever order: the figures agree."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from models import FillLine
from ops.world.cast import AMLODIPINE, METOPROLOL
from ops.world.days import DEMO_NOW
from policy.calendar import shanghai_day
from policy.terms import MovementKind
from services.entries import StockEntry
from services.errors import NotFound, Refused
from services.movements import record_stock
from services.recalls import recall_batch
from tests.house import House
from tests.stock.counter import COUNTER, check_adds_up, keep, let_go, line, purchase, sell, take_back

DRUGS = (AMLODIPINE, METOPROLOL)
STEPS = 60


class Shop:
    """One pharmacy's days, by dice."""

    def __init__(self, house: House, dice: Random) -> None:
        self.house, self.dice = house, dice
        self.held: list[FillLine] = []
        self.sold: list[FillLine] = []
        self.done: set[str] = set()

    async def step(self) -> None:
        """Something happens, or is refused."""
        steps: list[Callable[[], Awaitable[None]]] = [
            self.buy,
            self.buy,
            self.adjust,
            self.count,
            self.hold,
            self.hold,
            self.sell,
            self.sell,
            self.release,
            self.reverse,
            self.recall,
            self.pass_days,
        ]
        chosen = self.dice.choice(steps)
        with suppress(Refused, NotFound):
            await chosen()
            self.done.add(chosen.__name__)

    def amount(self, most: int) -> Decimal:
        """Whole packages or halves."""
        return Decimal(self.dice.randint(1, most * 2)) / 2

    def batch(self) -> str:
        return f"B{self.dice.randint(1, 6)}"

    async def record(self, *entries: StockEntry) -> None:
        await record_stock(self.house.call(COUNTER), entries=list(entries))

    async def buy(self) -> None:
        number = self.batch()
        # a batch has one last good day, and the days of a run pass some of them
        until = shanghai_day(DEMO_NOW) + timedelta(days=int(number[1:]) * 9)
        drug = self.dice.choice(DRUGS)
        await self.record(purchase(self.dice.randint(1, 30), number, until, drug_code=drug))

    async def adjust(self) -> None:
        kind = self.dice.choice([MovementKind.ADJUSTMENT, MovementKind.TRANSFER])
        sign = self.dice.choice([1, -1])
        number = self.dice.choice([self.batch(), ""])
        await self.record(StockEntry(self.dice.choice(DRUGS), kind, sign * self.amount(20), number))

    async def count(self) -> None:
        number = self.dice.choice([self.batch(), ""])
        entry = StockEntry(self.dice.choice(DRUGS), MovementKind.STOCK_TAKE, self.amount(60), number)
        await self.record(entry)

    async def hold(self) -> None:
        one = line(self.amount(25), self.dice.choice(DRUGS))
        await keep(self.house.call(COUNTER), lines=[one])
        self.held.append(one)

    async def sell(self) -> None:
        one = self.dice.choice(self.held) if self.held else line(Decimal(1))
        await sell(self.house.call(COUNTER), lines=[one])
        if one in self.held:
            self.held.remove(one)
            self.sold.append(one)

    async def release(self) -> None:
        if self.held:
            await let_go(self.house.call(COUNTER), lines=[self.held.pop()])

    async def reverse(self) -> None:
        if self.sold:
            # twice in a row must be the same as once
            one = self.dice.choice(self.sold)
            await take_back(self.house.call(COUNTER), lines=[one])

    async def recall(self) -> None:
        drug, number = self.dice.choice(DRUGS), self.batch()
        if self.dice.random() < 0.3:
            await recall_batch(
                self.house.call(COUNTER), drug_code=drug, batch_number=number, reason="抽检不合格"
            )

    async def pass_days(self) -> None:
        self.house.later(days=self.dice.randint(0, 4))
        if self.dice.random() < 0.5:
            await self.house.expire()


@pytest.mark.parametrize("seed", range(3))
async def test_any_sequence_leaves_figures_batches_movements_and_holds_agreed(
    house: House, seed: int
) -> None:
    dice = Random(seed)
    shop = Shop(house, dice)

    for _ in range(STEPS):
        await shop.step()
        await check_adds_up(DRUGS, shanghai_day(house.now()))

    assert {"buy", "hold", "sell", "reverse", "pass_days"} <= shop.done
