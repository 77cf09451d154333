"""A sheet of rows (行集) waiting to be copied, and how entries are booked on it."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from engines.keys import KeyRing
from ops.year.city import City
from policy.benefit import BillFacts, Statement
from policy.books import Entry, Owner
from policy.calendar import SHANGHAI


class Voucher(NamedTuple):
    """A journal entry's own columns (记账凭证)."""

    kind: str
    reference: str
    text: str
    booked_at: datetime


@dataclass
class Sheet:
    """Rows of some households, by table (各表行)."""

    city: City
    keys: KeyRing
    tables: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))

    def put(self, table: str, *values: Any) -> None:
        """Add one row, its values in the order of `columns.COLUMNS`."""
        self.tables[table].append(values)

    def book(
        self,
        new_id: Callable[[], UUID],
        voucher: Voucher,
        entry: Entry,
        pharmacy: str,
        members: Mapping[Owner, UUID | None],
    ) -> None:
        """Book an entry (记账): a side of a member on the member's account, others on area or pharmacy."""
        key = new_id()
        self.put("journal_entry", key, *voucher)
        owners = {Owner.AREA: self.city.area, Owner.PHARMACY: pharmacy}
        for side in entry.sides:
            owner = owners.get(side.owner)
            account = members[side.owner] if owner is None else self.city.account(side.kind, owner)
            self.put("posting", new_id(), key, account, side.debit, side.credit)


def settlement_number(area: str, at: datetime, number: int) -> str:
    """A settlement's number in the house's form (结算编号)."""
    return f"{area}{at.astimezone(SHANGHAI):%Y%m%d%H%M%S}{number:010d}"


def as_json(found: BillFacts | Statement) -> str:
    """Facts or a statement as `policy.benefit.kept.jsonable` keeps them (留存形式), only quicker."""
    return orjson.dumps(found, default=str).decode()
