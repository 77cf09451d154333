"""The benefit (医保待遇): what the fund pays of a bill, what the member pays, and why."""

from collections.abc import Sequence
from decimal import Decimal

from policy.benefit.budget import BudgetEntry, budget_entry
from policy.benefit.facts import BillFacts, BillLine, FundUse, LineStatement, Statement, Step, Use, YearUse
from policy.benefit.further import FurtherShare, paid_by
from policy.benefit.lines import unpaid
from policy.benefit.nonpayment import unpaid_reasons
from policy.benefit.result import compute
from policy.benefit.scheme import Scheme, scheme_of
from policy.benefit.shares import Purse, purse, total
from policy.benefit.steps import explain, explain_unpaid
from policy.money import ZERO
from policy.terms import Fund
from policy.violation import Violation

__all__ = [
    "BillFacts",
    "BillLine",
    "BudgetEntry",
    "FundUse",
    "LineStatement",
    "Statement",
    "Step",
    "Use",
    "YearUse",
    "budget_entry",
    "settle",
    "settle_by",
]


def settle(facts: BillFacts) -> Statement:
    """The benefit statement (医保待遇清单) of a bill: a preview and a settlement agree to the fen."""
    reasons = unpaid_reasons(facts)
    return settle_unpaid(facts, reasons) if reasons else settle_by(facts, scheme_of(facts))


def settle_by(facts: BillFacts, scheme: Scheme) -> Statement:
    """The statement of a bill to which the fund contributes (统筹支付), by a given scheme."""
    found = compute(facts, scheme)
    return statement(
        found.lines,
        found.purse,
        explain(found),
        deductible=found.deductible,
        ratio=scheme.ratio.amount,
        pooled=found.pooled,
        further=found.further,
        deductible_left=found.share.deductible_left,
        limit_left=found.share.limit_left,
        uses=found.uses,
    )


def settle_unpaid(facts: BillFacts, reasons: Sequence[Violation]) -> Statement:
    """The statement of a bill that the law leaves to the member (不予支付): all full self-pay."""
    lines = tuple(unpaid(line) for line in facts.lines)
    amount = total(line.det_item_fee_sumamt for line in lines)
    payers = purse(facts, amount)
    return statement(lines, payers, explain_unpaid(facts, amount, reasons, payers), reasons=reasons)


def statement(
    lines: tuple[LineStatement, ...],
    payers: Purse,
    steps: tuple[Step, ...],
    *,
    deductible: Decimal = ZERO,
    ratio: Decimal = ZERO,
    pooled: Decimal = ZERO,
    further: Sequence[FurtherShare] = (),
    deductible_left: Decimal | None = None,
    limit_left: Decimal | None = None,
    reasons: Sequence[Violation] = (),
    uses: tuple[Use, ...] = (),
) -> Statement:
    """Put a statement together, each fund under its national field (fund_pay_type)."""
    return Statement(
        lines=lines,
        medfee_sumamt=total(line.det_item_fee_sumamt for line in lines),
        fulamt_ownpay_amt=total(line.fulamt_ownpay_amt for line in lines),
        overlmt_selfpay=total(line.overlmt_amt for line in lines),
        preselfpay_amt=total(line.preselfpay_amt for line in lines),
        inscp_scp_amt=total(line.inscp_scp_amt for line in lines),
        act_pay_dedc=deductible,
        pool_prop_selfpay=ratio,
        hifp_pay=pooled,
        cvlserv_pay=paid_by(further, Fund.CIVIL_SERVANTS),
        hifes_pay=paid_by(further, Fund.ENTERPRISE),
        hifmi_pay=paid_by(further, Fund.RESIDENT_LARGE_AMOUNT),
        hifob_pay=paid_by(further, Fund.LARGE_AMOUNT),
        maf_pay=paid_by(further, Fund.ASSISTANCE),
        oth_pay=ZERO,
        fund_pay_sumamt=pooled + paid_by(further),
        psn_part_amt=payers.account + payers.family + payers.cash,
        acct_pay=payers.account,
        acct_mulaid_pay=payers.family,
        psn_cash_pay=payers.cash,
        deductible_left=deductible_left,
        limit_left=limit_left,
        is_estimate_of_unverified=any(not step.verified for step in steps),
        unpaid_reasons=tuple(reasons),
        steps=steps,
        uses=uses,
    )
