"""Money that comes through a provider: it pays the cash share once, or goes back."""

import asyncio
from decimal import Decimal
from uuid import uuid4

import pytest

from models import Event, Job, JournalEntry
from models.job import JobState
from ops.client import Refused, RequestFailed
from ops.payment_stand_in import NAME
from ops.world import cast
from policy.terms import EventKind, Role
from tests.money.words import check_books
from tests.payments.till import CASH, Till, refused, states
from tests.road import words
from tests.road.walk import fill_state

STATES = ["CREATED", "PAID"]
FAULTS = ("down", "broken", "slow", "forges")


async def test_what_was_paid_online_pays_the_cash_share(till: Till) -> None:
    fill = await till.fill()
    before = await till.receivable(), await till.deposits()
    preview = await till.walk.preview(fill, tender=CASH)

    payment = await till.ordered(fill)
    paid = await till.paid_after(payment)
    key = str(uuid4())
    settlement, *again = await asyncio.gather(*(till.settle(fill, paid, key) for _ in range(4)))

    assert again == [settlement] * 3

    cash = Decimal(preview["statement"]["cash"])
    assert cash > 0
    assert Decimal(payment["amount"]) == cash == Decimal(settlement["statement"]["cash"])
    assert payment["payUrl"].endswith(payment["number"])
    assert (paid["state"], Decimal(paid["received"]), paid["payUrl"]) == ("PAID", cash, None)
    assert settlement["payment"] == {"id": payment["id"], "state": "PAID"}
    assert await till.receivable() - before[0] == cash
    assert await till.deposits() == before[1]
    entry = await JournalEntry.get(reference=settlement["number"]).prefetch_related("postings__account")
    assert "PHARMACY_CASH" not in {posting.account.kind for posting in entry.postings}
    await check_books()
    for kind in (EventKind.PAYMENT_OPENED, EventKind.PAYMENT_PAID):
        topics = {
            event.topic.partition(":")[0] for event in await Event.filter(subject_id=payment["id"], kind=kind)
        }
        assert topics == {"member", "institution"}


async def test_a_payment_is_started_once_however_often_it_is_sent(till: Till) -> None:
    fill = await till.fill()
    key = str(uuid4())

    answers = await asyncio.gather(*(till.start(fill, idempotencyKey=key) for _ in range(5)))
    again = await refused(till.start(fill))

    assert len({one["id"] for one in answers}) == 1
    assert again == ["PAYMENT_OPEN"]


async def test_a_notification_sent_many_times_pays_once(till: Till) -> None:
    fill = await till.fill()
    payment = await till.ordered(fill)
    before = await till.receivable()
    told = till.provider.pay(payment["number"])

    answers = await asyncio.gather(*(till.provider.notify(till.house.url, told) for _ in range(6)))

    assert {one.status_code for one in answers} == {200}
    assert await till.receivable() - before == Decimal(payment["amount"])
    assert states(await till.seen(payment)) == STATES
    await check_books()


async def test_a_notification_before_the_answer_to_the_order_is_taken(till: Till) -> None:
    fill = await till.fill()
    payment = await till.start(fill)

    told: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def pays_at_once() -> None:
        till.provider.before_answer = None
        answer = await till.provider.notify(till.house.url, till.provider.pay(payment["number"]))
        told.set_result(answer.status_code)

    till.provider.before_answer = pays_at_once
    await till.work()
    assert await asyncio.wait_for(told, 20) == 200

    assert (await till.seen(payment))["state"] == "PAID"
    assert await till.settle(fill, payment)


async def test_a_lost_notification_is_made_good_by_asking(till: Till) -> None:
    fill = await till.fill()
    payment = await till.ordered(fill)
    till.provider.pay(payment["number"])

    await till.watch(seconds=6)

    assert (await till.seen(payment))["state"] == "PAID"


async def test_a_notification_that_is_forged_or_wrong_changes_nothing(till: Till) -> None:
    fill = await till.fill()
    payment = await till.ordered(fill)
    due = int(Decimal(payment["amount"]) * 100)
    said = {"number": payment["number"], "state": "PAID", "received": due}
    url = till.house.url

    forged = await till.provider.notify(url, said, key="wrong")
    wrong = await till.provider.notify(url, said | {"received": due - 1})
    unknown = await till.provider.notify(url, said | {"number": "none"})
    senseless = await till.provider.notify(url, said | {"received": "all"})
    unsigned = await till.house.http.post(f"{url}/payments/notify/{NAME}", json=said)

    codes = [one.status_code for one in (forged, wrong, unknown, senseless, unsigned)]
    assert codes == [401, 400, 404, 401, 401]
    assert (await till.seen(payment))["state"] == "CREATED"
    assert await refused(till.settle(fill, payment)) == ["PAYMENT_NOT_USABLE"]


