"""Invoices that a pharmacy's till issued (电子发票, SX-13): recorded once, with the right amount."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

from models import Invoice, Reversal, Settlement
from policy.invoice import (
    Taken,
    blue_amount,
    check_amount,
    check_days,
    is_well_formed,
    needs_red,
    not_possible,
)
from policy.terms import InvoiceColour, Role
from policy.violation import Violation
from services.access import get_settlement
from services.errors import BadInput, NotFound, Refused
from services.reversing import lock_behind
from services.use_case import Work, use_case


@dataclass(frozen=True, slots=True)
class Issued:
    """An invoice as the till issued it (已开具的发票); `amount` is positive, in yuan."""

    code: str
    number: str
    check_code: str
    issued_at: datetime
    amount: Decimal


@use_case("recordInvoice", Invoice)
async def record_invoice(
    work: Work, settlement_id: UUID, invoice: Issued, reversal_id: UUID | None = None
) -> Invoice:
    """Record an invoice of a settlement (登记电子发票), or with `reversal_id` the red one of a reversal."""
    work.call.require("登记电子发票", Role.PHARMACY, Role.PHARMACIST)
    if not is_well_formed(invoice.code, invoice.number, invoice.check_code):
        raise BadInput(
            "number",
            "发票代码、号码、校验码不成一组:数电发票只有 20 位号码;增值税电子普通发票为 10 或 12 位代码、"
            "8 位号码、20 位校验码;医疗收费电子票据为 8 位代码、10 位号码、6 位校验码。",
        )
    settlement = await get_settlement(work.actor, settlement_id, work.now)
    await lock_behind(settlement)
    reversals = await Reversal.filter(settlement_id=settlement.id).order_by("sequence")
    blue = await Invoice.get_or_none(settlement_id=settlement.id, colour=InvoiceColour.BLUE)
    if reversal_id is None:
        violations = check_blue(work.now, settlement, reversals, blue, invoice)
    else:
        violations = check_red(work.now, reversals, blue, invoice, reversal_id)
    if violations:
        raise Refused(violations)
    row = Invoice(
        id=uuid4(),
        settlement_id=settlement.id,
        reversal_id=reversal_id,
        colour=InvoiceColour.BLUE if reversal_id is None else InvoiceColour.RED,
        code=invoice.code,
        number=invoice.number,
        check_code=invoice.check_code,
        issued_at=invoice.issued_at,
        amount=invoice.amount,
        recorded_at=work.now,
        recorded_by=work.actor.caller,
    )
    # of two at once that name the same invoice, or of one reversal, one is kept
    await Invoice.bulk_create([row], ignore_conflicts=True)
    if not await Invoice.exists(id=row.id):
        name = f"{invoice.code} {invoice.number}".strip()
        raise Refused([not_possible(f"发票 {name} 已登记过,或该冲正已有红字发票。请核对票号。")])
    return row


def check_blue(
    now: datetime,
    settlement: Settlement,
    reversals: Sequence[Reversal],
    blue: Invoice | None,
    invoice: Issued,
) -> list[Violation]:
    """Why an invoice can't be the one of this settlement."""
    if blue is not None:
        return [not_possible(f"该结算已登记发票 {blue.number},一笔结算只登记一张。请核对票号。")]
    due = blue_amount(settlement.total, [taken(row) for row in reversals], invoice.issued_at)
    return check_amount(invoice.amount, due) + check_days(invoice.issued_at, settlement.settled_at, now)


def check_red(
    now: datetime, reversals: Sequence[Reversal], blue: Invoice | None, invoice: Issued, reversal_id: UUID
) -> list[Violation]:
    """Why an invoice can't be the red one of this reversal."""
    reversal = next((row for row in reversals if row.id == reversal_id), None)
    if reversal is None:
        raise NotFound("该结算的冲正", reversal_id)
    if not needs_red(taken(reversal), blue.issued_at if blue else None):
        return [not_possible("该冲正之前没有开具发票,无须红字发票。")]
    return check_amount(invoice.amount, reversal.total) + check_days(
        invoice.issued_at, reversal.reversed_at, now
    )


def taken(row: Reversal) -> Taken:
    """A reversal as an invoice sees it."""
    return Taken(row.reversed_at, row.total)


def is_red_due(reversal: Reversal, invoices: Sequence[Invoice]) -> bool:
    """Whether a reversal still asks for its red invoice (待冲红)."""
    blue = next((one for one in invoices if one.colour == InvoiceColour.BLUE), None)
    has_red = any(one.reversal_id == reversal.id for one in invoices)
    return not has_red and needs_red(taken(reversal), blue.issued_at if blue else None)
