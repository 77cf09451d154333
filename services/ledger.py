"""Double-entry books (账务, SX-27, SX-28): every settlement is one balanced entry."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from tortoise.expressions import F, Q

from models import Account, JournalEntry, Posting, Reversal, Settlement
from models.remembered import rows_of
from policy.books import Entry, Owner, Paid, settlement_entry, turned
from policy.money import ZERO
from policy.terms import AccountKind
from services.use_case import Work


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of an entry (分录) before it is booked."""

    kind: AccountKind
    owner: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO


async def book_settlement(work: Work, settlement: Settlement, *, is_online: bool = False) -> JournalEntry:
    """Book a settlement (SX-27): the payable to the pharmacy, and what members' accounts and cash paid."""
    legs = legs_of(settlement_entry(paid_by(settlement, is_online)), owners_of(settlement))
    return await book(work, "SETTLEMENT", settlement.number, "门诊统筹购药结算", legs)


async def book_reversal(work: Work, reversal: Reversal, *, is_online: bool = False) -> JournalEntry:
    """Book a reversal (冲正): the settlement's entry turned round, for what was taken back."""
    legs = legs_of(turned(settlement_entry(paid_by(reversal, is_online))), owners_of(reversal))
    return await book(work, "REVERSAL", reversal.number, "门诊统筹购药冲正", legs)


def paid_by(row: Settlement | Reversal, is_online: bool) -> Paid:
    """Who paid a settlement, or got back what was taken back of it; the cash share perhaps online."""
    further = row.fund_total - row.pooled_fund
    cash, online = (ZERO, row.cash) if is_online else (row.cash, ZERO)
    return Paid(row.pooled_fund, further, row.account, row.family_account, cash, online)


def owners_of(row: Settlement | Reversal) -> dict[Owner, str]:
    """Whose accounts a settlement moves."""
    return {
        Owner.AREA: row.area,
        Owner.PHARMACY: row.pharmacy_id,
        Owner.MEMBER: str(row.member_id),
        Owner.PAYER: str(row.payer_id),
    }


def legs_of(entry: Entry, owners: Mapping[Owner, str]) -> list[Leg]:
    """The sides of an entry with the accounts' owners."""
    return [Leg(side.kind, owners[side.owner], side.debit, side.credit) for side in entry.sides]


async def book(work: Work, kind: str, reference: str, text: str, legs: Sequence[Leg]) -> JournalEntry:
    """Write an entry with its postings; members' balances follow, and can't fall below zero."""
    entry = await JournalEntry.create(kind=kind, reference=reference, text=text, booked_at=work.now)
    moving = [leg for leg in legs if leg.debit or leg.credit]
    accounts = await accounts_of({(leg.kind, leg.owner) for leg in moving})
    postings = []
    for leg in moving:
        account = accounts[leg.kind, leg.owner]
        postings.append(Posting(entry=entry, account_id=account.id, debit=leg.debit, credit=leg.credit))
        if leg.kind == AccountKind.MEMBER_ACCOUNT:
            await Account.filter(id=account.id).update(balance=F("balance") + (leg.credit - leg.debit))
    await Posting.bulk_create(postings)
    return entry


async def account_of(kind: AccountKind, owner: str) -> Account:
    """The account of an owner, opened when first needed."""
    return (await accounts_of({(kind, owner)}))[kind, owner]


async def accounts_of(wanted: Set[tuple[AccountKind, str]]) -> dict[tuple[AccountKind, str], Account]:
    """The accounts of these kinds and owners (账户), opened when first needed."""
    found = await known_accounts(wanted)
    if missing := wanted - found.keys():
        new = [
            Account(kind=kind, owner=owner, balance=ZERO if kind == AccountKind.MEMBER_ACCOUNT else None)
            # in one order: of two who open the same accounts one waits, and neither for the other
            for kind, owner in sorted(missing)
        ]
        await Account.bulk_create(new, ignore_conflicts=True)
        found = await known_accounts(wanted)
    return found


async def known_accounts(wanted: Set[tuple[AccountKind, str]]) -> dict[tuple[AccountKind, str], Account]:
    """Those of the accounts that were opened."""
    kinds, owners = ({one[part] for one in wanted} for part in (0, 1))
    rows = await Account.filter(kind__in=kinds, owner__in=owners)
    return {key: row for row in rows if (key := (row.kind, row.owner)) in wanted}


async def lock_balances(member_ids: Sequence[UUID]) -> dict[UUID, Decimal]:
    """The balances of members' accounts (个人账户余额), locked in the order of their ids."""
    owners = {str(key): key for key in member_ids}
    rows = (
        await Account.select_for_update()
        .filter(kind=AccountKind.MEMBER_ACCOUNT, owner__in=list(owners))
        .order_by("id")
    )
    return {owners[row.owner]: row.balance or ZERO for row in rows}


async def balance_of(member_id: UUID) -> Decimal:
    """A member's balance (个人账户余额), as it stands."""
    return (await balances_of([member_id]))[member_id]


async def balances_of(member_ids: Sequence[UUID]) -> dict[UUID, Decimal]:
    """Members' balances, as they stand; nothing is on an account that nobody opened."""
    owners = [str(key) for key in member_ids]
    rows = await rows_of(Account, Q(kind=AccountKind.MEMBER_ACCOUNT, owner__in=owners))
    found = {row.owner: row.balance or ZERO for row in rows}
    return {key: found.get(str(key), ZERO) for key in member_ids}