async def test_orders_and_refunds_are_made_once_whatever_the_provider_does(till: Till) -> None:
    fill = await till.fill()
    payment = await till.start(fill)

    for fault in FAULTS:
        await till.work_while(fault)
        seen = await till.seen(payment)
        assert (seen["state"], seen["payUrl"]) == ("CREATED", None), fault
    await till.work_while("")
    assert (await till.seen(payment))["payUrl"]

    payment = await till.paid_after(payment)
    before = await till.receivable(), await till.deposits()
    await till.cancel(payment)
    for fault in FAULTS:
        await till.work_while(fault)
        waiting = await till.seen(payment)
        assert (waiting["state"], waiting["refunds"][0]["state"]) == ("REFUNDING", "REFUNDING"), fault
    await till.work_while("")
    await till.work()

    (refund,) = (await till.seen(payment))["refunds"]
    assert (refund["state"], refund["amount"]) == ("REFUNDED", payment["amount"])
    sent = [one for one in till.provider.refunds.values() if one["order"] == payment["number"]]
    assert [one["amount"] for one in sent] == [int(Decimal(payment["amount"]) * 100)]
    after = await till.receivable(), await till.deposits()
    assert [was - now for was, now in zip(before, after, strict=True)] == [Decimal(payment["amount"])] * 2
    await check_books()


async def test_a_paid_payment_must_be_used_or_given_back(till: Till) -> None:
    fill = await till.fill()
    payment = await till.paid(fill)
    other = await till.paid(await till.fill())

    without = await refused(till.settle(fill))
    of_another = await refused(till.settle(fill, other))
    await till.cancel(payment)
    settlement = await till.settle(fill)

    assert (without, of_another) == (["PAYMENT_OPEN"], ["PAYMENT_NOT_USABLE"])
    assert settlement["payment"] is None
    await till.cancel(other)
    await till.work()


async def test_another_share_than_was_paid_is_refused_with_what_to_do(till: Till) -> None:
    fill = await till.fill()
    payment = await till.paid(fill)

    with pytest.raises(Refused) as found:
        await till.walk.counter().do(
            words.SETTLE,
            fillId=fill["id"],
            tender={"credential": "ELECTRONIC", "useAccount": True},
            paymentId=payment["id"],
        )

    assert found.value.codes == ["PAYMENT_AMOUNT_DIFFERS"]
    assert "取消该支付" in found.value.violations[0]["message"]
    assert await fill_state(fill) == "READY"
    nothing = await refused(till.start(await till.fill(), tender={"credential": "ELECTRONIC"}))
    assert nothing == ["NOTHING_TO_PAY"]


async def test_settling_and_cancelling_at_once_do_one_of_both(till: Till) -> None:
    for _ in range(2):
        fill = await till.fill()
        payment = await till.paid(fill)

        settled, cancelled = await asyncio.gather(
            till.settle(fill, payment), till.cancel(payment), return_exceptions=True
        )
        await till.work()

        seen = await till.seen(payment)
        if isinstance(settled, Refused):
            assert settled.codes == ["PAYMENT_NOT_USABLE"]
            assert seen["state"] == "REFUNDED"
        else:
            assert isinstance(cancelled, Refused)
            assert not isinstance(settled, BaseException)
            assert (seen["state"], seen["settlement"]["id"]) == ("PAID", settled["id"])
    await check_books()


async def test_only_whom_it_concerns_sees_and_cancels_a_payment(till: Till) -> None:
    payment = await till.paid(await till.fill())
    stranger = till.house.client(Role.PATIENT, cast.FUJIAN_RESIDENT)
    other = till.walk.counter(cast.FUJIAN_PHARMACY_NIGHT)

    for client in (stranger, other):
        for call in (till.seen(payment, client), till.cancel(payment, client)):
            with pytest.raises(RequestFailed) as failed:
                await call
            assert failed.value.errors[0]["extensions"]["code"] == "NOT_FOUND"
    mine = await till.walk.patient.execute("{ payments(state: PAID) { edges { node { id } } } }")
    theirs = await stranger.execute("{ payments { edges { node { id } } } }")

    assert payment["id"] in [edge["node"]["id"] for edge in mine["payments"]["edges"]]
    assert theirs["payments"]["edges"] == []


async def test_no_job_about_payments_is_given_up(till: Till) -> None:
    assert not await Job.filter(state=JobState.FAILED).exists()
