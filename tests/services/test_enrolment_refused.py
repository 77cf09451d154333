"""Who may enrol a face, and what is refused: at the door, by the engine, without consent."""

import pytest

from models import FaceEnrolment, Job
from models.job import JobState
from ops.client import Refused, RequestFailed
from ops.road import FUJIAN
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import Role
from tests.docs.meanwhile import portrait
from tests.house import House
from tests.services.enrolling import CONSENT, ENROL, Eyes, enrol, look, shown
from tests.services.stage import png
from workers.faces.pool import FacePool
from workers.jobs import ATTEMPTS_MAX

pytestmark = pytest.mark.usefixtures("nobody_enrolled")


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
