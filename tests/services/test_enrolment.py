"""A face is enrolled with consent, looked at, used, and gone when its owner says so."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import pytest

from engines.images import ImageMissing
from engines.pictures import Reason, Unusable
from models import AuditEntry, Event, FaceEnrolment, Job
from models.job import JobKind, JobState
from ops.client import Json, Refused, RequestFailed
from ops.road import FUJIAN
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import EventKind, Role, Verdict
from services.enrolled_faces import live_enrolments
from services.retention import purge_due
from tests.docs.meanwhile import portrait
from tests.house import House
from tests.services.stage import png
from workers.faces.pool import FacePool
from workers.faces.quality import Figures
from workers.faces.result import Seen, Sight
from workers.jobs import ATTEMPTS_MAX, Bench, run_job
from workers.main import RUNNERS

PATIENT = member_id(FUJIAN.patient)
GOOD: Figures = {
    "face_height": 150,
    "brightness": 120,
    "contrast": 40,
    "sharpness": 200,
    "turn": 0.0,
    "nod": 0.6,
    "tilt": 0.0,
}
CONSENT = "2026-01"

ENROL = """mutation E($input: EnrolFaceInput!) { enrolFace(input: $input) {
  ... on FaceEnrolment { id state consentVersion reason advice withdrawnAt purgedAt }
  ... on Refusal { violations { code message rule } } } }"""
WITHDRAW = """mutation W($input: WithdrawFaceInput!) { withdrawFace(input: $input) {
  ... on FaceEnrolment { id state withdrawnAt purgedAt } ... on Refusal { violations { code } } } }"""
SHOW = "query F($id: UUID) { faceEnrolment(memberId: $id) { id state reason advice purgedAt } }"


class Eyes(FacePool):
    """A face engine that sees what the test says (人脸引擎替身)."""

    def __init__(
        self, verdict: Verdict = Verdict.MATCH, error: Exception | None = None, **quality: int
    ) -> None:
        super().__init__()
        self.models = {"dlib": "test"}
        self.error, self.quality = error, GOOD | quality
        self.step = 0.0 if verdict is Verdict.MATCH else 0.1
        self.looked = 0

    async def read(self, picture: bytes, engines: Sequence[str], *, largest: bool = False) -> Sight:
        """A face of that quality; another one each time, unless all are of one person."""
        if self.error:
            raise self.error
        self.looked += 1
        return {engine: Seen([self.looked * self.step] * 128, self.quality) for engine in engines}


@pytest.fixture(autouse=True)
async def clean(house: House) -> AsyncIterator[None]:
    """Nobody is enrolled before a test, nor after it."""
    await FaceEnrolment.all().delete()
    yield
    await FaceEnrolment.all().delete()


async def enrol(house: House, count: int = 1, **more: Any) -> Json:
    """The patient enrols by so many pictures."""
    names = ("picture", "secondPicture")[:count]
    pictures = {name: png(300 + number, 300) for number, name in enumerate(names)}
    client = house.client(Role.PATIENT, FUJIAN.patient)
    return await client.upload(ENROL, pictures, **({"consentVersion": CONSENT} | more))


async def enrol_in_person(house: House, count: int = 1) -> Json:
    """The agency's clerk enrols the patient, who stands before him."""
    pictures = {
        name: png(300 + number, 300) for number, name in enumerate(("picture", "secondPicture")[:count])
    }
    clerk = house.client(Role.AGENCY, cast.FUJIAN_AREA)
    return await clerk.upload(ENROL, pictures, consentVersion=CONSENT, memberId=str(PATIENT))


async def look(house: House, row: Json, eyes: FacePool) -> Json:
    """Let a worker with these eyes look; gives the enrolment as the patient sees it."""
    job = await Job.get(subject_id=row["id"], kind=JobKind.FACE_ENROLMENT)
    await run_job(Bench(house.tools, eyes, house.now), job.id, RUNNERS)
    return await shown(house)


async def shown(house: House) -> Json:
    """The patient's enrolment."""
    data = await house.client(Role.PATIENT, FUJIAN.patient).execute(SHOW)
    found: Json = data["faceEnrolment"]
    return found


