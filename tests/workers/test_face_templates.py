"""The numbers of enrolled faces: made once, encrypted, made anew for a new model, gone with the consent."""

import asyncio
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

import settings
from engines.keys import NotDecryptable
from models import AuditEntry, FaceEnrolment, FaceMean, FaceTemplate, IdentityCheck, Job, Member
from ops import road_documents as documents
from ops.client import Json
from ops.databases import connection_options
from ops.portraits import fetch
from ops.road import Road
from policy.terms import Verdict
from services.face_means import LIFE, STALE, newest_mean
from services.face_templates import EnrolmentWithdrawn, Made, forget, store, templates_of, vector_of
from tests.cards import number_of
from tests.house import House
from tests.services.stage import ready_fill, walkers
from tests.workers.paper import FINDINGS, MODEL, PATIENT, PaperPool, enrolled, face, png, wait_for_a_lock
from workers.faces.pool import FacePool
from workers.jobs import Bench, run_job
from workers.main import RUNNERS
from workers.upkeep import Upkeep

FUZHOU = "350100"


@pytest.fixture
async def enrolment(house: House) -> AsyncIterator[FaceEnrolment]:
    """The patient's enrolled face, of its own for each test."""
    row = await enrolled(house, b"\x00 enrolled")
    yield row
    await FaceEnrolment.filter(id=row.id).delete()


@pytest.fixture(scope="module")
def way(house: House) -> Road:
    """Fujian's people."""
    return walkers(house)


@pytest.fixture(scope="module")
async def fill(way: Road) -> Json:
    """A fill whose buyer is to be checked."""
    return await ready_fill(way)


async def checked(way: Road, fill: Json, bench: Bench, live: bytes) -> IdentityCheck:
    """A picture handed in through GraphQL and worked on by this bench."""
    check = await way.pharmacy.upload(documents.CHECK_FACE, {"live": live}, fillId=fill["id"])
    job = await Job.get(subject_id=check["id"])
    await run_job(bench, job.id, RUNNERS)
    return await IdentityCheck.get(id=check["id"])


async def rows_of(member: UUID = PATIENT) -> list[FaceTemplate]:
    return await templates_of([member])


async def test_encodes_only_the_live_picture_once_the_enrolled_face_is_known(
    house: House, way: Road, fill: Json, enrolment: FaceEnrolment
) -> None:
    pool = PaperPool()
    bench = Bench(house.tools, pool, house.now)

    first = await checked(way, fill, bench, png())
    after_first = len(pool.read_pictures)
    second = await checked(way, fill, bench, png(2))

    assert [first.verdict, second.verdict] == [Verdict.MATCH] * 2
    assert after_first == 2
    assert len(pool.read_pictures) == 3
    (row,) = await rows_of()
    assert (row.enrolment_id, row.engine, row.model_version) == (enrolment.id, "dlib", MODEL)
    assert await AuditEntry.filter(verb="storeFaceTemplate", subject=str(row.id)).count() == 1


async def test_the_numbers_of_a_face_are_encrypted_for_their_own_row(
    house: House, enrolment: FaceEnrolment
) -> None:
    await Upkeep(Bench(house.tools, PaperPool(), house.now)).round()

    (row,) = await rows_of()
    assert row.vector_sealed is not None
    stored = bytes(row.vector_sealed)
    vector = vector_of(house.tools.keys, row.id, stored)
    assert vector == pytest.approx(face(0))
    assert struct.pack("<2f", *vector[:2]) not in stored
    with pytest.raises(NotDecryptable):
        vector_of(house.tools.keys, uuid4(), stored)


async def test_a_new_model_makes_every_template_anew(
    house: House, way: Road, fill: Json, enrolment: FaceEnrolment
) -> None:
    await Upkeep(Bench(house.tools, PaperPool(), house.now)).round()
    (old,) = await rows_of()

    newer = PaperPool("drawn 2")
    check = await checked(way, fill, Bench(house.tools, newer, house.now), png(3))

    (row,) = await rows_of()
    assert (old.model_version, row.model_version) == (MODEL, "drawn 2")
    assert row.id == old.id
    assert check.engine == "drawn 2"
    assert len(newer.read_pictures) == 2


