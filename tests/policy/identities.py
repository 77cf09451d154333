"""What holds for every statement (勾稽关系): the identities of the national interface, and bounds."""

from decimal import Decimal

from policy.benefit import BillFacts, Statement
from policy.money import FEN
from policy.terms import BenefitKind

LINE_PARTS = ("fulamt_ownpay_amt", "overlmt_amt", "preselfpay_amt", "inscp_scp_amt")
BILL_PARTS = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
FUNDS = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay")
PURSES = ("acct_pay", "acct_mulaid_pay", "psn_cash_pay")
# a ratio is no amount
AMOUNTS = tuple(
    name
    for name, kind in Statement.__annotations__.items()
    if kind in (Decimal, Decimal | None) and name != "pool_prop_selfpay"
)


def broken_identities(facts: BillFacts, found: Statement) -> list[str]:
    """Every identity and bound that this statement breaks, by name."""
    checks = {
        "lines divide": all(
            line.det_item_fee_sumamt == sum(getattr(line, part) for part in LINE_PARTS)
            for line in found.lines
        ),
        "the bill divides": found.medfee_sumamt == amount(found, *BILL_PARTS),
        "lines add up": found.medfee_sumamt == sum(line.det_item_fee_sumamt for line in found.lines),
        "funds add up": found.fund_pay_sumamt == amount(found, *FUNDS),
        "somebody pays": found.medfee_sumamt == found.fund_pay_sumamt + found.psn_part_amt,
        "purses add up": found.psn_part_amt == amount(found, *PURSES),
        "never negative, never finer than a fen": all(
            value >= 0 and value == value.quantize(FEN) for value in amounts(found)
        ),
        "pooled within what is eligible": found.hifp_pay <= found.inscp_scp_amt - found.act_pay_dedc,
        "funds within what is eligible": found.fund_pay_sumamt <= found.inscp_scp_amt,
        "accounts within balances": found.acct_pay <= facts.account_balance
        and found.acct_mulaid_pay <= facts.family_balance,
        "uses add up": sum(use.fund for use in found.uses) == found.hifp_pay
        and sum(use.deductible for use in found.uses) == found.act_pay_dedc,
        "own benefit first": not found.uses or found.uses[0].benefit is facts.benefit,
        "only a special disease overflows": len(found.uses) < 2
        or facts.benefit is BenefitKind.SPECIAL_DISEASE,
        "unpaid for a reason": bool(found.unpaid_reasons) == (found.limit_left is None),
        "unpaid is unpaid": not (found.unpaid_reasons and found.fund_pay_sumamt),
        "steps are counted": [step.number for step in found.steps] == [*range(1, len(found.steps) + 1)],
        "first step": found.steps[0].amount == found.medfee_sumamt,
        "last step": found.steps[-1].amount == found.psn_cash_pay,
        "steps tell the funds": steps_of(found, "annual_limit") == found.hifp_pay,
        "steps tell the deductible": steps_of(found, "deductible") == found.act_pay_dedc,
    }
    return [name for name, holds in checks.items() if not holds]


def amount(found: Statement, *names: str) -> Decimal:
    """The sum of these amounts of a statement."""
    return sum((getattr(found, name) for name in names), Decimal(0))


def amounts(found: Statement) -> list[Decimal]:
    """Every amount of money on a statement."""
    whole = [getattr(found, name) for name in AMOUNTS if getattr(found, name) is not None]
    by_line = [getattr(line, name) for line in found.lines for name in ("det_item_fee_sumamt", *LINE_PARTS)]
    return whole + by_line


def steps_of(found: Statement, parameter: str) -> Decimal:
    """What the steps by this parameter come to."""
    return sum((step.amount for step in found.steps if step.parameter == parameter), Decimal(0))
