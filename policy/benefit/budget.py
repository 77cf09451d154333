"""What of a settled bill counts to whose budget (基金总额预算)."""

from dataclasses import dataclass
from decimal import Decimal

from policy.benefit.facts import BillFacts, Statement
from policy.benefit.shares import total
from policy.money import ZERO, fen
from policy.regulation import Regulation, regulation

ATTRIBUTED = {Regulation.FUJIAN_2023_6: "FJ-7.2"}


@dataclass(frozen=True, slots=True)
class BudgetEntry:
    """What counts to the prescribing institution at year end (年终清算): drug cost, fund payment."""

    rule: str
    drug_cost: Decimal
    fund_payment: Decimal


def budget_entry(facts: BillFacts, found: Statement) -> BudgetEntry | None:
    """What a bill adds to the prescriber's budget (FJ-7.2): 双通道 drugs are left out.

    The fund's payment is not given by line, so it is shared out by the eligible amounts. None where the
    regulation in force says nothing of it.
    """
    rule_id = ATTRIBUTED.get(regulation(facts.area, on=facts.on))
    if rule_id is None:
        return None
    counted = [
        line for line, billed in zip(found.lines, facts.lines, strict=True) if not billed.is_dual_channel
    ]
    eligible = total(line.inscp_scp_amt for line in counted)
    share = found.fund_pay_sumamt * eligible / found.inscp_scp_amt if found.inscp_scp_amt else ZERO
    return BudgetEntry(rule_id, total(line.det_item_fee_sumamt for line in counted), fen(share))
