"""What goes when its time is over, and what never goes."""

import asyncio
import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from tortoise.exceptions import IntegrityError
from tortoise.models import Model
from tortoise.transactions import in_transaction

import models
from engines.images import ImageMissing, ImageStore
from models import (
    AuditEntry,
    Event,
    FaceEnrolment,
    IdempotencyRecord,
    IdentityImage,
    Job,
    Prescription,
    PrescriptionLine,
)
from models.job import JobKind, JobState
from ops import road_documents as documents
from ops.road import FUJIAN
from ops.world.ids import member_id
from policy.calendar import shanghai_day
from policy.terms import Role
from services import retention
from services.actor import Call
from services.retention import Terms, folder_of, forget_old, purge, purge_due, retain, sweep_orphans
from services.topics import member_topic
from tests.events.subscriber import Ended, Subscriber
from tests.events.telling import last, tell
from tests.house import House
from tests.road.walk import Walk, picture

PATIENT = member_id(FUJIAN.patient)
TERMS = Terms(events=timedelta(days=180), idempotency=timedelta(days=30))


@pytest.fixture(scope="module")
async def images(house: House) -> list[IdentityImage]:
    """The pictures of a check: the face and the card."""
    walk = Walk(house, FUJIAN)
    fill = await walk.request(await walk.upload())
    pictures = dict.fromkeys(("live", "card"), picture())
    check = await walk.counter().upload(documents.CHECK_FACE, pictures, fillId=fill["id"])
    return await IdentityImage.filter(check_row_id=check["id"]).order_by("kind")


async def is_there(house: House, key: str) -> bool:
    """Whether a picture lies in the store."""
    try:
        await house.tools.images.get(key)
    except ImageMissing:
        return False
    return True


def at(house: House, day: Any, hour: int) -> Call:
    """A call on a day, at an hour of Beijing."""
    moment = datetime.combine(day, datetime.min.time(), house.now().tzinfo) + timedelta(hours=hour - 8)
    return replace(house.call(), now=moment)


async def test_a_picture_is_kept_to_its_last_day_and_then_goes_on_record(
    house: House, images: list[IdentityImage]
) -> None:
    day = images[0].kept_until
    assert day >= shanghai_day(house.now()) + timedelta(days=184)

    early = await purge_due(at(house, day, 23))
    both = await asyncio.gather(*(purge_due(at(house, day + timedelta(days=1), 1)) for _ in range(2)))
    later = await purge_due(at(house, day + timedelta(days=2), 1))

    assert (early, sum(both), later) == (0, 2, 0)
    for image in images:
        assert not await is_there(house, image.image_key)
        row = await IdentityImage.get(id=image.id)
        assert row.purged_at is not None
        assert row.sha256 == image.sha256
        assert await AuditEntry.filter(verb="purgeIdentityImage", subject=str(image.id)).count() == 1


@pytest.fixture
async def due(house: House, images: list[IdentityImage]) -> list[IdentityImage]:
    """Two more pictures whose time is over."""
    rows = []
    for kind in ("LIVE", "CARD"):
        key = await house.tools.images.put(picture())
        rows.append(
            await IdentityImage.create(
                check_row_id=images[0].check_row_id,
                kind=kind,
                image_key=key,
                sha256="0" * 64,
                kept_until=shanghai_day(house.now()) - timedelta(days=1),
            )
        )
    return rows


class Failing:
    """A store that loses its connection over one picture (影像库故障)."""

    def __init__(self, images: Any, key: str) -> None:
        self.images, self.key = images, key

    async def delete(self, key: str) -> None:
        """Forget a picture, and for that one fail afterwards."""
        await self.images.delete(key)
        if key == self.key:
            raise ConnectionError("the store went away")


async def test_a_purge_that_breaks_off_is_finished_by_the_next(
    house: House, due: list[IdentityImage]
) -> None:
    call = house.call()
    failing: Any = Failing(call.tools.images, due[0].image_key)

    with pytest.raises(ExceptionGroup):
        await purge_due(replace(call, tools=replace(call.tools, images=failing)))
    between = [(await IdentityImage.get(id=row.id)).purged_at for row in due]
    again = await purge_due(call)

    assert between[0] is None, "a row never says that a picture is gone which may be there"
    assert between[1] is not None, "one that fails keeps no other"
    assert again == 1
    assert [await is_there(house, row.image_key) for row in due] == [False, False]


async def test_a_row_that_another_worker_purges_is_left_to_it(house: House, due: list[IdentityImage]) -> None:
    locked = asyncio.Event()

    async def other() -> bool:
        await locked.wait()
        return await purge(house.call(), IdentityImage, due[0].id)

    other_worker = asyncio.create_task(other())
    async with in_transaction():
        await IdentityImage.select_for_update().get(id=due[0].id)
        locked.set()
        async with asyncio.timeout(5):
            assert await other_worker is False

    assert await purge(house.call(), IdentityImage, due[0].id) is True


def test_every_column_that_names_a_picture_is_known_to_the_sweeper() -> None:
    tables: list[type[Model]] = [getattr(models, name) for name in models.__all__]
    columns = {(table, name) for table in tables for name in table._meta.db_fields if "image_key" in name}

    assert columns == set(retention.IMAGE_KEYS), "or the sweeper would remove its pictures"