async def are_there(house: House, keys: list[str]) -> list[bool]:
    """Which of the pictures lie in the store."""
    found = []
    for key in keys:
        try:
            await house.tools.images.get(key)
        except ImageMissing:
            found.append(False)
        else:
            found.append(True)
    return found


async def enrolled_faces(person: UUID) -> list[str]:
    """The keys of the pictures that a check compares with."""
    return [one.image_key for one in await live_enrolments(person)]


async def keys_of(row: Json) -> list[str]:
    """The keys of an enrolment's pictures."""
    found = await FaceEnrolment.get(id=row["id"])
    return [key for key in (found.image_key, found.second_image_key) if key]


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


@pytest.mark.parametrize("version", ["", "1999-01", "2026-01 "])
async def test_without_consent_to_the_text_in_force_nothing_is_kept(house: House, version: str) -> None:
    with pytest.raises(RequestFailed) as failed:
        await enrol(house, consentVersion=version)

    assert failed.value.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert "2026-01" in failed.value.errors[0]["message"]
    assert await FaceEnrolment.all().count() == 0


async def test_what_is_no_picture_is_refused_at_the_door(house: House) -> None:
    client = house.client(Role.PATIENT, FUJIAN.patient)

    with pytest.raises(Refused) as refused:
        await client.upload(ENROL, {"picture": b"%PDF-1.7"}, consentVersion=CONSENT)

    assert refused.value.codes == ["IMAGE_NOT_ACCEPTED"]


async def test_the_same_picture_twice_is_one_picture_too_few(house: House) -> None:
    client = house.client(Role.PATIENT, FUJIAN.patient)

    with pytest.raises(RequestFailed) as failed:
        await client.upload(
            ENROL, dict.fromkeys(("picture", "secondPicture"), png(300, 300)), consentVersion=CONSENT
        )

    assert failed.value.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("role", "subject", "other", "code"),
    [
        (Role.AGENCY, cast.FUJIAN_AREA, FUJIAN.patient, ""),
        (Role.AGENCY, cast.SHANXI_AREA, FUJIAN.patient, "NOT_FOUND"),
        (Role.AGENCY, cast.FUJIAN_AREA, None, "NOT_FOUND"),
        (Role.PATIENT, cast.FUJIAN_PATIENT_FAMILY, FUJIAN.patient, "NOT_FOUND"),
        (Role.PHARMACY, FUJIAN.pharmacy, FUJIAN.patient, "FORBIDDEN"),
    ],
    ids=["本地经办", "外地经办", "未指明", "家人", "药店"],
)
async def test_a_face_is_enrolled_by_its_owner_or_the_areas_agency(
    house: House, role: Role, subject: str, other: str | None, code: str
) -> None:
    given = {"memberId": str(member_id(other))} if other else {}
    codes = [""]

    try:
        await house.client(role, subject).upload(
            ENROL, {"picture": png(300, 300)}, consentVersion=CONSENT, **given
        )
    except RequestFailed as failed:
        codes = [error["extensions"]["code"] for error in failed.errors]

    assert codes == [code]


async def test_an_engine_that_fails_three_times_refuses_and_says_so(house: House) -> None:
    row = await enrol(house)
    states = []

    for _ in range(ATTEMPTS_MAX):
        states.append((await look(house, row, Eyes(error=RuntimeError("the engine is away"))))["state"])

    assert states == ["PENDING", "PENDING", "REFUSED"]
    assert (await shown(house))["reason"] == "ENGINE_FAILED"
    assert (await Job.get(subject_id=row["id"])).state == JobState.DONE


async def test_a_real_engine_enrols_a_face(house: House) -> None:
    client = house.client(Role.PATIENT, FUJIAN.patient)
    row = await client.upload(ENROL, {"picture": portrait(600)}, consentVersion=CONSENT)
    pool = FacePool()
    await pool.start()

    after = await look(house, row, pool)
    await pool.stop()

    assert after["state"] in {"UNCONFIRMED", "REFUSED"}
    assert after["reason"] in {"", "BLURRED"}, "a drawn face has no pores"
