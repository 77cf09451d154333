"""Movements a pharmacy records (进销存登记): all or none, every bad line named."""

from collections.abc import Sequence
from decimal import Decimal

from models import Institution, StockBatch, StockItem
from policy.rule import broken
from policy.stock import first_expired_first_out
from policy.terms import MovementKind
from policy.violation import Code, Violation
from services import traces
from services.batches import NOTHING, Ledger, Origin, ledger_of
from services.entries import Problem, StockEntry, check_entry
from services.errors import BadInput, Refused
from services.stock import LINES_MAX, counter, heard, lock_known_items
from services.use_case import Work, use_case


@use_case("recordStock", Institution)
async def record_stock(work: Work, entries: Sequence[StockEntry]) -> Institution:
    """Record stock movements of any kind, all or none (进销存登记, FJ-2.5)."""
    pharmacy = await counter(work, "进销存登记")
    await record(work, pharmacy, entries, is_complete=False)
    return pharmacy


@use_case("recordMovements", Institution)
async def record_movements(work: Work, entries: Sequence[StockEntry]) -> Institution:
    """Record stock movements with everything FJ-2.5 asks for, all or none (进销存登记)."""
    pharmacy = await counter(work, "进销存登记")
    await record(work, pharmacy, entries, is_complete=True)
    return pharmacy


async def record(
    work: Work, pharmacy: Institution, entries: Sequence[StockEntry], *, is_complete: bool
) -> None:
    """Check, apply and write at most a call's worth of movements."""
    if not 1 <= len(entries) <= LINES_MAX:
        raise BadInput("entries", f"一次应有 1 至 {LINES_MAX} 条,收到 {len(entries)} 条。")
    await record_any_number(work, pharmacy, entries, is_complete=is_complete)


async def record_any_number(
    work: Work, pharmacy: Institution, entries: Sequence[StockEntry], *, is_complete: bool
) -> None:
    """Check, apply and write movements, however many."""
    if problems := [
        problem
        for number, entry in enumerate(entries, 1)
        for problem in check_entry(number, entry, work.now, is_complete=is_complete)
    ]:
        raise Refused([wrong(problem) for problem in problems])
    items = await lock_known_items(pharmacy, [entry.drug_code for entry in entries])
    ledger = await ledger_of(items.values(), work.now, work.actor.caller)
    violations = await traces.foreign_codes(entries)
    for number, entry in enumerate(entries, 1):
        item = items.get(entry.drug_code)
        found = apply(ledger, item, entry, number) if item else unknown_drug(entry.drug_code, number)
        if found is not None:
            violations.append(found)
    if violations:
        raise Refused(sorted(violations, key=lambda one: int(one.line_id or 0)))
    await ledger.write()
    await traces.take_in(pharmacy, entries, work.now)
    await heard(work, pharmacy.code)


def apply(ledger: Ledger, item: StockItem, entry: StockEntry, number: int) -> Violation | None:
    """Put one entry into the ledger, or say why not."""
    change, origin = entry.quantity, NOTHING
    batch = ledger.batches[item.id].get(batch_key(entry))
    if entry.kind == MovementKind.STOCK_TAKE:
        before = item.on_hand if not entry.batch_number else batch.on_hand if batch else Decimal(0)
        change, origin = entry.quantity - before, Origin(counted=entry.quantity)
    if item.on_hand + change < item.held:
        return short(entry.drug_code, number, item, change)
    if change >= 0:
        return put_in(ledger, item, entry, change, origin, number)
    source = [batch] if batch else [] if entry.batch_number else ledger.of(item)
    portions = first_expired_first_out(source, -change)
    if sum(portion for _, portion in portions) < -change:
        return no_batch(entry, number, batch)
    for taken, portion in portions:
        ledger.move(item, taken, -portion, entry, origin)
    return None


def put_in(
    ledger: Ledger, item: StockItem, entry: StockEntry, change: Decimal, origin: Origin, number: int
) -> Violation | None:
    """Put boxes into their batch; a batch has one last good day."""
    batch = ledger.batch(item, entry, batch_key(entry))
    if entry.expires_on and batch.expires_on and entry.expires_on != batch.expires_on:
        known, sent = batch.expires_on, entry.expires_on
        text = f"第 {number} 条:批号 {batch.batch_number} 已登记的有效期止是 {known},收到 {sent}。"
        return line_violation(Code.INVALID_VALUE, "FJ-2.5", text, number)
    ledger.move(item, batch, change, entry, origin)
    return None


def batch_key(entry: StockEntry) -> str:
    """The batch an entry speaks of; one without a number is known by its last good day."""
    return entry.batch_number or (entry.expires_on.isoformat() if entry.expires_on else "")


def wrong(problem: Problem) -> Violation:
    """A line whose value makes no sense."""
    text = f"第 {problem.line} 条 {problem.field}:{problem.text}。"
    return line_violation(Code.INVALID_VALUE, "FJ-2.5", text, problem.line)


def short(drug_code: str, number: int, item: StockItem, change: Decimal) -> Violation:
    """The movement would take stock that is not there or that is kept for patients."""
    text = (
        f"第 {number} 条:药品 {drug_code} 在库 {item.on_hand:f},已为患者预留 {item.held:f},"
        f"不能再变动 {change:f}。请先盘点,或先处理预留的配药。"
    )
    return line_violation(Code.STOCK_SHORT, "YL-2", text, number, limit=f"{item.held:f}")


def no_batch(entry: StockEntry, number: int, batch: StockBatch | None) -> Violation:
    """The batch does not hold what shall leave it."""
    there = batch.on_hand if batch else Decimal(0)
    text = (
        f"第 {number} 条:药品 {entry.drug_code} 批号 {entry.batch_number} 在库 {there:f},不足。"
        "请核对批号或先盘点。"
    )
    return line_violation(Code.STOCK_SHORT, "YL-2", text, number, limit=f"{there:f}")


def unknown_drug(code: str, number: int) -> Violation:
    """A code that the catalogue does not have."""
    text = f"第 {number} 条:药品编码 {code} 不在药品目录中。请核对编码。"
    return line_violation(Code.UNKNOWN_DRUG, "YL-8", text, number)


def line_violation(code: Code, rule: str, text: str, number: int, limit: str | None = None) -> Violation:
    """A violation of one line of what was sent."""
    return broken(code, rule, text, line_id=str(number), limit=limit)
