"""A list to take away (导出清单): what stands in it, and how its rows come, a few hundred at a time."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from tortoise.transactions import in_transaction

from policy.calendar import in_shanghai
from services.errors import BadInput
from services.spans import check_span

BATCH = 500
DAYS_MAX = 366


class List(Protocol):
    """What becomes a file (导出清单): a name, the heads of its columns, its rows."""

    @property
    def name(self) -> str:
        """The file's name, without its form."""

    @property
    def heads(self) -> Sequence[str]:
        """The heads of the columns."""

    def batches(self) -> AbstractAsyncContextManager[AsyncIterator[list[list[Any]]]]:
        """The rows in batches (分批取数)."""


@dataclass(frozen=True, slots=True)
class Export:
    """A list out of the database (数据库清单), by the statement behind it."""

    name: str
    heads: Sequence[str]
    statement: str
    values: Sequence[Any]

    @asynccontextmanager
    async def batches(self) -> AsyncIterator[AsyncIterator[list[list[Any]]]]:
        """The rows in batches (分批取数), all of one moment."""
        async with in_transaction() as connection:
            # the mapper fetches everything at once; only the driver beneath it knows cursors
            driver: Any = connection._connection
            cursor = await driver.cursor(self.statement, *self.values)

            async def batches() -> AsyncIterator[list[list[Any]]]:
                while rows := await cursor.fetch(BATCH):
                    yield [[shown(value) for value in row.values()] for row in rows]

            yield batches()


def shown(value: Any) -> Any:
    """A value as people read it: an instant in Shanghai's time, a month as one."""
    if isinstance(value, datetime):
        return f"{in_shanghai(value):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return f"{value:%Y-%m}"
    return value


@dataclass(frozen=True, slots=True)
class Known:
    """A list whose rows are known already (现成清单): few enough to be held."""

    name: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]

    @asynccontextmanager
    async def batches(self) -> AsyncIterator[AsyncIterator[list[list[Any]]]]:
        """The rows in batches (分批取数)."""

        async def batches() -> AsyncIterator[list[list[Any]]]:
            for start in range(0, len(self.rows), BATCH):
                yield [list(row) for row in self.rows[start : start + BATCH]]

        yield batches()


def day_of(given: Mapping[str, str], name: str) -> date:
    """A day of the request (日期)."""
    try:
        found = date.fromisoformat(given.get(name, ""))
    except ValueError as error:
        raise BadInput(name, "应为日期,如 2026-03-16。") from error
    if not 2020 <= found.year <= 2100:
        raise BadInput(name, "年度应在 2020 至 2100 之间。")
    return found


def span_of(given: Mapping[str, str]) -> tuple[date, date]:
    """The days of the request (起止日期), both included."""
    since, until = day_of(given, "since"), day_of(given, "until")
    check_span(since, until, DAYS_MAX)
    return since, until
