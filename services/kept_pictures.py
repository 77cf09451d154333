"""Pictures on their way into the store (存入影像): before the transaction, and back out when it fails."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.actor import Call


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture in the store (已存影像). Its key is fresh each time and no part of what was asked for."""

    kind: str
    sha256: str
    key: str = field(compare=False)


async def keep_pictures(call: Call, pictures: Sequence[tuple[str, bytes]], kept: list[Kept]) -> None:
    """Put pictures into the store (存入影像), noting each at once: who fails half-way knows what is there."""
    for kind, data in pictures:
        key = await call.tools.images.put(data)
        kept.append(Kept(kind, hashlib.sha256(data).hexdigest(), key))


async def let_go(call: Call, kept: Sequence[Kept], owned: set[str]) -> None:
    """Take out of the store what no row came to own (退回影像)."""
    for picture in kept:
        if picture.key not in owned:
            await call.tools.images.delete(picture.key)
