"""What an online payment may be used for, how it is booked, and what an invoice must look like."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from policy.books import Paid, is_balanced, payment_entry, settlement_entry, turned
from policy.invoice import Taken, blue_amount, check_amount, check_days, is_well_formed, needs_red
from policy.payment import PaidOnline, check_start, check_use, state_after
from policy.terms import AccountKind, PaymentState, RefundState

TEN = Decimal("10.00")
NOON = datetime(2026, 3, 16, 4, 0, tzinfo=UTC)
PAID, CREATED, CLOSED = PaymentState.PAID, PaymentState.CREATED, PaymentState.CLOSED


@pytest.mark.parametrize(
    ("payment", "cash", "is_named", "codes"),
    [
        pytest.param(None, TEN, False, [], id="没有线上支付, 收现金"),
        pytest.param(PaidOnline(CREATED, None), TEN, False, [], id="未付款, 改收现金"),
        pytest.param(PaidOnline(PAID, TEN), TEN, False, ["PAYMENT_OPEN"], id="已付款却要收现金"),
        pytest.param(PaidOnline(PAID, TEN), TEN, True, [], id="金额相等"),
        pytest.param(PaidOnline(PAID, TEN), Decimal("10.01"), True, ["PAYMENT_AMOUNT_DIFFERS"], id="差一分"),
        pytest.param(PaidOnline(CREATED, None), TEN, True, ["PAYMENT_NOT_USABLE"], id="尚未付款"),
        pytest.param(PaidOnline(CLOSED, None), TEN, True, ["PAYMENT_NOT_USABLE"], id="已关闭"),
        pytest.param(None, TEN, True, ["PAYMENT_NOT_USABLE"], id="不是这笔配药的"),
    ],
)
def test_only_what_was_paid_to_the_fen_pays(
    payment: PaidOnline | None, cash: Decimal, is_named: bool, codes: Sequence[str]
) -> None:
    found = check_use(payment, cash, is_named=is_named)

    assert [one.code for one in found] == codes
    assert {one.rule for one in found} <= {"YL-PAYMENT"}


@pytest.mark.parametrize(
    ("state", "cash", "codes"),
    [
        (None, TEN, []),
        (None, Decimal(0), ["NOTHING_TO_PAY"]),
        (CREATED, TEN, ["PAYMENT_OPEN"]),
        (PAID, Decimal(0), ["PAYMENT_OPEN", "NOTHING_TO_PAY"]),
    ],
)
def test_a_payment_is_started_where_there_is_something_to_pay_and_none_open(
    state: PaymentState | None, cash: Decimal, codes: Sequence[str]
) -> None:
    assert [one.code for one in check_start(state, cash)] == codes


@pytest.mark.parametrize(
    ("refunds", "state"),
    [
        ([], "PAID"),
        ([("4.00", "REFUNDED")], "PAID"),
        ([("4.00", "REFUNDED"), ("6.00", "REFUNDING")], "REFUNDING"),
        ([("4.00", "REFUNDED"), ("6.00", "REFUNDED")], "REFUNDED"),
    ],
)
def test_a_payment_is_refunded_when_all_of_it_is_back(refunds: Sequence[tuple[str, str]], state: str) -> None:
    found = [(Decimal(amount), RefundState(one)) for amount, one in refunds]

    assert state_after(TEN, found) == state


def test_paid_settled_reversed_and_refunded_the_books_are_as_before() -> None:
    paid = settlement_entry(Paid(pooled=TEN, online=TEN))
    entries = [payment_entry(TEN), paid, turned(paid), turned(payment_entry(TEN))]

    standing: dict[AccountKind, Decimal] = {}
    for entry in entries:
        assert is_balanced(entry.sides)
        for side in entry.sides:
            standing[side.kind] = standing.get(side.kind, Decimal(0)) + side.debit - side.credit
    assert set(standing.values()) == {Decimal(0)}
    assert AccountKind.PHARMACY_CASH not in standing


@pytest.mark.parametrize(
    ("parts", "is_good"),
    [
        pytest.param(("", "1" * 20, ""), True, id="数电发票"),
        pytest.param(("1" * 12, "1" * 8, "1" * 20), True, id="增值税电子普通发票"),
        pytest.param(("1" * 10, "1" * 8, "1" * 20), True, id="增值税电子普通发票 10 位代码"),
        pytest.param(("1" * 8, "1" * 10, "a1B2c3"), True, id="医疗收费电子票据"),
        pytest.param(("", "1" * 19, ""), False, id="少一位"),
        pytest.param(("1" * 8, "1" * 10, ""), False, id="缺校验码"),
        pytest.param(("", "１" * 20, ""), False, id="全角数字"),
        pytest.param(("", "1" * 20 + "\n", ""), False, id="多一个换行"),
    ],
)
def test_an_invoice_has_the_numbers_of_its_kind(parts: tuple[str, str, str], is_good: bool) -> None:
    assert is_well_formed(*parts) is is_good


def test_an_invoice_is_over_what_stood_when_it_was_issued() -> None:
    before, after = Taken(NOON - timedelta(hours=1), Decimal(4)), Taken(NOON + timedelta(hours=1), Decimal(3))

    assert blue_amount(TEN, [before, after], NOON) == Decimal(6)
    assert [needs_red(one, NOON) for one in (before, after)] == [False, True]
    assert not needs_red(after, None)
    assert check_amount(Decimal(6), Decimal(6)) == []
    assert [one.rule for one in check_amount(TEN, Decimal(6))] == ["YL-INVOICE"]
    assert [one.code for one in check_amount(Decimal(0), Decimal(0))] == ["INVOICE_NOT_POSSIBLE"]


@pytest.mark.parametrize(("hours", "is_good"), [(-13, False), (-12, True), (11, True), (12, False)], ids=str)
def test_an_invoice_is_issued_between_its_settlement_and_today_by_legal_days(
    hours: int, is_good: bool
) -> None:
    assert (check_days(NOON + timedelta(hours=hours), NOON, NOON) == []) is is_good
