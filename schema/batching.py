"""Reading together (合并读取): what is wanted in the same turn of the event loop is asked for at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Batched(Generic[K, V]):
    """Reads each key once (按批读取), whoever asks for it and however often, for the length of an operation.

    There is one future for a whole batch. strawberry's DataLoader, which this replaces, has one for each key,
    and a task for each key of a list: more work than reading the rows.
    """

    def __init__(self, read: Callable[[list[K]], Awaitable[Sequence[V]]]) -> None:
        self._read = read
        self._batches: dict[K, asyncio.Task[dict[K, V]]] = {}
        self._joining: list[K] | None = None

    async def load(self, key: K) -> V:
        """What belongs to a key."""
        return (await self._batch_of(key))[key]

    async def load_many(self, keys: Sequence[K]) -> list[V]:
        """What belongs to each key, in their order."""
        for key in keys:
            self._want(key)
        return [(await self._batch_of(key))[key] for key in keys]

    async def _batch_of(self, key: K) -> dict[K, V]:
        batch = self._want(key)
        # who is cancelled must not take the batch away from the others
        return batch.result() if batch.done() else await asyncio.shield(batch)

    def _want(self, key: K) -> asyncio.Task[dict[K, V]]:
        batch = self._batches.get(key)
        if batch is None:
            if self._joining is None:
                self._joining = []
                self._open = asyncio.create_task(self._go(self._joining), name="batch")
            self._joining.append(key)
            batch = self._batches[key] = self._open
        return batch

    async def _go(self, keys: list[K]) -> dict[K, V]:
        # those whose turn comes after this task's may still join
        await asyncio.sleep(0)
        self._joining = None
        return dict(zip(keys, await self._read(keys), strict=True))
