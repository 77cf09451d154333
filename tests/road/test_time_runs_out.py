"""What ends by itself, and at which instant: prescriptions, held stock, fills.

The clock is moved here, so each test has a house of its own.
"""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from models import Event, Fill, Prescription
from ops.client import Json, Refused
from ops.road import FUJIAN, SHANXI
from ops.world import cast
from ops.world.ids import member_id
from policy.calendar import SHANGHAI
from policy.terms import Role
from services import errors
from services.actor import Call
from services.claiming import request_fill
from services.expiry import expire_due
from services.topics import institution_topic, member_topic
from tests.house import SERVICE, House
from tests.road import words
from tests.road.walk import (
    Walk,
    fill_state,
    line_ids,
    line_states,
    prescription_state,
    stock_of,
)

INSTANT = timedelta(microseconds=1)


async def request_at(walk: Walk, moment: datetime, prescription: Json, pharmacy: str) -> Fill:
    """The request of a whole prescription at an exact instant."""
    call = walk.call_at(moment, Role.PATIENT, walk.region.patient)
    return await request_fill(call, prescription_id=UUID(prescription["id"]), pharmacy_code=pharmacy)


async def expire_at(walk: Walk, moment: datetime) -> int:
    """The worker's round at an exact instant."""
    return await expire_due(Call(SERVICE, moment, walk.house.tools))


async def told(topic: str, prescription: Json) -> list[str]:
    """What a stream heard of a prescription."""
    rows = await Event.filter(topic=topic, prescription_id=prescription["id"]).order_by("sequence")
    return [row.kind for row in rows]


async def test_in_fujian_a_prescription_ends_after_72_hours_to_the_second(own_house: House) -> None:
    walk = Walk(own_house, FUJIAN)
    early, late = [await walk.upload() for _ in range(2)]
    row = await Prescription.get(id=late["id"])
    end = row.uploaded_at + timedelta(hours=72)

    with pytest.raises(errors.Refused) as refused:
        await request_at(walk, end, late, FUJIAN.pharmacy)
    fill = await request_at(walk, end - INSTANT, late, FUJIAN.pharmacy)

    assert row.expires_at == end
    (expired,) = refused.value.violations
    assert (expired.code, expired.rule, expired.limit) == ("PRESCRIPTION_EXPIRED", "FJ-5.2", "72 小时")
    assert fill.expires_at == end
    assert (await Prescription.get(id=early["id"])).expires_at < end


async def test_in_fujian_the_worker_ends_a_prescription_at_72_hours_and_not_before(own_house: House) -> None:
    walk = Walk(own_house, FUJIAN)
    prescription = await walk.upload()
    end = (await Prescription.get(id=prescription["id"])).uploaded_at + timedelta(hours=72)

    before = await expire_at(walk, end - INSTANT), await prescription_state(prescription)
    after = await expire_at(walk, end), await prescription_state(prescription)

    assert before == (0, "ACTIVE")
    assert after == (1, "EXPIRED")
    assert await line_states(prescription) == ["CLOSED"] * 3
    assert await expire_at(walk, end) == 0


