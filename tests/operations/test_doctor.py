"""`yaolu doctor` tells what is wrong, and what to do about it."""

import asyncio
import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from engines.keys import KeyRing
from ops.databases import connected
from ops.doctor import backups as at_backups
from ops.doctor import database as at_database
from ops.doctor import house as in_house
from ops.doctor import redis as at_redis
from ops.doctor.command import LOOKS, in_lines, status_of
from ops.doctor.findings import Finding, Level, Place, examine
from ops.embedded import EngineUrls
from ops.issuer import DevelopmentIssuer
from ops.processes import PROJECT
from tests.world import keys

NOON = datetime(2026, 3, 16, 4, tzinfo=UTC)
NOWHERE = "asyncpg://postgres@127.0.0.1:1/none"


@pytest.fixture
def place(module_database: str, engines: EngineUrls, tmp_path: Path) -> Place:
    """A sound house."""
    return place_at(module_database, engines, tmp_path)


def place_at(database_url: str, engines: EngineUrls, folder: Path, ring: KeyRing | None = None) -> Place:
    (ring or keys()).write(folder / "keys.json")
    issuer = DevelopmentIssuer(folder, now=lambda: NOON)
    return Place(
        database_url,
        engines.redis_url,
        str(folder / "keys.json"),
        (folder / "images").as_uri(),
        jwks=str(issuer.jwks_file),
    )


def worst(found: list[Finding], check: str) -> Finding:
    """The worst finding of a check."""
    return max((one for one in found if one.check == check), key=lambda one: list(Level).index(one.level))


async def test_a_sound_house_fails_nothing(place: Place) -> None:
    found = await examine(place, LOOKS)

    assert [one for one in found if one.level is Level.FAIL] == []
    assert {one.check for one in found} == {check for check, _, _ in LOOKS} - {"replica"}, "there is none"
    assert status_of(found) == 0


async def test_what_cannot_be_reached_fails_with_advice_and_the_rest_is_looked_at(place: Place) -> None:
    away = replace(place, database_url=NOWHERE, redis_url="redis://127.0.0.1:1", jwks="/nowhere/keys.json")

    found = await examine(away, LOOKS)

    for check in ("database", "migrations", "redis", "tokens", "queues"):
        one = worst(found, check)
        assert one.level is Level.FAIL, check
        assert one.advice, check
    assert worst(found, "images").level is Level.OK
    assert status_of(found) == 1
    assert NOWHERE not in in_lines(found)


async def test_a_missing_migration_and_one_of_a_newer_version_are_told_apart(
    database: str, engines: EngineUrls, tmp_path: Path
) -> None:
    place = place_at(database, engines, tmp_path)
    async with connected(database) as connection:
        await connection.execute(
            "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('models', '9999_later', now())"
        )
        newer = await at_database.migrations(place)
        await connection.execute("DELETE FROM tortoise_migrations WHERE name = '0002_guards'")
        missing = await at_database.migrations(place)

    assert (newer[0].level, missing[0].level) == (Level.WARN, Level.FAIL)
    assert "9999_later" in newer[0].text
    assert "0002_guards" in missing[0].text
    assert "yaolu migrate" in missing[0].advice


async def test_a_change_of_keys_left_half_way_is_seen_and_a_lost_key_is_worse(
    place: Place, engines: EngineUrls, tmp_path: Path
) -> None:
    keys().rotated("k9").write(tmp_path / "keys.json")
    begun = await in_house.keys(place)
    KeyRing.generate("other").write(tmp_path / "keys.json")
    lost = await in_house.keys(place)
    (tmp_path / "keys.json").write_text("{")
    broken = await in_house.keys(place)

    assert worst(begun, "keys").level is Level.WARN
    assert "rotate k9" in worst(begun, "keys").advice
    assert worst(lost, "keys").level is Level.FAIL
    assert worst(broken, "keys").level is Level.FAIL


