"""Stock of a pharmacy (进销存): movements, holds for fills, prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from models import Drug, Fill, FillLine, Institution, StockHold, StockItem, StockMovement
from policy.identifiers import is_drug_code, is_trace_code
from policy.rule import broken
from policy.terms import MovementKind, Role
from policy.violation import Code, Violation
from services.errors import BadInput, NotFound, Refused, check_text
from services.use_case import Work, use_case

RECORDABLE = {
    MovementKind.PURCHASE: 1,
    MovementKind.PURCHASE_RETURN: -1,
    MovementKind.ADJUSTMENT: 0,
    MovementKind.STOCK_TAKE: 0,
}
"""Kinds a pharmacy records by hand, with the sign their quantity must have (0: any)."""

LINES_MAX = 1000
QUANTITY_MAX = 1_000_000
PRICE_MAX = 10_000_000
"""Beyond these a number is a mistake of typing, and the books have no room for it."""


@dataclass(frozen=True, slots=True)
class StockEntry:
    """One movement to record (进销存登记). `quantity` is in packages; a stock-take gives what was counted."""

    drug_code: str
    kind: MovementKind
    quantity: Decimal
    batch_number: str = ""
    expires_on: date | None = None
    supplier: str = ""
    unit_cost: Decimal | None = None
    trace_codes: tuple[str, ...] = ()
    reference: str = ""


@dataclass(frozen=True, slots=True)
class PriceEntry:
    """A new sale price (销售价), yuan per package."""

    drug_code: str
    price: Decimal


@use_case("recordStock", Institution)
async def record_stock(work: Work, entries: Sequence[StockEntry]) -> Institution:
    """Record stock movements, all or none (进销存登记, FJ-2.5)."""
    pharmacy = await counter(work, "进销存登记")
    check_entries(entries)
    items = await lock_items(pharmacy, [entry.drug_code for entry in entries])
    for number, entry in enumerate(entries, 1):
        item = items[entry.drug_code]
        change = entry.quantity - item.on_hand if is_count(entry) else entry.quantity
        if item.on_hand + change < item.held:
            raise Refused([short(entry.drug_code, number, item, change)])
        item.on_hand += change
        item.moved_at = work.now
        await move(work, item, entry, change)
    await StockItem.bulk_update(items.values(), fields=["on_hand", "moved_at"])
    return pharmacy


@use_case("setPrices", Institution)
async def set_prices(work: Work, prices: Sequence[PriceEntry]) -> Institution:
    """Set sale prices (销售价); a fill already requested keeps the price it was shown."""
    pharmacy = await counter(work, "设置售价")
    if not 1 <= len(prices) <= LINES_MAX:
        raise BadInput("prices", f"一次应有 1 至 {LINES_MAX} 条。")
    for number, entry in enumerate(prices, 1):
        if not is_drug_code(entry.drug_code):
            raise BadInput(f"prices[{number}].drugCode", f"{entry.drug_code!r} 不是医保药品编码。")
        if not 0 < entry.price <= PRICE_MAX:
            problem = f"应大于 0 且不超过 {PRICE_MAX},收到 {entry.price}。"
            raise BadInput(f"prices[{number}].price", problem)
    items = await lock_items(pharmacy, [entry.drug_code for entry in prices])
    for entry in prices:
        items[entry.drug_code].price = entry.price
    await StockItem.bulk_update(items.values(), fields=["price"])
    return pharmacy


async def counter(work: Work, what: str) -> Institution:
    """The caller's own pharmacy."""
    work.call.require(what, Role.PHARMACY, Role.PHARMACIST)
    pharmacy = await Institution.get_or_none(code=work.actor.institution or "")
    if pharmacy is None:
        raise NotFound("药店", work.actor.institution)
    return pharmacy


async def lock_items(pharmacy: Institution, codes: Sequence[str]) -> dict[str, StockItem]:
    """The stock rows of these drugs, made where missing, locked in the order of their ids."""
    wanted = set(codes)
    known = set(await Drug.filter(code__in=list(wanted)).values_list("code", flat=True))
    if unknown := sorted(wanted - known):
        raise Refused([unknown_drug(code) for code in unknown])
    await StockItem.bulk_create(
        [StockItem(pharmacy_id=pharmacy.code, drug_id=code) for code in sorted(wanted)],
        ignore_conflicts=True,
    )
    rows = (
        await StockItem.select_for_update()
        .filter(pharmacy_id=pharmacy.code, drug_id__in=list(wanted))
        .order_by("id")
    )
    return {row.drug_id: row for row in rows}


async def move(work: Work, item: StockItem, entry: StockEntry, change: Decimal) -> None:
    """Write the immutable movement."""
    await StockMovement.create(
        item=item,
        kind=entry.kind,
        quantity=change,
        batch_number=entry.batch_number,
        expires_on=entry.expires_on,
        supplier=entry.supplier,
        unit_cost=entry.unit_cost,
        trace_codes=list(entry.trace_codes),
        reference=entry.reference,
        moved_at=work.now,
        recorded_by=work.actor.caller,
    )


