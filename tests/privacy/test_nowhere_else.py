"""After a whole road nobody's name, number or illness stands anywhere but where it belongs."""

import asyncio
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import pytest
import redis.asyncio
from structlog.testing import capture_logs
from tortoise import connections

from engines.logs import log_fault
from models import Job
from models.job import JobKind
from ops import road_documents as documents
from ops.road import FUJIAN, id_number
from ops.world import cast as people
from policy.terms import Role
from tests.cards import card_numbers
from tests.house import House
from tests.services.stage import error_of, png, ready_fill, walkers
from tests.services.test_privacy import Collecting, secrets_of, walk
from workers.auditing import seal_entries
from workers.faces.pool import FacePool
from workers.jobs import ATTEMPTS_MAX, Bench, run_job
from workers.main import RUNNERS

BELONGS: dict[str, set[str]] = {
    "prescription": {"diagnosis", "long_supply_reason", "disease_name"},
    "prescriber_query": {"question", "answer"},
    "fill": {"delivery_address"},
    "doctor": {"name", "phone"},
    # the sample world's doctors have their hospital's telephone
    "institution": {"phone"},
}
"""Where what a road says of people is meant to be; names and numbers of patients are nowhere in the clear."""

KNOWS_NUMBERS = {"member", "audit_entry", "idempotency_record", "fill", "journal_entry"}
"""Tables with a person number (人员编号): the member's own, who called, and what the sample world paid in."""

PICTURE = png(400, 300)


@dataclass
class Left:
    """What a road has left behind."""

    log: str
    bell: str
    errors: str


class SpeakingFaces:
    """A face engine whose failures quote what they should not."""

    def __init__(self, words: str) -> None:
        self.words = words

    async def check(self, *_: Any) -> Any:
        """Fail, and say of whom."""
        raise ValueError(self.words)


@pytest.fixture(scope="module")
async def left(house: House) -> Left:
    """A whole road with its worker: logs, what the bell said, and the errors that callers saw."""
    handler = Collecting()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    heard: list[str] = []
    async with redis.asyncio.Redis.from_url(house.redis_url) as client:
        listening: Any = client.pubsub()
        await listening.psubscribe("*")
        ears = asyncio.create_task(hear(listening, heard))
        with capture_logs() as entries:
            await walk(walkers(house))
            await work(house)
            errors = await failures(house)
            log_fault("test.fault", ValueError(id_number(FUJIAN.patient)))
        ears.cancel()
        await listening.aclose()
    root.setLevel(level)
    root.removeHandler(handler)
    own = [line for line in handler.lines if not line.startswith(("httpx", "httpcore", "websockets"))]
    said = json.dumps(entries, default=str, ensure_ascii=False) + "\n".join(own)
    assert heard
    return Left(said, "\n".join(heard), errors)


async def hear(listening: Any, heard: list[str]) -> None:
    """Whatever is published, by whomever."""
    async for message in listening.listen():
        if message["type"] == "pmessage":
            heard.append(f"{message['channel']!r} {message['data']!r}")


async def work(house: House) -> None:
    """What the worker does meanwhile: a face check that fails to the end, expiry, sealing."""
    way = walkers(house)
    fill = await ready_fill(way)
    pictures = {"live": PICTURE, "card": PICTURE}
    numbers = await card_numbers(fill["id"])
    check = await way.pharmacy.upload(documents.CHECK_FACE, pictures, fillId=fill["id"], **numbers)
    job = await Job.get(subject_id=check["id"], kind=JobKind.IDENTITY_CHECK)
    bench = Bench(house.tools, cast(FacePool, SpeakingFaces(" ".join(await secrets_of(house)))), house.now)
    for _ in range(ATTEMPTS_MAX):
        await run_job(bench, job.id, RUNNERS)
    await house.expire()
    await seal_entries(house.now())


async def failures(house: House) -> str:
    """Errors that others than the patient see about the patient's things."""
    way = walkers(house)
    fill = (await way.patient.execute("{ fills { edges { node { id } } } }"))["fills"]["edges"][0]["node"][
        "id"
    ]
    found = []
    for name in (people.FUJIAN_PHARMACY_OTHER, people.FUJIAN_PHARMACY_CLOSED):
        stranger = house.client(Role.PHARMACY, name)
        found.append(
            await error_of(stranger, "query F($id: UUID!) { fill(id: $id) { state } }", {"id": fill})
        )
    return json.dumps(found, ensure_ascii=False)


async def test_no_log_of_api_or_worker_names_anybody(house: House, left: Left) -> None:
    assert "job.failed" in left.log
    assert [secret for secret in await secrets_of(house) if secret in left.log] == []
    assert FUJIAN.patient not in left.log


async def test_the_bell_names_nobody(house: House, left: Left) -> None:
    said = left.bell.encode().decode("unicode_escape").encode("latin-1", "ignore").decode("utf-8", "ignore")

    for secret in [*await secrets_of(house), FUJIAN.patient]:
        assert secret not in said
        assert secret not in left.bell


async def test_redis_holds_nobody(house: House, left: Left) -> None:
    """Keys, streams, lists, everything: as bytes, so that no encoding hides anything."""
    async with redis.asyncio.Redis.from_url(house.redis_url) as client:
        held = b"\n".join([await dump(client, flat(key)) for key in await client.keys("*")])

    assert [secret for secret in [*await secrets_of(house), FUJIAN.patient] if secret.encode() in held] == []


async def dump(client: Any, key: bytes) -> bytes:
    """A key and whatever is under it."""
    readers = {
        b"string": lambda: client.get(key),
        b"stream": lambda: client.xrange(key),
        b"list": lambda: client.lrange(key, 0, -1),
        b"hash": lambda: client.hgetall(key),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1),
        # it has expired since its name was given
        b"none": lambda: client.get(key),
    }
    held: bytes = flat(await readers[await client.type(key)]())
    return key + held


def flat(held: Any) -> bytes:
    """All bytes of an answer of Redis."""
    if isinstance(held, bytes):
        return held
    if isinstance(held, dict):
        return b" ".join(flat(key) + flat(value) for key, value in held.items())
    if isinstance(held, list | tuple | set):
        return b" ".join(flat(one) for one in held)
    return str(held).encode()


async def test_no_table_holds_more_of_a_person_than_it_is_there_for(house: House, left: Left) -> None:
    """Every table there is: events, jobs, idempotency, audit, cases, and those that are still to come."""
    database = connections.get("default")
    tables = await database.execute_query_dict(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    secrets = [secret for secret in await secrets_of(house) if secret != "氨氯地平"]
    wrong = []
    for table in sorted(row["name"] for row in tables):
        known = BELONGS.get(table, set())
        rows = await database.execute_query_dict(
            f'SELECT (to_jsonb(t) - $1::text[])::text AS row FROM "{table}" t', [list(known)]
        )
        text = "\n".join(row["row"] for row in rows)
        wrong += [(table, secret) for secret in secrets if secret in text]
        if FUJIAN.patient in text and table not in KNOWS_NUMBERS:
            wrong.append((table, "人员编号"))

    assert wrong == []


def test_no_picture_lies_in_the_clear(house: House, left: Left) -> None:
    folder = Path(unquote(urlsplit(house.images_url).path))
    kept = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]

    assert kept
    assert [data for data in kept if PICTURE[:60] in data or b"IDAT" in data] == []


async def test_an_error_to_a_stranger_says_nothing_of_whose_fill_it_is(house: House, left: Left) -> None:
    assert "NOT_FOUND" in left.errors
    assert [secret for secret in [*await secrets_of(house), FUJIAN.patient] if secret in left.errors] == []
