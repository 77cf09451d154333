"""Payments and the provider (线上支付后台): orders, refunds, and the look at what nobody told of.

No provider is ever asked inside a transaction: each asks first and writes what it heard after.
"""

from datetime import datetime, timedelta

from engines.logs import log_fault
from engines.payments import NewOrder, NewRefund, Order, OrderState, PaymentProvider
from models import Fill, Job, Payment, PaymentRefund
from policy.terms import PaymentState, RefundState
from services.actor import Call
from services.fills import LIVE
from services.payments import (
    due_payments,
    record_closed,
    record_ordered,
    record_paid,
    record_refunded,
    return_unused,
    take_turn,
)
from workers.jobs import Bench

LOOK_SECONDS_MIN = 5
AGE_PARTS = 6
"""An order is looked at again after a sixth of its age: soon while its payer is at it, then less often."""

LOOK_AT_PAID = timedelta(minutes=1)
SUBJECT = "药店配药"
"""What the payer reads at the provider: nothing of drugs or health."""


class NotRefundedYet(Exception):
    """The provider has taken the refund and not done it (退款处理中): asked again later."""


class OtherProvider(Exception):
    """The payment was made with a provider that is not set up any more (支付渠道未配置)."""


async def order_payment(bench: Bench, job: Job) -> None:
    """Make the order at the provider (下单); asked again it is the same. Too late, the round closes it."""
    payment = await Payment.get(id=job.subject_id)
    if payment.state != PaymentState.CREATED or payment.due_at <= bench.now():
        return
    provider = provider_of(bench, payment)
    order = NewOrder(payment.number, payment.amount, SUBJECT, payment.due_at)
    address = await provider.create(order)
    payment = await record_ordered(bench.call(), payment_id=payment.id, pay_url=address)
    if payment.state == PaymentState.CLOSED:
        # it was closed here while the order was on its way: nobody may pay it there either
        await note(bench.call(), await provider.close(payment.number))


async def refund_payment(bench: Bench, job: Job) -> None:
    """Have the provider send money back (退款), however often it takes."""
    refund = await PaymentRefund.get(id=job.subject_id)
    if refund.state == RefundState.REFUNDED:
        return
    payment = await Payment.get(id=refund.payment_id)
    provider = provider_of(bench, payment)
    asked = NewRefund(refund.number, payment.number, refund.amount, refund.reason)
    if not await provider.refund(asked):
        raise NotRefundedYet
    await record_refunded(bench.call(), refund_id=refund.id)


async def watch_payments(bench: Bench) -> int:
    """Look at every payment that is due (支付巡查): lost notifications, unpaid orders, unused money.

    One that fails keeps no other; gives how many this worker looked at.
    """
    looked = 0
    for payment in await due_payments(bench.now()):
        if not await take_turn(payment, next_look(payment, bench.now())):
            continue
        looked += 1
        try:
            await look_at(bench, payment)
        # An edge: the provider or one row may be out of order, the others are looked at all the same.
        except Exception as error:
            log_fault("payment.look_failed", error, payment=str(payment.id))
    return looked


def next_look(payment: Payment, now: datetime) -> datetime:
    """When to look at a payment again (下次查看)."""
    if payment.state == PaymentState.PAID:
        return now + LOOK_AT_PAID
    soon = now + max(timedelta(seconds=LOOK_SECONDS_MIN), (now - payment.created_at) / AGE_PARTS)
    return min(soon, payment.due_at) if payment.due_at > now else soon


async def look_at(bench: Bench, payment: Payment) -> None:
    """Look at one payment (查看支付)."""
    if payment.state == PaymentState.PAID:
        await return_unused(bench.call(), payment_id=payment.id)
        return
    provider = provider_of(bench, payment)
    found = await provider.query(payment.number)
    fill = await Fill.get(id=payment.fill_id)
    is_over = payment.due_at <= bench.now() or fill.state not in LIVE
    if is_over and found.state is OrderState.UNPAID:
        found = await provider.close(payment.number)
    await note(bench.call(), found)
    if found.state is OrderState.CLOSED or (is_over and found.state is OrderState.UNKNOWN):
        await record_closed(bench.call(), payment_id=payment.id)


async def note(call: Call, found: Order) -> None:
    """Write what the provider tells of an order, if it is paid."""
    if found.state is OrderState.PAID:
        assert found.received is not None
        await record_paid(call, number=found.number, received=found.received, trade_number=found.trade_number)


def provider_of(bench: Bench, payment: Payment) -> PaymentProvider:
    """The provider of a payment."""
    provider = bench.tools.payments
    if provider is None or provider.name != payment.provider:
        raise OtherProvider(payment.provider)
    return provider
