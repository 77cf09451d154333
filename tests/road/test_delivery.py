"""The drugs come to the patient's door (FJ-7.6)."""

import pytest

from ops import road_documents as documents
from ops.client import Refused, RequestFailed
from ops.road import FUJIAN
from ops.world import cast
from tests.house import House
from tests.road import words
from tests.road.walk import Walk, fill_state, line_ids, line_states

ADDRESS = "示例路 1 号 201 室"


async def test_a_fill_is_delivered_and_the_patient_confirms(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fill = await walk.prepare(await walk.upload(), deliveryAddress=ADDRESS)
    await walk.settle(fill)

    sent = await walk.counter().do(words.DISPATCH, fillId=fill["id"], courier="示例速递 0001")
    arrived = await walk.patient.do(words.CONFIRM, fillId=fill["id"])

    assert (sent["state"], sent["courier"], sent["deliveryAddress"]) == (
        "DELIVERING",
        "示例速递 0001",
        ADDRESS,
    )
    assert arrived["state"] == "DELIVERED"


async def test_delivery_adds_nothing_to_what_the_insurance_is_asked_for(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fetched = await walk.preview(await walk.prepare(await walk.upload()))
    brought = await walk.preview(await walk.prepare(await walk.upload(), deliveryAddress=ADDRESS))

    assert brought["statement"]["total"] == fetched["statement"]["total"]


async def test_a_pharmacy_that_does_not_deliver_refuses_an_address(house: House) -> None:
    walk = Walk(house, FUJIAN)
    prescription = await walk.upload()
    some = line_ids(prescription, 1, 2)

    with pytest.raises(Refused) as refused:
        await walk.request(prescription, cast.FUJIAN_PHARMACY_PARTIAL, lineIds=some, deliveryAddress=ADDRESS)

    assert refused.value.codes == ["DELIVERY_NOT_OFFERED"]
    assert refused.value.violations[0]["rule"] == "YL-12"
    assert await line_states(prescription) == ["OPEN"] * 3


async def test_nothing_is_sent_before_it_is_settled(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fill = await walk.prepare(await walk.upload(), deliveryAddress=ADDRESS)

    with pytest.raises(Refused) as refused:
        await walk.counter().do(words.DISPATCH, fillId=fill["id"], courier="示例速递 0001")

    assert refused.value.codes == ["STATE_FORBIDS"]


async def test_what_is_on_its_way_is_neither_handed_over_nor_sent_again(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fill = await walk.prepare(await walk.upload(), deliveryAddress=ADDRESS)
    await walk.settle(fill)
    counter = walk.counter()
    await counter.do(words.DISPATCH, fillId=fill["id"], courier="示例速递 0001")

    codes = []
    for attempt in (
        counter.do(documents.HAND_OVER, fillId=fill["id"]),
        counter.do(words.DISPATCH, fillId=fill["id"], courier="示例速递 0002"),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        codes += refused.value.codes

    assert codes == ["STATE_FORBIDS"] * 2
    assert await fill_state(fill) == "DELIVERING"


async def test_without_an_address_nothing_is_sent_and_without_a_courier_neither(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fetched = await walk.prepare(await walk.upload())
    brought = await walk.prepare(await walk.upload(), deliveryAddress=ADDRESS)

    told = []
    for fill, courier in ((fetched, "示例速递 0001"), (brought, " ")):
        await walk.settle(fill)
        with pytest.raises(RequestFailed) as failed:
            await walk.counter().do(words.DISPATCH, fillId=fill["id"], courier=courier)
        told += [
            (error["extensions"]["code"], error["message"].partition(":")[0]) for error in failed.value.errors
        ]

    assert told == [("BAD_USER_INPUT", "fillId"), ("BAD_USER_INPUT", "courier")]


async def test_nobody_else_confirms_that_it_arrived(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fill = await walk.prepare(await walk.upload(), deliveryAddress=ADDRESS)
    await walk.settle(fill)
    await walk.counter().do(words.DISPATCH, fillId=fill["id"], courier="示例速递 0001")

    for other in (walk.person(cast.FUJIAN_RESIDENT), walk.counter(cast.FUJIAN_PHARMACY_OTHER)):
        with pytest.raises(RequestFailed) as failed:
            await other.do(words.CONFIRM, fillId=fill["id"])
        assert failed.value.errors[0]["extensions"]["code"] == "NOT_FOUND"
    assert await fill_state(fill) == "DELIVERING"
