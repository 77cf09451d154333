"""Is every settlement whole or absent, and do the sums agree?"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from tortoise.transactions import in_transaction

from models import (
    Account,
    Accumulator,
    Event,
    Fill,
    FillLine,
    IdempotencyRecord,
    JournalEntry,
    Posting,
    Reversal,
    Settlement,
    SettlementLine,
    StockHold,
    StockItem,
    StockMovement,
)
from models.account import AccountKind
from ops.audit.verify import verify
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import EventKind, FillState, LineState, MovementKind, PrescriptionState
from tests.storm.ready import MEMBERS, PHARMACIES, Ready

ZERO = Decimal(0)
TOPICS = 3
"""Who hears of a settlement: patient, pharmacy, hospital."""


@dataclass(frozen=True)
class Outcome:
    """What came of the orders (结果): ids of settlements and reversals, and the fills that lapsed."""

    ids: set[str]
    reversed: set[UUID]
    lapsed: set[UUID]


@dataclass(frozen=True)
class Sums:
    """What the settlements draw on, before or after them."""

    fund: dict[UUID, Decimal]
    accounts: dict[UUID, Decimal]
    on_hand: dict[UUID, Decimal]


async def sums() -> Sums:
    """The sums as they stand."""
    members = [member_id(psn_no) for psn_no in MEMBERS]
    used = await Accumulator.filter(member_id__in=members, bucket=f"SPECIAL_DISEASE:{cast.FUJIAN_DISEASE}")
    accounts = await Account.filter(
        kind=AccountKind.MEMBER_ACCOUNT, owner__in=[str(member) for member in members]
    )
    items = await StockItem.filter(pharmacy_id__in=PHARMACIES)
    return Sums(
        fund=dict.fromkeys(members, ZERO) | {row.member_id: row.fund_used for row in used},
        accounts={UUID(row.owner): row.balance or ZERO for row in accounts},
        on_hand={row.id: row.on_hand for row in items},
    )


def grouped(rows: Iterable[Any], key: str) -> dict[Any, list[Any]]:
    """Rows by one of their fields."""
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return found


async def settled_and_whole(orders: Sequence[Ready]) -> dict[UUID, Settlement]:
    """The settlements of these fills by fill; each is there with all that belongs to it, or not at all."""
    ids = [order.fill_id for order in orders]
    fills = await Fill.filter(id__in=ids).prefetch_related("prescription__lines")
    lines = grouped(await FillLine.filter(fill_id__in=ids), "fill_id")
    settlements = {row.fill_id: row for row in await Settlement.filter(fill_id__in=ids)}
    divided = grouped(await SettlementLine.all(), "settlement_id")
    entries = {row.reference: row for row in await JournalEntry.filter(kind="SETTLEMENT")}
    postings = grouped(await Posting.all(), "entry_id")
    sales = grouped(await StockMovement.filter(kind=MovementKind.SALE), "reference")
    holds = {row.fill_line_id: row for row in await StockHold.all()}
    keys = {order.fill_id: order.key for order in orders}
    records = {row.key: row for row in await IdempotencyRecord.all()}
    told = grouped(await Event.filter(kind=EventKind.FILL_SETTLED), "fill_id")
    for fill in fills:
        settlement = settlements.get(fill.id)
        number, key = (settlement.number, settlement.id) if settlement else ("", None)
        record = records.get(keys[fill.id])
        legs = postings[entries[number].id] if number in entries else []
        debit, credit = sum((leg.debit for leg in legs), ZERO), sum((leg.credit for leg in legs), ZERO)
        parts = {
            "settlement": settlement is not None,
            "lines": len(divided[key]) == len(lines[fill.id]),
            "journal": settlement is not None and debit == credit == settlement.total,
            "sales": [sale.quantity for sale in sales[number]] == [-1] * len(lines[fill.id]),
            "holds ended": all(holds[line.id].ended_at for line in lines[fill.id]),
            "states of lines": {line.state for line in fill.prescription.lines} == {LineState.DISPENSED},
            "prescription": fill.prescription.state == PrescriptionState.DISPENSED,
            "key": record is not None and record.result_id == str(key),
            "events": len(told[fill.id]) == TOPICS,
        }
        is_settled = fill.state == FillState.SETTLED
        assert set(parts.values()) == {is_settled}, (fill.id, fill.state, parts)
    assert entries.keys() == set(await Settlement.all().values_list("number", flat=True))
    return settlements


async def check_sums(before: Sums, settlements: Iterable[Settlement]) -> None:
    """Funds, accounts, stock and books agree with these settlements and nothing else."""
    rows = list(settlements)
    now = await sums()
    for member, used in before.fund.items():
        own = [row for row in rows if row.member_id == member]
        assert now.fund[member] - used == sum((row.pooled_fund for row in own), ZERO)
        assert before.accounts[member] - now.accounts[member] == sum((row.account for row in own), ZERO)
    sold = await StockMovement.filter(kind=MovementKind.SALE, reference__in=[row.number for row in rows])
    for item, had in before.on_hand.items():
        taken = sum((move.quantity for move in sold if move.item_id == item), ZERO)
        assert now.on_hand[item] == had + taken
    holds = await StockHold.filter(ended_at__isnull=True)
    held = {item.id: item.held for item in await StockItem.filter(held__gt=0)}
    assert held == {
        item: sum(hold.quantity for hold in own) for item, own in grouped(holds, "item_id").items()
    }
    await check_books()


async def check_books() -> None:
    """Debits equal credits, and every member's balance is what its postings say."""
    postings = await Posting.all()
    assert sum(one.debit for one in postings) == sum(one.credit for one in postings) > 0
    by_account = grouped(postings, "account_id")
    for account in await Account.filter(balance__isnull=False):
        own = by_account[account.id]
        assert account.balance == sum((one.credit - one.debit for one in own), ZERO)


