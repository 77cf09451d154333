"""Stock kept for fills (库存预留), and what becomes of it: let go, sold, taken back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from math import floor
from uuid import UUID

from models import FillLine, StockHold, StockItem, StockMovement
from policy.rule import broken
from policy.stock import first_expired_first_out
from policy.terms import MovementKind
from policy.violation import Code, Violation
from services import traces
from services.batches import Ledger, Origin, ledger_of, sale
from services.entries import StockEntry
from services.errors import Refused
from services.stock import heard
from services.stock_rows import Stock
from services.use_case import Work


async def hold(lines: Sequence[FillLine], items: dict[str, StockItem], now: datetime) -> None:
    """Keep stock for a fill's lines (库存预留). `items` are locked and were checked to suffice."""
    for line in lines:
        items[line.drug_id].held += line.quantity
    await StockHold.bulk_create(
        StockHold(item=items[line.drug_id], fill_line_id=line.id, quantity=line.quantity, taken_at=now)
        for line in lines
    )
    await StockItem.bulk_update(items.values(), fields=["held"])


async def release(fill_line_ids: Sequence[UUID], now: datetime) -> None:
    """Let held stock go (释放预留)."""
    pairs = await locked_holds(fill_line_ids)
    for item, held in pairs:
        item.held -= held.quantity
    if pairs:
        await StockHold.filter(id__in=[held.id for _, held in pairs]).update(ended_at=now)
        await StockItem.bulk_update({item.id: item for item, _ in pairs}.values(), fields=["held"])


async def sell(work: Work, pharmacy_code: str, lines: Sequence[FillLine], reference: str) -> None:
    """Turn held stock into sales (销售出库): what expires first leaves first, each box by its trace code."""
    pairs = await locked_holds([line.id for line in lines])
    ledger = await ledger_of((item for item, _ in pairs), work.now, work.actor.caller)
    by_id = {line.id: line for line in lines}
    violations: list[Violation] = []
    for item, held in pairs:
        line = by_id[held.fill_line_id]
        if not sell_one(ledger, ledger.items[item.id], line, held.quantity, reference):
            violations.append(unsellable(line))
    kept = {held.fill_line_id for _, held in pairs}
    violations += [unsellable(line) for line in lines if line.id not in kept]
    if violations:
        raise Refused(violations)
    await ledger.write()
    await StockHold.filter(id__in=[held.id for _, held in pairs]).update(ended_at=work.now)
    await traces.sell(pharmacy_code, lines, work.now)
    await heard(work, pharmacy_code)


def sell_one(ledger: Ledger, item: Stock, line: FillLine, quantity: Decimal, reference: str) -> bool:
    """Take a line's boxes out of the batches that may be sold; False when these don't suffice."""
    portions = first_expired_first_out(ledger.sellable(item), quantity)
    if sum(portion for _, portion in portions) < quantity:
        return False
    item.held -= quantity
    codes = iter(line.trace_codes)
    for number, (batch, portion) in enumerate(portions, 1):
        is_last = number == len(portions)
        own = list(codes) if is_last else list(islice(codes, floor(portion)))
        entry = sale(line.drug_id, portion, line.price, own, reference)
        ledger.move(item, batch, -portion, entry, Origin(line.id, is_split=portion % 1 != 0))
    return True


async def take_back(
    work: Work,
    pharmacy_code: str,
    fill_line_ids: Sequence[UUID],
    reference: str,
    written_off: Collection[UUID] = (),
) -> None:
    """Undo the sales of fill lines (销售退货): boxes return to their batches, codes may be sold again.

    What is `written_off` (报损) leaves again at once, and its codes stay sold: nobody sells it twice.
    """
    sold = await StockMovement.filter(fill_line_id__in=list(fill_line_ids), kind=MovementKind.SALE)
    undone = await StockMovement.filter(
        fill_line_id__in=list(fill_line_ids), kind=MovementKind.SALE_RETURN
    ).values_list("original_id", flat=True)
    left = [movement for movement in sold if movement.id not in set(undone)]
    ids = [movement.item_id for movement in left]
    items = await StockItem.select_for_update().filter(id__in=ids).order_by("id")
    ledger = await ledger_of(items, work.now, work.actor.caller)
    for movement in left:
        item = ledger.items[movement.item_id]
        batch = ledger.batches[item.id][movement.batch_number]
        entry = StockEntry(
            drug_code=item.drug_code,
            kind=MovementKind.SALE_RETURN,
            quantity=-movement.quantity,
            unit_cost=movement.unit_cost,
            trace_codes=tuple(movement.trace_codes),
            reference=reference,
        )
        origin = Origin(movement.fill_line_id, movement.id, movement.is_split)
        ledger.move(item, batch, -movement.quantity, entry, origin)
        if movement.fill_line_id in written_off:
            ledger.move(item, batch, movement.quantity, loss(entry))
    await ledger.write()
    await traces.free([key for key in fill_line_ids if key not in written_off], work.now)
    if work.actor.institution == pharmacy_code:
        await heard(work, pharmacy_code)
    work.stock_changed(pharmacy_code)


def loss(returned: StockEntry) -> StockEntry:
    """Goods that came back and may not be sold again (报损)."""
    return returned._replace(
        kind=MovementKind.ADJUSTMENT, quantity=-returned.quantity, memo="冲正报损,不再销售"
    )


async def locked_holds(fill_line_ids: Sequence[UUID]) -> list[tuple[StockItem, StockHold]]:
    """The live holds of these fill lines with their stock rows, locked in the order of the rows' ids."""
    holds = await StockHold.filter(fill_line_id__in=list(fill_line_ids), ended_at__isnull=True)
    wanted = [held.item_id for held in holds]
    rows = await StockItem.select_for_update().filter(id__in=wanted).order_by("id")
    items = {row.id: row for row in rows}
    return [(items[held.item_id], held) for held in holds]


def unsellable(line: FillLine) -> Violation:
    """What was held has expired or been recalled meanwhile, or is held no more."""
    text = f"药品 {line.drug_id} 为本次配药预留的批次已过期、被召回或已释放,不能出库。请入库合格批次,或拒单。"
    return broken(Code.STOCK_SHORT, "YL-2", text, line_id=str(line.prescription_line_id))
