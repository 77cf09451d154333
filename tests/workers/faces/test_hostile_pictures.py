"""Fifty and more hostile pictures (恶意照片), one after the other through one child with both engines."""

import asyncio
import time
from pathlib import Path

import pytest

from engines.pictures import Reason, Unusable
from tests.workers.faces.hostile import HOSTILE, READ, made
from workers.faces.pool import FacePool
from workers.faces.result import Seen

ENGINES = ("dlib", "sface")
SECONDS_MAX = 15


def peak(pid: int) -> int:
    """The most memory that a process ever had in use, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


async def outcome(pool: FacePool, data: bytes) -> set[str]:
    """What became of a picture: the reason it was refused for, or what each engine said."""
    try:
        sight = await pool.read(data, ENGINES)
    except Unusable as refused:
        return {refused.reason}
    return {READ if isinstance(one, Seen) else one for one in sight.values()}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_picture_gets_a_clear_answer_in_bounded_time_and_costs_no_process(
    name: str, pool: FacePool
) -> None:
    data, allowed = made(name)
    before, start = pool.pids(), time.monotonic()

    found = await outcome(pool, data)

    assert found <= {str(one) for one in allowed}
    assert time.monotonic() - start < SECONDS_MAX
    assert pool.pids() == before, "no picture may kill the child"


async def test_all_of_them_together_took_bounded_memory_and_the_child_still_reads(pool: FacePool) -> None:
    (pid,) = pool.pids()

    good, _ = made("带色彩配置")
    found = await outcome(pool, good)

    assert found == {READ}
    assert peak(pid) < 800, "MiB; the limit on addresses is 1,024"


async def test_what_is_refused_at_the_door_never_reaches_a_child(pool: FacePool) -> None:
    doors = {Reason.NOT_AN_IMAGE, Reason.TOO_LARGE, Reason.TOO_SMALL, Reason.BAD_SHAPE, Reason.ANIMATED}
    names = [name for name in HOSTILE if made(name)[1] <= doors]
    unstarted = FacePool()

    async with asyncio.timeout(10):
        found = [await outcome(unstarted, made(name)[0]) for name in names]

    assert len(names) >= 15
    assert set.union(*found) <= doors
