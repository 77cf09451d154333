"""Reading what happened, from a cursor on (事件回放)."""

from collections.abc import Sequence

from models import Event

PAGE = 100


async def events_after(topic: str, sequence: int, limit: int = PAGE) -> Sequence[Event]:
    """The events (事件) of a topic after a sequence number, in order."""
    return await Event.filter(topic=topic, sequence__gt=sequence).order_by("sequence").limit(limit)


async def last_sequence(topic: str) -> int:
    """The number of the topic's last event; 0 when it has none."""
    last = await Event.filter(topic=topic).order_by("-sequence").first()
    return last.sequence if last else 0
