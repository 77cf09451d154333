"""What a worker that stops does with what it had begun."""

from uuid import uuid4

from structlog.testing import capture_logs

from models import Job
from models.job import JobKind, JobState
from tests.house import House
from workers.faces.pool import FacePool, PoolStopped
from workers.jobs import Bench, run_job


async def test_a_job_whose_worker_stops_waits_for_the_next_one_with_no_attempt_lost(house: House) -> None:
    now = house.now()
    job = await Job.create(kind=JobKind.CARD_READING, subject_id=uuid4(), due_at=now, created_at=now)

    async def stops(bench: Bench, job: Job) -> None:
        raise PoolStopped

    with capture_logs() as lines:
        await run_job(Bench(house.tools, FacePool(0), house.now), job.id, {JobKind.CARD_READING: stops})

    row = await Job.get(id=job.id)
    assert (row.state, row.attempts) == (JobState.PENDING, 0)
    assert row.due_at <= house.now()
    assert lines == []
