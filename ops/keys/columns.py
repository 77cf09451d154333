"""Encrypted columns under a new key (加密列换钥), row by row, each only if nobody changed it meanwhile."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from string import Formatter
from typing import Any

import asyncpg

from engines.keys import KeyRing
from models.sealed import HASHED, SEALED, HashedColumn, SealedColumn

BATCH = 200
"""Rows changed in one transaction: short enough that nobody waits for it."""

KEY_NAME = "convert_from(substring({column} from 3 for get_byte({column}, 1)), 'SQL_ASCII')"
"""The key's name, out of the head of a ciphertext."""


def key_name(column: str) -> str:
    """The SQL for the name of the key that encrypted a column."""
    return KEY_NAME.format(column=column)


async def keys_of_columns(connection: Any) -> Counter[tuple[str, str]]:
    """How many values each key encrypted, by key and column (密钥用量)."""
    found: Counter[tuple[str, str]] = Counter()
    for one in SEALED:
        rows = await connection.fetch(
            f"SELECT {key_name(one.column)} AS key, count(*) AS many FROM {one.table} "
            f"WHERE {one.column} IS NOT NULL GROUP BY 1"
        )
        for row in rows:
            found[row["key"], f"{one.table}.{one.column}"] += row["many"]
    return found


async def encrypt_column_anew(connection: Any, one: SealedColumn, ring: KeyRing) -> AsyncIterator[int]:
    """Bring a column under the present key (换钥); gives how many values each batch changed.

    What has the present key is left alone, so whoever is interrupted goes on where he stopped.
    """
    is_old = f"{one.column} IS NOT NULL AND {key_name(one.column)} <> $2"
    columns = [one.column, *context_columns(one)]
    async for rows in pages(connection, one.table, columns, is_old, ring.current):
        changes = []
        for row in rows:
            context = context_of(one, row)
            plain = ring.decrypt(bytes(row[one.column]), context=context)
            changes.append((ring.encrypt(plain, context=context), row["id"], row[one.column]))
        yield await change(connection, one.table, one.column, changes)


async def stale_hashes(
    connection: Any, one: HashedColumn, ring: KeyRing
) -> AsyncIterator[list[tuple[str, Any, str]]]:
    """The hashes of a column that an older lookup key made (旧散列), in batches: new hash, id, old hash."""
    (sealed,) = [known for known in SEALED if (known.table, known.column) == (one.table, one.of)]
    columns = [one.column, sealed.column, *context_columns(sealed)]
    async for rows in pages(connection, one.table, columns, f"{sealed.column} IS NOT NULL"):
        hashes = []
        for row in rows:
            plain = ring.decrypt_text(bytes(row[sealed.column]), context=context_of(sealed, row))
            hashes.append((ring.lookup_hash(plain), row["id"], row[one.column]))
        yield [found for found in hashes if found[0] != found[2]]


async def hash_column_anew(connection: Any, one: HashedColumn, ring: KeyRing) -> AsyncIterator[int]:
    """Make the hashes of a column again with the present lookup key (重算散列); gives how many."""
    async for stale in stale_hashes(connection, one, ring):
        yield await change(connection, one.table, one.column, stale)


async def waiting_hashes(connection: Any, now: datetime) -> dict[str, int]:
    """How many hashes nothing can make again yet (待补全的散列), by column: accounts sign in to be sealed."""
    found = {}
    for one in HASHED:
        if one.of is None:
            continue
        until, ended = one.until or "'infinity'::timestamptz", one.ended or "NULL"
        statement = (
            f"SELECT count(*) FROM {one.table} WHERE {one.of} IS NULL AND {ended} IS NULL AND {until} > $1"
        )
        if many := await connection.fetchval(statement, now):
            found[f"{one.table}.{one.column}"] = many
    return found


def context_columns(one: SealedColumn) -> list[str]:
    """The columns that the context of a ciphertext is made of, besides the id."""
    return [name for _, name, _, _ in Formatter().parse(one.context) if name and name != "id"]


def context_of(one: SealedColumn, row: Mapping[str, Any]) -> bytes:
    """What the ciphertext of a row was encrypted for (加密上下文)."""
    return one.context.format(**row).encode()


async def pages(
    connection: Any, table: str, columns: Sequence[str], where: str, *values: object
) -> AsyncIterator[list[Mapping[str, Any]]]:
    """The rows of a table in batches, by id."""
    select = (
        f"SELECT id, {', '.join(columns)} FROM {table} "
        f"WHERE ($1::uuid IS NULL OR id > $1) AND {where} ORDER BY id LIMIT {BATCH}"
    )
    last = None
    while rows := await connection.fetch(select, last, *values):
        yield rows
        last = rows[-1]["id"]


async def change(connection: Any, table: str, column: str, changes: Sequence[tuple[Any, Any, Any]]) -> int:
    """Put new values in the place of old ones, in one short transaction; again while rows are locked."""
    statement = f"UPDATE {table} SET {column} = $1 WHERE id = $2 AND {column} = $3"
    while True:
        try:
            async with connection.transaction():
                # somebody at a counter comes first
                await connection.execute("SET LOCAL lock_timeout = '2s'")
                await connection.executemany(statement, changes)
            return len(changes)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            continue
        except asyncpg.UniqueViolationError:
            # one account under both keys: its next sign-in makes one row of the two
            if len(changes) == 1:
                return 0
            return sum([await change(connection, table, column, [one]) for one in changes])
