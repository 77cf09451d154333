"""Start and cancel an external payment of the cash share (发起与取消线上支付)."""

from datetime import timedelta
from uuid import UUID

from models import Payment
from models.job import JobKind
from policy.payment import check_start, settled_already
from policy.states import check_transition
from policy.terms import PaymentState, Role
from services.access import get_payment
from services.bills import Tender, bill_of, estimate
from services.errors import PaymentsOff, Refused
from services.fills import lock_fill, require_buyer
from services.payments import lock_payment, open_payment, request_refund, step
from services.settling import changed, digest, new_number
from services.use_case import Work, use_case

PAY_WITHIN = timedelta(minutes=15)
"""How long the payer has; then the order is closed."""

WHO = (Role.PATIENT, Role.PHARMACY, Role.PHARMACIST)


@use_case("startPayment", Payment)
async def start_payment(
    work: Work, fill_id: UUID, tender: Tender, statement_digest: str | None = None
) -> Payment:
    """Start an external payment (发起线上支付) of a fill's cash share, as the preview says it.

    The order at the provider is made by a worker right after; `payUrl` is there when `PAYMENT_OPENED`
    comes. Raises `PaymentsOff` where no provider is set up.
    """
    work.call.require("发起线上支付", *WHO)
    provider = work.call.tools.payments
    if provider is None:
        raise PaymentsOff
    prescription, fill = await lock_fill(work, fill_id)
    await require_buyer(work, fill)
    # the counter settles; this only says whether it could
    if not_ready := check_transition("settle", fill.state, Role.PHARMACY):
        raise Refused([not_ready])
    earlier = await open_payment(fill.id)
    bill = await bill_of(prescription, fill, work.now)
    outcome = await estimate(bill, tender, work.now)
    if violations := check_start(earlier.state if earlier else None, outcome.psn_cash_pay):
        raise Refused(violations)
    if statement_digest is not None and statement_digest != digest(outcome):
        raise Refused([changed(outcome)])
    payment = await Payment.create(
        number=new_number(bill.pharmacy.area, work.now),
        provider=provider.name,
        fill=fill,
        member_id=fill.member_id,
        pharmacy_id=fill.pharmacy_id,
        state=PaymentState.CREATED,
        amount=outcome.psn_cash_pay,
        created_at=work.now,
        created_by=work.actor.caller,
        due_at=min(work.now + PAY_WITHIN, fill.expires_at, prescription.expires_at),
        look_at=work.now + PAY_WITHIN,
    )
    await step(work, payment, "已发起")
    work.enqueue(JobKind.PAYMENT_ORDER, payment.id)
    return payment


@use_case("cancelPayment", Payment)
async def cancel_payment(work: Work, payment_id: UUID) -> Payment:
    """Cancel a payment (取消线上支付): an unpaid one is closed, a paid one that was not used goes back."""
    work.call.require("取消线上支付", *WHO)
    seen = await get_payment(work.actor, payment_id, work.now)
    _, fill = await lock_fill(work, seen.fill_id)
    await require_buyer(work, fill)
    payment = await lock_payment(id=payment_id)
    if payment.state == PaymentState.CREATED:
        # only the provider can say that nobody has paid it meanwhile: a worker closes it there
        payment.due_at = payment.look_at = work.now
        await payment.save(update_fields=["due_at", "look_at"])
    elif payment.state == PaymentState.PAID and payment.settlement_id is None:
        assert payment.received is not None
        await request_refund(work, payment, payment.received, "已取消")
    elif payment.state == PaymentState.PAID:
        raise Refused([settled_already()])
    return payment
