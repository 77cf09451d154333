"""People like one of the sample world (双胞胎): the same insurance, disease and money, nothing used yet."""

from collections.abc import Sequence
from copy import copy
from decimal import Decimal
from typing import Any
from uuid import uuid4

from models import Account, JournalEntry, Member, Posting, SpecialDiseaseRecord
from ops.world.ids import member_id
from policy.terms import AccountKind
from services.ledger import account_of


def altered(row: Any, **changes: object) -> Any:
    """A row like another, but for these fields."""
    made = copy(row)
    made.update_from_dict(changes)
    return made


async def twins(psn_no: str, many: int, money: Decimal) -> Sequence[Member]:
    """So many members like this one, each with the same diseases on record and so much money."""
    model = await Member.get(id=member_id(psn_no))
    known = await SpecialDiseaseRecord.filter(member_id=model.id)
    keys = [uuid4() for _ in range(many)]
    people = [altered(model, id=key, psn_no=key.hex[:30], id_number_hash=key.hex) for key in keys]
    await Member.bulk_create(people)
    await SpecialDiseaseRecord.bulk_create(
        altered(record, id=uuid4(), member_id=key) for key in keys for record in known
    )
    await give(people, money)
    return people


async def give(people: Sequence[Member], money: Decimal) -> None:
    """Open their accounts, and book where the money came from."""
    source = await account_of(AccountKind.CONTRIBUTIONS, people[0].area)
    accounts = [Account(kind=AccountKind.MEMBER_ACCOUNT, owner=str(one.id), balance=money) for one in people]
    text = {"kind": "CONTRIBUTION", "text": "个人账户划入（示例）", "booked_at": "2026-01-01T01:00:00Z"}
    entries = [JournalEntry(reference=f"CONTRIBUTION:{one.psn_no}", **text) for one in people]
    await Account.bulk_create(accounts)
    await JournalEntry.bulk_create(entries)
    pairs = list(zip(accounts, entries, strict=True))
    sides = [Posting(entry_id=entry.id, account_id=source.id, debit=money) for _, entry in pairs]
    sides += [Posting(entry_id=entry.id, account_id=account.id, credit=money) for account, entry in pairs]
    await Posting.bulk_create(sides)
