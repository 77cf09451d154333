"""Whose data an operation shows (阅览登记): gathered while it runs, written before it is answered."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID

from models import AuditEntry
from policy.terms import PersonalData
from services.actor import Call

READ = "read"
"""The verb of an entry that tells of a read."""


@dataclass
class Reading:
    """What one operation has shown so far (已读内容), by member."""

    seen: dict[UUID, set[PersonalData]] = field(default_factory=lambda: defaultdict(set))
    on_record: set[UUID] = field(default_factory=set)
    """Members whose data the operation changed: that entry says who was there."""

    def take(self) -> dict[UUID, set[PersonalData]]:
        """What was seen and is on no record yet; from here on it is."""
        found = {member: things for member, things in self.seen.items() if member not in self.on_record}
        self.seen.clear()
        self.on_record.clear()
        return found


_reading: ContextVar[Reading | None] = ContextVar("reading", default=None)


@contextmanager
def reading() -> Iterator[Reading]:
    """Gather what is read within the block, by whatever tasks it starts."""
    gathered = Reading()
    token = _reading.set(gathered)
    try:
        yield gathered
    finally:
        _reading.reset(token)


def note(member_id: UUID, thing: PersonalData) -> None:
    """Remember that something about this member is shown; outside an operation nobody looks."""
    gathered = _reading.get()
    if gathered is not None:
        gathered.seen[member_id].add(thing)


def is_on_record(member_id: UUID) -> None:
    """Remember that an entry about this member and this operation is written already."""
    gathered = _reading.get()
    if gathered is not None:
        gathered.on_record.add(member_id)


async def record_reads(call: Call, gathered: Reading) -> None:
    """Write who read whose data (阅览审计): one entry for each member but the caller, in one statement.

    Whoever answers waits for this: what cannot be put on record is not shown.
    """
    actor = call.actor
    entries = [
        AuditEntry(
            at=call.now,
            actor=actor.caller,
            verb=READ,
            outcome="DONE",
            member_id=member,
            actor_member_id=actor.member_id,
            role=actor.role,
            institution=actor.institution or actor.area or "",
            things=",".join(sorted(things)),
        )
        for member, things in gathered.take().items()
        if member != actor.member_id
    ]
    if entries:
        await AuditEntry.bulk_create(entries)
