"""Stock rows (示例库存): every quantity comes with the movements that made it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from ops.world.catalogue import Drug
from ops.world.ids import joined_id, stable_id, trace_code
from ops.world.pharmacies import Pharmacy
from ops.world.pharmacy_cast import Shelf
from ops.world.rows import StockBatchRow, StockItemRow, StockMovementRow, TraceCodeRow, TracePrefixRow
from ops.world.shelves import Offer
from policy.money import ZERO, fen
from policy.terms import MovementKind, TraceState

RECORDED_BY = "示例数据"

_COST_SHARE = Decimal("0.82")
_PURCHASE, _SALE = stable_id("movement", "purchase"), stable_id("movement", "sale")
_BATCH = stable_id("stock", "batch")
_SHELF_LIFE = timedelta(days=3 * 365)
_HEARD_EVERY = timedelta(minutes=7)
_QUIET_ONES, _QUIET_FOR = 29, timedelta(days=3)


def item(pharmacy: Pharmacy, offer: Offer) -> StockItemRow:
    """The stock row (库存行)."""
    return StockItemRow(
        id=offer.item_id,
        pharmacy_id=pharmacy.code,
        drug_id=offer.drug.code,
        on_hand=Decimal(offer.bought - offer.sold),
        held=ZERO,
        price=offer.price,
        moved_at=offer.moved_at,
        sellable=Decimal(offer.bought - offer.sold),
        next_expiry=offer.expires_on if offer.bought > offer.sold else None,
    )


def heard_at(pharmacy: Pharmacy, now: datetime) -> datetime:
    """When the pharmacy's system was last heard of (心跳); one in many scattered ones has gone quiet."""
    is_quiet = pharmacy.shelf is Shelf.MIXED and pharmacy.index % _QUIET_ONES == 0
    return now - (_QUIET_FOR if is_quiet else _HEARD_EVERY)


def batch(pharmacy: Pharmacy, offer: Offer) -> StockBatchRow:
    """The one batch that a sample shelf has of a drug (批次)."""
    number = _batch_number(pharmacy, offer)
    return StockBatchRow(
        id=joined_id(offer.item_id, _BATCH),
        item_id=offer.item_id,
        serial=number,
        batch_number=number,
        made_on=_made_on(offer),
        expires_on=offer.expires_on,
        approval_number=offer.drug.row.approval_number,
        supplier=offer.supplier,
        on_hand=Decimal(offer.bought - offer.sold),
        came_at=offer.bought_at,
    )


def trace_prefix(drug: Drug) -> TracePrefixRow:
    """What a drug's trace codes begin with (追溯码标识码)."""
    return TracePrefixRow(drug.trace_prefix, drug.code)


def sold_boxes(pharmacy: Pharmacy, offer: Offer) -> Iterator[TraceCodeRow]:
    """The boxes of the sale that emptied a shelf (已售追溯码)."""
    for number, code in enumerate(_trace_codes(pharmacy, offer)[: offer.sold], 1):
        yield TraceCodeRow(
            id=stable_id("trace-code", code, str(number)),
            code=code,
            drug_id=offer.drug.code,
            pharmacy_id=pharmacy.code,
            state=TraceState.SOLD,
            changed_at=offer.moved_at,
        )


def _batch_number(pharmacy: Pharmacy, offer: Offer) -> str:
    return f"{offer.expires_on.isoformat()}-{pharmacy.index % 97:02d}"


def _made_on(offer: Offer) -> date:
    return offer.expires_on - _SHELF_LIFE


def movements(pharmacy: Pharmacy, offer: Offer) -> Iterator[StockMovementRow]:
    """The purchase, and the sale that emptied the shelf where one did (进销存明细)."""
    traced = _trace_codes(pharmacy, offer)
    purchase = StockMovementRow(
        id=joined_id(offer.item_id, _PURCHASE),
        item_id=offer.item_id,
        batch_id=joined_id(offer.item_id, _BATCH),
        kind=MovementKind.PURCHASE,
        quantity=Decimal(offer.bought),
        batch_number=_batch_number(pharmacy, offer),
        made_on=_made_on(offer),
        expires_on=offer.expires_on,
        approval_number=offer.drug.row.approval_number,
        supplier=offer.supplier,
        unit_cost=fen(offer.price * _COST_SHARE),
        trace_codes=traced,
        reference=f"示例入库{offer.bought_at.date().isoformat()}",
        moved_at=offer.bought_at,
        recorded_by=RECORDED_BY,
    )
    yield purchase
    if offer.sold:
        yield purchase._replace(
            id=joined_id(offer.item_id, _SALE),
            kind=MovementKind.SALE,
            quantity=Decimal(-offer.sold),
            unit_cost=offer.price,
            trace_codes=traced[: offer.sold],
            reference=f"示例零售{offer.moved_at.date().isoformat()}",
            moved_at=offer.moved_at,
        )


def _trace_codes(pharmacy: Pharmacy, offer: Offer) -> tuple[str, ...]:
    """The boxes' trace codes (药品追溯码); only the cast's shelves carry them: fewer rows."""
    if pharmacy.shelf is Shelf.MIXED:
        return ()
    prefix = offer.drug.trace_prefix
    return tuple(trace_code(prefix, pharmacy.index, number) for number in range(1, offer.bought + 1))
