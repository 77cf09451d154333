"""External payments of the cash share (线上支付): what one may be used for, and how far it has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from policy.money import ZERO
from policy.rule import broken
from policy.terms import PaymentState, RefundState
from policy.violation import Code, Violation

RULE = "YL-PAYMENT"


@dataclass(frozen=True, slots=True)
class PaidOnline:
    """A fill's payment as a settlement finds it (已发起的线上支付), in yuan."""

    state: PaymentState
    received: Decimal | None


def check_use(payment: PaidOnline | None, cash: Decimal, *, is_named: bool) -> list[Violation]:
    """Why a settlement with this cash share can't be paid so (不能这样支付的理由).

    `is_named` is whether the caller wants the payment to pay. One that is paid and not wanted would have
    the patient pay twice.
    """
    if not is_named:
        if payment is None or payment.state is not PaymentState.PAID:
            return []
        text = f"该配药已线上支付 {payment.received:.2f} 元。请带 paymentId 结算,或先取消该支付(退款)。"
        return [broken(Code.PAYMENT_OPEN, RULE, text)]
    if payment is None or payment.state is not PaymentState.PAID:
        return [not_usable(payment.state if payment else None)]
    if payment.received != cash:
        text = (
            f"线上已付 {payment.received:.2f} 元,本次结算的个人现金部分为 {cash:.2f} 元。"
            "请取消该支付(退款),再按现在的金额重新发起或收现金。"
        )
        limit, actual = f"{cash:.2f} 元", f"{payment.received:.2f} 元"
        return [broken(Code.PAYMENT_AMOUNT_DIFFERS, RULE, text, limit=limit, actual=actual)]
    return []


def check_start(open_state: PaymentState | None, cash: Decimal) -> list[Violation]:
    """Why no payment can be started for this cash share now (不能发起的理由)."""
    found = []
    if open_state is PaymentState.CREATED:
        text = "该配药已有待付款的线上支付。请继续支付,或取消它并待其关闭后再发起。"
        found.append(broken(Code.PAYMENT_OPEN, RULE, text))
    elif open_state is not None:
        text = "该配药已线上支付。请带 paymentId 结算,或先取消该支付(退款)。"
        found.append(broken(Code.PAYMENT_OPEN, RULE, text))
    if cash <= ZERO:
        text = "个人现金部分为 0 元,无须线上支付。请直接结算。"
        found.append(broken(Code.NOTHING_TO_PAY, RULE, text))
    return found


def state_after(received: Decimal, refunds: Sequence[tuple[Decimal, RefundState]]) -> PaymentState:
    """How far a paid payment has come (支付状态), by its refunds: amount and state of each."""
    if any(state is RefundState.REFUNDING for _, state in refunds):
        return PaymentState.REFUNDING
    returned = sum((amount for amount, _ in refunds), ZERO)
    return PaymentState.REFUNDED if returned >= received else PaymentState.PAID


def settled_already() -> Violation:
    """A payment that paid a settlement goes back only with it."""
    text = "该支付已用于结算,不能取消。请冲正该结算,款项会原路退回。"
    return broken(Code.PAYMENT_NOT_USABLE, RULE, text)


def not_usable(state: PaymentState | None) -> Violation:
    """The payment is not paid, or on its way back."""
    words = {
        None: "该支付不属于本配药,或已结束。请核对 paymentId。",
        PaymentState.CREATED: "该支付尚未付款。请患者付款后再结算。",
        PaymentState.CLOSED: "该支付已关闭。请重新发起或收现金。",
    }
    text = words.get(state, "该支付已退款或正在退款。请重新发起或收现金。")
    return broken(Code.PAYMENT_NOT_USABLE, RULE, text)
