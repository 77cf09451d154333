"""The audit chain walked from its start (审计核验): the first row that is not as it was sealed, by name."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.audit_chain import COLUMNS, START, Head, digest_of, hash_after

PAGE = 5000


class Fault(StrEnum):
    """What is wrong with a row (审计异常)."""

    CHANGED = "CHANGED"
    MISSING = "MISSING"
    REORDERED = "REORDERED"
    TRUNCATED = "TRUNCATED"
    INSERTED = "INSERTED"


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that is not as it was sealed (首个异常)."""

    fault: Fault
    sequence: int
    text: str


@dataclass(slots=True)
class Walk:
    """How far the chain was walked and what was found (核验进度)."""

    heads: dict[int, bytes]
    """Ends of the chain as somebody kept them: what stood before each of them can't be otherwise now."""
    end: Head = field(default_factory=lambda: Head(0, START))
    broken: Broken | None = None
    unsealed: int = 0


LINKS = f"""
SELECT l.sequence, l.entry_id, l.digest, l.hash, {", ".join(f"e.{name}" for name in COLUMNS)}
FROM audit_link l LEFT JOIN audit_entry e ON e.id = l.entry_id
WHERE l.sequence > $1 ORDER BY l.sequence LIMIT {PAGE}
"""
HEADS = "SELECT sequence, hash FROM audit_head"
ELSEWHERE = "SELECT sequence FROM audit_link WHERE digest = $1 AND sequence <> $2 LIMIT 1"
FOLLOWER = "SELECT digest, hash FROM audit_link WHERE sequence = $1"
OUTSIDE = """
SELECT e.id FROM audit_entry e
WHERE NOT EXISTS (SELECT FROM audit_link l WHERE l.entry_id = e.id)
AND NOT EXISTS (SELECT FROM audit_unsealed u WHERE u.entry_id = e.id) ORDER BY e.at, e.id LIMIT 1
"""
UNSEALED = "SELECT count(*) FROM audit_unsealed"


async def verify(connection: Any, heads: Sequence[Head] = ()) -> AsyncIterator[Walk]:
    """Walk the whole chain (核验审计链); yields after each page, and last with all that was found.

    `heads` were kept outside; with them even a chain that was computed anew from end to end is found out.
    """
    # queried first: a head that is kept while this runs may be newer than the links it has read
    kept = {row["sequence"]: bytes(row["hash"]) for row in await connection.fetch(HEADS)}
    walk = Walk(kept | {head.sequence: head.hash for head in heads})
    while rows := await connection.fetch(LINKS, walk.end.sequence):
        for row in rows:
            walk.broken = await fault_of(connection, walk, row)
            if walk.broken:
                yield walk
                return
            walk.end = Head(row["sequence"], bytes(row["hash"]))
        yield walk
    walk.broken = truncation(walk) or await insertion(connection, walk)
    walk.unsealed = await connection.fetchval(UNSEALED)
    yield walk


async def fault_of(connection: Any, walk: Walk, row: Mapping[str, Any]) -> Broken | None:
    """What is wrong with the next link, if anything."""
    wanted, sequence = walk.end.sequence + 1, row["sequence"]
    if sequence != wanted:
        return Broken(
            Fault.MISSING,
            wanted,
            f"Link {wanted} was removed: {walk.end.sequence} is followed by {sequence}.",
        )
    if row["id"] is None:
        return Broken(Fault.MISSING, sequence, f"Entry {row['entry_id']} of link {sequence} was removed.")
    digest = digest_of(row)
    if digest != bytes(row["digest"]):
        own = await connection.fetchval(ELSEWHERE, digest, sequence)
        if own is not None:
            text = f"Entry {row['id']} stands at link {sequence}; it was sealed at {own}."
            return Broken(Fault.REORDERED, sequence, text)
        text = f"Entry {row['id']} of {row['at']:%Y-%m-%d %H:%M:%S} UTC, link {sequence}, was changed."
        return Broken(Fault.CHANGED, sequence, text)
    follows = hash_after(walk.end.hash, digest)
    if follows != bytes(row["hash"]):
        return await misplaced(connection, sequence, follows)
    if follows != walk.heads.get(sequence, follows):
        text = f"The chain was computed anew: at link {sequence} it is not the one whose head was kept."
        return Broken(Fault.CHANGED, sequence, text)
    return None


async def misplaced(connection: Any, sequence: int, follows: bytes) -> Broken:
    """A link that does not follow the one before: altered itself, or put here from elsewhere."""
    after = await connection.fetchrow(FOLLOWER, sequence + 1)
    if after is not None and hash_after(follows, bytes(after["digest"])) == bytes(after["hash"]):
        return Broken(Fault.CHANGED, sequence, f"The hash of link {sequence} itself was changed.")
    return Broken(
        Fault.REORDERED, sequence, f"Link {sequence} does not follow link {sequence - 1}: it was put here."
    )


def truncation(walk: Walk) -> Broken | None:
    """Links that a kept head has seen and that are gone from the end."""
    last = max(walk.heads, default=0)
    if last <= walk.end.sequence:
        return None
    text = f"The chain ends at link {walk.end.sequence}; a kept head says it reached {last}: the end is gone."
    return Broken(Fault.TRUNCATED, walk.end.sequence + 1, text)


async def insertion(connection: Any, walk: Walk) -> Broken | None:
    """An entry that neither is in the chain nor waits for it."""
    stray = await connection.fetchval(OUTSIDE)
    if stray is None:
        return None
    text = (
        f"Entry {stray} is not in the chain and does not wait for it: it was put in, or its link was removed."
    )
    return Broken(Fault.INSERTED, walk.end.sequence, text)
