"""What the fund paid for a special disease in a month and a quarter (病种限额使用, SX-25)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from models import Prescription, Reversal, Settlement
from policy.calendar import quarter_start, shanghai_day, start_of_day
from policy.money import ZERO
from policy.terms import BenefitKind, FillState


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """What is used of the month's and the quarter's quota (限额已用)."""

    month: Decimal = ZERO
    quarter: Decimal = ZERO


async def quota_use(prescription: Prescription, on: date) -> QuotaUse:
    """What the fund paid for the prescription's disease so far, reversals left out; none for others."""
    if prescription.benefit != BenefitKind.SPECIAL_DISEASE:
        return QuotaUse()
    since = start_of_day(quarter_start(on))
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
    left = await statements_left([row.id for row in rows])
    paid = [
        (shanghai_day(row.settled_at), own_fund(left.get(row.id, row.statement), row.pooled_fund))
        for row in rows
    ]
    month = sum((amount for day, amount in paid if day >= on.replace(day=1)), ZERO)
    return QuotaUse(month=month, quarter=sum((amount for _, amount in paid), ZERO))


async def statements_left(settlement_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """What stands of settlements that were reversed in part (剩余清单)."""
    rows = await Reversal.filter(settlement_id__in=list(settlement_ids)).order_by("sequence")
    return {row.settlement_id: row.remaining or {} for row in rows}


def own_fund(statement: dict[str, Any], pooled: Decimal) -> Decimal:
    """What the fund paid of the disease's own benefit, without what flowed into 门诊统筹."""
    uses = statement.get("uses") or ()
    return next(
        (Decimal(use["fund"]) for use in uses if use["benefit"] == BenefitKind.SPECIAL_DISEASE), pooled
    )
