"""A face is enrolled with consent, looked at, used, and gone when its owner says so."""

import asyncio
from collections.abc import Sequence

import pytest

from engines.pictures import Reason, Unusable
from models import AuditEntry, Event, FaceEnrolment
from ops.client import RequestFailed
from ops.road import FUJIAN
from policy.terms import EventKind, Role, Verdict
from services.retention import purge_due
from tests.house import House
from tests.services.enrolling import (
    CONSENT,
    PATIENT,
    WITHDRAW,
    Eyes,
    are_there,
    enrol,
    enrol_in_person,
    enrolled_faces,
    keys_of,
    look,
)
from workers.faces.result import Sight

pytestmark = pytest.mark.usefixtures("nobody_enrolled")


async def test_good_pictures_are_compared_with_from_then_on(house: House) -> None:
    row = await enrol_in_person(house, 2)
    before = await enrolled_faces(PATIENT)

    after = await look(house, row, Eyes())

    assert (row["state"], row["consentVersion"], before) == ("PENDING", CONSENT, [])
    assert after["state"] == "ACTIVE"
    assert await enrolled_faces(PATIENT) == await keys_of(row)
    told = await Event.filter(kind=EventKind.ENROLMENT_DECIDED, subject_id=row["id"])
    assert [event.topic for event in told] == [f"member:{PATIENT}"]
    assert await AuditEntry.filter(verb="enrolFace", subject=row["id"], outcome="DONE").count() == 1


@pytest.mark.parametrize(
    ("eyes", "reason", "says"),
    [
        (Eyes(face_height=99), "FACE_TOO_SMALL", "靠近"),
        (Eyes(brightness=20), "TOO_DARK", "补光"),
        (Eyes(sharpness=5), "BLURRED", "拿稳"),
        (Eyes(error=Unusable(Reason.SEVERAL_FACES)), "SEVERAL_FACES", "一人"),
        (Eyes(Verdict.NO_MATCH), "REFERENCES_DIFFER", "同一人"),
    ],
    ids=["人脸太小", "太暗", "模糊", "两张脸", "不是同一人"],
)
async def test_bad_pictures_are_refused_with_what_to_do_and_removed(
    house: House, eyes: Eyes, reason: str, says: str
) -> None:
    good = await enrol_in_person(house)
    await look(house, good, Eyes())
    row = await enrol(house, 2)

    after = await look(house, row, eyes)

    assert (after["id"], after["state"], after["reason"]) == (row["id"], "REFUSED", reason)
    assert says in after["advice"]
    assert await are_there(house, await keys_of(row)) == [False, False]
    assert await enrolled_faces(PATIENT) == await keys_of(good), "the earlier enrolment goes on"


async def test_a_new_enrolment_takes_the_place_of_the_old_one(house: House) -> None:
    old = await enrol_in_person(house)
    await look(house, old, Eyes())
    house.later(minutes=1)
    new = await enrol_in_person(house, 2)

    await look(house, new, Eyes())

    assert await enrolled_faces(PATIENT) == await keys_of(new)
    assert await are_there(house, await keys_of(old)) == [False]


async def test_who_withdraws_is_forgotten_at_once(house: House) -> None:
    row = await enrol(house, 2)
    await look(house, row, Eyes())
    keys = await keys_of(row)
    client = house.client(Role.PATIENT, FUJIAN.patient)

    withdrawn = await client.do(WITHDRAW, idempotencyKey="withdraw-1")
    again = await client.do(WITHDRAW, idempotencyKey="withdraw-1")

    assert withdrawn == again
    assert withdrawn["state"] == "WITHDRAWN"
    assert withdrawn["withdrawnAt"]
    assert withdrawn["purgedAt"]
    assert await are_there(house, keys) == [False, False]
    assert await enrolled_faces(PATIENT) == []
    verbs = {"withdrawFace", "purgeFaceEnrolment"}
    assert set(await AuditEntry.filter(subject=row["id"]).values_list("verb", flat=True)) >= verbs
    with pytest.raises(RequestFailed) as failed:
        await client.do(WITHDRAW)
    assert failed.value.errors[0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_withdrawal_that_died_before_the_purge_is_finished_by_a_worker(house: House) -> None:
    row = await enrol(house)
    await look(house, row, Eyes())
    keys = await keys_of(row)
    await FaceEnrolment.filter(id=row["id"]).update(state="WITHDRAWN", withdrawn_at=house.now())

    purged = await purge_due(house.call())

    assert purged == 1
    assert await are_there(house, keys) == [False]


async def test_who_withdraws_while_a_worker_looks_stays_withdrawn(house: House) -> None:
    row = await enrol(house)
    seen, goes_on = asyncio.Event(), asyncio.Event()

    class Slow(Eyes):
        async def read(self, picture: bytes, engines: Sequence[str], *, largest: bool = False) -> Sight:
            seen.set()
            await goes_on.wait()
            return await super().read(picture, engines, largest=largest)

    looking = asyncio.create_task(look(house, row, Slow()))
    await seen.wait()
    await house.client(Role.PATIENT, FUJIAN.patient).do(WITHDRAW)
    goes_on.set()
    after = await looking

    assert after["state"] == "WITHDRAWN"
    assert await enrolled_faces(PATIENT) == []
