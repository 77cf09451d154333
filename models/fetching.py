"""Sending statements that read (读取): those of one task may go over one connection."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Self

from tortoise.backends.base.client import TransactionalDBClient
from tortoise.backends.base_postgres.client import translate_exceptions


class Together:
    """Within the block, what this task fetches goes over one connection (同一连接读取).

    It is taken when it is first needed. Taking and giving back costs about as much as a small statement does.
    Nothing but `fetched` may ask the database within the block: whoever holds a connection and waits for
    another one may wait for somebody who does the same. Tasks that the block starts are not within it.
    """

    def __init__(self) -> None:
        self.task = asyncio.current_task()
        self._client: Any = None
        self._taken: Any = None
        self._connection: Any = None
        self._before: Token[Together | None] | None = None

    async def __aenter__(self) -> Self:
        self._before = _together.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._before is not None
        _together.reset(self._before)
        if self._connection is not None:
            await self._taken.__aexit__(kind, error, trace)

    async def connection(self, client: Any) -> Any:
        """The connection of this block; None for another database, or where a transaction has one."""
        if self._client is None and not isinstance(client, TransactionalDBClient):
            self._client = client
            self._taken = client.acquire_connection()
            self._connection = await self._taken.__aenter__()
        return self._connection if self._client is client else None


_together: ContextVar[Together | None] = ContextVar("together", default=None)


@translate_exceptions
async def fetched(client: Any, text: str, values: Sequence[Any]) -> list[Any]:
    """The records of a statement, by one of the mapper's clients, with the mapper's own errors."""
    block = _together.get()
    if block is not None and block.task is asyncio.current_task():
        connection = await block.connection(client)
        if connection is not None:
            return await connection.fetch(text, *values)  # type: ignore[no-any-return]  # asyncpg's
    async with client.acquire_connection() as connection:
        return await connection.fetch(text, *values)  # type: ignore[no-any-return]  # asyncpg's
