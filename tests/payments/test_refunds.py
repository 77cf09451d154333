"""Money that was not used, or whose settlement was reversed, goes back; what nobody paid is closed."""

from decimal import Decimal

from models import Payment, PaymentRefund
from policy.terms import PaymentState
from tests.money.words import check_books, lines, reverse
from tests.payments.till import Till, refused, states
from tests.road import words

STATES_BACK = ["REFUNDING", "PAID", "REFUNDING", "REFUNDED"]


async def test_another_amount_than_asked_pays_nothing_and_goes_back(till: Till) -> None:
    fill = await till.fill()
    payment = await till.ordered(fill)
    before = await till.receivable()
    till.provider.pay(payment["number"], received=1)

    await till.watch(seconds=6)
    codes = await refused(till.settle(fill, payment))
    await till.work()

    seen = await till.seen(payment)
    assert codes == ["PAYMENT_NOT_USABLE"]
    assert (seen["state"], seen["received"], seen["refunds"][0]["amount"]) == ("REFUNDED", "0.01", "0.01")
    assert await till.receivable() == before
    await check_books()


async def test_an_unpaid_order_is_closed_when_its_time_is_over(till: Till) -> None:
    fill = await till.fill()
    payment = await till.ordered(fill)

    await till.watch(minutes=14)
    still = await till.seen(payment)
    await till.watch(minutes=2)

    assert still["state"] == "CREATED"
    assert (await till.seen(payment))["state"] == "CLOSED"
    assert till.provider.orders[payment["number"]]["state"] == "CLOSED"
    assert (await till.ordered(fill))["id"] != payment["id"]


async def test_a_payment_made_while_it_is_being_closed_counts(till: Till) -> None:
    fill = await till.fill()
    payment = await till.ordered(fill)

    async def pays_between() -> None:
        if till.provider.asked[-1] == f"GET /orders/{payment['number']}":
            till.provider.pay(payment["number"])

    till.provider.before_answer = pays_between
    await till.watch(minutes=16)

    asked = [one.split()[0] for one in till.provider.asked if payment["number"] in one]
    assert asked == ["GET", "POST"]
    assert (await till.seen(payment))["state"] == "PAID"


async def test_money_for_a_closed_payment_goes_back(till: Till) -> None:
    fill = await till.fill()
    payment = await till.ordered(fill)
    await till.watch(minutes=16)
    before = await till.receivable()

    answer = await till.provider.notify(till.house.url, till.provider.pay(payment["number"]))
    await till.work()

    seen = await till.seen(payment)
    assert answer.status_code == 200
    assert states(seen) == ["CREATED", "CLOSED", "PAID", "REFUNDING", "REFUNDED"]
    assert await till.receivable() == before


async def test_cancelling_an_unpaid_payment_closes_it_at_the_provider(till: Till) -> None:
    fill = await till.fill()
    payment = await till.ordered(fill)

    await till.cancel(payment, till.walk.counter())
    await till.watch()

    assert (await till.seen(payment))["state"] == "CLOSED"
    assert till.provider.orders[payment["number"]]["state"] == "CLOSED"


async def test_an_order_closed_before_it_was_made_is_closed_there_too(till: Till) -> None:
    fill = await till.fill()
    payment = await till.start(fill)

    async def closes_meanwhile() -> None:
        till.provider.before_answer = None
        await Payment.filter(id=payment["id"]).update(state=PaymentState.CLOSED)

    till.provider.before_answer = closes_meanwhile
    await till.work()

    assert till.provider.orders[payment["number"]]["state"] == "CLOSED"


async def test_what_was_paid_and_never_settled_goes_back(till: Till) -> None:
    fill = await till.fill()
    payment = await till.paid(fill)
    await till.watch(hours=1)
    waiting = await till.seen(payment)

    await till.watch(hours=24)
    await till.work()

    assert waiting["state"] == "PAID"
    assert (await till.seen(payment))["state"] == "REFUNDED"


async def test_a_fill_that_ends_sends_its_money_back_at_once(till: Till) -> None:
    fill = await till.fill()
    payment = await till.paid(fill)
    await till.walk.patient.do(words.CANCEL, fillId=fill["id"])

    await till.watch(minutes=2)
    await till.work()

    assert (await till.seen(payment))["state"] == "REFUNDED"
    assert await refused(till.settle(fill, payment)) == ["STATE_FORBIDS"]


async def test_cash_at_the_counter_ends_an_order_nobody_paid(till: Till) -> None:
    fill = await till.fill()
    payment = await till.ordered(fill)

    await till.settle(fill)
    late = till.provider.pay(payment["number"])
    await till.provider.notify(till.house.url, late)
    await till.work()

    seen = await till.seen(payment)
    assert (seen["state"], seen["refunds"][0]["reason"]) == ("REFUNDED", "配药已结束或已结算")


async def test_a_reversal_goes_back_the_way_it_came_line_by_line(till: Till) -> None:
    fill = await till.fill()
    payment = await till.paid(fill)
    settlement = await till.settle(fill, payment)
    before = await till.receivable()

    first = await reverse(till.walk.counter(), settlement, lines=lines(1))
    till.provider.is_refund_slow = True
    await till.work()
    taken = await till.seen(payment, till.walk.counter())
    till.provider.is_refund_slow = False
    await till.work()
    part = await till.seen(payment)
    second = await reverse(till.walk.counter(), settlement)
    asked = await till.seen(payment)
    await till.work()

    done = await till.seen(payment)
    amounts = [Decimal(one["refund"]["cash"]) for one in (first, second)]
    assert [Decimal(one["amount"]) for one in done["refunds"]] == amounts
    assert min(amounts) > 0
    assert [one["state"] for one in (taken, part, asked, done)] == STATES_BACK
    assert before - await till.receivable() == sum(amounts) == Decimal(payment["amount"])
    assert await PaymentRefund.filter(payment_id=payment["id"], reversal_id__isnull=False).count() == 2
    await check_books()
