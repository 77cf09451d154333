"""A subscriber that was cut off misses nothing and hears nothing twice."""

import asyncio
import random
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import UUID

import pytest
from tortoise.transactions import in_transaction
from websockets.exceptions import ConnectionClosed

import resolvers.events
from engines.tokens import LEEWAY
from models import FamilyGrant
from ops.client import Client
from ops.road import FUJIAN
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import EventKind, Role
from services.topics import member_topic
from services.use_case import Work
from tests.events.subscriber import CURSOR, HOSPITAL, Ended, Subscriber
from tests.events.telling import last, silent, tell, written
from tests.house import House
from tests.road.walk import Walk

PATIENT = member_id(FUJIAN.patient)
FAMILY = cast.FUJIAN_PATIENT_FAMILY
BLOCKED = """
SELECT count(*) AS blocked FROM pg_stat_activity
WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0
"""


def subscriber(house: House, psn_no: str = FUJIAN.patient, **variables: str) -> Subscriber:
    """A member who listens."""
    return Subscriber(house.client(Role.PATIENT, psn_no), **variables)


async def from_now(house: House, psn_no: str = FUJIAN.patient) -> tuple[Subscriber, int]:
    """A member who listens from this moment on, and the number of the last event before."""
    listening = subscriber(house, psn_no)
    listening.cursor = (await listening.client.execute(CURSOR))["patientEventCursor"]
    return listening, await last(member_id(psn_no))


def ids(listening: Subscriber) -> list[str]:
    """What a subscriber received, in its order."""
    return [event["id"] for event in listening.received]


async def write(house: House, member: UUID, times: int, most: int) -> None:
    """Many small transactions that tell."""
    for _ in range(times):
        await tell(house.call(), member_id=member, count=random.randint(1, most))


async def read_with_cuts(listening: Subscriber, count: int, most: int) -> int:
    """Read so many events, cut off again and again in the middle; gives how often."""
    cuts = 0
    while len(listening.received) < count:
        async with listening.connected() as line:
            await line.take(min(random.randint(1, most), count - len(listening.received)))
        cuts += 1
    return cuts


async def test_a_subscriber_cut_off_again_and_again_hears_every_event_once_and_in_order(
    house: House,
) -> None:
    listening, before = await from_now(house)
    writers = [write(house, PATIENT, times=15, most=5) for _ in range(4)]

    async with asyncio.timeout(30):
        writing = asyncio.gather(*writers)
        cuts = await read_with_cuts(listening, 60, most=9)
        await writing
        everything = await written(PATIENT, before)
        await read_with_cuts(listening, len(everything), most=9)

    assert cuts > 6
    assert ids(listening) == everything
    numbers = [event["sequence"] for event in listening.received]
    assert numbers == list(range(before + 1, before + 1 + len(everything)))


async def test_what_happened_while_nobody_listened_is_heard_afterwards(house: House) -> None:
    listening, before = await from_now(house)
    async with listening.connected() as line:
        await tell(house.call(), member_id=PATIENT, count=3)
        await line.take(2)
    # more than one page of them
    await tell(house.call(), member_id=PATIENT, count=250)

    async with asyncio.timeout(20), listening.connected() as line:
        await line.take(251)

    assert ids(listening) == await written(PATIENT, before)
    assert len(listening.received) == 253


async def test_without_a_cursor_only_what_comes_is_heard(house: House) -> None:
    await tell(house.call(), member_id=PATIENT, count=3)
    before = await last(PATIENT)
    listening = subscriber(house)

    async with asyncio.timeout(20), listening.connected() as line:
        heard = asyncio.create_task(line.next())
        # nothing says when the subscription has begun but its first event
        while not heard.done():
            await tell(house.call(), member_id=PATIENT)
        event = await heard

    assert event["sequence"] > before


async def test_two_subscribers_of_one_stream_hear_the_same(house: House) -> None:
    first, before = await from_now(house)
    second, _ = await from_now(house)

    async with asyncio.timeout(20), first.connected() as one, second.connected() as two:
        await write(house, PATIENT, times=10, most=3)
        everything = await written(PATIENT, before)
        await asyncio.gather(one.take(len(everything)), two.take(len(everything)))

    assert ids(first) == ids(second) == everything


async def test_patient_and_hospital_hear_of_a_prescription_each_in_their_own_stream(house: House) -> None:
    walk = Walk(house, FUJIAN)
    patient, _ = await from_now(house)
    hospital = Subscriber(walk.hospital, HOSPITAL)
    query = "query { institutionEventCursor }"
    hospital.cursor = (await walk.hospital.execute(query))["institutionEventCursor"]
    prescription = await walk.upload()

    async with asyncio.timeout(20), patient.connected() as one, hospital.connected() as two:
        events = [await one.next(), await two.next()]

    assert [event["kind"] for event in events] == ["PRESCRIPTION_ISSUED"] * 2
    assert [event["prescriptionId"] for event in events] == [prescription["id"]] * 2
    assert events[0]["id"] != events[1]["id"]


