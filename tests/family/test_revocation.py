"""A thousand grants are taken back while their subscriptions are open and events flow."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

from api.progress import Progress
from engines.bell import Bell
from models import Event, FamilyGrant, Member, Topic
from ops.world.cast import FUJIAN_PATIENT
from policy.terms import EventKind, FamilyRelation, Role
from resolvers.events import follow
from schema.event import cursor
from services.actor import Actor
from services.errors import NotFound
from services.family import revoke_family
from services.topics import member_topic
from tests.events.telling import tell
from tests.house import House

OWNERS, PROXIES = 250, 4
AT_ONCE = 6


@dataclass
class Listener:
    """One proxy's open subscription (订阅): what it was sent, and whether it has ended."""

    grant: FamilyGrant
    has_begun: asyncio.Event = field(default_factory=asyncio.Event)
    received: list[int] = field(default_factory=list)
    has_ended: bool = False

    async def listen(self, house: House, bell: Bell) -> None:
        """Follow the owner's events as the subscription does, until authority ends."""
        actor = Actor(Role.PATIENT, str(self.grant.proxy_id), member_id=self.grant.proxy_id)
        context = SimpleNamespace(
            bell=bell,
            now=house.now,
            progress=Progress(),
            require_actor=lambda: actor,
            renew=lambda: None,
            tools=house.tools,
        )
        topic = member_topic(self.grant.owner_id)
        try:
            async for event in follow(cast("Any", SimpleNamespace(context=context)), topic, cursor(0, topic)):
                self.received.append(event.sequence)
                self.has_begun.set()
        except NotFound:
            self.has_ended = True


@asynccontextmanager
async def bell_of(house: House) -> AsyncIterator[Bell]:
    """A bell that hears what the house rings."""
    bell = Bell(house.redis_url)
    await bell.start()
    await bell.listening()
    yield bell
    await bell.stop()


async def families(house: House) -> dict[str, list[FamilyGrant]]:
    """Owners with their proxies, each a member of its own."""
    model = await Member.get(psn_no=FUJIAN_PATIENT)
    same = {name: getattr(model, name) for name in model._meta.db_fields}
    members = [
        Member(**(same | {"id": uuid4(), "psn_no": uuid4().hex[:30], "id_number_hash": uuid4().hex}))
        for _ in range(OWNERS * (PROXIES + 1))
    ]
    await Member.bulk_create(members)
    grants = [
        FamilyGrant(
            owner_id=owner.id,
            proxy_id=proxy.id,
            relation=FamilyRelation.OTHER,
            scopes=["SEE"],
            since=house.now(),
        )
        for number, owner in enumerate(members[:OWNERS])
        for proxy in members[OWNERS + number * PROXIES :][:PROXIES]
    ]
    await FamilyGrant.bulk_create(grants)
    await tell_first([owner.id for owner in members[:OWNERS]], house.now())
    found: dict[str, list[FamilyGrant]] = {}
    for grant in grants:
        found.setdefault(str(grant.owner_id), []).append(grant)
    return found


async def tell_first(owners: Sequence[UUID], now: datetime) -> None:
    """A first event for every owner, so that a listener that has begun can be told."""
    topics = [member_topic(owner) for owner in owners]
    await Topic.bulk_create(Topic(name=topic, sequence=1) for topic in topics)
    await Event.bulk_create(
        Event(topic=topic, sequence=1, kind=EventKind.FILL_READY, occurred_at=now) for topic in topics
    )


async def revoke_all(house: House, grants: Sequence[FamilyGrant]) -> None:
    """Take an owner's grants back at once, by either side, while something happens to the owner."""

    async def revoke(grant: FamilyGrant) -> None:
        ends = random.choice((grant.owner_id, grant.proxy_id))
        actor = Actor(Role.PATIENT, str(ends), member_id=ends)
        await revoke_family(house.call(actor), grant_id=grant.id)

    owner_id = grants[0].owner_id
    await asyncio.gather(tell(house.call(), member_id=owner_id), *map(revoke, grants))
    await tell(house.call(), member_id=owner_id)


async def test_nothing_is_delivered_after_a_revocation_in_a_thousand_rounds(house: House) -> None:
    of_owner = await families(house)
    listeners: list[Listener] = []
    turns = asyncio.Semaphore(AT_ONCE)

    async def one_family(grants: Sequence[FamilyGrant], bell: Bell) -> None:
        async with turns:
            mine = [Listener(grant) for grant in grants]
            listeners.extend(mine)
            listening = [asyncio.create_task(one.listen(house, bell)) for one in mine]
            for one in mine:
                await one.has_begun.wait()
            await revoke_all(house, grants)
            await asyncio.gather(*listening)

    async with asyncio.timeout(120), bell_of(house) as bell:
        await asyncio.gather(*(one_family(grants, bell) for grants in of_owner.values()))

    # events of a topic are numbered in the order in which they were committed, the revocation's among them
    revocations = await Event.filter(kind=EventKind.FAMILY_REVOKED, topic__startswith="member:")
    number = {(str(row.subject_id), row.topic): row.sequence for row in revocations}
    told = Counter[str]()
    for one in listeners:
        ended = number[str(one.grant.id), member_topic(one.grant.owner_id)]
        told["late" if max(one.received) >= ended else "in time"] += 1
        assert one.received == list(range(1, len(one.received) + 1)), "in order, none missing, none twice"
        assert one.has_ended
    assert told == {"in time": OWNERS * PROXIES}
    assert sum(len(one.received) for one in listeners) > 1.5 * OWNERS * PROXIES, "events flowed meanwhile"
