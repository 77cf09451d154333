"""Events, keys and jobs go when their time is over; prescriptions never go."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from tortoise.exceptions import IntegrityError
from tortoise.models import Model
from tortoise.transactions import in_transaction

from models import (
    Event,
    IdempotencyRecord,
    Job,
    Prescription,
    PrescriptionLine,
)
from models.job import JobKind, JobState
from ops.road import FUJIAN
from ops.world.ids import member_id
from policy.terms import Role
from services import retention
from services.retention import Terms, forget_old, retain
from services.topics import member_topic
from tests.events.subscriber import Ended, Subscriber
from tests.events.telling import last, tell
from tests.house import House
from tests.road.walk import Walk

PATIENT = member_id(FUJIAN.patient)
TERMS = Terms(events=timedelta(days=180), idempotency=timedelta(days=30))


@pytest.fixture(scope="module", autouse=True)
async def uploaded(house: House) -> None:
    """A prescription, while there is a regulation: the tests let years pass."""
    await Walk(house, FUJIAN).upload()


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
async def test_prescriptions_are_archived_and_never_removed(house: House, table: type[Model]) -> None:
    house.later(days=3 * 365)

    with pytest.raises((IntegrityError, asyncpg.PostgresError), match="never changed or removed"):
        await table.all().delete()

    assert await table.all().count() > 0
