"""Members' own accounts (个人账户): money that comes in, what moved, statements of a span of days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from tortoise import connections

from models import Account, JournalEntry, Member, Posting
from policy.books import Owner, contribution_entry
from policy.calendar import start_of_day
from policy.money import ZERO
from policy.terms import AccountKind, EventKind, Role
from services.errors import BadInput, NotFound, check_text
from services.ledger import book, legs_of, lock_balances
from services.topics import member_topic
from services.use_case import Work, use_case

ENTRIES_MAX = 500
AMOUNT_MAX = 10_000_000
"""Yuan of one credit (单笔划入): more is a mistake."""

REFERENCE_MAX = 40
DAYS_MAX = 366

STATEMENT = """
SELECT COALESCE(sum(p.credit - p.debit) FILTER (WHERE e.booked_at < $4), 0) AS carried_over,
       COALESCE(sum(p.credit - p.debit) FILTER (WHERE e.booked_at < $2), 0) AS opening,
       COALESCE(sum(p.credit) FILTER (WHERE e.booked_at >= $2), 0) AS came,
       COALESCE(sum(p.debit) FILTER (WHERE e.booked_at >= $2), 0) AS went
FROM posting p JOIN journal_entry e ON e.id = p.entry_id WHERE p.account_id = $1 AND e.booked_at < $3
"""

NEWER = """
SELECT COALESCE(sum(p.credit - p.debit), 0) AS moved
FROM posting p JOIN journal_entry e ON e.id = p.entry_id
WHERE p.account_id = $1 AND (e.booked_at, e.id) > ($2, $3)
"""


@dataclass(frozen=True, slots=True)
class Credit:
    """Money for one member's account (划入)."""

    reference: str
    psn_no: str
    amount: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """A member's account over a span of days (个人账户对账单): opening + came - went = closing.

    `carried_over` is what the account held when the year of the last day began (上年结转, YL-CARRY): the
    whole of last year's balance, for own accounts do not lapse.
    """

    since: date
    until: date
    carried_over: Decimal
    opening: Decimal
    came: Decimal
    went: Decimal

    @property
    def closing(self) -> Decimal:
        return self.opening + self.came - self.went


@use_case("creditAccounts", JournalEntry)
async def credit_accounts(work: Work, entries: Sequence[Credit]) -> JournalEntry:
    """Credit members' own accounts (个人账户划入) of the caller's area, each reference once, all or none."""
    work.call.require("个人账户划入", Role.AGENCY)
    check_credits(entries)
    numbers = {entry.psn_no for entry in entries}
    # the order of settling: members first, then their accounts, by id
    rows = await Member.select_for_update(no_key=True).filter(psn_no__in=list(numbers)).order_by("id")
    members = {row.psn_no: row for row in rows if row.area == work.actor.area}
    if missing := sorted(numbers - members.keys()):
        raise NotFound("本统筹区参保人", missing[0])
    await lock_balances([member.id for member in members.values()])
    last = None
    for number, entry in enumerate(entries, 1):
        last = await credit_one(work, members[entry.psn_no], entry, number)
    assert last is not None
    return last


async def credit_one(work: Work, member: Member, entry: Credit, number: int) -> JournalEntry:
    """Credit one account; the same reference with another member or amount is refused."""
    if not member.has_personal_account:
        raise BadInput(f"entries[{number}].psnNo", f"参保人 {entry.psn_no} 没有个人账户。")
    reference = f"CREDIT:{member.area}:{entry.reference}"
    earlier = await JournalEntry.get_or_none(reference=reference)
    if earlier is not None:
        account = await Account.get_or_none(kind=AccountKind.MEMBER_ACCOUNT, owner=str(member.id))
        same = (
            account
            and await Posting.filter(entry_id=earlier.id, account_id=account.id, credit=entry.amount).exists()
        )
        if not same:
            problem = f"来源单号 {entry.reference} 已划入过,但对象或金额不同。更正请用新的单号。"
            raise BadInput(f"entries[{number}].reference", problem)
        return earlier
    legs = legs_of(contribution_entry(entry.amount), {Owner.AREA: member.area, Owner.MEMBER: str(member.id)})
    row = await book(work, "CREDIT", reference, entry.text or "个人账户划入", legs)
    work.tell(EventKind.ACCOUNT_CREDITED, member_topic(member.id), subject_id=row.id)
    return row


def check_credits(entries: Sequence[Credit]) -> None:
    """Refuse figures that make no sense, naming line and field."""
    if not 1 <= len(entries) <= ENTRIES_MAX:
        raise BadInput("entries", f"一次应有 1 至 {ENTRIES_MAX} 条,收到 {len(entries)} 条。")
    for number, entry in enumerate(entries, 1):
        where = f"entries[{number}]"
        if not entry.reference.strip():
            raise BadInput(f"{where}.reference", "请填写来源单号。")
        check_text(f"{where}.reference", entry.reference, REFERENCE_MAX)
        check_text(f"{where}.psnNo", entry.psn_no, 30)
        check_text(f"{where}.text", entry.text, 100)
        if not 0 < entry.amount <= AMOUNT_MAX:
            raise BadInput(f"{where}.amount", f"应大于 0、不超过 {AMOUNT_MAX} 元,收到 {entry.amount}。")


async def account_id_of(member_id: UUID) -> UUID | None:
    """The id of a member's account, if there is one."""
    row = await Account.get_or_none(kind=AccountKind.MEMBER_ACCOUNT, owner=str(member_id))
    return row.id if row else None


async def with_balances(
    account_id: UUID | None, entries: Sequence[JournalEntry]
) -> list[tuple[Decimal, Decimal]]:
    """How much each entry moved an account, and what it held right after (余额); the newest entry first."""
    if account_id is None or not entries:
        return []
    moved: dict[UUID, Decimal] = {}
    for one in await Posting.filter(account_id=account_id, entry_id__in=[entry.id for entry in entries]):
        moved[one.entry_id] = moved.get(one.entry_id, ZERO) + one.credit - one.debit
    newer = await one_row(NEWER, account_id, entries[0].booked_at, entries[0].id)
    account = await Account.get(id=account_id)
    balance = (account.balance or ZERO) - Decimal(newer["moved"])
    found = []
    for entry in entries:
        found.append((moved[entry.id], balance))
        balance -= moved[entry.id]
    return found


async def statement_of(member_id: UUID, since: date, until: date) -> AccountStatement:
    """A member's account from one legal day through another (个人账户对账单)."""
    if not since <= until <= since + timedelta(days=DAYS_MAX):
        raise BadInput("until", f"应不早于 since,且跨度不超过 {DAYS_MAX} 天。")
    account_id = await account_id_of(member_id)
    if account_id is None:
        return AccountStatement(since, until, ZERO, ZERO, ZERO, ZERO)
    end = start_of_day(until + timedelta(days=1))
    year = start_of_day(date(until.year, 1, 1))
    found = await one_row(STATEMENT, account_id, start_of_day(since), end, year)
    names = ("carried_over", "opening", "came", "went")
    return AccountStatement(since, until, *(Decimal(found[name]) for name in names))


async def one_row(statement: str, *values: Any) -> dict[str, Any]:
    """The one row that a statement gives."""
    (row,) = await connections.get("default").execute_query_dict(statement, list(values))
    found: dict[str, Any] = row
    return found
