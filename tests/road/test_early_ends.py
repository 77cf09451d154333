"""A fill that ends before its settlement leaves nothing behind."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from models import Event, FillLine, StockHold
from ops import road_documents as documents
from ops.client import Json, Refused, RequestFailed
from ops.road import FUJIAN, SHANXI
from ops.world import cast
from ops.world.ids import member_id
from services.topics import member_topic
from tests.house import House
from tests.road import words
from tests.road.walk import (
    Walk,
    fill_state,
    line_ids,
    line_states,
    prescription_state,
    stock_of,
)

End = Callable[[Walk, Json], Awaitable[Json]]


async def rejected(walk: Walk, fill: Json) -> Json:
    return await walk.pharmacist().do(
        documents.REVIEW, fillId=fill["id"], decision="REJECT", reason="剂量存疑"
    )


async def declined(walk: Walk, fill: Json) -> Json:
    return await walk.counter().do(words.DECLINE, fillId=fill["id"], reason="药品破损")


async def cancelled(walk: Walk, fill: Json) -> Json:
    return await walk.patient.do(words.CANCEL, fillId=fill["id"], reason="改去别处")


async def approved(walk: Walk, fill: Json) -> Json:
    return await walk.approve(fill)


ENDS = pytest.mark.parametrize(
    ("end", "state", "reason"),
    [
        (rejected, "REJECTED", "剂量存疑"),
        (declined, "DECLINED", "药品破损"),
        (cancelled, "CANCELLED", "改去别处"),
    ],
    ids=["审方不通过", "药店拒单", "患者取消"],
)


@ENDS
async def test_an_ended_fill_frees_its_lines_and_its_stock_for_another_pharmacy(
    house: House, end: End, state: str, reason: str
) -> None:
    walk = Walk(house, FUJIAN)
    prescription = await walk.upload()
    before = await stock_of(FUJIAN.pharmacy)
    fill = await walk.request(prescription)
    assert await stock_of(FUJIAN.pharmacy) != before

    ended = await end(walk, fill)

    assert ended["state"] == state
    assert await stock_of(FUJIAN.pharmacy) == before
    assert set(await line_states(prescription)) == {"OPEN"}
    held = await FillLine.filter(fill_id=fill["id"]).values_list("id", flat=True)
    assert not await StockHold.filter(fill_line_id__in=held, ended_at__isnull=True).exists()
    told = await Event.filter(topic=member_topic(member_id(FUJIAN.patient)), fill_id=fill["id"])
    assert f"FILL_{state}" in [event.kind for event in told]
    again = await walk.request(prescription, cast.FUJIAN_PHARMACY_OTHER)
    await walk.patient.do(words.CANCEL, fillId=again["id"], reason=reason)


@ENDS
async def test_an_ended_fill_cannot_be_ended_or_prepared_again(
    house: House, end: End, state: str, reason: str
) -> None:
    walk = Walk(house, FUJIAN)
    fill = await walk.request(await walk.upload())
    await end(walk, fill)

    codes = []
    for step in (rejected, declined, cancelled, approved):
        with pytest.raises(Refused) as refused:
            await step(walk, fill)
        codes += refused.value.codes

    assert codes == ["STATE_FORBIDS"] * 4
    assert await fill_state(fill) == state


async def test_a_prepared_fill_may_still_be_cancelled_and_a_settled_one_not(house: House) -> None:
    walk = Walk(house, FUJIAN)
    ready = await walk.prepare(await walk.upload())
    settled = await walk.prepare(await walk.upload())
    await walk.settle(settled)

    gone = await walk.patient.do(words.CANCEL, fillId=ready["id"])
    with pytest.raises(Refused) as refused:
        await walk.patient.do(words.CANCEL, fillId=settled["id"])

    assert (gone["state"], gone["endReason"]) == ("CANCELLED", "患者取消")
    assert refused.value.codes == ["STATE_FORBIDS"]
    assert await fill_state(settled) == "SETTLED"


async def test_who_turns_an_order_down_must_say_why(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fill = await walk.request(await walk.upload())

    with pytest.raises(RequestFailed) as refused:
        await walk.counter().do(words.DECLINE, fillId=fill["id"], reason=" ")

    assert refused.value.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert await fill_state(fill) == "REQUESTED"


async def test_a_revocation_ends_what_is_not_settled_and_leaves_what_is(house: House) -> None:
    walk = Walk(house, FUJIAN)
    prescription = await walk.upload()
    settled = await walk.prepare(prescription, lineIds=line_ids(prescription, 1))
    await walk.settle(settled)
    other = cast.FUJIAN_PHARMACY_OTHER
    before = await stock_of(other)
    waiting = await walk.request(prescription, other, lineIds=line_ids(prescription, 2))

    revoked = await walk.hospital.do(words.REVOKE, prescriptionId=prescription["id"], reason="诊断更正")

    assert revoked["state"] == "REVOKED"
    assert [line["state"] for line in revoked["lines"]] == ["DISPENSED", "CLOSED", "CLOSED"]
    assert [line["closedReason"] for line in revoked["lines"]] == ["", "处方已撤销", "处方已撤销"]
    assert (await fill_state(settled), await fill_state(waiting)) == ("SETTLED", "CANCELLED")
    assert await stock_of(other) == before
    handed = await walk.counter().do(documents.HAND_OVER, fillId=settled["id"])
    assert handed["state"] == "HANDED_OVER"


async def test_a_revoked_prescription_is_neither_claimed_nor_revoked_again(house: House) -> None:
    walk = Walk(house, FUJIAN)
    prescription = await walk.upload()
    await walk.hospital.do(words.REVOKE, prescriptionId=prescription["id"], reason="诊断更正")

    with pytest.raises(Refused) as claimed:
        await walk.request(prescription)
    with pytest.raises(Refused) as shown:
        await walk.show_code(prescription)
    with pytest.raises(Refused) as twice:
        await walk.hospital.do(words.REVOKE, prescriptionId=prescription["id"], reason="再次")

    assert claimed.value.codes == ["PRESCRIPTION_REVOKED"]
    assert shown.value.codes == ["STATE_FORBIDS"]
    assert twice.value.codes == ["PRESCRIPTION_REVOKED"]


async def test_a_dispensed_prescription_is_not_revoked(house: House) -> None:
    walk = Walk(house, SHANXI)
    prescription = await walk.upload()
    await walk.settle(await walk.prepare(prescription))

    with pytest.raises(Refused) as refused:
        await walk.hospital.do(words.REVOKE, prescriptionId=prescription["id"], reason="诊断更正")

    assert refused.value.codes == ["PRESCRIPTION_DISPENSED"]
    assert await prescription_state(prescription) == "DISPENSED"


async def test_what_the_hospital_itself_dispensed_is_closed_to_pharmacies(house: House) -> None:
    walk = Walk(house, SHANXI)
    prescription = await walk.upload()
    first = line_ids(prescription, 1)

    told = await walk.hospital.do(
        words.DISPENSE_IN_HOSPITAL, prescriptionId=prescription["id"], lineIds=first
    )
    with pytest.raises(Refused) as refused:
        await walk.request(prescription, lineIds=first, splitReason="首味已在院内购买")

    assert [line["state"] for line in told["lines"]] == ["CLOSED", "OPEN", "OPEN"]
    assert told["lines"][0]["closedReason"] == "已在院内取药"
    assert refused.value.codes == ["LINE_NOT_OPEN"]
    assert [one["lineId"] for one in refused.value.violations] == first


async def test_a_prescription_bought_partly_in_the_hospital_is_dispensed_when_nothing_is_left(
    house: House,
) -> None:
    walk = Walk(house, SHANXI)
    prescription = await walk.upload()
    first = line_ids(prescription, 1)
    await walk.hospital.do(words.DISPENSE_IN_HOSPITAL, prescriptionId=prescription["id"], lineIds=first)

    fill = await walk.prepare(prescription, splitReason="首味已在院内购买")
    await walk.settle(fill)

    assert await line_states(prescription) == ["CLOSED", "DISPENSED", "DISPENSED"]
    assert await prescription_state(prescription) == "DISPENSED"


async def test_a_prescription_bought_in_the_hospital_as_a_whole_is_dispensed(house: House) -> None:
    walk = Walk(house, SHANXI)
    prescription = await walk.upload()
    every = line_ids(prescription, 1, 2, 3)

    told = await walk.hospital.do(
        words.DISPENSE_IN_HOSPITAL, prescriptionId=prescription["id"], lineIds=every
    )

    assert told["state"] == "DISPENSED"


async def test_the_hospital_cannot_dispense_what_a_pharmacy_holds(house: House) -> None:
    walk = Walk(house, SHANXI)
    prescription = await walk.upload()
    await walk.request(prescription)
    given: dict[str, Any] = {
        "prescriptionId": prescription["id"],
        "lineIds": line_ids(prescription, 2),
    }

    with pytest.raises(Refused) as refused:
        await walk.hospital.do(words.DISPENSE_IN_HOSPITAL, **given)

    assert refused.value.codes == ["LINE_NOT_OPEN"]
    assert await line_states(prescription) == ["CLAIMED"] * 3