async def test_a_ring_that_others_may_open_is_warned_of(place: Place, tmp_path: Path) -> None:
    (tmp_path / "keys.json").chmod(0o644)

    found = await in_house.keys(place)

    assert any("chmod 600" in one.advice for one in found)


async def test_jobs_that_wait_or_are_stuck_are_warned_of(
    database: str, engines: EngineUrls, tmp_path: Path
) -> None:
    place = place_at(database, engines, tmp_path)
    long_ago = datetime.now(UTC) - timedelta(minutes=10)
    async with connected(database) as connection:
        for attempts, state in ((0, "PENDING"), (7, "PENDING"), (3, "FAILED")):
            await connection.execute(
                "INSERT INTO job (id, kind, subject_id, state, attempts, due_at, error, created_at)"
                " VALUES ($1, 'CARD_READING', $1, $2, $3, $4, '', $4)",
                uuid4(),
                state,
                attempts,
                long_ago,
            )

    texts = [one.text for one in await at_database.queues(place) if one.level is Level.WARN]

    assert any("2 jobs wait" in text for text in texts)
    assert any("1 CARD_READING jobs were tried" in text for text in texts)
    assert any("1 CARD_READING jobs were given up" in text for text in texts)


def test_a_log_that_nobody_takes_away_is_told_before_it_fills_the_disk() -> None:
    slots = [
        {"name": "follows", "active": True, "behind": 0.0},
        {"name": "left", "active": False, "behind": 4000.0},
        {"name": "never", "active": False, "behind": None},
    ]
    states: list[dict[str, Any]] = [
        {"archives": False, "failed": None, "fails": False},
        {"archives": True, "failed": "0000000100000000000000A1", "fails": True},
        {"archives": True, "failed": "0000000100000000000000A1", "fails": False},
    ]

    received = at_backups.streamed(slots)
    kept = [at_backups.archived(state) for state in states]

    assert [one.level for one in received] == [Level.OK, Level.WARN, Level.WARN]
    assert "left: 4000 MB" in received[1].text
    assert [[one.level for one in found] for found in kept] == [[], [Level.WARN], [Level.OK]]


@pytest.mark.parametrize(
    ("away", "level"), [(0, Level.OK), (3, Level.WARN), (30, Level.FAIL), (-30, Level.FAIL)]
)
def test_a_clock_that_is_away_is_told_by_how_much(away: float, level: Level) -> None:
    found = at_database.skew("database's clock", NOON + timedelta(seconds=away), NOON, NOON)

    assert found.level is level


def test_a_redis_that_throws_rings_away_or_is_too_old_is_told() -> None:
    throws = at_redis.eviction({"maxmemory_policy": "allkeys-lru", "maxmemory": 100, "used_memory": 95})

    assert [one.level for one in throws] == [Level.WARN, Level.WARN]
    assert at_redis.eviction({"maxmemory_policy": "noeviction", "maxmemory": 0}) == []
    assert at_redis.version({"redis_version": "6.2.1"}).level is Level.FAIL


async def test_a_store_that_cannot_be_written_fails(place: Place, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("")
    blocked = replace(place, images_url=(tmp_path / "a-file" / "images").as_uri())

    found = await examine(blocked, [("images", "May this user write?", in_house.images)])

    assert [(one.check, one.level) for one in found] == [("images", Level.FAIL)]


async def test_the_command_answers_in_json_with_its_status(place: Place, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": place.database_url,
        "REDIS_URL": "redis://127.0.0.1:1",
        "YAOLU_HOME": str(tmp_path),
        "YAOLU_KEYS": place.keys,
        "IMAGE_STORE_URL": place.images_url,
        "OIDC_JWKS_FILE": place.jwks,
    }

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ops.cli", "doctor", "--json", "--no-faces"),
        cwd=PROJECT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()

    rows = json.loads(said)
    assert process.returncode == 1
    assert {row["level"] for row in rows if row["check"] == "redis"} == {"fail"}
    assert {row["level"] for row in rows if row["check"] == "migrations"} == {"ok"}
