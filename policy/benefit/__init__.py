"""The benefit (医保待遇): what the fund pays of a bill, what the member pays, and why."""

from collections.abc import Sequence
from decimal import Decimal

from policy.benefit.facts import BillFacts, BillLine, LineStatement, Statement, Step
from policy.benefit.lines import divide, unpaid
from policy.benefit.nonpayment import unpaid_reasons
from policy.benefit.scheme import scheme_of
from policy.benefit.shares import Purse, fund_share, purse, total
from policy.benefit.steps import explain, explain_unpaid
from policy.money import ZERO
from policy.violation import Violation

__all__ = ["BillFacts", "BillLine", "LineStatement", "Statement", "Step", "settle"]


def settle(facts: BillFacts) -> Statement:
    """The benefit statement (医保待遇清单) of a bill: a preview and a settlement agree to the fen."""
    reasons = unpaid_reasons(facts)
    return settle_unpaid(facts, reasons) if reasons else settle_paid(facts)


def settle_paid(facts: BillFacts) -> Statement:
    """The statement of a bill to which the fund contributes (统筹支付)."""
    scheme = scheme_of(facts)
    applies = scheme.standard_applies.flag
    lines = tuple(divide(line, scheme.class_b.amount, standard_applies=applies) for line in facts.lines)
    share = fund_share(facts, lines, scheme)
    payers = purse(facts, total(line.det_item_fee_sumamt for line in lines) - share.paid)
    steps = explain(facts, lines, scheme, share, payers)
    return statement(
        lines,
        payers,
        steps,
        deductible=share.deductible,
        ratio=scheme.ratio.amount,
        pooled=share.paid,
        deductible_left=share.deductible_left,
        limit_left=share.limit_left,
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
    deductible_left: Decimal | None = None,
    limit_left: Decimal | None = None,
    reasons: Sequence[Violation] = (),
) -> Statement:
    """Put a statement together. No area's large-sum or supplementary scheme is known: they pay nothing."""
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
        cvlserv_pay=ZERO,
        hifes_pay=ZERO,
        hifmi_pay=ZERO,
        hifob_pay=ZERO,
        maf_pay=ZERO,
        oth_pay=ZERO,
        fund_pay_sumamt=pooled,
        psn_part_amt=payers.account + payers.family + payers.cash,
        acct_pay=payers.account,
        acct_mulaid_pay=payers.family,
        psn_cash_pay=payers.cash,
        deductible_left=deductible_left,
        limit_left=limit_left,
        is_estimate_of_unverified=any(not step.verified for step in steps),
        unpaid_reasons=tuple(reasons),
        steps=steps,
    )
