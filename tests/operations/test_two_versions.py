"""Processes of another version than the tables': an older one goes on, a newer one wants its migrations."""

import sys
from asyncio import create_subprocess_exec, gather
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from engines.clock import Clock
from models.versions import NEWEST
from ops.client import RequestFailed
from ops.databases import connected
from ops.embedded import EngineUrls
from ops.processes import PROJECT
from ops.road import FUJIAN
from ops.road_documents import FATE
from ops.versions import require_tables
from ops.world.days import DEMO_NOW
from tests.house import House
from tests.storm.killed import environment_of
from workers.faces.pool import FacePool
from workers.jobs import ATTEMPTS_MAX, Bench, run_job
from workers.main import RUNNERS

LATER = "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('models', '9999_later', now())"


async def started(what: str, environment: dict[str, str]) -> tuple[int | None, str]:
    """How a process ended, and what it said."""
    command = [sys.executable, "-m", "ops.cli", what]
    child = await create_subprocess_exec(*command, cwd=PROJECT, env=environment, stdout=PIPE, stderr=STDOUT)
    said, _ = await child.communicate()
    return child.returncode, said.decode()


async def test_a_process_that_lacks_its_migrations_does_not_start_and_says_what_to_do(
    database: str, engines: EngineUrls, tmp_path: Path
) -> None:
    async with connected(database) as connection:
        await connection.execute("DELETE FROM tortoise_migrations WHERE name = $1", NEWEST)
    environment = environment_of(database, engines, tmp_path, Clock.of(DEMO_NOW.isoformat()))

    both = await gather(started("api", environment), started("worker", environment))

    for status, said in both:
        assert status == 1
        assert NEWEST in said
        assert "yaolu migrate" in said
        assert "Traceback" not in said


async def test_on_tables_of_a_later_version_it_starts_and_says_so(database: str) -> None:
    async with connected(database) as connection:
        await connection.execute(LATER)

    with capture_logs() as lines:
        await require_tables(database)

    assert [(line["event"], line["migrations"]) for line in lines] == [("tables.newer", ["9999_later"])]


async def test_a_database_that_is_away_keeps_no_process_from_starting() -> None:
    with capture_logs() as lines:
        await require_tables("asyncpg://postgres@127.0.0.1:1/none")

    assert [line["event"] for line in lines] == ["tables.unknown"]


async def test_readyz_says_that_the_tables_are_too_old_and_not_that_they_are_newer(own_house: House) -> None:
    async with connected(own_house.database_url) as connection:
        await connection.execute(LATER)
        newer = await own_house.http.get(f"{own_house.url}/readyz")
        await connection.execute("DELETE FROM tortoise_migrations WHERE name = $1", NEWEST)
        older = await own_house.http.get(f"{own_house.url}/readyz")
        await connection.execute("DROP TABLE tortoise_migrations")
        empty = await own_house.http.get(f"{own_house.url}/readyz?need=database")

    assert newer.status_code == 200
    assert (older.status_code, older.json()["parts"]["tables"]) == (503, False)
    assert (empty.status_code, empty.json()["parts"]) == (
        503,
        {"database": True, "tables": False, "redis": True, "draining": False},
    )


async def test_a_job_of_a_kind_that_only_a_later_version_knows_is_left_to_it(own_house: House) -> None:
    job = uuid4()
    async with connected(own_house.database_url) as connection:
        await connection.execute(
            "INSERT INTO job (id, kind, subject_id, state, attempts, due_at, error, created_at)"
            " VALUES ($1, 'OF_LATER', $1, 'PENDING', 0, $2, '', $2)",
            job,
            own_house.now(),
        )
        bench = Bench(own_house.tools, FacePool(0), own_house.now)
        for _ in range(ATTEMPTS_MAX + 1):
            await run_job(bench, job, RUNNERS)
        row = await connection.fetchrow("SELECT state, attempts, due_at FROM job WHERE id = $1", job)

    assert (row["state"], row["attempts"]) == ("PENDING", 0)
    assert row["due_at"] <= own_house.now()


async def test_a_word_that_only_a_later_version_knows_is_a_fault_to_be_tried_again(own_house: House) -> None:
    async with own_house.road(FUJIAN) as way:
        prescription = await way.upload()
        async with connected(own_house.database_url) as connection:
            change = "UPDATE prescription SET state = 'OF_LATER' WHERE id = $1::text::uuid"
            await connection.execute(change, prescription["id"])
        with capture_logs() as lines, pytest.raises(RequestFailed) as failed:
            await way.hospital.execute(FATE, {"id": prescription["id"]})

    said = failed.value.errors[0]["extensions"]
    assert (said["code"], said["retry"]) == ("INTERNAL_SERVER_ERROR", "backoff")
    assert [line["event"] for line in lines if line["event"].endswith(".fault")] == ["graphql.fault"]
