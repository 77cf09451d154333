"""How a payment moves on (线上支付): ordered, paid, used, refunded, closed; each step is one transaction."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from tortoise.expressions import Q

from models import Fill, Payment, PaymentRefund, PaymentStep, Reversal, Settlement
from models.job import JobKind
from policy.books import Entry, Owner, payment_entry, turned
from policy.payment import PaidOnline, check_use, state_after
from policy.terms import EventKind, PaymentState, RefundState
from services.errors import NotFound, Refused
from services.fills import LIVE
from services.ledger import book, legs_of
from services.topics import institution_topic, member_topic
from services.use_case import Work, use_case

OPEN = (PaymentState.CREATED, PaymentState.PAID)
"""States in which a payment waits for its payer or, paid, may be used."""

SETTLE_WITHIN = timedelta(hours=24)
"""How long what was paid waits for its settlement; then it goes back, and at once when the fill ends."""

BATCH = 100


async def lock_payment(**by: object) -> Payment:
    """A payment, locked (锁定支付): after the fill, before members, accounts and stock."""
    row = await Payment.select_for_update().get_or_none(**by)
    if row is None:
        raise NotFound("线上支付", next(iter(by.values())))
    return row


async def open_payment(fill_id: UUID) -> Payment | None:
    """The one payment of a fill that is not over (未了结的线上支付), locked."""
    return await Payment.select_for_update().filter(fill_id=fill_id, state__in=OPEN).first()


def require_usable(payment: Payment | None, wanted: UUID | None, cash: Decimal) -> Payment | None:
    """The payment that pays this cash share, if one is to (核对线上支付); refuses one that can't."""
    is_other = payment is not None and wanted is not None and payment.id != wanted
    seen = PaidOnline(payment.state, payment.received) if payment and not is_other else None
    if violations := check_use(seen, cash, is_named=wanted is not None):
        raise Refused(violations)
    return payment if wanted is not None else None


async def use_payment(work: Work, payment: Payment | None, used: Payment | None, row: Settlement) -> None:
    """Tie a payment to the settlement it pays (抵付结算), and let nobody pay another that was not awaited."""
    if used is not None:
        used.settlement_id = row.id
        await used.save(update_fields=["settlement_id"])
        await step(work, used, f"已用于结算 {row.number}")
    elif payment is not None:
        payment.due_at = payment.look_at = work.now
        await payment.save(update_fields=["due_at", "look_at"])


@use_case("recordPaymentOrdered", Payment)
async def record_ordered(work: Work, payment_id: UUID, pay_url: str) -> Payment:
    """The provider has the order (已下单): the payer may pay at this address."""
    payment = await lock_payment(id=payment_id)
    if payment.state == PaymentState.CREATED and not payment.pay_url:
        payment.pay_url, payment.look_at = pay_url, work.now
        await payment.save(update_fields=["pay_url", "look_at"])
        announce(work, payment, EventKind.PAYMENT_OPENED)
    return payment


@use_case("recordPaymentPaid", Payment)
async def record_paid(work: Work, number: str, received: Decimal, trade_number: str) -> Payment:
    """The provider has the money (已付款), told once or many times; books what the pharmacy is owed.

    What was paid too late, for a fill that is over, or in another amount than asked goes back.
    """
    payment = await lock_payment(number=number)
    if payment.received is not None:
        return payment
    fill = await Fill.get(id=payment.fill_id)
    reason = why_back(payment, received, fill)
    payment.received, payment.trade_number = received, trade_number
    payment.paid_at, payment.ended_at, payment.look_at = work.now, None, work.now
    payment.state = PaymentState.REFUNDING if reason else PaymentState.PAID
    await payment.save()
    await book_online(work, payment, payment.number, "线上支付", payment_entry(received))
    await step(work, payment, "渠道确认已付款", PaymentState.PAID)
    announce(work, payment, EventKind.PAYMENT_PAID)
    if reason:
        await request_refund(work, payment, received, reason)
    return payment


def why_back(payment: Payment, received: Decimal, fill: Fill) -> str:
    """Why what arrives can't be used (须退回的原因), or nothing."""
    if payment.state == PaymentState.CLOSED:
        return "支付已关闭后到账"
    if received != payment.amount:
        return "实付金额与应付不符"
    return "" if fill.state in LIVE else "配药已结束或已结算"


