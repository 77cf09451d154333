"""Many rows at once (批量写入), in the running transaction."""

from collections.abc import Sequence
from typing import Any

from tortoise import connections

Row = tuple[Any, ...]


async def copy_in(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Write new rows by COPY, many times faster than one by one."""
    if rows:
        # the mapper has no word for COPY; inside a transaction its connection is the driver's own
        connection: Any = connections.get("default")
        await connection._connection.copy_records_to_table(table, columns=columns, records=rows)


async def run(statement: str, *columns: Sequence[Any]) -> list[dict[str, Any]]:
    """Run a statement whose parameters are whole columns."""
    found: list[dict[str, Any]] = await connections.get("default").execute_query_dict(
        statement, [list(column) for column in columns]
    )
    return found
