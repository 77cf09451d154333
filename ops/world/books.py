"""The opening entries of the members' personal accounts (个人账户期初余额): balanced like any other entry."""

from collections.abc import Iterator
from datetime import datetime

from ops.world.ids import member_id, stable_id
from ops.world.member_cast import Person
from ops.world.rows import AccountRow, JournalEntryRow, PostingRow
from policy.calendar import SHANGHAI
from policy.money import ZERO

CONTRIBUTIONS = "CONTRIBUTIONS"
MEMBER_ACCOUNT = "MEMBER_ACCOUNT"


def member_account(person: Person) -> AccountRow | None:
    """The person's account with its balance (个人账户), or None."""
    balance = person.profile.balance
    if balance is None:
        return None
    owner = member_id(person.psn_no)
    return AccountRow(stable_id("account", MEMBER_ACCOUNT, str(owner)), MEMBER_ACCOUNT, str(owner), balance)


def contributions(area: str) -> AccountRow:
    """The account that a pooling area's contributions come from (缴费划入); its balance is not kept."""
    return AccountRow(stable_id("account", CONTRIBUTIONS, area), CONTRIBUTIONS, area, None)


def opening_entry(person: Person, now: datetime) -> JournalEntryRow | None:
    """The entry that brought the balance (期初划入), booked at the beginning of the year."""
    if not person.profile.balance:
        return None
    return JournalEntryRow(
        id=stable_id("entry", person.psn_no),
        kind="CONTRIBUTION",
        reference=f"CONTRIBUTION:{person.psn_no}:{now.year}",
        text="个人账户划入（示例）",
        booked_at=datetime(now.year, 1, 1, 9, tzinfo=SHANGHAI),
    )


def opening_postings(person: Person, now: datetime) -> Iterator[PostingRow]:
    """The two sides of that entry (分录): debit the contributions, credit the member."""
    entry, account = opening_entry(person, now), member_account(person)
    if entry is None or account is None or account.balance is None:
        return
    source = contributions(person.area)
    amount = account.balance
    yield PostingRow(stable_id("posting", person.psn_no, "debit"), entry.id, source.id, amount, ZERO)
    yield PostingRow(stable_id("posting", person.psn_no, "credit"), entry.id, account.id, ZERO, amount)
