"""What was paid of a family account, and what still may be (家庭共济支付, SX-23)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tortoise import connections

from models import FamilyGrant
from policy.calendar import SHANGHAI, shanghai_day
from policy.family import Paid, PayLimits
from policy.money import ZERO

PAID = """
SELECT payer_id, member_id, sum(amount) AS year,
    coalesce(sum(amount) FILTER (WHERE settled_at >= $4), 0) AS month
FROM (
    SELECT payer_id, member_id, family_account AS amount, settled_at FROM settlement
    WHERE payer_id = ANY($1) AND member_id = ANY($2) AND settled_at >= $3
    UNION ALL
    SELECT r.payer_id, r.member_id, -r.family_account, s.settled_at
    FROM reversal r JOIN settlement s ON s.id = r.settlement_id
    WHERE r.payer_id = ANY($1) AND r.member_id = ANY($2) AND s.settled_at >= $3
) AS moved
GROUP BY payer_id, member_id
"""
"""The family account's part of settlements since the year and the month began, less what was given back."""


def limits_of(grant: FamilyGrant) -> PayLimits:
    """The limits of a grant (代付上限)."""
    return PayLimits(grant.pay_limit, grant.pay_limit_month, grant.pay_limit_year)


async def paid_by(payer_id: UUID, member_id: UUID, now: datetime) -> Paid:
    """What one paid for another in this month and year of Shanghai (已代付), over all their grants."""
    return (await paid_in_pairs([(payer_id, member_id)], now))[0]


async def paid_in_pairs(pairs: Sequence[tuple[UUID, UUID]], now: datetime) -> list[Paid]:
    """What was paid between each payer and member (已代付), in their order, by one statement."""
    today = shanghai_day(now)
    values = [
        list({payer for payer, _ in pairs}),
        list({member for _, member in pairs}),
        datetime(today.year, 1, 1, tzinfo=SHANGHAI),
        datetime(today.year, today.month, 1, tzinfo=SHANGHAI),
    ]
    rows = await connections.get("default").execute_query_dict(PAID, values)
    found = {(row["payer_id"], row["member_id"]): Paid(row["month"], row["year"]) for row in rows}
    return [found.get(pair, Paid(ZERO, ZERO)) for pair in pairs]
