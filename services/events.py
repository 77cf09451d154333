"""Reading what happened, from a cursor on (事件回放)."""

from collections.abc import Sequence

from models import Event, Topic
from services.errors import CursorTooOld

PAGE = 100


async def events_after(topic: str, sequence: int, limit: int = PAGE) -> Sequence[Event]:
    """The events (事件) of a topic after a sequence number, in order; `CursorTooOld` when some are gone.

    Numbers have no gaps and come with their rows: so a gap means that retention removed what was there.
    """
    rows = await Event.filter(topic=topic, sequence__gt=sequence).order_by("sequence").limit(limit)
    if [row.sequence for row in rows] != list(range(sequence + 1, sequence + 1 + len(rows))):
        raise CursorTooOld
    return rows


async def last_sequence(topic: str) -> int:
    """The number of the topic's last event (最近序号), which may be long removed; 0 when it never had one."""
    last = await Topic.get_or_none(name=topic)
    return last.sequence if last else 0
