"""What a family member's account may pay for another (家庭共济支付, SX-23)."""

from dataclasses import dataclass
from decimal import Decimal

from policy.money import ZERO
from policy.rule import broken
from policy.violation import Code, Violation

RULE = "YL-52"


@dataclass(frozen=True, slots=True)
class PayLimits:
    """The most that a grant lets be paid (代付上限), in yuan; None where the owner set none."""

    purchase: Decimal | None = None
    month: Decimal | None = None
    year: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Paid:
    """What was paid of the same owner's account for the same member (已代付), in yuan."""

    month: Decimal = ZERO
    year: Decimal = ZERO


def left_of(limit: Decimal | None, paid: Decimal) -> Decimal | None:
    """What is left of one limit (剩余额度), never below zero; None when there is no limit."""
    return None if limit is None else max(limit - paid, ZERO)


def payable(balance: Decimal, limits: PayLimits, paid: Paid) -> Decimal:
    """The most that the account may pay towards one purchase now (本次可代付)."""
    left = (limits.purchase, left_of(limits.month, paid.month), left_of(limits.year, paid.year))
    return min([balance, *(one for one in left if one is not None)])


def check_limits(limits: PayLimits, paid: Paid) -> list[Violation]:
    """Every limit of which nothing is left (额度已用完, YL-52)."""
    spans = (("本月", limits.month, paid.month), ("本年度", limits.year, paid.year))
    return [
        broken(
            Code.FAMILY_LIMIT_REACHED,
            RULE,
            f"家庭共济{span}代付上限为 {limit:.2f} 元,已支付 {used:.2f} 元,剩余 0.00 元。"
            "请改用本人账户或现金,或请授权人调整上限。",
            limit=f"{limit:.2f} 元",
            actual=f"{used:.2f} 元",
        )
        for span, limit, used in spans
        if limit is not None and used >= limit
    ]
