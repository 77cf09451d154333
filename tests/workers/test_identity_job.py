"""From the picture at the counter to the verdict: jobs, workers, and what becomes of them."""

import asyncio

import pytest
from PIL import Image

from engines.queue import Queue, job_broker
from models import AuditEntry, Event, FaceEnrolment, Job
from models.job import JobState
from ops.client import Json
from ops.road import Road
from policy.terms import EventKind, Verdict
from tests.house import House
from tests.services.stage import ready_fill, walkers
from tests.workers.pictures import PATIENT, decided, enrol, hand_in
from workers.faces.pool import FacePool
from workers.faces.result import Sight
from workers.jobs import ATTEMPTS_MAX, LEASE, Bench, claim, run_job
from workers.main import RUNNERS, sweep


@pytest.fixture(scope="module")
async def bench(house: House, pool: FacePool, portraits: dict[str, bytes]) -> Bench:
    """A worker's bench; the patient's face is enrolled."""
    await enrol(house, portraits["obama"])
    return Bench(house.tools, pool, house.now)


@pytest.fixture(scope="module")
def way(house: House) -> Road:
    """Fujian's people."""
    return walkers(house)


@pytest.fixture(scope="module")
async def fill(way: Road) -> Json:
    """A fill whose buyer is to be checked; each check is a row of its own."""
    return await ready_fill(way)


async def test_the_same_person_matches(
    way: Road, fill: Json, bench: Bench, portraits: dict[str, bytes]
) -> None:
    check, job = await hand_in(way, fill, portraits["obama2"])

    await run_job(bench, job, RUNNERS)

    row = await decided(check)
    assert row.verdict == Verdict.MATCH
    assert row.distance is not None
    assert row.engine == "face_recognition 1.3.0, models 0.3.0, dlib 20.0.1"
    assert row.bands_version == "l2-mirrored 0.40/0.50 350000@2023-01-01"
    assert [finding["verdict"] for finding in row.findings] == [Verdict.MATCH]
    assert row.decided_at is not None
    assert (await Job.get(id=job)).state == JobState.DONE
    told = await Event.filter(kind=EventKind.IDENTITY_DECIDED, subject_id=check)
    assert {event.topic for event in told} == {f"member:{PATIENT}", f"institution:{way.region.pharmacy}"}


async def test_another_person_blocks_settlement_until_somebody_has_checked(
    way: Road, bench: Bench, portraits: dict[str, bytes]
) -> None:
    fill = await ready_fill(way)
    check, job = await hand_in(way, fill, portraits["biden"])

    await run_job(bench, job, RUNNERS)
    blocked = await way.preview(fill["id"])
    await way.verify_manually(fill["id"])
    free = await way.preview(fill["id"])

    assert (await decided(check)).verdict == Verdict.NO_MATCH
    assert [one["code"] for one in blocked["obstacles"]] == ["IDENTITY_NO_MATCH"]
    assert free["obstacles"] == []
    settlement = await way.settle(fill["id"], free["digest"])
    assert settlement["statement"] == free["statement"]