async def test_in_shanxi_a_prescription_ends_with_the_third_calendar_day(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    prescription = await walk.upload()
    end = datetime(2026, 3, 20, 0, 0, tzinfo=SHANGHAI)
    night = cast.SHANXI_PHARMACY_NIGHT

    with pytest.raises(errors.Refused) as refused:
        await request_at(walk, end, prescription, night)
    before = await expire_at(walk, end - INSTANT)
    fill = await request_at(walk, end - INSTANT, prescription, night)

    assert (await Prescription.get(id=prescription["id"])).expires_at == end
    (expired,) = refused.value.violations
    assert (expired.code, expired.rule, expired.limit) == ("PRESCRIPTION_EXPIRED", "SX-11", "3 天")
    assert before == 0
    assert fill.expires_at == end


async def test_a_prescription_ends_over_the_counter_too_and_takes_its_fills_along(own_house: House) -> None:
    walk = Walk(own_house, FUJIAN)
    prescription = await walk.upload()
    before = await stock_of(FUJIAN.pharmacy)
    own_house.later(hours=71)
    fill = await walk.prepare(prescription, lineIds=line_ids(prescription, 1))
    own_house.later(hours=1)

    with pytest.raises(Refused) as late:
        await walk.settle(fill)
    with pytest.raises(Refused) as claimed:
        await walk.request(prescription, lineIds=line_ids(prescription, 2))
    await own_house.expire()

    assert late.value.codes == claimed.value.codes == ["PRESCRIPTION_EXPIRED"]
    assert await prescription_state(prescription) == "EXPIRED"
    assert await fill_state(fill) == "EXPIRED"
    assert await line_states(prescription) == ["CLOSED"] * 3
    assert await stock_of(FUJIAN.pharmacy) == before
    patient = await told(member_topic(member_id(FUJIAN.patient)), prescription)
    assert patient[-2:] == ["FILL_EXPIRED", "PRESCRIPTION_EXPIRED"]
    assert (await told(institution_topic(FUJIAN.hospital), prescription))[-1] == "PRESCRIPTION_EXPIRED"


async def test_a_settled_line_outlives_its_prescription(own_house: House) -> None:
    walk = Walk(own_house, FUJIAN)
    whole, part = [await walk.upload() for _ in range(2)]
    await walk.settle(await walk.prepare(whole))
    fill = await walk.prepare(part, lineIds=line_ids(part, 1))
    await walk.settle(fill)
    own_house.later(hours=72)

    await own_house.expire()

    assert (await prescription_state(whole), await prescription_state(part)) == ("DISPENSED", "EXPIRED")
    assert await line_states(part) == ["DISPENSED", "CLOSED", "CLOSED"]
    assert await fill_state(fill) == "SETTLED"


async def test_stock_nobody_comes_for_is_let_go_after_24_hours(own_house: House) -> None:
    walk = Walk(own_house, FUJIAN)
    prescription = await walk.upload()
    before = await stock_of(FUJIAN.pharmacy)
    fill = await walk.request(prescription)
    row = await Fill.get(id=fill["id"])
    end = row.requested_at + timedelta(hours=24)

    early = await expire_at(walk, end - INSTANT)
    held = await stock_of(FUJIAN.pharmacy)
    late = await expire_at(walk, end)

    assert row.expires_at == end
    assert (early, late) == (0, 1)
    assert held != before == await stock_of(FUJIAN.pharmacy)
    assert await fill_state(fill) == "EXPIRED"
    assert await line_states(prescription) == ["OPEN"] * 3
    own_house.later(hours=24)
    again = await walk.request(prescription, cast.FUJIAN_PHARMACY_OTHER)
    assert again["state"] == "REQUESTED"


async def test_a_pick_up_code_lives_two_minutes(own_house: House) -> None:
    walk = Walk(own_house, FUJIAN)
    prescription = await walk.upload()
    code = await walk.show_code(prescription)
    own_house.later(minutes=2)

    with pytest.raises(Refused) as refused:
        await walk.counter().do(words.CLAIM, code=code)
    fresh = await walk.counter().do(words.CLAIM, code=await walk.show_code(prescription))

    assert refused.value.codes == ["PICKUP_CODE_STALE"]
    assert fresh["state"] == "REQUESTED"


async def test_a_newer_pick_up_code_ends_the_older_one(own_house: House) -> None:
    walk = Walk(own_house, FUJIAN)
    prescription = await walk.upload()
    older = await walk.show_code(prescription)
    newer = await walk.show_code(prescription)

    with pytest.raises(Refused) as refused:
        await walk.counter().do(words.CLAIM, code=older)
    fill = await walk.counter().do(words.CLAIM, code=newer)
    with pytest.raises(Refused) as used:
        await walk.counter().do(words.CLAIM, code=newer)

    assert refused.value.codes == used.value.codes == ["PICKUP_CODE_STALE"]
    assert fill["state"] == "REQUESTED"
