"""Dividing the lines of a bill (明细分割)."""

from decimal import Decimal

from policy.benefit.facts import BillLine, LineStatement
from policy.benefit.scheme import Scheme, takes
from policy.money import ZERO, fen
from policy.terms import HospitalApproval, ListClass

WHOLE = Decimal(1)
NONE = Decimal(0)


def divide(line: BillLine, scheme: Scheme) -> LineStatement:
    """What of a line is paid in full, lies above the standard, is paid in advance, is eligible."""
    amount = fen(line.quantity * line.price)
    if is_full_self_pay(line) or not takes(line, scheme):
        return statement_of(line, amount, full=amount, ratio=WHOLE)
    within, standard = amount, None
    if line.payment_standard is not None and scheme.standard_applies.flag:
        standard = line.payment_standard
        within = min(amount, fen(line.quantity * standard))
    if line.list_class is not ListClass.B:
        return statement_of(line, amount, over=amount - within, ratio=NONE, standard=standard)
    ratio = scheme.class_b[line.drug_code].amount
    advance = fen(within * ratio)
    return statement_of(line, amount, over=amount - within, advance=advance, ratio=ratio, standard=standard)


def unpaid(line: BillLine) -> LineStatement:
    """A line of a bill of which the fund pays nothing: all of it is full self-pay (全自费)."""
    amount = fen(line.quantity * line.price)
    return statement_of(line, amount, full=amount, ratio=WHOLE)


def is_full_self_pay(line: BillLine) -> bool:
    """Outside the catalogue, or limited and not approved by the hospital (全自费, SX-17, SX-20).

    The hospital's word: a limited drug needs its approval; any drug is lost by its refusal.
    """
    if line.list_class is ListClass.C or not line.covered:
        return True
    if line.approval is HospitalApproval.REFUSED:
        return True
    return line.limited_use and line.approval is not HospitalApproval.APPROVED


def statement_of(
    line: BillLine,
    amount: Decimal,
    *,
    ratio: Decimal,
    full: Decimal = ZERO,
    over: Decimal = ZERO,
    advance: Decimal = ZERO,
    standard: Decimal | None = None,
) -> LineStatement:
    """The line's statement; what is left of the amount is eligible (符合政策范围)."""
    return LineStatement(
        id=line.id,
        drug_code=line.drug_code,
        det_item_fee_sumamt=amount,
        fulamt_ownpay_amt=full,
        overlmt_amt=over,
        preselfpay_amt=advance,
        inscp_scp_amt=amount - full - over - advance,
        selfpay_prop=ratio,
        pric_uplmt_amt=standard,
    )