def is_count(entry: StockEntry) -> bool:
    """Whether the quantity is what was counted, not a change."""
    return entry.kind == MovementKind.STOCK_TAKE


def check_entries(entries: Sequence[StockEntry]) -> None:
    """Refuse movements whose values make no sense, naming line and field."""
    if not 1 <= len(entries) <= LINES_MAX:
        raise BadInput("entries", f"一次应有 1 至 {LINES_MAX} 条。")
    for number, entry in enumerate(entries, 1):
        where = f"entries[{number}]"
        if not is_drug_code(entry.drug_code):
            raise BadInput(f"{where}.drugCode", f"{entry.drug_code!r} 不是医保药品编码。")
        sign = RECORDABLE.get(entry.kind)
        if sign is None:
            raise BadInput(f"{where}.kind", f"{entry.kind} 由结算产生,不能手工登记。")
        if sign and entry.quantity * sign <= 0:
            wanted = "大于 0" if sign > 0 else "小于 0"
            raise BadInput(f"{where}.quantity", f"{entry.kind} 的数量应{wanted},收到 {entry.quantity}。")
        if is_count(entry) and entry.quantity < 0:
            raise BadInput(f"{where}.quantity", f"盘点数量不能为负,收到 {entry.quantity}。")
        if abs(entry.quantity) > QUANTITY_MAX:
            problem = f"一条不超过 {QUANTITY_MAX} 个包装,收到 {entry.quantity}。"
            raise BadInput(f"{where}.quantity", problem)
        if entry.unit_cost is not None and not 0 <= entry.unit_cost <= PRICE_MAX:
            problem = f"应在 0 至 {PRICE_MAX} 之间,收到 {entry.unit_cost}。"
            raise BadInput(f"{where}.unitCost", problem)
        check_text(f"{where}.batchNumber", entry.batch_number, 30)
        check_text(f"{where}.supplier", entry.supplier, 200)
        check_text(f"{where}.reference", entry.reference, 64)
        for code in entry.trace_codes:
            if not is_trace_code(code):
                raise BadInput(f"{where}.traceCodes", f"{code!r} 不是药品追溯码:应为 8 开头 20 位数字。")


async def hold(fill: Fill, lines: Sequence[FillLine], items: dict[str, StockItem], now: datetime) -> None:
    """Keep stock for a fill's lines (库存预留). `items` are locked and were checked to suffice."""
    for line in lines:
        item = items[line.drug_id]
        item.held += line.quantity
        await StockHold.create(item=item, fill_line_id=line.id, quantity=line.quantity, taken_at=now)
    await StockItem.bulk_update(items.values(), fields=["held"])


async def release(fill_line_ids: Sequence[UUID], now: datetime) -> None:
    """Let held stock go (释放预留)."""
    for item, held in await locked_holds(fill_line_ids):
        item.held -= held.quantity
        held.ended_at = now
        await held.save(update_fields=["ended_at"])
        await item.save(update_fields=["held"])


async def sell(work: Work, lines: Sequence[FillLine], reference: str) -> None:
    """Turn held stock into sales (销售出库)."""
    by_id = {line.id: line for line in lines}
    for item, held in await locked_holds(list(by_id)):
        line = by_id[held.fill_line_id]
        item.held -= held.quantity
        item.on_hand -= held.quantity
        item.moved_at = held.ended_at = work.now
        await held.save(update_fields=["ended_at"])
        await item.save(update_fields=["held", "on_hand", "moved_at"])
        entry = StockEntry(
            drug_code=line.drug_id,
            kind=MovementKind.SALE,
            quantity=-held.quantity,
            unit_cost=line.price,
            trace_codes=tuple(line.trace_codes),
            reference=reference,
        )
        await move(work, item, entry, -held.quantity)


async def locked_holds(fill_line_ids: Sequence[UUID]) -> list[tuple[StockItem, StockHold]]:
    """The live holds of these fill lines with their stock rows, locked in the order of the rows' ids."""
    holds = await StockHold.filter(fill_line_id__in=list(fill_line_ids), ended_at__isnull=True)
    wanted = [held.item_id for held in holds]
    rows = await StockItem.select_for_update().filter(id__in=wanted).order_by("id")
    items = {row.id: row for row in rows}
    return [(items[held.item_id], held) for held in holds]


def short(drug_code: str, number: int, item: StockItem, change: Decimal) -> Violation:
    """The movement would take stock that is not there or that is kept for patients."""
    text = (
        f"第 {number} 条:药品 {drug_code} 在库 {item.on_hand:f},已为患者预留 {item.held:f},"
        f"不能再变动 {change:f}。请先盘点,或先处理预留的配药。"
    )
    return broken(Code.STOCK_SHORT, "YL-2", text, limit=f"{item.held:f}")


def unknown_drug(code: str) -> Violation:
    """A code that the catalogue does not have."""
    text = f"药品编码 {code} 不在药品目录中。请核对编码。"
    return broken(Code.UNKNOWN_DRUG, "YL-8", text)
