"""The city's monthly claims (清算): taken by the house's own statement, reviewed, paid and booked."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from ops.year.city import City
from ops.year.sheet import settlement_number
from policy.books import clearing_entry
from policy.calendar import start_of_day
from policy.money import ZERO
from policy.terms import ClaimState
from services.clearing import SUMS, TAKE, next_month

NUMBERS_FROM = 8_000_000_000
CUT, CUT_EVERY = Decimal("10.00"), 20

NEW = """
INSERT INTO clearing_claim (id, number, pharmacy_id, area, month, state, settlements, reversals, total,
 pooled, further, account, cut, submitted_at, submitted_by, reviewed_by, note, paid_by, payment_reference)
VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0, 0, 0, 0, $7, 'PHARMACY:simulated', '', '', '', '')
"""
TRIM = """
UPDATE clearing_item SET cut = $2, cut_reason = '模拟扣减'
WHERE id = (SELECT id FROM clearing_item WHERE claim_id = $1 AND pooled >= $2 ORDER BY number LIMIT 1)
RETURNING cut
"""
FILL_IN = """
UPDATE clearing_claim SET state = $2, settlements = $3, reversals = $4, total = $5, pooled = $6, further = $7,
 account = $8, cut = $9, reviewed_at = $10, reviewed_by = 'AGENCY:simulated', paid_at = $10,
 paid_by = 'AGENCY:simulated', payment_reference = $11 WHERE id = $1
"""
ENTRY = "INSERT INTO journal_entry (id, kind, reference, text, booked_at) VALUES ($1, 'CLEARING', $2, $3, $4)"
POSTING = "INSERT INTO posting (id, entry_id, account_id, debit, credit) VALUES ($1, $2, $3, $4, $5)"


def months(city: City) -> list[date]:
    """The months claimed (清算月份): the year's, and the next January, in which the last reversals fall."""
    return [*(date(city.year, month, 1) for month in range(1, 13)), date(city.year + 1, 1, 1)]


async def claim_year(connection: Any, city: City, done: Callable[[], None]) -> int:
    """Claim every month of every pharmacy (全年清算); gives how many claims there are."""
    # the planner would hash the whole table for each claim
    await connection.execute("SET enable_hashjoin = off; SET enable_mergejoin = off")
    claims = 0
    for month in months(city):
        for place, pharmacy in enumerate(city.pharmacies):
            claims += await claim_month(connection, city, pharmacy.code, month, place)
            done()
    await connection.execute("RESET enable_hashjoin; RESET enable_mergejoin")
    return claims


async def claim_month(connection: Any, city: City, pharmacy: str, month: date, place: int) -> bool:
    """One claim in one transaction, unless it is there or there is nothing; `place` is the pharmacy's."""
    end = start_of_day(next_month(month))
    at, key = end + timedelta(days=4, hours=10), uuid4()
    known = "SELECT 1 FROM clearing_claim WHERE pharmacy_id = $1 AND area = $2 AND month = $3"
    if await connection.fetchval(known, pharmacy, city.area, month):
        return True
    transaction = connection.transaction()
    await transaction.start()
    number = settlement_number(city.area, at, NUMBERS_FROM + place)
    await connection.execute(NEW, key, number, pharmacy, city.area, month, ClaimState.SUBMITTED, at)
    await connection.execute(TAKE, key, pharmacy, city.area, end)
    sums = await connection.fetchrow(SUMS, key)
    if not sums["settlements"] and not sums["reversals"]:
        await transaction.rollback()
        return False
    cut = await connection.fetchval(TRIM, key, CUT) if (place + month.month) % CUT_EVERY == 0 else None
    paid_at = at + timedelta(days=10)
    values = ClaimState.PAID, *sums.values(), cut or ZERO, paid_at, f"模拟{number}"
    await connection.execute(FILL_IN, key, *values)
    await book(connection, city, pharmacy, number, month, paid_at, (sums, cut or ZERO))
    await transaction.commit()
    return True


async def book(
    connection: Any,
    city: City,
    pharmacy: str,
    number: str,
    month: date,
    at: datetime,
    amounts: tuple[Any, Decimal],
) -> None:
    """Book the payment of a claim (SX-28)."""
    (sums, cut), key = amounts, uuid4()
    await connection.execute(ENTRY, key, number, f"{month:%Y年%m月}清算支付", at)
    for side in clearing_entry(sums["pooled"], sums["further"], sums["account"], cut).sides:
        owner = pharmacy if side.owner == "PHARMACY" else city.area
        account: UUID = city.account(side.kind, owner)
        await connection.execute(POSTING, uuid4(), key, account, side.debit, side.credit)