async def test_orphans_of_a_killed_process_are_swept_and_nothing_else(
    house: House, due: list[IdentityImage]
) -> None:
    store = house.tools.images
    assert isinstance(store, ImageStore)
    root = Path(str(store._store.prefix))  # type: ignore[union-attr]  # a folder in tests
    enrolled = await store.put(picture())
    await FaceEnrolment.create(
        member_id=PATIENT, image_key=due[0].image_key, second_image_key=enrolled, consented_at=house.now()
    )
    orphan, fresh = [await store.put(picture()) for _ in range(2)]
    kept = [due[0].image_key, due[1].image_key, enrolled]
    old = (house.now() - timedelta(hours=25)).timestamp()
    for key in [*kept, orphan]:
        os.utime(root / key, (old, old))

    swept = [await sweep_orphans(house.call(), f"{number:02x}") for number in range(256)]

    assert sum(swept) == 1
    assert not await is_there(house, orphan)
    assert all([await is_there(house, key) for key in [*kept, fresh]])
    assert await AuditEntry.filter(verb="sweepOrphanImage", subject=orphan).count() == 1
    await FaceEnrolment.filter(second_image_key=enrolled).delete()


def test_every_folder_has_its_turn_within_a_day(house: House) -> None:
    start = house.now()

    turns = {folder_of(start + timedelta(minutes=minutes)) for minutes in range(0, 24 * 60, 5)}

    assert len(turns) == 256
    assert all(len(turn) == 2 for turn in turns)


# --- events, keys, jobs


def subscriber(house: House, cursor: str | None = None) -> Subscriber:
    """The patient, who listens from a cursor on."""
    listening = Subscriber(house.client(Role.PATIENT, FUJIAN.patient))
    listening.cursor = cursor
    return listening


async def cursor_of(house: House) -> str:
    """Where the patient's stream stands."""
    data = await house.client(Role.PATIENT, FUJIAN.patient).execute("{ patientEventCursor }")
    return str(data["patientEventCursor"])


async def refusal_of(listening: Subscriber) -> str:
    """The code with which a subscription is refused."""
    async with listening.connected() as line:
        with pytest.raises(Ended) as refused:
            await line.next()
    payload = refused.value.message["payload"]
    errors = payload if isinstance(payload, list) else payload["errors"]
    return str(errors[0]["extensions"]["code"])


async def test_old_events_go_and_a_cursor_from_before_is_told_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ROWS", 3)
    before = await cursor_of(house)
    for _ in range(10):
        await tell(house.call(), member_id=PATIENT)
    reached, newest = await cursor_of(house), await last(PATIENT)
    house.later(days=181)

    gone = await asyncio.gather(*(forget_old(house.call(), TERMS) for _ in range(2)))
    left = await Event.filter(topic=member_topic(PATIENT)).count()
    refused = await refusal_of(subscriber(house, before))
    async with subscriber(house, reached).connected() as line:
        await tell(house.call(), member_id=PATIENT)
        event = await line.next()

    assert sum(gone) >= 10
    assert left == 0
    assert refused == "CURSOR_TOO_OLD"
    assert event["sequence"] == newest + 1, "numbers go on"
    assert await cursor_of(house) != reached


async def test_a_cursor_in_the_middle_of_what_went_is_told_too(house: House) -> None:
    cursor = await cursor_of(house)
    await tell(house.call(), member_id=PATIENT)
    house.later(days=181)
    await tell(house.call(), member_id=PATIENT)
    await forget_old(house.call(), TERMS)

    assert await refusal_of(subscriber(house, cursor)) == "CURSOR_TOO_OLD"


@pytest.mark.parametrize("is_said", [False, True])
async def test_events_are_never_changed_and_go_by_retention_alone(house: House, is_said: bool) -> None:
    await tell(house.call(), member_id=PATIENT)
    statements = ["UPDATE event SET sequence = sequence"]
    if not is_said:
        statements.append("DELETE FROM event")

    for statement in statements:
        async with in_transaction() as connection:
            if is_said:
                await connection.execute_query(retention.SAY_SO)
            with pytest.raises((IntegrityError, asyncpg.PostgresError), match="never changed or removed"):
                await connection.execute_query(statement)


async def test_old_keys_and_finished_jobs_go_and_what_waits_stays(house: House) -> None:
    old, new = str(uuid4()), str(uuid4())
    states = {JobState.DONE: 0, JobState.PENDING: 1}
    jobs = {
        state: await Job.create(
            kind=JobKind.IDENTITY_CHECK,
            subject_id=uuid4(),
            state=state,
            due_at=house.now(),
            created_at=house.now(),
        )
        for state in states
    }
    await tell(replace(house.call(), key=old), member_id=PATIENT)
    house.later(days=31)
    await tell(replace(house.call(), key=new), member_id=PATIENT)

    await forget_old(house.call(), TERMS)

    assert await IdempotencyRecord.filter(key=old).count() == 0
    assert await IdempotencyRecord.filter(key=new).count() == 1
    assert {state: await Job.filter(id=job.id).count() for state, job in jobs.items()} == states


async def test_one_part_that_fails_keeps_no_other(house: House) -> None:
    call = house.call()
    await tell(replace(call, now=call.now - timedelta(days=200)), member_id=PATIENT)
    broken: Any = None

    with pytest.raises(ExceptionGroup):
        await retain(replace(call, tools=replace(call.tools, images=broken)), TERMS)

    assert await Event.filter(occurred_at__lt=call.now - timedelta(days=180)).count() == 0


@pytest.mark.parametrize("table", [Prescription, PrescriptionLine])
async def test_prescriptions_are_archived_and_never_removed(
    house: House, images: list[IdentityImage], table: type[Model]
) -> None:
    house.later(days=3 * 365)

    with pytest.raises((IntegrityError, asyncpg.PostgresError), match="never changed or removed"):
        await table.all().delete()

    assert await table.all().count() > 0
