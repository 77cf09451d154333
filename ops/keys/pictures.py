"""Encrypted pictures under a new key (影像换钥)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from engines.images import ImageStore
from engines.keys import KeyRing
from models.sealed import PICTURES

AT_ONCE = 8
PLACE = "pictures"


async def keys_of_pictures(store: ImageStore) -> Counter[tuple[str, str]]:
    """How many pictures each key encrypted (密钥用量)."""
    found: Counter[tuple[str, str]] = Counter()
    async for names in store.names():
        for key in await encryption_keys(store, names):
            if key is not None:
                found[key, PLACE] += 1
    return found


async def encrypt_pictures_anew(connection: Any, store: ImageStore, ring: KeyRing) -> AsyncIterator[int]:
    """Bring the pictures under the present key (换钥); gives how many each portion changed."""
    async for names in store.names():
        keys = await encryption_keys(store, names)
        old = [name for name, key in zip(names, keys, strict=True) if key not in (None, ring.current)]
        if old:
            yield await encrypt_some_anew(connection, store, ring, old)


async def encrypt_some_anew(connection: Any, store: ImageStore, ring: KeyRing, names: list[str]) -> int:
    """Bring these pictures under the present key.

    The rows that name them are locked meanwhile: a purge that comes between reading and writing would
    otherwise see its picture come back.
    """
    async with connection.transaction():
        for one in PICTURES:
            lock = f"SELECT id FROM {one.table} WHERE {one.column} = ANY($1) ORDER BY id FOR UPDATE"
            await connection.fetch(lock, names)
        turn = asyncio.Semaphore(AT_ONCE)

        async def renew(name: str) -> bool:
            async with turn:
                return await store.encrypt_anew(name, ring)

        return sum(await asyncio.gather(*(renew(name) for name in names)))


async def encryption_keys(store: ImageStore, names: list[str]) -> list[str | None]:
    """The keys that encrypted these pictures."""
    return list(await asyncio.gather(*(store.encryption_key(name) for name in names)))
