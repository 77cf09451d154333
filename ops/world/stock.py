"""Stock rows (示例库存): every quantity comes with the movements that made it."""

from collections.abc import Iterator
from decimal import Decimal

from ops.world.ids import joined_id, stable_id, trace_code
from ops.world.pharmacies import Pharmacy
from ops.world.pharmacy_cast import Shelf
from ops.world.rows import StockItemRow, StockMovementRow
from ops.world.shelves import Offer
from policy.money import ZERO, fen
from policy.terms import MovementKind

RECORDED_BY = "示例数据"

_COST_SHARE = Decimal("0.82")
_PURCHASE, _SALE = stable_id("movement", "purchase"), stable_id("movement", "sale")


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
    )


def movements(pharmacy: Pharmacy, offer: Offer) -> Iterator[StockMovementRow]:
    """The purchase, and the sale that emptied the shelf where one did (进销存明细)."""
    traced = _trace_codes(pharmacy, offer)
    purchase = StockMovementRow(
        id=joined_id(offer.item_id, _PURCHASE),
        item_id=offer.item_id,
        kind=MovementKind.PURCHASE,
        quantity=Decimal(offer.bought),
        batch_number=f"{offer.expires_on.isoformat()}-{pharmacy.index % 97:02d}",
        expires_on=offer.expires_on,
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
