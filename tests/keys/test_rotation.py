"""Keys change while the house is in use: nobody notices, nothing is lost, and no key goes that is needed."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from tortoise.fields import BinaryField

import models
from engines.images import ImageStore
from engines.keys import KeyRing, KeyRingBroken, key_of
from engines.live_keys import LOOK_SECONDS, LiveKeyRing
from models import Member
from models.sealed import HASHED, PICTURES, PLAIN_DIGESTS, SEALED
from ops.audit.verify import verify
from ops.databases import connected
from ops.embedded import EngineUrls
from ops.keys.ring_file import change_ring
from ops.keys.rotation import CODES_LIVE, KeyInUse, Vault, retire, retire_lookup, rotate, rotate_lookup, uses
from tests.audit.tampering import guarded, unguarded
from tests.house import House, open_house
from tests.services.stage import settled_fill, walkers
from tests.world import keys
from workers.auditing import seal_entries

MEMBERS = "query { member { name idNumberMasked } }"


@pytest.fixture(scope="module")
def ring_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the ring that the world was made with."""
    path: Path = tmp_path_factory.mktemp("keys") / "keys.json"
    keys().write(path)
    return path


@pytest.fixture(scope="module")
async def house(
    module_database: str, engines: EngineUrls, ring_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """A house whose keys are alive."""
    ring = LiveKeyRing(str(ring_path))
    async with open_house(
        module_database, engines.redis_url, tmp_path_factory.mktemp("house"), ring=ring
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
def vault(house: House, ring_path: Path) -> Vault:
    """What is to be brought under other keys."""
    return Vault(ring_path, house.database_url, house.images_url)


async def everybody(ring: KeyRing) -> list[tuple[str, str]]:
    """Every member's name and number, read with this ring, each found by its hash."""
    found = []
    for row in await Member.all():
        context = f"member:{row.id}".encode()
        number = ring.decrypt_text(bytes(row.id_number_sealed), context=context)
        assert row.id_number_hash in ring.lookup_hashes(number)
        found.append((ring.decrypt_text(bytes(row.name_sealed), context=context), number))
    return sorted(found)


async def load(house: House, stop: asyncio.Event) -> int:
    """A house in use: fills, settlements, pictures, and their readers; gives how many rounds."""
    rounds = 0
    way = walkers(house)
    while not stop.is_set():
        await settled_fill(way)
        await way.patient.execute(MEMBERS)
        key = await house.tools.images.put(b"picture %d" % rounds)
        assert await house.tools.images.get(key) == b"picture %d" % rounds
        await seal_entries(house.now())
        rounds += 1
    return rounds


async def test_keys_change_under_load_and_nothing_is_unreadable(
    house: House, vault: Vault, ring_path: Path
) -> None:
    before = await everybody(KeyRing.from_file(ring_path))
    pictures = [await house.tools.images.put(b"old %d" % number) for number in range(30)]
    old = KeyRing.from_file(ring_path).current
    stop = asyncio.Event()
    busy = asyncio.create_task(load(house, stop))

    changed = sum([many async for many in rotate(vault, "k2")])
    hashed = sum([many async for many in rotate_lookup(vault)])
    stop.set()
    assert await busy > 0

    ring = KeyRing.from_file(ring_path)
    assert (ring.current, changed >= 2 * len(before) + 30, hashed) == ("k2", True, len(before))
    assert {key for key, _ in await uses(vault)} == {"k2"}
    await retire(vault, old)
    await retire_lookup(vault, ring.lookup_since + CODES_LIVE if ring.lookup_since else None)
    alone = KeyRing.from_file(ring_path)
    assert (list(alone.keys), alone.old_lookups) == (["k2"], ())
    assert await everybody(alone) == before
    assert [await house.tools.images.get(key) for key in pictures] == [b"old %d" % n for n in range(30)]
    await settled_fill(walkers(house))
    await seal_entries(house.now())
    async with connected(house.database_url) as connection:
        assert [walk.broken async for walk in verify(connection)][-1] is None


async def test_a_key_in_use_is_not_retired_and_it_is_said_where(vault: Vault, house: House) -> None:
    await house.tools.images.put(b"one more")
    current = KeyRing.from_file(vault.keys).current
    change_ring(vault.keys, lambda ring: ring.rotated("k3"))

    with pytest.raises(KeyInUse, match=r"member\.name_sealed.*pictures|pictures.*member\.name_sealed"):
        await retire(vault, current)
    with pytest.raises(KeyRingBroken, match="encrypts now"):
        await retire(vault, "k3")
    with pytest.raises(KeyRingBroken, match="not on the key ring"):
        await retire(vault, "k9")

    assert current in KeyRing.from_file(vault.keys).keys


async def test_a_rotation_that_was_interrupted_goes_on_where_it_stopped(vault: Vault) -> None:
    batches = rotate(vault, "k4")
    first = await anext(batches)
    await batches.aclose()  # type: ignore[attr-defined]  # it is a generator
    left = sum(many for (key, _), many in (await uses(vault)).items() if key != "k4")

    assert first > 0
    assert sum([many async for many in rotate(vault, "k4")]) == left
    assert {key for key, _ in await uses(vault)} == {"k4"}


async def test_the_old_lookup_key_stays_while_codes_may_be_about(vault: Vault) -> None:
    with pytest.raises(KeyRingBroken, match="nothing to retire"):
        await retire_lookup(vault)
    change_ring(vault.keys, lambda ring: ring.with_new_lookup(datetime.now(UTC)))

    with pytest.raises(KeyInUse, match="wait until"):
        await retire_lookup(vault)
    with pytest.raises(KeyInUse, match=r"hashes of member\.id_number_hash are old"):
        await retire_lookup(vault, datetime.now(UTC) + CODES_LIVE)


async def test_people_and_codes_are_found_by_either_hash(house: House, vault: Vault) -> None:
    """The lookup key was changed just now and nothing is hashed anew yet."""
    await asyncio.sleep(LOOK_SECONDS)  # the house looks at its keys' file
    way = walkers(house)

    prescription = await way.upload()

    assert prescription["id"]
    assert house.tools.keys.lookup_hash("x") == KeyRing.from_file(vault.keys).lookup_hash("x")


async def test_what_another_process_wrote_with_a_newer_key_is_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    KeyRing.generate().write(path)
    reader = LiveKeyRing(str(path), clock=lambda: 0.0)
    writer = change_ring(path, lambda ring: ring.rotated("k2"))
    sealed = writer.encrypt_text("示例", context=b"x")

    assert reader.decrypt_text(sealed, context=b"x") == "示例"
    assert key_of(reader.encrypt(b"x", context=b"x")) == "k2"


def test_a_process_writes_with_the_new_key_soon_after(tmp_path: Path) -> None:
    now = [0.0]
    path = tmp_path / "keys.json"
    KeyRing.generate().write(path)
    live = LiveKeyRing(str(path), clock=lambda: now[0])
    change_ring(path, lambda ring: ring.rotated("k2"))

    assert key_of(live.encrypt(b"x", context=b"x")) == "k1"
    now[0] += LOOK_SECONDS
    assert key_of(live.encrypt(b"x", context=b"x")) == "k2"


@pytest.mark.parametrize("damage", ["", "{}", None])
def test_a_process_keeps_its_keys_while_their_file_is_broken(tmp_path: Path, damage: str | None) -> None:
    now = [0.0]
    path = tmp_path / "keys.json"
    KeyRing.generate().write(path)
    live = LiveKeyRing(str(path), clock=lambda: now[0])
    sealed = live.encrypt(b"x", context=b"x")

    path.unlink() if damage is None else path.write_text(damage)
    now[0] += LOOK_SECONDS

    assert live.decrypt(sealed, context=b"x") == b"x"


def test_every_encrypted_and_every_hashed_column_is_known_to_rotation() -> None:
    found = set()
    for table in (getattr(models, name) for name in models.__all__):
        for name, field in table._meta.fields_map.items():
            is_sealed = isinstance(field, BinaryField) or name.endswith("_sealed")
            if is_sealed or name.endswith(("_hash", "image_key")):
                found.add(f"{table._meta.db_table}.{name}")

    known = {f"{one.table}.{one.column}" for one in (*SEALED, *HASHED, *PICTURES)}
    assert found - known - PLAIN_DIGESTS == set(), "declare the column in models/sealed.py: rotation needs it"
    assert known | PLAIN_DIGESTS <= found


async def test_a_picture_that_is_purged_meanwhile_does_not_come_back(house: House, vault: Vault) -> None:
    store = ImageStore(house.images_url, KeyRing.from_file(vault.keys))
    key = await store.put(b"gone")
    await store.delete(key)

    assert not await store.encrypt_anew(key, KeyRing.from_file(vault.keys).rotated("k9"))
    assert await store.encryption_key(key) is None
    assert UUID(key[3:])


async def yaolu(house: House, vault: Vault, *arguments: str) -> tuple[int, str]:
    """Run the command on the house's engines; gives how it ended and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ops.cli",
        *arguments,
        env={
            **os.environ,
            "DATABASE_URL": house.database_url,
            "REDIS_URL": house.redis_url,
            "YAOLU_HOME": str(vault.keys.parent),
            "YAOLU_KEYS": str(vault.keys),
            "IMAGE_STORE_URL": house.images_url,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_the_commands_say_what_is_there_and_what_is_wrong(
    house: House, vault: Vault, tmp_path: Path
) -> None:
    current = KeyRing.from_file(vault.keys).current
    await seal_entries(house.now())
    heads = tmp_path / "heads"

    listed = await yaolu(house, vault, "keys", "list")
    refused = await yaolu(house, vault, "keys", "retire", current)
    verified = await yaolu(house, vault, "audit", "verify")
    heads.write_text(verified[1].splitlines()[-1])
    async with connected(house.database_url) as connection, connection.transaction():
        await unguarded(connection)
        await connection.execute(
            "UPDATE audit_entry SET outcome = 'x' WHERE id = "
            "(SELECT entry_id FROM audit_link WHERE sequence = 3)"
        )
        await guarded(connection)
    changed = await yaolu(house, vault, "audit", "verify", "--head", str(heads))

    assert listed[0] == 0
    assert "current" in listed[1]
    assert "member.name_sealed" in listed[1]
    assert refused == (1, f"Key {current!r} encrypts now: rotate to another one first.\n")
    assert verified[0] == 0
    assert "are as they were sealed" in verified[1]
    assert changed[0] == 1
    assert "CHANGED: Entry" in changed[1]
    assert "link 3" in changed[1]
