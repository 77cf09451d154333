"""Many rows at once (批量写入), in the running transaction."""

import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as DriverUUID
from tortoise import connections

Row = tuple[Any, ...]


pausing = 0


@contextmanager
def collecting_later() -> Iterator[None]:
    """Put off the search for garbage (推迟回收): among a hundred thousand new tuples, none of which is any,
    it takes half as long as the work itself. What is no longer used goes at once all the same.
    """
    global pausing
    pausing += 1
    gc.disable()
    try:
        yield
    finally:
        pausing -= 1
        if not pausing:
            gc.enable()


def new_ids(now: datetime) -> Iterator[UUID]:
    """Ids (编号) in the order they are given, as UUID version 7: a moment, then numbers from a random one on.

    An index takes them where it took the last ones. They are in the driver's own form, which is written
    without being taken apart.
    """
    moment = int(now.timestamp() * 1000) << 80
    chance = int.from_bytes(os.urandom(10))
    # 12 random bits, then 61 of 62: counting on never reaches the variant above
    first = moment | 7 << 76 | (chance >> 68) << 64 | 0b10 << 62 | chance & (1 << 61) - 1
    return (DriverUUID(number.to_bytes(16)) for number in count(first))


async def copy_in(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Write new rows by COPY, many times faster than one by one."""
    if rows:
        await driver().copy_records_to_table(table, columns=columns, records=rows)


async def rows_of(statement: str, *values: Any) -> Sequence[Row]:
    """The rows of a query as the driver gives them (查询结果), in the order of its columns."""
    found: Sequence[Row] = await driver().fetch(statement, *values)
    return found


async def run(statement: str, *columns: Sequence[Any]) -> list[dict[str, Any]]:
    """Run a statement whose parameters are whole columns."""
    found: list[dict[str, Any]] = await connections.get("default").execute_query_dict(
        statement, [list(column) for column in columns]
    )
    return found


def driver() -> Any:
    """The driver's own connection: the mapper has no word for COPY, nor for rows that are no objects."""
    connection: Any = connections.get("default")
    return connection._connection
