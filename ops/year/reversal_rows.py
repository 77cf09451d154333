"""The rows of one reversal (冲正入库行)."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from ops.year.household import Household, TakenBack
from ops.year.sale_rows import REASON, accounts_of
from ops.year.sheet import Sheet, Voucher, as_json, settlement_number
from policy.benefit import BillFacts, Statement, budget_entry
from policy.benefit.reversal import AMOUNTS as NATIONAL
from policy.benefit.reversal import refund
from policy.books import Paid, settlement_entry, turned
from policy.money import ZERO
from policy.terms import GoodsFate

NUMBERS_FROM = 9_000_000_000
"""Reversals are numbered above every settlement."""


def write_reversal(
    sheet: Sheet, household: Household, taken: TakenBack, settlement_id: UUID, lines: Sequence[UUID]
) -> None:
    """The reversal, its lines and its entry; what it would have changed elsewhere is not worked out."""
    new, deed = household.new_id, taken.bought
    back, key = refund(taken.before, taken.after), new()
    number = settlement_number(sheet.city.area, taken.at, NUMBERS_FROM + deed.number)
    sheet.put(
        "reversal",
        key,
        number,
        settlement_id,
        1,
        deed.person.id,
        deed.payer.id if deed.payer and back["acct_mulaid_pay"] else None,
        deed.pharmacy.code,
        deed.hospital.code,
        sheet.city.area,
        taken.at,
        "PHARMACY:simulated",
        REASON,
        *(back[name] for name in NATIONAL),
        *budget_taken(deed.facts, taken.before, taken.after),
        as_json(taken.after) if taken.after else None,
        "[]",
    )
    for line_id, billed in zip(lines, deed.facts.lines, strict=True):
        if not deed.is_given(billed.id):
            sheet.put("reversal_line", new(), key, line_id, GoodsFate.WRITTEN_OFF)
    further = back["fund_pay_sumamt"] - back["hifp_pay"]
    paid = Paid(back["hifp_pay"], further, back["acct_pay"], back["acct_mulaid_pay"], back["psn_cash_pay"])
    voucher = Voucher("REVERSAL", number, "门诊统筹购药冲正", taken.at)
    sheet.book(new, voucher, turned(settlement_entry(paid)), deed.pharmacy.code, accounts_of(deed))


def budget_taken(
    facts: BillFacts, before: Statement, after: Statement | None
) -> tuple[Decimal | None, Decimal | None]:
    """What a reversal takes off the prescriber's budget (冲减预算), as `services.reversing` counts it."""
    cost, fund, is_counted = ZERO, ZERO, False
    for statement, sign in ((before, 1), (after, -1)):
        if statement is None:
            continue
        there = {line.id for line in statement.lines}
        lines = tuple(line for line in facts.lines if line.id in there)
        if entry := budget_entry(replace(facts, lines=lines), statement):
            cost, fund, is_counted = cost + sign * entry.drug_cost, fund + sign * entry.fund_payment, True
    return (cost, fund) if is_counted else (None, None)
