"""What the fund paid for a special disease in a month and a quarter (病种限额使用, SX-25)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tortoise import connections

from models import Prescription
from policy.calendar import quarter_start, start_of_day
from policy.money import ZERO
from policy.terms import BenefitKind, FillState

PAID = """
SELECT coalesce(sum(own.paid) FILTER (WHERE s.settled_at >= $4), 0) AS month,
    coalesce(sum(own.paid), 0) AS quarter
FROM settlement s
JOIN fill f ON f.id = s.fill_id
JOIN prescription p ON p.id = f.prescription_id
LEFT JOIN LATERAL (
    SELECT r.remaining FROM reversal r WHERE r.settlement_id = s.id ORDER BY r.sequence DESC LIMIT 1
) AS kept ON true
CROSS JOIN LATERAL (
    SELECT coalesce(
        (SELECT (u ->> 'fund')::numeric
         FROM jsonb_array_elements(coalesce(kept.remaining, s.statement) -> 'uses') AS u
         WHERE u ->> 'benefit' = s.benefit LIMIT 1),
        s.pooled_fund
    ) AS paid
) AS own
WHERE s.member_id = $1 AND s.benefit = $2 AND s.settled_at >= $3 AND f.state <> $5
    AND p.disease_code IS NOT DISTINCT FROM $6
"""
"""Of each settlement, or of what reversals left of it, what the fund paid of the disease's own benefit:
without what flowed into 门诊统筹. A statement that says nothing of that was paid by the one benefit alone."""


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """What is used of the month's and the quarter's quota (限额已用)."""

    month: Decimal = ZERO
    quarter: Decimal = ZERO


async def quota_use(prescription: Prescription, on: date) -> QuotaUse:
    """What the fund paid for the prescription's disease so far, reversals left out; none for others."""
    if prescription.benefit != BenefitKind.SPECIAL_DISEASE:
        return QuotaUse()
    values = [
        prescription.member_id,
        BenefitKind.SPECIAL_DISEASE.value,
        start_of_day(quarter_start(on)),
        start_of_day(on.replace(day=1)),
        FillState.REVERSED.value,
        prescription.disease_code,
    ]
    (row,) = await connections.get("default").execute_query_dict(PAID, values)
    return QuotaUse(month=row["month"], quarter=row["quarter"])
