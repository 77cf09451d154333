"""Changing a key under a running house (密钥轮换): new writes at once, old values batch by batch."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engines.images import ImageStore
from engines.keys import KeyRing, KeyRingBroken
from engines.live_keys import LOOK_SECONDS
from models.sealed import HASHED, SEALED
from ops.databases import connected
from ops.keys.columns import (
    encrypt_column_anew,
    hash_column_anew,
    keys_of_columns,
    stale_hashes,
    waiting_hashes,
)
from ops.keys.pictures import encrypt_pictures_anew, keys_of_pictures
from ops.keys.ring_file import change_ring

FOLLOW_SECONDS = 2 * LOOK_SECONDS
"""So long after a change every process of this machine has the new ring."""

CODES_LIVE = timedelta(minutes=35)
"""Longer than any code that is found by its hash alone."""


class KeyInUse(Exception):
    """Something still needs the key (密钥仍在使用); the sentence says how much, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Where encrypted things are kept (保管处): the ring's file, the database, the pictures."""

    keys: Path
    database_url: str
    images_url: str

    def store(self, ring: KeyRing) -> ImageStore:
        """The pictures, read and written with a ring."""
        return ImageStore(self.images_url, ring)


async def uses(vault: Vault) -> Counter[tuple[str, str]]:
    """How many values each key encrypted, by key and place (密钥用量)."""
    async with connected(vault.database_url) as connection:
        columns = await keys_of_columns(connection)
    return columns + await keys_of_pictures(vault.store(KeyRing.from_file(vault.keys)))


async def rotate(vault: Vault, key_id: str) -> AsyncIterator[int]:
    """Encrypt with this key from now on, and everything there is with it too (换钥); yields counts.

    The key is made if it is not on the ring. Interrupted, it goes on where it stopped when called again.
    """
    ring = change_ring(vault.keys, lambda now: now.rotated(key_id))
    await asyncio.sleep(FOLLOW_SECONDS)
    # a process that had not looked at the file yet may have written with the old key: until nothing is left
    while True:
        done = 0
        async for many in one_round(vault, ring):
            done += many
            yield many
        if done == 0:
            return


async def one_round(vault: Vault, ring: KeyRing) -> AsyncIterator[int]:
    """Bring whatever is found under the ring's present key."""
    async with connected(vault.database_url) as connection:
        for column in SEALED:
            async for many in encrypt_column_anew(connection, column, ring):
                yield many
        async for many in encrypt_pictures_anew(connection, vault.store(ring), ring):
            yield many


async def retire(vault: Vault, key_id: str) -> None:
    """Take a key off the ring (停用密钥) that nothing is encrypted with; else raise `KeyInUse`."""
    KeyRing.from_file(vault.keys).without(key_id)
    places = [f"{many} in {place}" for (key, place), many in (await uses(vault)).items() if key == key_id]
    if places:
        raise KeyInUse(f"Key {key_id!r} still encrypts {', '.join(places)}: run `yaolu keys rotate` first.")
    change_ring(vault.keys, lambda now: now.without(key_id))


async def rotate_lookup(vault: Vault) -> AsyncIterator[int]:
    """Find people by hashes of a fresh key (散列密钥轮换); yields how many hashes each batch made again.

    Until `retire_lookup` both keys' hashes are looked for. Called again it goes on, without another new key.
    """
    now = datetime.now(UTC)
    ring = change_ring(vault.keys, lambda old: old if old.old_lookups else old.with_new_lookup(now))
    await asyncio.sleep(FOLLOW_SECONDS)
    async with connected(vault.database_url) as connection:
        while True:
            done = 0
            for column in HASHED:
                if column.of is not None:
                    async for many in hash_column_anew(connection, column, ring):
                        done += many
                        yield many
            if done == 0:
                return


async def retire_lookup(vault: Vault, now: datetime | None = None) -> None:
    """Take the old lookup keys off the ring (停用旧散列密钥); raise `KeyInUse` while anything needs them."""
    ring = KeyRing.from_file(vault.keys)
    if not ring.old_lookups or ring.lookup_since is None:
        raise KeyRingBroken("The ring has no old lookup key: there is nothing to retire.")
    ready, now = ring.lookup_since + CODES_LIVE, now or datetime.now(UTC)
    if now < ready:
        raise KeyInUse(f"Codes that people show may still be hashed with it: wait until {ready:%H:%M} UTC.")
    async with connected(vault.database_url) as connection:
        if left := await waiting_hashes(connection, now):
            raise KeyInUse(f"{told(left)} wait for their owners to sign in: the old lookup key must stay.")
        for column in HASHED:
            if column.of is None:
                continue
            stale = 0
            async for found in stale_hashes(connection, column, ring):
                stale += len(found)
            if stale:
                place = f"{column.table}.{column.column}"
                raise KeyInUse(f"{stale} hashes of {place} are old: run `yaolu keys rotate-lookup` first.")
    change_ring(vault.keys, lambda found: found.without_old_lookups())


async def waiting(vault: Vault, now: datetime | None = None) -> str:
    """Which hashes hold the old lookup key on the ring (待补全的散列), in words; empty when none does."""
    async with connected(vault.database_url) as connection:
        return told(await waiting_hashes(connection, now or datetime.now(UTC)))


def told(counts: Mapping[str, int]) -> str:
    """Counts of hashes by column, in words."""
    return ", ".join(f"{many} hashes of {column}" for column, many in counts.items())
