"""Which boxes may be sold and go first (先近期先出), and what a movement must say (FJ-2.5)."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol, TypeVar

from policy.terms import MovementKind

BATCH = (
    ("batch_number", "batchNumber", "生产批号"),
    ("made_on", "madeOn", "生产日期"),
    ("expires_on", "expiresOn", "有效期止"),
)
REQUIRED = {
    MovementKind.PURCHASE: (
        *BATCH,
        ("approval_number", "approvalNumber", "批准文号"),
        ("supplier", "supplier", "供货单位"),
        ("unit_cost", "unitCost", "价格"),
    ),
    MovementKind.PURCHASE_RETURN: (
        BATCH[0],
        ("supplier", "supplier", "供货单位"),
        ("invoice_number", "invoiceNumber", "采购发票号"),
    ),
    MovementKind.ADJUSTMENT: (BATCH[0], ("memo", "memo", "原因")),
    MovementKind.TRANSFER: (BATCH[0], ("counterparty", "counterparty", "调拨对方")),
    MovementKind.STOCK_TAKE: (BATCH[0],),
}
"""What each kind of movement must say (FJ-2.5, national interfaces 3501 to 3504)."""


class Boxes(Protocol):
    """The boxes of one batch (批次)."""

    batch_number: str
    on_hand: Decimal
    expires_on: date | None
    recalled_at: datetime | None
    came_at: datetime


B = TypeVar("B", bound=Boxes)


def is_sellable(batch: Boxes, on: date) -> bool:
    """Whether a batch may be sold on a day: not recalled, its last good day not over."""
    return batch.recalled_at is None and (batch.expires_on is None or batch.expires_on >= on)


def sellable(batches: Iterable[Boxes], on: date) -> tuple[Decimal, date | None]:
    """How much may be sold on a day (可售数量), and the first day after which that is less."""
    good = [batch for batch in batches if batch.on_hand > 0 and is_sellable(batch, on)]
    ends = [batch.expires_on for batch in good if batch.expires_on is not None]
    return sum((batch.on_hand for batch in good), Decimal(0)), min(ends, default=None)


def first_expired_first_out(batches: Sequence[B], quantity: Decimal) -> list[tuple[B, Decimal]]:
    """Which batches give how much (先近期先出): what expires first goes first, what never says goes last.

    Gives less than was asked for when the batches hold less.
    """
    portions = []
    for batch in sorted(batches, key=expiry_order):
        portion = min(batch.on_hand, quantity)
        if portion > 0:
            portions.append((batch, portion))
            quantity -= portion
    return portions


def expiry_order(batch: Boxes) -> tuple[date, datetime, str]:
    """What expires first, then what came first."""
    return (batch.expires_on or date.max, batch.came_at, batch.batch_number)
