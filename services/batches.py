"""The batches behind a figure of stock (批次): changed only while the stock row is locked."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from models import StockItem
from policy import stock as rules
from policy.calendar import shanghai_day
from policy.terms import MovementKind
from services.bulk import new_ids, rows_of, run
from services.entries import StockEntry
from services.stock_rows import Batch, Portion, Stock

BATCHES = """
SELECT id, item_id, batch_number, made_on, expires_on, approval_number, supplier, on_hand, came_at,
    recalled_at
FROM stock_batch
WHERE item_id = ANY($1::uuid[]) AND ($2::text[] IS NULL OR on_hand > 0 OR batch_number = ANY($2::text[]))
"""
"""All batches of these stock rows, or those that hold something and those that are named."""

SAVE_BATCHES = """
UPDATE stock_batch b SET on_hand = n.on_hand
FROM unnest($1::uuid[], $2::numeric[]) AS n(id, on_hand) WHERE b.id = n.id
"""

SAVE_ITEMS = """
UPDATE stock_item i SET on_hand = n.on_hand, held = n.held, sellable = n.sellable,
    next_expiry = n.next_expiry, moved_at = n.moved_at
FROM unnest($1::uuid[], $2::numeric[], $3::numeric[], $4::numeric[], $5::date[], $6::timestamptz[])
    AS n(id, on_hand, held, sellable, next_expiry, moved_at) WHERE i.id = n.id
"""


class Origin(NamedTuple):
    """What else a movement hangs on (来源): a fill line, the movement it takes back, an opened package."""

    fill_line_id: UUID | None = None
    original_id: UUID | None = None
    is_split: bool = False
    counted: Decimal | None = None


NOTHING = Origin()


@dataclass
class Ledger:
    """Locked stock rows with their batches (库存账): moved in memory, then written, many rows at once."""

    items: dict[UUID, Stock]
    batches: dict[UUID, dict[str, Batch]]
    now: datetime
    recorded_by: str
    portion: Portion = field(default_factory=Portion)

    def __post_init__(self) -> None:
        self.today = shanghai_day(self.now)
        self.ids = new_ids(self.now)

    def of(self, item: Stock) -> list[Batch]:
        """The batches of a drug."""
        return list(self.batches[item.id].values())

    def sellable(self, item: Stock) -> list[Batch]:
        """The batches of a drug that may be sold today."""
        return [batch for batch in self.of(item) if rules.is_sellable(batch, self.today)]

    def new_batch(self, item: Stock, entry: StockEntry, key: str) -> Batch:
        """The batch an entry speaks of, when it is new."""
        made = Batch(
            id=next(self.ids),
            item_id=item.id,
            batch_number=key,
            made_on=entry.made_on,
            expires_on=entry.expires_on,
            approval_number=entry.approval_number,
            supplier=entry.supplier,
            on_hand=Decimal(0),
            came_at=self.now,
        )
        self.batches[item.id][key] = made
        self.portion.batches.append(made)
        return made

    def move(
        self,
        item: Stock,
        batch: Batch,
        change: Decimal,
        entry: StockEntry,
        origin: Origin = NOTHING,
    ) -> None:
        """Put boxes into a batch or take them out, and remember the movement."""
        item.on_hand += change
        batch.on_hand += change
        item.moved_at = self.now
        batch.has_moved = True
        self.portion.movements.append(
            (
                next(self.ids),
                item.id,
                batch.id,
                entry.kind,
                change,
                batch.batch_number,
                entry.made_on or batch.made_on,
                entry.expires_on or batch.expires_on,
                entry.approval_number or batch.approval_number,
                entry.supplier or batch.supplier,
                entry.supplier_licence,
                entry.delivery_note,
                entry.invoice_code,
                entry.invoice_number,
                entry.is_gift,
                origin.is_split,
                entry.change_type,
                entry.counterparty,
                origin.counted,
                origin.original_id,
                origin.fill_line_id,
                entry.barcode,
                entry.shelf,
                entry.memo,
                entry.operator_name,
                entry.unit_cost,
                json.dumps(entry.trace_codes) if entry.trace_codes else "[]",
                entry.reference,
                entry.happened_at or self.now,
                self.recorded_by,
            )
        )

    def take(self) -> Portion:
        """What is to be written by now (待写), which is the ledger's no more."""
        taken, self.portion = self.portion, Portion()
        for batch in taken.batches:
            batch.has_moved = False
        return taken

    async def write(self) -> None:
        """Write batches, movements and figures: what was not taken to be written before."""
        await self.take().write()
        moved = [batch for of in self.batches.values() for batch in of.values() if batch.has_moved]
        if moved:
            await run(SAVE_BATCHES, [batch.id for batch in moved], [batch.on_hand for batch in moved])
        await self.save_items()

    async def save_items(self) -> None:
        """Write the figures of the stock rows, what may be sold counted anew."""
        figures = [(item, *rules.sellable(self.of(item), self.today)) for item in self.items.values()]
        await run(
            SAVE_ITEMS,
            [item.id for item, _, _ in figures],
            [item.on_hand for item, _, _ in figures],
            [item.held for item, _, _ in figures],
            [amount for _, amount, _ in figures],
            [until for _, _, until in figures],
            [item.moved_at for item, _, _ in figures],
        )


async def ledger_of(
    items: Iterable[StockItem], now: datetime, recorded_by: str, named: Iterable[str] | None = None
) -> Ledger:
    """The ledger of locked stock rows. With `named` it knows no empty batches but those of these names."""
    known = {item.id: Stock(item.id, item.drug_id, item.on_hand, item.held, item.moved_at) for item in items}
    batches: dict[UUID, dict[str, Batch]] = defaultdict(dict)
    for row in await rows_of(BATCHES, list(known), None if named is None else list(set(named))):
        batch = Batch(*row)
        batches[batch.item_id][batch.batch_number] = batch
    return Ledger(known, batches, now, recorded_by)


def sale(drug_code: str, quantity: Decimal, price: Decimal, codes: Sequence[str], number: str) -> StockEntry:
    """A sale as an entry (销售出库)."""
    return StockEntry(
        drug_code=drug_code,
        kind=MovementKind.SALE,
        quantity=-quantity,
        unit_cost=price,
        trace_codes=tuple(codes),
        reference=number,
    )