async def test_the_round_makes_each_template_once_and_is_not_stopped_by_a_bad_picture(
    house: House, enrolment: FaceEnrolment
) -> None:
    broken, hanging, lost = [await enrolled(house, data) for data in (b"broken", b"hangs", None)]
    pool = PaperPool()
    upkeep = Upkeep(Bench(house.tools, pool, house.now))

    made = [await upkeep.round() for _ in range(3)]

    assert made == [4, 0, 0], "what failed is not tried over and over"
    reasons = {row.enrolment_id: row.unusable for row in await rows_of()}
    assert reasons == {enrolment.id: "", broken.id: "DAMAGED", lost.id: "REFERENCE_MISSING"}
    assert hanging.id not in reasons, "a child that hung says nothing about the picture"
    await FaceEnrolment.filter(id__in=[broken.id, hanging.id, lost.id]).delete()


async def test_nothing_is_kept_of_a_face_whose_consent_was_withdrawn_meanwhile(
    house: House, enrolment: FaceEnrolment
) -> None:
    made = Made("dlib", MODEL, "0" * 64, face(0))
    call = Bench(house.tools, PaperPool(), house.now).call()

    connection = await asyncpg.connect(**connection_options(house.database_url))
    try:
        async with connection.transaction():
            withdraw = "UPDATE face_enrolment SET withdrawn_at = $1 WHERE id = $2"
            await connection.execute(withdraw, house.now(), enrolment.id)
            storing = asyncio.ensure_future(store(call, enrolment_id=enrolment.id, made=made))
            await wait_for_a_lock(connection)
    finally:
        await connection.close()
    with pytest.raises(EnrolmentWithdrawn):
        await storing

    assert await FaceTemplate.filter(enrolment_id=enrolment.id).count() == 0


async def test_forgetting_a_person_leaves_no_numbers(house: House, enrolment: FaceEnrolment) -> None:
    upkeep = Upkeep(Bench(house.tools, PaperPool(), house.now))
    await upkeep.round()

    gone = await forget(PATIENT)

    assert gone == 1
    assert await FaceTemplate.filter(member_id=PATIENT).count() == 0


async def test_a_withdrawn_face_is_compared_with_no_more(
    house: House, way: Road, fill: Json, enrolment: FaceEnrolment
) -> None:
    pool = PaperPool()
    bench = Bench(house.tools, pool, house.now)
    await Upkeep(bench).round()
    check = await way.pharmacy.upload(documents.CHECK_FACE, {"live": png(4)}, fillId=fill["id"])
    await FaceEnrolment.filter(id=enrolment.id).update(withdrawn_at=house.now())

    await run_job(bench, (await Job.get(subject_id=check["id"])).id, RUNNERS)

    row = await IdentityCheck.get(id=check["id"])
    assert (row.verdict, row.reason) == (Verdict.UNUSABLE, "REFERENCE_MISSING")


async def test_the_enrolled_file_itself_is_no_live_picture(
    house: House, way: Road, fill: Json, enrolment: FaceEnrolment
) -> None:
    await house.tools.images.delete(enrolment.image_key)
    enrolment.image_key = await house.tools.images.put(png(5))
    await enrolment.save()

    row = await checked(way, fill, Bench(house.tools, PaperPool(), house.now), png(5))

    assert (row.verdict, row.reason) == (Verdict.UNUSABLE, "COPY_OF_REFERENCE")
    assert "当面拍摄" in row.advice


async def test_the_card_itself_is_no_live_picture(house: House, way: Road, fill: Json) -> None:
    files = {"live": png(6), "card": png(6)}
    number = number_of(await Member.get(id=PATIENT))
    check = await way.pharmacy.upload(documents.CHECK_FACE, files, fillId=fill["id"], cardNumber=number)

    await run_job(
        Bench(house.tools, PaperPool(), house.now), (await Job.get(subject_id=check["id"])).id, RUNNERS
    )

    row = await IdentityCheck.get(id=check["id"])
    assert (row.verdict, row.reason) == (Verdict.UNUSABLE, "COPY_OF_REFERENCE")