async def test_an_event_whose_bell_was_lost_is_heard_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolvers.events, "SLOW_TIMER", 0.2)
    listening, before = await from_now(house)

    async with asyncio.timeout(20), listening.connected() as line:
        await tell(house.call(), member_id=PATIENT)
        await line.next()
        await tell(silent(house.call()), member_id=PATIENT, count=2)
        await line.take(2)

    assert ids(listening) == await written(PATIENT, before)


async def test_an_event_of_a_transaction_that_failed_is_never_heard(house: House) -> None:
    listening, before = await from_now(house)

    async with asyncio.timeout(20), listening.connected() as line:
        with pytest.raises(RuntimeError):
            await tell(house.call(), member_id=PATIENT, fails=True)
        await tell(house.call(), member_id=PATIENT)
        event = await line.next()

    assert event["sequence"] == before + 1
    assert ids(listening) == await written(PATIENT, before)


async def test_an_event_is_not_overtaken_by_one_that_committed_before_it(house: House) -> None:
    listening, before = await from_now(house)
    written_first = asyncio.Event()

    async def overtake() -> None:
        await written_first.wait()
        await tell(house.call(), member_id=PATIENT)

    async with asyncio.timeout(20), listening.connected() as line:
        quick = asyncio.create_task(overtake())
        heard = asyncio.create_task(line.next())
        async with in_transaction() as connection:
            slow = Work(house.call())
            slow.tell(EventKind.FILL_READY, member_topic(PATIENT))
            await slow.write(connection)
            written_first.set()
            while not (await connection.execute_query_dict(BLOCKED))[0]["blocked"]:
                pass
            were_done = quick.done(), heard.done()
        await slow.ring()
        await quick
        await heard
        await line.next()

    assert were_done == (False, False)
    assert listening.received[0]["id"] == str(slow.events[0][1].id)
    assert ids(listening) == await written(PATIENT, before)


async def test_a_grant_taken_back_ends_the_stream_before_the_next_event(house: House) -> None:
    listening = subscriber(house, FAMILY, memberId=str(PATIENT))
    given = {"memberId": str(PATIENT)}
    listening.cursor = (await listening.client.execute(CURSOR, given))["patientEventCursor"]
    grants = FamilyGrant.filter(owner_id=PATIENT, proxy_id=member_id(FAMILY))

    async with asyncio.timeout(20), listening.connected() as line:
        await tell(house.call(), member_id=PATIENT)
        await line.next()
        await grants.update(revoked_at=house.now())
        await tell(house.call(), member_id=PATIENT, count=2)
        with pytest.raises(Ended) as ended:
            await line.next()
    async with asyncio.timeout(20), listening.connected() as line:
        with pytest.raises(Ended) as again:
            await line.next()
    await grants.update(revoked_at=None)

    assert len(listening.received) == 1
    for end in (ended, again):
        assert "NOT_FOUND" in str(end.value.message)


async def test_a_grant_taken_back_ends_the_stream_that_several_share(house: House) -> None:
    listeners = [subscriber(house, FAMILY, memberId=str(PATIENT)) for _ in range(3)]
    given = {"memberId": str(PATIENT)}
    cursor = (await listeners[0].client.execute(CURSOR, given))["patientEventCursor"]
    grants = FamilyGrant.filter(owner_id=PATIENT, proxy_id=member_id(FAMILY))

    async with asyncio.timeout(30), AsyncExitStack() as stack:
        lines = []
        for listener in listeners:
            listener.cursor = cursor
            lines.append(await stack.enter_async_context(listener.connected()))
        # after two events they share one run, whoever came first
        for _ in range(2):
            await tell(house.call(), member_id=PATIENT)
            for line in lines:
                await line.next()
        await grants.update(revoked_at=house.now())
        await tell(house.call(), member_id=PATIENT)
        ends = []
        for line in lines:
            with pytest.raises(Ended) as ended:
                await line.next()
            ends.append(str(ended.value.message))
    await grants.update(revoked_at=None)

    assert [ids(listener) == ids(listeners[0]) for listener in listeners] == [True] * 3
    assert all("NOT_FOUND" in end for end in ends)


async def test_a_stranger_hears_nothing_of_another_member(house: House) -> None:
    listening = subscriber(house, cast.FUJIAN_RESIDENT, memberId=str(PATIENT))

    async with asyncio.timeout(20), listening.connected() as line:
        with pytest.raises(Ended) as ended:
            await line.next()

    assert "NOT_FOUND" in str(ended.value.message)
    assert listening.received == []


async def test_a_token_that_expires_closes_the_socket_and_a_fresh_one_goes_on_after_the_cursor(
    house: House,
) -> None:
    listening, before = await from_now(house)
    fresh = listening.client
    ttl = timedelta(seconds=2) - LEEWAY
    listening.client = Client(fresh.url, house.token(Role.PATIENT, FUJIAN.patient, ttl), fresh.http)
    async with asyncio.timeout(20), listening.connected() as line:
        await tell(house.call(), member_id=PATIENT)
        await line.next()
        with pytest.raises(ConnectionClosed) as closed:
            await line.next()
    await tell(house.call(), member_id=PATIENT, count=2)

    listening.client = fresh
    async with asyncio.timeout(20), listening.connected() as line:
        await line.take(2)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403
    assert closed.value.rcvd.reason.startswith("Token expired at 2026-03-16T")
    assert ids(listening) == await written(PATIENT, before)
