"""Funds that pay after the pooled one (其他基金): each in the area's order, all off by default."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from policy.benefit.facts import BillFacts
from policy.benefit.scheme import NO_CEILING, FurtherFund, Scheme, above_zero
from policy.money import ZERO, fen
from policy.terms import Fund

ABOVE_LIMIT = "ABOVE_LIMIT"

NAMES: Mapping[str, str] = {
    Fund.CIVIL_SERVANTS: "公务员医疗补助",
    Fund.LARGE_AMOUNT: "职工大额医疗费用补助",
    Fund.ENTERPRISE: "企业补充医疗保险",
    Fund.RESIDENT_LARGE_AMOUNT: "居民大病保险",
    Fund.ASSISTANCE: "医疗救助",
}


@dataclass(frozen=True, slots=True)
class FurtherShare:
    """What a further fund pays (其他基金支出), and of which costs."""

    of: FurtherFund
    base: Decimal
    paid: Decimal


def further_shares(
    facts: BillFacts, scheme: Scheme, eligible: Decimal, pooled: Decimal, beyond: Decimal
) -> tuple[FurtherShare, ...]:
    """What each further fund pays, one after the other, of what is left unpaid of the eligible costs.

    A fund pays of the costs above the pooled fund's limit (ABOVE_LIMIT), or of all that is left.
    """
    used = {use.fund: use.used_year for use in facts.further_funds}
    found: list[FurtherShare] = []
    for fund in scheme.further:
        left = eligible - pooled - paid_by(found)
        base = min(beyond, left) if fund.base.text == ABOVE_LIMIT else left
        paid = fen(base * fund.ratio.amount)
        if fund.limit.value != NO_CEILING:
            paid = min(paid, fen(above_zero(fund.limit.amount - used[Fund(fund.fund)])))
        found.append(FurtherShare(fund, base, paid))
    return tuple(found)


def paid_by(shares: Sequence[FurtherShare], *funds: Fund) -> Decimal:
    """What these further funds pay together; all of them when none is named."""
    return sum((share.paid for share in shares if not funds or share.of.fund in funds), ZERO)
