"""A bill computed (计算结果): who pays what of it. The statement and its explanation both read this."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from policy.benefit.facts import BillFacts, LineStatement, Use
from policy.benefit.further import FurtherShare, further_shares, paid_by
from policy.benefit.lines import divide
from policy.benefit.overflow import Overflow, overflow
from policy.benefit.scheme import Scheme
from policy.benefit.shares import FundShare, Purse, costs_of, fund_share, purse, total
from policy.money import ZERO
from policy.terms import BenefitKind


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that was computed of a bill to which the fund contributes (统筹支付)."""

    facts: BillFacts
    scheme: Scheme
    lines: tuple[LineStatement, ...]
    share: FundShare
    overflow: Overflow | None
    further: Sequence[FurtherShare]
    purse: Purse

    @property
    def overflowed(self) -> FundShare | None:
        """The share of the costs that flowed into 门诊统筹 (转入门诊统筹), if any did."""
        return self.overflow.share if self.overflow else None

    @property
    def pooled(self) -> Decimal:
        """What the pooled fund pays (统筹基金支出), of the own benefit and of 门诊统筹."""
        return self.share.paid + (self.overflowed.paid if self.overflowed else ZERO)

    @property
    def deductible(self) -> Decimal:
        """The deductibles taken (起付线), of the own benefit and of 门诊统筹."""
        return self.share.deductible + (self.overflowed.deductible if self.overflowed else ZERO)

    @property
    def uses(self) -> tuple[Use, ...]:
        """What the bill uses of which benefit (计入累计)."""
        facts, share = self.facts, self.share
        own = Use(facts.benefit, facts.disease_code, share.deductible, share.paid)
        if self.overflowed is None:
            return (own,)
        return own, Use(BenefitKind.OUTPATIENT, None, self.overflowed.deductible, self.overflowed.paid)


def compute(facts: BillFacts, scheme: Scheme) -> Result:
    """Compute a bill by a scheme (待遇计算): the lines, the pooled fund, further funds, the purse."""
    lines = tuple(divide(line, scheme) for line in facts.lines)
    costs = costs_of(facts, lines)
    share = fund_share(facts, costs, scheme)
    flowed = overflow(facts, costs, scheme, share)
    last = flowed.share if flowed and flowed.share else share
    pooled = share.paid if last is share else share.paid + last.paid
    further = further_shares(facts, scheme, costs.eligible, pooled, last.beyond)
    amount = total(line.det_item_fee_sumamt for line in lines)
    payers = purse(facts, amount - pooled - paid_by(further))
    return Result(facts, scheme, lines, share, flowed, further, payers)
