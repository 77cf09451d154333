"""What a pharmacy can promise at this moment (可供情况): a dated statement, read the same way everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tortoise import connections

from policy.calendar import shanghai_day

AVAILABLE = """greatest(0, CASE WHEN i.next_expiry IS NULL OR i.next_expiry >= {day} THEN i.sellable
    ELSE (SELECT coalesce(sum(b.on_hand), 0) FROM stock_batch b WHERE b.item_id = i.id
          AND b.recalled_at IS NULL AND (b.expires_on IS NULL OR b.expires_on >= {day})) END - i.held)"""
"""Of stock row `i`: what is neither expired nor recalled nor held. A batch's last day is a good day.

`sellable` was right when stock last moved; once a batch has expired since, the batches are asked.
"""

WATCHED = f"""
SELECT i.pharmacy_id, i.drug_id, {AVAILABLE.format(day="$3")} AS available, i.price, i.moved_at
FROM stock_item i
WHERE i.pharmacy_id = ANY($1::varchar[]) AND i.drug_id = ANY($2::varchar[])
"""


@dataclass(frozen=True, slots=True)
class Availability:
    """What one pharmacy has of one drug (可供情况)."""

    available: Decimal
    price: Decimal | None
    moved_at: datetime | None


Shelf = dict[str, Availability]
"""What one pharmacy has, by drug code (货架)."""


async def shelves(pharmacies: Sequence[str], drugs: Sequence[str], now: datetime) -> dict[str, Shelf]:
    """What these pharmacies have of these drugs now (现时可供), in one statement."""
    found: dict[str, Shelf] = {code: {} for code in pharmacies}
    values: list[Sequence[str] | date] = [list(pharmacies), list(drugs), shanghai_day(now)]
    for row in await connections.get("default").execute_query_dict(WATCHED, values):
        one = Availability(row["available"], row["price"], row["moved_at"])
        found[row["pharmacy_id"]][row["drug_id"]] = one
    return found


NOTHING = Availability(Decimal(0), None, None)


def differences(before: Shelf, after: Shelf, drugs: Sequence[str]) -> Shelf:
    """What of these drugs can be had in another quantity or at another price than before (变化)."""
    changed: Shelf = {}
    for code in drugs:
        old, new = before.get(code, NOTHING), after.get(code, NOTHING)
        if (old.available, old.price) != (new.available, new.price):
            changed[code] = new
    return changed