@pytest.fixture
async def crowd(house: House) -> AsyncIterator[list[FaceEnrolment]]:
    """Nineteen more people of Fuzhou with enrolled faces."""
    example = await Member.get(id=PATIENT)
    rows = []
    for number in range(1, 20):
        person = example.clone(pk=uuid4())
        person.psn_no, person.id_number_hash = f"crowd{number}", f"crowd{number}"
        await person.save(force_create=True)
        rows.append(await enrolled(house, bytes([number]) + b" of the crowd", person.id))
    yield rows
    await FaceMean.all().delete()
    await Member.filter(psn_no__startswith="crowd").delete()


async def test_twenty_people_make_a_mean_that_checks_are_compared_against(
    house: House, way: Road, fill: Json, enrolment: FaceEnrolment, crowd: list[FaceEnrolment]
) -> None:
    pool = PaperPool()
    bench = Bench(house.tools, pool, house.now)
    last = crowd[0]
    await FaceEnrolment.filter(id=last.id).update(withdrawn_at=house.now())

    await Upkeep(bench).round()
    with_nineteen = await FaceMean.all().count()
    await FaceEnrolment.filter(id=last.id).update(withdrawn_at=None)
    await Upkeep(bench).round()
    await Upkeep(bench).round()
    (mean,) = await FaceMean.all()
    row = await checked(way, fill, bench, png(7))

    assert with_nineteen == 0
    assert (mean.area, mean.engine, mean.version, mean.people) == (FUZHOU, "dlib", 1, 20)
    vector = vector_of(house.tools.keys, mean.id, mean.vector_sealed)
    assert vector == pytest.approx(face(sum(range(20)) / 20 / 1000))
    (finding,) = row.findings
    assert (finding["metric"], finding["mean"]) == ("cosine-centred-mirrored", 1)
    assert row.bands_version.startswith("cosine-centred-mirrored 0.45/0.65")
    shown = await way.pharmacy.execute(FINDINGS, {"id": fill["id"]})
    told = next(one for one in shown["fill"]["identityChecks"] if one["id"] == str(row.id))
    assert told["findings"] == [
        {"engine": "dlib", "verdict": row.verdict, "metric": finding["metric"], "meanVersion": 1}
    ]


async def test_a_mean_is_renewed_daily_and_not_used_for_ever(
    house: House, enrolment: FaceEnrolment, crowd: list[FaceEnrolment]
) -> None:
    bench = Bench(house.tools, PaperPool(), house.now)
    await Upkeep(bench).round()

    house.later(seconds=LIFE.total_seconds() + 1)
    await Upkeep(bench).round()
    versions = await FaceMean.all().order_by("version")
    now = house.now()

    assert [mean.version for mean in versions] == [1, 2]
    newest = await newest_mean(FUZHOU, "dlib", MODEL, now)
    assert newest is not None
    assert newest.version == 2
    assert await newest_mean(FUZHOU, "dlib", MODEL, now + STALE) is None
    assert await newest_mean(FUZHOU, "dlib", "another model", now) is None


# --- with the real models


async def test_a_real_face_is_known_again_by_its_template_alone(
    house: House, way: Road, fill: Json, enrolment: FaceEnrolment
) -> None:
    folder: Path = settings.YAOLU_HOME / "portraits"
    portraits = {name: path.read_bytes() for name, path in fetch(folder).items()}
    enrolment.image_key = await house.tools.images.put(portraits["obama"])
    await enrolment.save()
    pool = FacePool(engines=("dlib", "sface"))
    await pool.start()
    bench = Bench(house.tools, pool, house.now)

    made = await Upkeep(bench).round()
    await house.tools.images.delete(enrolment.image_key)
    row = await checked(way, fill, bench, portraits["obama2"])
    await pool.stop()

    assert made == 2
    assert [one.engine for one in await rows_of()] == ["dlib", "sface"]
    assert row.verdict == Verdict.MATCH
