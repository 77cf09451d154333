"""The chain of audit entries (审计链): each link's hash covers its entry and the link before it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tortoise.transactions import in_transaction

START = bytes(32)
"""What the first link follows."""

GONE = bytes(32)
"""The digest of an entry that was removed before it was sealed."""

COLUMNS = (
    "id",
    "at",
    "actor",
    "verb",
    "subject",
    "outcome",
    "member_id",
    "actor_member_id",
    "role",
    "institution",
    "things",
)
"""What a digest covers. A column that comes later is added here; where it is empty old digests stay true."""

BATCH = 2000

ONE_AT_A_TIME = "SELECT pg_try_advisory_xact_lock(hashtext('audit_chain')) AS is_mine"
LAST_LINK = "SELECT sequence, hash FROM audit_link ORDER BY sequence DESC LIMIT 1"
LAST_HEAD = "SELECT sequence, sealed_at FROM audit_head ORDER BY sequence DESC LIMIT 1"
TAKE = f"""
WITH taken AS (
    DELETE FROM audit_unsealed WHERE entry_id IN (SELECT entry_id FROM audit_unsealed LIMIT $1)
    RETURNING entry_id
)
SELECT taken.entry_id, {", ".join(f"e.{name}" for name in COLUMNS)}
FROM taken LEFT JOIN audit_entry e ON e.id = taken.entry_id ORDER BY e.at, taken.entry_id
"""
LINK = """
INSERT INTO audit_link (sequence, entry_id, digest, hash)
SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::bytea[])
"""
HEAD = "INSERT INTO audit_head (sequence, hash, sealed_at) VALUES ($1, $2, $3)"


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain (链头): whoever keeps it elsewhere can prove later what stood before it."""

    sequence: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one round did (封存结果): how many entries it took, and the head it kept, if one was due."""

    entries: int
    head: Head | None = None


def digest_of(entry: Mapping[str, Any]) -> bytes:
    """The digest of an entry's content (内容散列); what is empty does not count."""
    content = {name: text_of(entry[name]) for name in COLUMNS if entry[name] not in (None, "")}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).digest()


def text_of(value: object) -> str:
    """One writing for each value, whatever the time zone of who reads it."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def hash_after(before: bytes, digest: bytes) -> bytes:
    """The hash of a link (链散列) that follows another."""
    return hashlib.sha256(before + digest).digest()


async def seal(now: datetime, *, heads_apart: float) -> Sealed:
    """Put the entries that wait into the chain (封存): committed ones only, by one worker at a time.

    The end of the chain is kept as a head once the last head is `heads_apart` seconds old.
    """
    async with in_transaction() as connection:
        (lock,) = await connection.execute_query_dict(ONE_AT_A_TIME)
        if not lock["is_mine"]:
            return Sealed(0)
        end = await end_of_chain(connection)
        waiting = await connection.execute_query_dict(TAKE, [BATCH])
        if waiting:
            links = links_of(waiting, end)
            await connection.execute_query(LINK, [list(column) for column in zip(*links, strict=True)])
            end = Head(links[-1][0], links[-1][3])
        kept = await connection.execute_query_dict(LAST_HEAD)
        is_behind = end.sequence > (kept[0]["sequence"] if kept else 0)
        if not is_behind or (kept and (now - kept[0]["sealed_at"]).total_seconds() < heads_apart):
            return Sealed(len(waiting))
        await connection.execute_query(HEAD, [end.sequence, end.hash, now])
        return Sealed(len(waiting), end)


async def end_of_chain(connection: Any) -> Head:
    """The last link (链尾), or where the first one will follow."""
    last = await connection.execute_query_dict(LAST_LINK)
    return Head(last[0]["sequence"], bytes(last[0]["hash"])) if last else Head(0, START)


def links_of(entries: Sequence[Mapping[str, Any]], end: Head) -> list[tuple[int, UUID, bytes, bytes]]:
    """The links (链环) of these entries behind the chain's end: sequence, entry, digest, hash."""
    links, before = [], end.hash
    for number, entry in enumerate(entries, end.sequence + 1):
        digest = digest_of(entry) if entry["id"] is not None else GONE
        before = hash_after(before, digest)
        links.append((number, entry["entry_id"], digest, before))
    return links