@use_case("recordPaymentClosed", Payment)
async def record_closed(work: Work, payment_id: UUID) -> Payment:
    """Nobody can pay it any more (已关闭)."""
    payment = await lock_payment(id=payment_id)
    if payment.state == PaymentState.CREATED:
        payment.state, payment.ended_at = PaymentState.CLOSED, work.now
        await payment.save(update_fields=["state", "ended_at"])
        await step(work, payment, "未付款,已关闭")
        announce(work, payment, EventKind.PAYMENT_CLOSED)
    return payment


@use_case("returnUnusedPayment", Payment)
async def return_unused(work: Work, payment_id: UUID) -> Payment:
    """Send back what was paid and never used (退回未用于结算的线上支付)."""
    payment = await lock_payment(id=payment_id)
    if payment.state != PaymentState.PAID or payment.settlement_id is not None:
        return payment
    fill = await Fill.get(id=payment.fill_id)
    assert payment.received is not None
    assert payment.paid_at is not None
    if fill.state not in LIVE or work.now >= payment.paid_at + SETTLE_WITHIN:
        await request_refund(work, payment, payment.received, "已付款而未结算")
    return payment


async def request_refund(
    work: Work, payment: Payment, amount: Decimal, reason: str, reversal: Reversal | None = None
) -> PaymentRefund:
    """Ask for money of a locked payment to go back (申请退款): a worker asks the provider till it has."""
    many = await PaymentRefund.filter(payment_id=payment.id).count()
    refund = await PaymentRefund.create(
        number=f"{payment.number}R{many + 1}",
        payment=payment,
        reversal=reversal,
        amount=amount,
        state=RefundState.REFUNDING,
        reason=reason,
        requested_at=work.now,
    )
    payment.state = PaymentState.REFUNDING
    await payment.save(update_fields=["state"])
    await step(work, payment, f"申请退款 {amount:.2f} 元:{reason}")
    work.enqueue(JobKind.PAYMENT_REFUND, refund.id)
    announce(work, payment, EventKind.PAYMENT_REFUNDING)
    return refund


@use_case("recordPaymentRefunded", Payment)
async def record_refunded(work: Work, refund_id: UUID) -> Payment:
    """The money is back with the payer (已退款): the pharmacy is owed so much less."""
    seen = await PaymentRefund.get(id=refund_id)
    payment = await lock_payment(id=seen.payment_id)
    refund = await PaymentRefund.get(id=refund_id)
    if refund.state == RefundState.REFUNDED:
        return payment
    refund.state, refund.refunded_at = RefundState.REFUNDED, work.now
    await refund.save(update_fields=["state", "refunded_at"])
    await book_online(work, payment, refund.number, "线上退款", turned(payment_entry(refund.amount)))
    rows = await PaymentRefund.filter(payment_id=payment.id)
    assert payment.received is not None
    payment.state = state_after(payment.received, [(row.amount, row.state) for row in rows])
    if payment.state == PaymentState.REFUNDED:
        payment.ended_at = work.now
    await payment.save(update_fields=["state", "ended_at"])
    await step(work, payment, f"已退款 {refund.amount:.2f} 元")
    announce(work, payment, EventKind.PAYMENT_REFUNDED)
    return payment


async def book_online(work: Work, payment: Payment, reference: str, text: str, entry: Entry) -> None:
    """Book money at the provider (线上收付记账): the pharmacy's, held for a patient."""
    await book(work, "PAYMENT", reference, text, legs_of(entry, {Owner.PHARMACY: payment.pharmacy_id}))


async def step(work: Work, payment: Payment, text: str, state: PaymentState | None = None) -> None:
    """Put a change of state on record (状态变化)."""
    await PaymentStep.create(
        payment=payment,
        number=await PaymentStep.filter(payment_id=payment.id).count() + 1,
        state=state or payment.state,
        happened_at=work.now,
        text=text[:100],
    )


def announce(work: Work, payment: Payment, kind: EventKind) -> None:
    """Tell the patient and the pharmacy."""
    topics = member_topic(payment.member_id), institution_topic(payment.pharmacy_id)
    work.tell(kind, *topics, fill_id=payment.fill_id, subject_id=payment.id)


async def due_payments(now: datetime) -> list[Payment]:
    """Payments that a worker must look at now (待查看的支付): unpaid ones, and paid ones not yet used."""
    waits = Q(state=PaymentState.CREATED) | Q(state=PaymentState.PAID, settlement_id__isnull=True)
    return await Payment.filter(waits, look_at__lte=now).order_by("look_at").limit(BATCH)


async def take_turn(payment: Payment, until: datetime) -> bool:
    """Whether this worker is the one to look at it now (领取): nobody else does until then."""
    mine = Payment.filter(id=payment.id, look_at=payment.look_at)
    return bool(await mine.update(look_at=until))
