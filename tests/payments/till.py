"""Paying at a counter (收银台), step by step: what the tests here share."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from engines.http_payments import HttpPayments
from models import Account, Job, Payment, Posting
from models.job import JobKind, JobState
from ops.client import Client, Json, Refused
from ops.payment_stand_in import HURRY, PATIENCE, StandIn
from ops.road import FUJIAN
from ops.road_documents import REFUSAL
from policy.money import ZERO
from policy.terms import AccountKind
from tests.house import House
from tests.road.walk import Walk
from workers.faces.pool import FacePool
from workers.jobs import Bench, run_job
from workers.main import RUNNERS
from workers.payments import watch_payments

CASH = {"credential": "ELECTRONIC", "useAccount": False}
"""Nothing from the account: the whole own share is cash."""

FIELDS = """id number state amount received payUrl dueAt paidAt provider
refunds { number amount state reason refundedAt } steps { state text } settlement { id }"""
START = f"""mutation S($input: StartPaymentInput!) {{ startPayment(input: $input) {{
  ... on Payment {{ {FIELDS} }} {REFUSAL} }} }}"""
CANCEL = f"""mutation C($input: CancelPaymentInput!) {{ cancelPayment(input: $input) {{
  ... on Payment {{ {FIELDS} }} {REFUSAL} }} }}"""
SEEN = f"query P($id: UUID!) {{ payment(id: $id) {{ {FIELDS} }} }}"
SETTLE = f"""mutation S($input: SettleFillInput!) {{ settleFill(input: $input) {{
  ... on Settlement {{ id number total payment {{ id state }} statement {{ cash personalTotal }}
    lines {{ number }} }} {REFUSAL} }} }}"""


@dataclass
class Till:
    """A counter with its provider and a worker that is asked to work (收银台)."""

    house: House
    provider: StandIn

    @property
    def walk(self) -> Walk:
        """The road in Fujian."""
        return Walk(self.house, FUJIAN)

    @property
    def bench(self) -> Bench:
        """A worker's bench."""
        return Bench(self.house.tools, FacePool(), self.house.now)

    async def fill(self) -> Json:
        """A fill that could be settled."""
        walk = self.walk
        return await walk.prepare(await walk.upload())

    async def start(self, fill: Json, by: Client | None = None, **more: Any) -> Json:
        """A payment, started; no worker has looked at it."""
        given: Json = {"fillId": fill["id"], "tender": CASH, **more}
        return await (by or self.walk.patient).do(START, **given)

    async def ordered(self, fill: Json) -> Json:
        """A payment whose order is at the provider."""
        payment = await self.start(fill)
        await self.work()
        return await self.seen(payment)

    async def paid(self, fill: Json) -> Json:
        """A payment, paid and told of."""
        return await self.paid_after(await self.ordered(fill))

    async def paid_after(self, payment: Json) -> Json:
        """An order, paid and told of."""
        answer = await self.provider.notify(self.house.url, self.provider.pay(payment["number"]))
        assert answer.status_code == 200, answer.text
        return await self.seen(payment)

    async def work(self) -> None:
        """Every job about payments that is due, once."""
        kinds = (JobKind.PAYMENT_ORDER, JobKind.PAYMENT_REFUND)
        for job in await Job.filter(kind__in=kinds, state=JobState.PENDING, due_at__lte=self.house.now()):
            await run_job(self.bench, job.id, RUNNERS)

    async def work_while(self, fault: str) -> None:
        """Every job that is due, with the provider misbehaving so; then a minute passes."""
        self.provider.misbehaves = fault
        payments = self.house.tools.payments
        assert isinstance(payments, HttpPayments)
        payments.seconds = HURRY if fault == "slow" else PATIENCE
        await self.work()
        self.house.later(seconds=61)

    async def watch(self, **span: float) -> None:
        """The worker's round, some time later."""
        self.house.later(**span)
        await watch_payments(self.bench)

    async def settle(self, fill: Json, payment: Json | None = None, key: str | None = None) -> Json:
        """The settlement, paid by this payment."""
        named = {"paymentId": payment["id"]} if payment else {}
        return await self.walk.counter().do(
            SETTLE, idempotencyKey=key or str(uuid4()), fillId=fill["id"], tender=CASH, **named
        )

    async def cancel(self, payment: Json, by: Client | None = None) -> Json:
        """A payment, cancelled."""
        return await (by or self.walk.patient).do(CANCEL, paymentId=payment["id"])

    async def seen(self, payment: Json, by: Client | None = None) -> Json:
        """A payment as it stands."""
        found: Json = (await (by or self.walk.patient).execute(SEEN, {"id": payment["id"]}))["payment"]
        return found

    async def receivable(self) -> Decimal:
        """What the provider owes the pharmacy, by the books."""
        return await standing(AccountKind.EXTERNAL_RECEIVABLE)

    async def deposits(self) -> Decimal:
        """What the pharmacy holds of patients' money, by the books."""
        return -await standing(AccountKind.PATIENT_DEPOSITS)

    async def kept(self, payment: Json) -> Payment:
        """The row of a payment."""
        return await Payment.get(id=payment["id"])


async def standing(kind: AccountKind) -> Decimal:
    """Debits less credits of the pharmacy's account."""
    account = await Account.get_or_none(kind=kind, owner=FUJIAN.pharmacy)
    postings = await Posting.filter(account_id=account.id) if account else []
    return sum((one.debit - one.credit for one in postings), ZERO)


def states(payment: Json) -> list[str]:
    """The states a payment went through."""
    return [one["state"] for one in payment["steps"]]


async def refused(call: Any) -> list[str]:
    """The codes with which a call is refused."""
    with pytest.raises(Refused) as found:
        await call
    return list(found.value.codes)