@pytest.fixture(scope="module")
def pictures(portraits: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Pictures that hold no one face: two people side by side, and a grey wall."""
    folder = tmp_path_factory.mktemp("pictures")
    for name in ("obama", "biden"):
        (folder / f"{name}.jpg").write_bytes(portraits[name])
    with Image.open(folder / "obama.jpg") as left, Image.open(folder / "biden.jpg") as right:
        height = min(left.height, right.height)
        pair = Image.new("RGB", (left.width + right.width, height), "white")
        pair.paste(left.convert("RGB").crop((0, 0, left.width, height)), (0, 0))
        pair.paste(right.convert("RGB").crop((0, 0, right.width, height)), (left.width, 0))
    pair.save(folder / "two.jpg", quality=92)
    Image.new("RGB", (640, 480), (128, 130, 127)).save(folder / "wall.jpg")
    return {name: (folder / f"{name}.jpg").read_bytes() for name in ("two", "wall")}


@pytest.mark.parametrize(
    ("name", "reason", "advice"), [("two", "SEVERAL_FACES", "一人"), ("wall", "NO_FACE", "正对镜头")]
)
async def test_a_picture_without_one_face_is_unusable_and_says_what_to_do(
    way: Road, fill: Json, bench: Bench, pictures: dict[str, bytes], name: str, reason: str, advice: str
) -> None:
    check, job = await hand_in(way, fill, pictures[name])

    await run_job(bench, job, RUNNERS)

    row = await decided(check)
    assert (row.verdict, row.reason) == (Verdict.UNUSABLE, reason)
    assert advice in row.advice
    assert "现场照片" in row.advice
    assert (await Job.get(id=job)).state == JobState.DONE


async def test_a_job_run_twice_at_once_is_decided_once(
    way: Road, fill: Json, bench: Bench, portraits: dict[str, bytes]
) -> None:
    check, job = await hand_in(way, fill, portraits["obama2"])

    await asyncio.gather(*(run_job(bench, job, RUNNERS) for _ in range(4)))
    await run_job(bench, job, RUNNERS)

    row = await decided(check)
    assert (row.verdict, row.tries) == (Verdict.MATCH, 1)
    assert (await Job.get(id=job)).attempts == 1
    assert await AuditEntry.filter(verb="decideIdentityCheck", subject=str(check)).count() == 1


async def test_a_job_whose_worker_died_is_rung_again_after_its_lease(
    house: House, way: Road, fill: Json, bench: Bench, portraits: dict[str, bytes]
) -> None:
    check, job = await hand_in(way, fill, portraits["obama2"])
    queue = Queue(job_broker(house.redis_url))

    taken = await claim(job, house.now())
    early = await sweep(bench, queue)
    house.later(seconds=LEASE.total_seconds() + 1)
    late = await sweep(bench, queue)
    await run_job(bench, job, RUNNERS)
    await queue.stop()

    assert taken is not None
    assert (early, late) == (0, 1)
    assert (await decided(check)).verdict == Verdict.MATCH
    assert (await Job.get(id=job)).attempts == 2


async def test_a_job_that_is_claimed_is_left_alone(
    house: House, way: Road, fill: Json, bench: Bench, portraits: dict[str, bytes]
) -> None:
    check, job = await hand_in(way, fill, portraits["obama2"])

    first = await claim(job, house.now())
    second = await claim(job, house.now())
    await run_job(bench, job, RUNNERS)

    assert first is not None
    assert second is None
    assert (await decided(check)).verdict is None
    await Job.filter(id=job).update(state=JobState.DONE)


class BrokenPool(FacePool):
    """An engine that never answers (引擎故障)."""

    async def read(self, *pictures: object, **more: object) -> Sight:
        """Fail."""
        raise RuntimeError("the engine is away")


async def test_an_engine_that_fails_three_times_gives_an_unusable_verdict(
    house: House, way: Road, fill: Json, bench: Bench, portraits: dict[str, bytes]
) -> None:
    check, job = await hand_in(way, fill, portraits["obama2"])
    broken = Bench(house.tools, BrokenPool(), house.now)
    seen = []

    for _ in range(ATTEMPTS_MAX):
        await run_job(broken, job, RUNNERS)
        seen.append((await decided(check)).verdict)

    row, job_row = await decided(check), await Job.get(id=job)
    assert seen == [None, None, Verdict.UNUSABLE]
    assert row.reason == "ENGINE_FAILED"
    assert "人工核验" in row.advice
    assert job_row.state == JobState.DONE
    blocked = await way.preview(fill["id"])
    assert blocked["obstacles"] != []


async def test_a_worker_that_dies_over_a_job_again_and_again_leaves_a_verdict(
    house: House, way: Road, fill: Json, bench: Bench, portraits: dict[str, bytes]
) -> None:
    check, job = await hand_in(way, fill, portraits["obama2"])
    asked = []

    class Counting(FacePool):
        async def read(self, *pictures: object, **more: object) -> Sight:
            asked.append(pictures)
            return {}

    for _ in range(ATTEMPTS_MAX):
        assert await claim(job, house.now()) is not None
        house.later(seconds=LEASE.total_seconds() + 1)
    await run_job(Bench(house.tools, Counting(), house.now), job, RUNNERS)

    row = await decided(check)
    assert (row.verdict, row.reason) == (Verdict.UNUSABLE, "ENGINE_FAILED")
    assert asked == [], "what killed three workers is not tried a fourth time"
    assert (await Job.get(id=job)).state == JobState.DONE


async def test_a_verdict_that_cannot_be_written_is_tried_again_and_the_job_never_gives_up_alone(
    house: House, way: Road, fill: Json, bench: Bench, portraits: dict[str, bytes]
) -> None:
    check, job = await hand_in(way, fill, portraits["obama2"])

    async def away(bench: Bench, job: Job) -> None:
        raise ConnectionError("the database was away")

    for _ in range(ATTEMPTS_MAX + 1):
        await run_job(bench, job, dict.fromkeys(RUNNERS, away))
    waiting = await Job.get(id=job)
    house.later(seconds=LEASE.total_seconds() + 1)
    await run_job(bench, job, RUNNERS)

    row = await decided(check)
    assert (waiting.state, waiting.attempts) == (JobState.PENDING, ATTEMPTS_MAX)
    assert waiting.error == "ConnectionError"
    assert row.verdict is not None, "no check waits for ever"


async def test_a_reference_that_is_gone_is_told_apart(
    house: House, way: Road, fill: Json, bench: Bench, portraits: dict[str, bytes]
) -> None:
    check, job = await hand_in(way, fill, portraits["obama2"])
    await FaceEnrolment.filter(member_id=PATIENT).update(withdrawn_at=house.now())

    await run_job(bench, job, RUNNERS)
    await FaceEnrolment.filter(member_id=PATIENT).update(withdrawn_at=None)

    row = await decided(check)
    assert (row.verdict, row.reason) == (Verdict.UNUSABLE, "REFERENCE_MISSING")
