"""What the fund paid for a special disease in a month and a quarter (病种限额使用, SX-25)."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from models import Prescription, Settlement
from policy.calendar import SHANGHAI, shanghai_day
from policy.money import ZERO
from policy.terms import BenefitKind, FillState

MONTHS_OF_A_QUARTER = 3


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """What is used of the month's and the quarter's quota (限额已用)."""

    month: Decimal = ZERO
    quarter: Decimal = ZERO


async def quota_use(prescription: Prescription, on: date) -> QuotaUse:
    """What the fund paid for the prescription's disease so far, reversals left out; none for others."""
    if prescription.benefit != BenefitKind.SPECIAL_DISEASE:
        return QuotaUse()
    since = datetime.combine(quarter_start(on), time(), tzinfo=SHANGHAI)
    rows = (
        await Settlement.filter(
            member_id=prescription.member_id,
            benefit=BenefitKind.SPECIAL_DISEASE,
            settled_at__gte=since,
            fill__prescription__disease_code=prescription.disease_code,
        )
        .exclude(fill__state=FillState.REVERSED)
        .only("id", "settled_at", "statement", "pooled_fund")
    )
    paid = [(shanghai_day(row.settled_at), own_fund(row.statement, row.pooled_fund)) for row in rows]
    month = sum((amount for day, amount in paid if day >= on.replace(day=1)), ZERO)
    return QuotaUse(month=month, quarter=sum((amount for _, amount in paid), ZERO))


def own_fund(statement: dict[str, Any], pooled: Decimal) -> Decimal:
    """What the fund paid of the disease's own benefit, without what flowed into 门诊统筹."""
    uses = statement.get("uses") or ()
    return next(
        (Decimal(use["fund"]) for use in uses if use["benefit"] == BenefitKind.SPECIAL_DISEASE), pooled
    )


def quarter_start(day: date) -> date:
    """The first day of the day's quarter (季度首日)."""
    return day.replace(month=day.month - (day.month - 1) % MONTHS_OF_A_QUARTER, day=1)
