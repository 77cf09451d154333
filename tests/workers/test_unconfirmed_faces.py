"""A face from a phone counts once a counter has seen whose it is, and lets nobody through before."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest

from models import FaceEnrolment, IdentityCheck, IdentityImage, Job
from models.job import JobKind
from ops import road_documents as documents
from ops.client import Client, Json, Refused
from ops.road import FUJIAN, Road, id_number
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import CardReading, EnrolmentState, Role, Verdict
from services.enrolled_faces import live_enrolments
from tests.house import House
from tests.services.stage import png, ready_fill, walkers
from tests.workers.faces.sights import FINE
from workers.faces.pool import FacePool
from workers.faces.result import Seen, Sight
from workers.jobs import Bench, run_job
from workers.main import RUNNERS

PATIENT = member_id(FUJIAN.patient)
MEMBER, PROXY = 300, 400
"""Widths of pictures: whose face the engine sees on them."""

ENROL = """mutation E($input: EnrolFaceInput!) { enrolFace(input: $input) {
  ... on FaceEnrolment { id state confirmedAt } ... on Refusal { violations { code message } } } }"""


def picture(person: int, number: int = 0) -> bytes:
    """One of a person's pictures."""
    return png(person, 300 + 100 * number)


class Widths(FacePool):
    """An engine that tells people by the width of their pictures (人脸引擎替身)."""

    def __init__(self) -> None:
        super().__init__()
        self.models = {"dlib": "widths"}

    async def read(self, picture: bytes, engines: Sequence[str], *, largest: bool = False) -> Sight:
        """People lie a unit apart, two pictures of one person a fifth at most."""
        width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
        return {engine: Seen([width / 100 + height / 1000, *[0.0] * 127], FINE) for engine in engines}


@pytest.fixture
async def bench(house: House) -> AsyncIterator[Bench]:
    """A worker's bench; nobody is enrolled before a test, nor after it."""
    await FaceEnrolment.all().delete()
    yield Bench(house.tools, Widths(), house.now)
    await FaceEnrolment.all().delete()


@pytest.fixture(scope="module")
def way(house: House) -> Road:
    """Fujian's people."""
    return walkers(house)


async def enrol(bench: Bench, by: Client, person: int, number: int = 0, **given: str) -> FaceEnrolment:
    """Enrol a person's face, looked at by a worker."""
    row = await by.upload(ENROL, {"picture": picture(person, number)}, consentVersion="2026-01", **given)
    job = await Job.get(subject_id=row["id"], kind=JobKind.FACE_ENROLMENT)
    await run_job(bench, job.id, RUNNERS)
    return await FaceEnrolment.get(id=row["id"])


async def check(
    bench: Bench,
    way: Road,
    fill: Json,
    person: int,
    card: int | None = None,
    number: int = 1,
    *,
    is_read: bool = True,
) -> IdentityCheck:
    """The person stands at the counter, with a card of that portrait, read or not."""
    files = {"live": picture(person, number)} | ({"card": png(card, 310)} if card else {})
    given = {"cardNumber": id_number(FUJIAN.patient)} if card else {}
    row = await way.pharmacy.upload(documents.CHECK_FACE, files, fillId=fill["id"], **given)
    job = await Job.get(subject_id=row["id"], kind=JobKind.IDENTITY_CHECK)
    await run_job(bench, job.id, RUNNERS)
    reading = CardReading.READ_MATCH if is_read else CardReading.UNREAD
    await IdentityImage.filter(check_row_id=row["id"], kind="CARD").update(reading=reading)
    return await IdentityCheck.get(id=row["id"])


async def settle(way: Road, fill: Json) -> None:
    """Settle what was previewed."""
    await way.settle(fill["id"], (await way.preview(fill["id"]))["digest"])


async def state(row: FaceEnrolment) -> EnrolmentState:
    """The state of an enrolment now."""
    return (await FaceEnrolment.get(id=row.id)).state


async def test_who_enrols_from_a_phone_waits_and_whom_the_agency_enrols_does_not(
    house: House, bench: Bench, way: Road
) -> None:
    agency = house.client(Role.AGENCY, cast.FUJIAN_AREA)

    phone = await enrol(bench, way.patient, MEMBER)
    compared = await live_enrolments(PATIENT)
    clerk = await enrol(bench, agency, MEMBER, 1, memberId=str(PATIENT))

    assert (phone.state, phone.confirmed_at, compared) == (EnrolmentState.UNCONFIRMED, None, [])
    assert (clerk.state, clerk.confirmed_at is None) == (EnrolmentState.ACTIVE, False)
    assert await state(phone) == EnrolmentState.WITHDRAWN


