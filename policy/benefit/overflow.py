"""Costs beyond a special disease's quota (慢特病限额用完之后的费用), which may enter 门诊统筹 (SX-25)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from policy.benefit.facts import BillFacts
from policy.benefit.nonpayment import unpaid_reasons
from policy.benefit.scheme import Scheme, scheme_of
from policy.benefit.shares import Costs, FundShare, fund_share
from policy.terms import BenefitKind
from policy.violation import Violation


@dataclass(frozen=True, slots=True)
class Overflow:
    """What of a bill flows into 门诊统筹 (转入门诊统筹): paid by its scheme, or kept out for reasons."""

    facts: BillFacts
    costs: Costs
    scheme: Scheme | None
    share: FundShare | None
    reasons: Sequence[Violation]


def overflow(facts: BillFacts, costs: Costs, scheme: Scheme, share: FundShare) -> Overflow | None:
    """The overflow of a special disease's bill (SX-25); None where there is none, or none is allowed.

    The deductible of 门诊统筹 is its own, but of one visit it is taken once (SX-22).
    """
    is_special = facts.benefit is BenefitKind.SPECIAL_DISEASE
    if not is_special or not share.beyond or not scheme.overflows.flag:
        return None
    common = replace(
        facts,
        benefit=BenefitKind.OUTPATIENT,
        disease_code=None,
        # they were divided already
        lines=(),
        deductible_taken_visit=facts.deductible_taken_visit + share.deductible,
        deductible_used_year=facts.outpatient_deductible_used_year,
        fund_used_year=facts.outpatient_fund_used_year,
        last_year=facts.outpatient_last_year,
    )
    rest = Costs(share.beyond, min(share.beyond, costs.essential))
    if reasons := unpaid_reasons(common):
        return Overflow(common, rest, None, None, reasons)
    outpatient = scheme_of(common)
    return Overflow(common, rest, outpatient, fund_share(common, rest, outpatient), ())
