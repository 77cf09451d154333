"""What was paid of a family account, and what still may be (家庭共济支付, SX-23)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from tortoise.functions import Sum
from tortoise.queryset import QuerySet

from models import FamilyGrant, Reversal, Settlement
from policy.calendar import SHANGHAI, shanghai_day
from policy.family import Paid, PayLimits
from policy.money import ZERO


def limits_of(grant: FamilyGrant) -> PayLimits:
    """The limits of a grant (代付上限)."""
    return PayLimits(grant.pay_limit, grant.pay_limit_month, grant.pay_limit_year)


async def paid_by(payer_id: UUID, member_id: UUID, now: datetime) -> Paid:
    """What one paid for another in this month and year of Shanghai (已代付), over all their grants."""
    return (await paid_in_pairs([(payer_id, member_id)], now))[0]


async def paid_in_pairs(pairs: Sequence[tuple[UUID, UUID]], now: datetime) -> list[Paid]:
    """What was paid between each payer and member (已代付), in their order, by two statements."""
    today = shanghai_day(now)
    year = await paid_since(pairs, datetime(today.year, 1, 1, tzinfo=SHANGHAI))
    month = await paid_since(pairs, datetime(today.year, today.month, 1, tzinfo=SHANGHAI))
    return [Paid(month.get(pair, ZERO), year.get(pair, ZERO)) for pair in pairs]


async def paid_since(pairs: Sequence[tuple[UUID, UUID]], since: datetime) -> dict[tuple[UUID, UUID], Decimal]:
    """What was paid between payers and members by settlements since an instant, less what was given back."""
    people = {"payer_id__in": {pair[0] for pair in pairs}, "member_id__in": {pair[1] for pair in pairs}}
    paid = await summed(Settlement.filter(**people, settled_at__gte=since))
    back = await summed(Reversal.filter(**people, settlement__settled_at__gte=since))
    return {pair: amount - back.get(pair, ZERO) for pair, amount in paid.items()}


async def summed(rows: QuerySet[Settlement] | QuerySet[Reversal]) -> dict[tuple[UUID, UUID], Decimal]:
    """The sums of the family account's part, by payer and member (按付款人与参保人合计)."""
    found = (
        await rows.annotate(sum=Sum("family_account"))
        .group_by("payer_id", "member_id")
        .values_list("payer_id", "member_id", "sum")
    )
    return {(payer, member): Decimal(str(amount)) for payer, member, amount in found}