async def all_is_whole(
    settled: Sequence[Ready], returned: Sequence[Ready], lapsing: Sequence[Ready], before: Sums
) -> Outcome:
    """At one moment every settlement, reversal and lapse is whole or absent, and the sums agree with them."""
    async with in_transaction() as connection:
        # use cases go on meanwhile, but are seen as they stood at the first look
        await connection.execute_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reversals = await reversed_and_whole(returned)
        rest = [order for order in returned if order.fill_id not in reversals]
        standing = await settled_and_whole([*settled, *rest])
        await check_sums(before, standing.values())
        ids = {str(key) for key in await Settlement.all().values_list("id", flat=True)}
        ids |= {str(row.id) for row in reversals.values()}
        return Outcome(ids, set(reversals), await lapsed_and_whole(lapsing))


async def reversed_and_whole(orders: Sequence[Ready]) -> dict[UUID, Reversal]:
    """The reversals of these fills by fill; each is there with all that belongs to it, or not at all."""
    ids = [order.fill_id for order in orders]
    fills = await Fill.filter(id__in=ids).prefetch_related("prescription__lines")
    lines = grouped(await FillLine.filter(fill_id__in=ids), "fill_id")
    rows = await Reversal.filter(settlement__fill_id__in=ids).prefetch_related("settlement")
    reversals = {row.settlement.fill_id: row for row in rows}
    assert len(reversals) == len(rows)
    entries = {row.reference: row for row in await JournalEntry.filter(kind="REVERSAL")}
    assert entries.keys() == set(await Reversal.all().values_list("number", flat=True))
    postings = grouped(await Posting.all(), "entry_id")
    returns = grouped(await StockMovement.filter(kind=MovementKind.SALE_RETURN), "reference")
    told = grouped(await Event.filter(kind=EventKind.FILL_REVERSED), "fill_id")
    keys = {row.result_id for row in await IdempotencyRecord.filter(mutation="reverseSettlement")}
    for fill in fills:
        reversal = reversals.get(fill.id)
        number = reversal.number if reversal else ""
        legs = postings[entries[number].id] if number in entries else []
        parts = {
            "reversal": reversal is not None,
            "journal": reversal is not None and sum(leg.debit for leg in legs) == reversal.total,
            "returns": [move.quantity for move in returns[number]] == [1] * len(lines[fill.id]),
            "lines are free": not any(line.is_live for line in lines[fill.id]),
            "states of lines": {line.state for line in fill.prescription.lines} == {LineState.OPEN},
            "key": reversal is not None and str(reversal.id) in keys,
            "events": len(told[fill.id]) == TOPICS,
        }
        assert set(parts.values()) == {fill.state == FillState.REVERSED}, (fill.id, fill.state, parts)
    return reversals


async def lapsed_and_whole(orders: Sequence[Ready]) -> set[UUID]:
    """Which of these fills lapsed; each with all that belongs to it, once."""
    ids = [order.fill_id for order in orders]
    lines = grouped(await FillLine.filter(fill_id__in=ids), "fill_id")
    holds = {row.fill_line_id: row for row in await StockHold.all()}
    told = grouped(await Event.filter(kind=EventKind.FILL_EXPIRED), "fill_id")
    lapsed = set()
    for fill in await Fill.filter(id__in=ids):
        parts = {
            "lines are free": not any(line.is_live for line in lines[fill.id]),
            "holds ended": all(holds[line.id].ended_at for line in lines[fill.id]),
            "events": len(told[fill.id]) == TOPICS - 1,
        }
        assert set(parts.values()) == {fill.state == FillState.EXPIRED}, (fill.id, fill.state, parts)
        if fill.state == FillState.EXPIRED:
            lapsed.add(fill.id)
    return lapsed


async def chain_is_whole() -> None:
    """The audit's chain holds from end to end."""
    async with in_transaction() as connection:
        async for walk in verify(connection._connection):
            assert walk.broken is None, walk.broken
