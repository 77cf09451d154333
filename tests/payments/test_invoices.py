"""Invoices that the till issued: the right amount, each once, and a red one for what was taken back."""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from tortoise import connections
from tortoise.exceptions import IntegrityError

from models import Event, Invoice
from ops.client import Client, Json, Refused, RequestFailed
from ops.road import FUJIAN
from ops.road_documents import REFUSAL
from policy.terms import EventKind
from tests.house import House
from tests.money.words import lines, reverse
from tests.road.walk import Walk

RECORD = f"""mutation R($input: RecordInvoiceInput!) {{ recordInvoice(input: $input) {{
  ... on Invoice {{ id colour code number checkCode amount settlement {{ id }} }} {REFUSAL} }} }}"""
SEEN = """query S($id: UUID!) { settlement(id: $id) {
  invoices { colour number amount } reversals { id needsRedInvoice } } }"""


def digits(many: int) -> str:
    """Digits that no other invoice has."""
    return f"{uuid4().int % 10**many:0{many}d}"


async def settled(walk: Walk) -> Json:
    """A settlement."""
    return await walk.settle(await walk.prepare(await walk.upload()))


async def record(walk: Walk, settlement: Json, by: Client | None = None, **more: Any) -> Json:
    """An invoice of a settlement, recorded."""
    given = {
        "settlementId": settlement["id"],
        "number": digits(20),
        "issuedAt": walk.house.now().isoformat(),
        "amount": settlement["statement"]["total"],
        **more,
    }
    return await (by or walk.counter()).do(RECORD, **given)


async def seen(client: Client, settlement: Json) -> Json:
    """The invoices of a settlement, and which reversals ask for a red one."""
    found: Json = (await client.execute(SEEN, {"id": settlement["id"]}))["settlement"]
    return found


async def test_an_invoice_is_recorded_once_and_reversals_ask_for_red_ones(house: House) -> None:
    walk = Walk(house, FUJIAN)
    settlement = await settled(walk)
    key = str(uuid4())

    number = digits(20)
    same: dict[str, Any] = {"number": number, "idempotencyKey": key, "issuedAt": house.now().isoformat()}
    first, again = await asyncio.gather(*(record(walk, settlement, **same) for _ in range(2)))
    with pytest.raises(Refused) as second:
        await record(walk, settlement)
    house.later(minutes=5)
    part = await reverse(walk.counter(), settlement, lines=lines(1))
    rest = await reverse(walk.counter(), settlement)
    asked = await seen(walk.counter(), settlement)
    red = await record(walk, settlement, reversalId=part["id"], amount=part["refund"]["total"])
    with pytest.raises(Refused) as twice:
        await record(walk, settlement, reversalId=part["id"], amount=part["refund"]["total"])
    done = await seen(walk.patient, settlement)

    assert first == again
    assert (first["colour"], first["number"], red["colour"]) == ("BLUE", number, "RED")
    assert (second.value.codes, twice.value.codes) == (["INVOICE_NOT_POSSIBLE"],) * 2
    assert [one["needsRedInvoice"] for one in asked["reversals"]] == [True, True]
    assert [one["needsRedInvoice"] for one in done["reversals"]] == [False, True]
    assert {one["colour"] for one in done["invoices"]} == {"BLUE", "RED"}
    assert (await seen(walk.hospital, settlement))["invoices"] == []
    due = [event.subject_id for event in await Event.filter(kind=EventKind.RED_INVOICE_DUE)]
    assert sorted(map(str, due)) == sorted([part["id"], rest["id"]])


async def test_an_invoice_must_fit_its_settlement(house: House) -> None:
    walk = Walk(house, FUJIAN)
    settlement = await settled(walk)
    less = str(Decimal(settlement["statement"]["total"]) - Decimal("0.01"))
    wrong: list[dict[str, Any]] = [
        {"amount": less},
        {"issuedAt": "2026-03-10T09:00:00+08:00"},
        {"issuedAt": "2027-03-10T09:00:00+08:00"},
    ]
    malformed: list[dict[str, Any]] = [
        {"number": "1"},
        {"number": digits(8), "code": digits(12)},
        {"number": digits(20), "checkCode": "123456"},
        {"number": "１" * 20},
    ]

    for change in wrong:
        with pytest.raises(Refused) as refused:
            await record(walk, settlement, **change)
        assert refused.value.codes == ["INVOICE_NOT_POSSIBLE"], change
    for change in malformed:
        with pytest.raises(RequestFailed) as failed:
            await record(walk, settlement, **change)
        assert failed.value.errors[0]["extensions"]["code"] == "BAD_USER_INPUT", change
    other = await settled(walk)
    taken = await record(walk, settlement, code=digits(8), number=digits(10), checkCode="a1B2c3")
    with pytest.raises(Refused) as used:
        await record(walk, other, **{name: taken[name] for name in ("code", "number", "checkCode")})
    assert used.value.codes == ["INVOICE_NOT_POSSIBLE"]


async def test_what_was_reversed_before_the_invoice_is_not_on_it(house: House) -> None:
    walk = Walk(house, FUJIAN)
    settlement = await settled(walk)
    reversal = await reverse(walk.counter(), settlement, lines=lines(1))
    house.later(minutes=1)
    rest = str(Decimal(settlement["statement"]["total"]) - Decimal(reversal["refund"]["total"]))

    with pytest.raises(Refused):
        await record(walk, settlement)
    await record(walk, settlement, amount=rest)

    found = await seen(walk.counter(), settlement)
    assert [one["needsRedInvoice"] for one in found["reversals"]] == [False]
    with pytest.raises(Refused):
        await record(walk, settlement, reversalId=reversal["id"], amount=reversal["refund"]["total"])


async def test_an_invoice_is_never_changed_or_removed(house: House) -> None:
    walk = Walk(house, FUJIAN)
    await record(walk, await settled(walk))

    for statement in ("UPDATE invoice SET number = number", "DELETE FROM invoice"):
        with pytest.raises(IntegrityError, match="never changed or removed"):
            await connections.get("default").execute_query(statement)
    assert await Invoice.all().exists()