async def test_a_proxys_face_enrolled_from_the_members_phone_lets_nobody_through(
    bench: Bench, way: Road
) -> None:
    planted = await enrol(bench, way.patient, PROXY)
    fill = await ready_fill(way)

    alone = await check(bench, way, fill, PROXY)
    with pytest.raises(Refused) as refused:
        await settle(way, fill)
    with_card = await check(bench, way, fill, PROXY, card=MEMBER)

    assert (alone.verdict, alone.reason) == (Verdict.UNCERTAIN, "ENROLMENT_UNCONFIRMED")
    assert "两种证件" in alone.advice
    assert refused.value.codes == ["IDENTITY_UNCERTAIN"]
    assert (with_card.verdict, with_card.likeness_id) == (Verdict.NO_MATCH, None)
    await way.verify_manually(fill["id"])
    await settle(way, fill)
    assert await state(planted) == EnrolmentState.UNCONFIRMED, "another face than the card's is not confirmed"


async def test_the_first_settlement_by_ones_own_card_confirms_the_face(bench: Bench, way: Road) -> None:
    row = await enrol(bench, way.patient, MEMBER)
    fill = await ready_fill(way)

    first = await check(bench, way, fill, MEMBER, card=MEMBER)
    before = await state(row)
    await settle(way, fill)
    again = await check(bench, way, await ready_fill(way), MEMBER)

    assert (first.verdict, first.by_card, first.likeness_id) == (Verdict.MATCH, True, row.id)
    assert (before, await state(row)) == (EnrolmentState.UNCONFIRMED, EnrolmentState.ACTIVE)
    assert (again.verdict, again.by_card, again.likeness_id) == (Verdict.MATCH, False, None)


async def test_a_number_typed_beside_an_unread_card_confirms_no_face(bench: Bench, way: Road) -> None:
    row = await enrol(bench, way.patient, MEMBER)
    fill = await ready_fill(way)
    checked = await check(bench, way, fill, MEMBER, card=MEMBER, is_read=False)

    await settle(way, fill)

    assert (checked.verdict, checked.likeness_id) == (Verdict.MATCH, row.id)
    assert await state(row) == EnrolmentState.UNCONFIRMED


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(9, EnrolmentState.ACTIVE), (10, EnrolmentState.UNCONFIRMED)],
    ids=["十分钟内", "十分钟后"],
)
async def test_two_documents_confirm_the_face_that_was_just_looked_at(
    house: House, bench: Bench, way: Road, minutes: int, expected: EnrolmentState
) -> None:
    row = await enrol(bench, way.patient, MEMBER)
    fill = await ready_fill(way)
    await check(bench, way, fill, MEMBER)
    house.later(minutes=minutes)

    await way.verify_manually(fill["id"])
    await settle(way, fill)

    assert await state(row) == expected


async def test_a_confirmed_face_goes_on_until_another_is_confirmed(
    house: House, bench: Bench, way: Road
) -> None:
    agency = house.client(Role.AGENCY, cast.FUJIAN_AREA)
    old = await enrol(bench, agency, MEMBER, memberId=str(PATIENT))
    planted = await enrol(bench, way.patient, PROXY)
    fill = await ready_fill(way)

    proxy = await check(bench, way, fill, PROXY)
    ended = await enrol(bench, way.patient, MEMBER, 2)
    member = await check(bench, way, fill, MEMBER)
    still = [one.id for one in await live_enrolments(PATIENT)]
    await settle(way, fill)

    assert (proxy.verdict, proxy.likeness_id) == (Verdict.NO_MATCH, None)
    assert await state(planted) == EnrolmentState.WITHDRAWN
    assert (member.verdict, member.likeness_id, still) == (Verdict.MATCH, ended.id, [old.id])
    assert [one.id for one in await live_enrolments(PATIENT)] == [ended.id]


async def test_a_face_that_is_withdrawn_meanwhile_is_not_confirmed(bench: Bench, way: Road) -> None:
    row = await enrol(bench, way.patient, MEMBER)
    fill = await ready_fill(way)
    await check(bench, way, fill, MEMBER, card=MEMBER)

    await way.patient.do("""mutation W($input: WithdrawFaceInput!) { withdrawFace(input: $input) {
      ... on FaceEnrolment { id } } }""")
    await settle(way, fill)

    assert await state(row) == EnrolmentState.WITHDRAWN
    assert await live_enrolments(UUID(str(PATIENT))) == []
