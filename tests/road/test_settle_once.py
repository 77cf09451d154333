"""A settlement happens once, however often and however simultaneously it is asked for."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest

from models import (
    Account,
    Accumulator,
    Event,
    IdempotencyRecord,
    JournalEntry,
    Posting,
    Settlement,
    StockHold,
    StockItem,
    StockMovement,
)
from models.account import AccountKind
from ops.client import Client, Json, Refused, RequestFailed
from ops.road import FUJIAN
from ops.world.ids import member_id
from policy.terms import EventKind, MovementKind
from tests.house import House
from tests.road import words
from tests.road.walk import ELECTRONIC, Walk, fill_state, prescription_state

TIMES = 20
Figures = Mapping[str, Any]


async def figures() -> Figures:
    """Everything a settlement changes, as sums over the whole house."""
    patient = member_id(FUJIAN.patient)
    account = await Account.get(kind=AccountKind.MEMBER_ACCOUNT, owner=str(patient))
    used = await Accumulator.get(member_id=patient, bucket=f"SPECIAL_DISEASE:{FUJIAN.disease}")
    items = await StockItem.filter(pharmacy_id=FUJIAN.pharmacy)
    return {
        "settlements": await Settlement.all().count(),
        "entries": await JournalEntry.all().count(),
        "sales": await StockMovement.filter(
            kind=MovementKind.SALE, item__pharmacy_id=FUJIAN.pharmacy
        ).count(),
        "on hand": sum((item.on_hand for item in items), Decimal(0)),
        "held": sum((item.held for item in items), Decimal(0)),
        "live holds": await StockHold.filter(ended_at__isnull=True).count(),
        "fund": used.fund_used,
        "account": account.balance,
        "told": await Event.filter(kind=EventKind.FILL_SETTLED).count(),
    }


async def check_settled_once(before: Figures, statement: Json) -> None:
    """Since `before` exactly one settlement of this statement happened."""
    after = await figures()
    fund, account = Decimal(statement["fundTotal"]), Decimal(statement["account"])
    change = {name: after[name] - before[name] for name in before}
    assert change == {
        "settlements": 1,
        "entries": 1,
        "sales": 3,
        "on hand": -9,
        "held": -9,
        "live holds": -3,
        "fund": fund,
        "account": -account,
        "told": 3,
    }
    postings = await Posting.all()
    assert sum(one.debit for one in postings) == sum(one.credit for one in postings)


async def many(walk: Walk, fill: Json, keys: list[str]) -> list[Any]:
    """The same settlement under these keys, all at once."""
    requests = (walk.settle(fill, key=key) for key in keys)
    return await asyncio.gather(*requests, return_exceptions=True)


async def test_the_same_settlement_sent_twenty_times_at_once_happens_once(house: House) -> None:
    walk = Walk(house, FUJIAN)
    prescription = await walk.upload()
    fill = await walk.prepare(prescription)
    before = await figures()

    answers = await many(walk, fill, [str(uuid4())] * TIMES)

    assert [answer for answer in answers if answer != answers[0]] == []
    await check_settled_once(before, answers[0]["statement"])
    assert await fill_state(fill) == "SETTLED"
    assert await prescription_state(prescription) == "DISPENSED"


async def test_of_twenty_settlements_under_keys_of_their_own_one_happens(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fill = await walk.prepare(await walk.upload())
    keys = [str(uuid4()) for _ in range(TIMES)]
    before = await figures()

    answers = await many(walk, fill, keys)

    (settled,) = [answer for answer in answers if isinstance(answer, dict)]
    refused = [answer.codes for answer in answers if isinstance(answer, Refused)]
    assert refused == [["STATE_FORBIDS"]] * (TIMES - 1)
    await check_settled_once(before, settled["statement"])
    kept = await IdempotencyRecord.filter(key__in=keys)
    assert [record.result_id for record in kept] == [settled["id"]]


async def test_a_retry_gets_the_same_answer_though_everything_moved_on(house: House) -> None:
    walk = Walk(house, FUJIAN)
    key = str(uuid4())
    fill = await walk.prepare(await walk.upload())
    first = await walk.settle(fill, key=key)
    await walk.settle(await walk.prepare(await walk.upload()))
    house.later(days=3)

    again = await walk.settle(fill, key=key)

    house.later(days=-3)
    assert again == first


async def test_a_key_is_not_good_for_another_request(house: House) -> None:
    walk = Walk(house, FUJIAN)
    key = str(uuid4())
    fill, other = [await walk.prepare(await walk.upload()) for _ in range(2)]
    await walk.settle(fill, key=key)
    before = await figures()
    others = (
        walk.settle(other, key=key),
        walk.settle(fill, key=key, tender=ELECTRONIC | {"useAccount": False}),
        walk.settle(fill, key=key, digest="0" * 64),
        walk.counter().do(words.DECLINE, idempotencyKey=key, fillId=other["id"], reason="错"),
    )

    codes = []
    for request in others:
        with pytest.raises(RequestFailed) as failed:
            await request
        codes += [error["extensions"]["code"] for error in failed.value.errors]

    assert codes == ["IDEMPOTENCY_KEY_REUSED"] * 4
    assert await figures() == before
    assert await fill_state(other) == "READY"


async def test_keys_of_two_callers_do_not_meet(house: House) -> None:
    walk = Walk(house, FUJIAN)
    key = str(uuid4())
    fill = await walk.prepare(await walk.upload())
    await walk.settle(fill, key=key)

    asked = await walk.pharmacist().execute(words.OUTCOME, {"key": key})
    with pytest.raises(Refused) as refused:
        await walk.pharmacist().do(words.SETTLE, idempotencyKey=key, fillId=fill["id"], tender=ELECTRONIC)

    assert asked == {"mutationResult": None}
    assert refused.value.codes == ["STATE_FORBIDS"]


async def test_a_refused_settlement_leaves_its_key_free(house: House) -> None:
    walk = Walk(house, FUJIAN)
    key = str(uuid4())
    fill = await walk.request(await walk.upload())
    with pytest.raises(Refused):
        await walk.settle(fill, key=key)
    await walk.make_settleable(fill)

    settled = await walk.settle(fill, key=key)

    assert settled["statement"]["total"] > "0"


class LosesTheReply(httpx.AsyncBaseTransport):
    """A network that carries the request and loses the answer."""

    def __init__(self) -> None:
        self.inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry the request; the answer never comes."""
        answer = await self.inner.handle_async_request(request)
        await answer.aread()
        raise httpx.ReadError("the line is dead", request=request)

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self.inner.aclose()


async def test_after_a_lost_reply_the_key_tells_what_became_of_the_settlement(house: House) -> None:
    walk = Walk(house, FUJIAN)
    key = str(uuid4())
    fill = await walk.prepare(await walk.upload())
    counter = walk.counter()
    unknown = await counter.execute(words.OUTCOME, {"key": key})
    before = await figures()
    async with httpx.AsyncClient(transport=LosesTheReply()) as dead:
        with pytest.raises(httpx.ReadError):
            await Client(house.url, counter.token, dead).do(
                words.SETTLE, idempotencyKey=key, fillId=fill["id"], tender=ELECTRONIC, statementDigest=None
            )

    told = (await counter.execute(words.OUTCOME, {"key": key}))["mutationResult"]
    retried = await walk.settle(fill, key=key)

    assert unknown == {"mutationResult": None}
    assert (told["mutation"], told["resultId"]) == ("settleFill", retried["id"])
    await check_settled_once(before, retried["statement"])
