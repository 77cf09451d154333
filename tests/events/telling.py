"""Events without much ado: a use case that does nothing but tell."""

from dataclasses import replace
from uuid import UUID, uuid4

from models import Event, Member
from policy.terms import EventKind
from services.actor import Call, SilentBell
from services.topics import member_topic
from services.use_case import Work, use_case


@use_case("tellInTest", Member)
async def tell(work: Work, member_id: UUID, count: int = 1, fails: bool = False) -> Member:
    """Tell a member so many times that a fill is ready; or fail in the end, as any use case may."""
    for _ in range(count):
        work.tell(EventKind.FILL_READY, member_topic(member_id), subject_id=uuid4())
    if fails:
        raise RuntimeError
    return await Member.get(id=member_id)


async def written(member_id: UUID, after: int = 0) -> list[str]:
    """The ids of a member's events in their order."""
    rows = await Event.filter(topic=member_topic(member_id), sequence__gt=after).order_by("sequence")
    return [str(row.id) for row in rows]


async def last(member_id: UUID) -> int:
    """The number of a member's last event."""
    row = await Event.filter(topic=member_topic(member_id)).order_by("-sequence").first()
    return row.sequence if row else 0


def silent(call: Call) -> Call:
    """The same call with a bell that nobody hears."""
    return replace(call, tools=replace(call.tools, bell=SilentBell()))
