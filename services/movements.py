"""Movements a pharmacy records (进销存登记): all or none, every bad line named."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from models import Institution
from policy.rule import broken
from policy.stock import first_expired_first_out
from policy.terms import MovementKind
from policy.violation import Code, Violation
from services import traces
from services.batches import NOTHING, Ledger, Origin, ledger_of
from services.entries import Problem, StockEntry, check_entries
from services.errors import BadInput, Refused
from services.stock import LINES_MAX, counter, heard, lock_known_items
from services.stock_rows import Batch, Portion, Stock
from services.use_case import Work, use_case

STEP = 5000
"""So many lines are applied while as many are written: neither waits long, and little is kept twice."""

Forbidden = tuple[Code, str, str, str | None]
"""What the books forbid of a line (账面不允许): code, rule, words, and the limit."""


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
    if problems := check_entries(entries, work.now, is_complete=is_complete):
        raise Refused([wrong(problem) for problem in problems])
    await enter(work, pharmacy, Lines(entries))


@dataclass(frozen=True, slots=True)
class Lines:
    """Movements that make sense as such (登记明细), and what their sender calls each: "第 3 条" or "行"."""

    entries: Sequence[StockEntry]
    numbers: Sequence[int] | None = None
    word: str = "条"

    def numbered(self) -> Iterator[tuple[int, StockEntry]]:
        """Each movement with its number."""
        return zip(self.numbers or range(1, len(self.entries) + 1), self.entries, strict=True)

    def where(self, number: int) -> str:
        """How a message begins that speaks of one line."""
        return f"第 {number} {self.word}:"


async def enter(work: Work, pharmacy: Institution, lines: Lines) -> None:
    """Apply and write checked movements (入账); refuse them all if the books forbid one."""
    entries = lines.entries
    locked = await lock_known_items(pharmacy, {entry.drug_code for entry in entries})
    named = None if any(takes_any_batch(entry) for entry in entries) else map(batch_key, entries)
    ledger = await ledger_of(locked.values(), work.now, work.actor.caller, named)
    foreign = await traces.foreign_codes(lines.numbered(), lines.where)
    violations = await apply_all(ledger, lines, foreign)
    if violations:
        raise Refused(sorted(violations, key=lambda one: int(one.line_id or 0)))
    await ledger.write()
    await traces.take_in(pharmacy, entries, work.now)
    await heard(work, pharmacy.code)


def takes_any_batch(entry: StockEntry) -> bool:
    """Whether a movement may empty batches it does not name."""
    return not entry.batch_number and (entry.quantity < 0 or entry.kind == MovementKind.STOCK_TAKE)


async def apply_all(ledger: Ledger, lines: Lines, found: list[Violation]) -> list[Violation]:
    """Put every line into the ledger; adds what the books forbid to what was found before.

    Of many lines the database writes some while the next are applied, until one is forbidden: then all that
    was written goes with the transaction. What is left over is for `Ledger.write`.
    """
    items = {item.drug_code: item for item in ledger.items.values()}
    numbered = lines.numbered()
    if len(lines.entries) <= LINES_MAX:
        return found + apply_some(ledger, items, lines, numbered)
    while some := list(islice(numbered, STEP)):
        writing = asyncio.ensure_future((Portion() if found else ledger.take()).write())
        try:
            # many lines are minutes of other requests' waiting, unless a thread does them
            found += await asyncio.to_thread(apply_some, ledger, items, lines, some)
        finally:
            # whatever happens, two never speak to the database at once
            await writing
    return found


def apply_some(
    ledger: Ledger, items: Mapping[str, Stock], lines: Lines, numbered: Iterable[tuple[int, StockEntry]]
) -> list[Violation]:
    """Put some of the lines into the ledger."""
    found = []
    for number, entry in numbered:
        item = items.get(entry.drug_code)
        wrong = apply(ledger, item, entry) if item else unknown_drug(entry.drug_code)
        if wrong is not None:
            code, rule, text, limit = wrong
            text = lines.where(number) + text
            found.append(broken(code, rule, text, line_id=str(number), limit=limit))
    return found


def apply(ledger: Ledger, item: Stock, entry: StockEntry) -> Forbidden | None:
    """Put one entry into the ledger, or say why not."""
    change, origin = entry.quantity, NOTHING
    key = batch_key(entry)
    batch = ledger.batches[item.id].get(key)
    if entry.kind == MovementKind.STOCK_TAKE:
        before = item.on_hand if not entry.batch_number else batch.on_hand if batch else Decimal(0)
        change, origin = entry.quantity - before, Origin(counted=entry.quantity)
    if item.on_hand + change < item.held:
        return short(item, change)
    if change >= 0:
        batch = batch or ledger.new_batch(item, entry, key)
        return put_in(ledger, item, batch, entry, change, origin)
    source = [batch] if batch else [] if entry.batch_number else ledger.of(item)
    portions = first_expired_first_out(source, -change)
    if sum(portion for _, portion in portions) < -change:
        return no_batch(entry, batch)
    for taken, portion in portions:
        ledger.move(item, taken, -portion, entry, origin)
    return None


def put_in(
    ledger: Ledger, item: Stock, batch: Batch, entry: StockEntry, change: Decimal, origin: Origin
) -> Forbidden | None:
    """Put boxes into their batch; a batch has one last good day."""
    if entry.expires_on and batch.expires_on and entry.expires_on != batch.expires_on:
        known, sent = batch.expires_on, entry.expires_on
        text = f"批号 {batch.batch_number} 已登记的有效期止是 {known},收到 {sent}。"
        return Code.INVALID_VALUE, "FJ-2.5", text, None
    ledger.move(item, batch, change, entry, origin)
    return None


def batch_key(entry: StockEntry) -> str:
    """The batch an entry speaks of; one without a number is known by its last good day."""
    return entry.batch_number or (entry.expires_on.isoformat() if entry.expires_on else "")


def wrong(problem: Problem) -> Violation:
    """A line whose value makes no sense."""
    text = f"第 {problem.line} 条 {problem.field}:{problem.text}。"
    return broken(Code.INVALID_VALUE, "FJ-2.5", text, line_id=str(problem.line))


def short(item: Stock, change: Decimal) -> Forbidden:
    """The movement would take stock that is not there or that is kept for patients."""
    text = (
        f"药品 {item.drug_code} 在库 {item.on_hand:f},已为患者预留 {item.held:f},"
        f"不能再变动 {change:f}。请先盘点,或先处理预留的配药。"
    )
    return Code.STOCK_SHORT, "YL-2", text, f"{item.held:f}"


def no_batch(entry: StockEntry, batch: Batch | None) -> Forbidden:
    """The batch does not hold what shall leave it."""
    there = batch.on_hand if batch else Decimal(0)
    text = f"药品 {entry.drug_code} 批号 {entry.batch_number} 在库 {there:f},不足。请核对批号或先盘点。"
    return Code.STOCK_SHORT, "YL-2", text, f"{there:f}"


def unknown_drug(code: str) -> Forbidden:
    """A code that the catalogue does not have."""
    return Code.UNKNOWN_DRUG, "YL-8", f"药品编码 {code} 不在药品目录中。请核对编码。", None
