"""A worker in a process of its own, with real engines."""

from pathlib import Path

import redis.asyncio

from engines.images import ImageStore
from engines.queue import STREAM
from models import Job, MonitorRun
from models.job import JobState
from ops import road_documents as documents
from ops.processes import Child
from policy.terms import Verdict
from tests.house import House
from tests.services.stage import ready_fill, walkers
from tests.workers.pictures import decided, enrol, hand_in
from tests.world import keys


async def drop_rings(house: House) -> None:
    """Lose every ring, as a Redis that was started anew would."""
    client = redis.asyncio.from_url(house.redis_url)
    await client.delete(STREAM)
    await client.aclose()


async def test_a_worker_process_takes_jobs_off_the_queue_and_finds_lost_ones(
    house: House, portraits: dict[str, bytes], tmp_path: Path
) -> None:
    way = walkers(house)
    fill = await ready_fill(way)
    await enrol(house, portraits["obama"])
    images = house.tools.images
    assert isinstance(images, ImageStore)
    folder = Path(str(images._store.prefix))  # type: ignore[union-attr]  # a folder in tests
    lost, lost_job = await hand_in(way, fill, portraits["obama2"])
    await drop_rings(house)
    ring = tmp_path / "keys.json"
    ring.write_text(keys().to_json())
    ring.chmod(0o600)
    environment = {
        "PATH": "/usr/bin:/bin",
        "DATABASE_URL": house.database_url,
        "REDIS_URL": house.redis_url,
        "YAOLU_HOME": str(tmp_path),
        "FACE_PROCESSES": "1",
        "YAOLU_CLOCK": house.clock.setting,
        "YAOLU_KEYS": str(ring),
        "IMAGE_STORE_URL": folder.as_uri(),
    }

    async with way.pharmacy.listen(documents.PHARMACY_EVENTS) as events:
        child = Child(["worker"], environment, tmp_path / "worker.log")
        try:
            first = await events.until("IDENTITY_DECIDED", 60)
            rung, rung_job = await hand_in(way, fill, portraits["biden"])
            second = await events.until("IDENTITY_DECIDED", 60)
        finally:
            child.check()
            child.stop()

    assert [one["identityCheck"]["id"] for one in (first, second)] == [str(lost), str(rung)]
    assert (await Job.get(id=rung_job)).state == JobState.DONE

    assert (await decided(lost)).verdict == Verdict.MATCH
    assert (await decided(rung)).verdict == Verdict.NO_MATCH
    assert (await Job.get(id=lost_job)).state == JobState.DONE
    assert await MonitorRun.exists(), "it looks at pharmacies meanwhile"
    assert child.process.returncode == 0
