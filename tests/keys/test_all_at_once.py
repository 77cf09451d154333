"""Keys change, pictures go, the audit is sealed and verified, while people settle, upload and read."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from engines.images import ImageMissing
from engines.keys import KeyRing
from engines.live_keys import LiveKeyRing
from models import AuditEntry, IdentityCheck, IdentityImage, Member
from ops import road_documents as documents
from ops.audit.verify import verify
from ops.databases import connected
from ops.embedded import EngineUrls
from ops.keys.rotation import Vault, retire, rotate, uses
from ops.road import Road
from policy.calendar import shanghai_day
from services.retention import purge_due
from tests.house import House, open_house
from tests.services.stage import png, ready_fill, settled_fill, walkers
from tests.world import keys
from workers.auditing import seal_entries

READ = """query { member { name idNumberMasked }
  prescriptions(first: 5) { edges { node { id state fills { id state } } } }
  whoSawMyData(first: 5) { edges { node { at } } } }"""


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the ring that the world was made with."""
    path: Path = tmp_path_factory.mktemp("keys") / "keys.json"
    keys().write(path)
    return path


@pytest.fixture(scope="module")
async def house(
    module_database: str, engines: EngineUrls, ring: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """A house whose keys are alive."""
    folder, live = tmp_path_factory.mktemp("house"), LiveKeyRing(str(ring))
    async with open_house(module_database, engines.redis_url, folder, ring=live) as opened:
        yield opened


class Crowd:
    """Everybody who is busy at once (并发负载), until told to stop; a bad answer ends the test."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.rounds: dict[str, int] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, turn: Callable[[int], Awaitable[object]]) -> None:
        """Let somebody do something again and again."""

        async def go_on() -> None:
            while not self.stop.is_set():
                await turn(self.rounds.get(name, 0))
                self.rounds[name] = self.rounds.get(name, 0) + 1

        self._tasks.append(asyncio.create_task(go_on()))

    async def end(self) -> None:
        """Stop everybody; raises what failed."""
        self.stop.set()
        await asyncio.gather(*self._tasks)


async def keep_a_picture_too_long(house: House, check: IdentityCheck, number: int) -> IdentityImage:
    """A picture whose last day was yesterday."""
    key = await house.tools.images.put(b"due %d" % number)
    yesterday = shanghai_day(house.now()) - timedelta(days=1)
    return await IdentityImage.create(
        check_row=check, kind="LIVE", image_key=key, sha256="", kept_until=yesterday
    )


async def crowd_of(house: House, way: Road) -> Crowd:
    """A pharmacy that settles, one that uploads, patients who read, and the worker's rounds."""
    waiting = await ready_fill(way)
    check = await IdentityCheck.get(fill_id=(await settled_fill(way))["id"])

    async def upload(number: int) -> None:
        files = {"live": png(300, 300 + number), "card": png(320, 300 + number)}
        await way.pharmacy.upload(documents.CHECK_FACE, files, fillId=waiting["id"])

    async def purge(number: int) -> None:
        await keep_a_picture_too_long(house, check, number)
        await purge_due(house.call())

    async def walk(_: int) -> None:
        async with connected(house.database_url) as connection:
            assert [one.broken async for one in verify(connection)][-1] is None

    crowd = Crowd()
    crowd.start("settle", lambda _: settled_fill(way))
    crowd.start("upload", upload)
    for reader in ("read", "read too"):
        crowd.start(reader, lambda _: way.patient.execute(READ))
    crowd.start("purge", purge)
    crowd.start("seal", lambda _: seal_entries(house.now()))
    crowd.start("verify", walk)
    return crowd


async def test_nothing_is_lost_while_keys_change_pictures_go_and_the_audit_is_walked(
    house: House, ring: Path
) -> None:
    vault = Vault(ring, house.database_url, house.images_url)
    first = KeyRing.from_file(ring).current
    way = walkers(house)
    crowd = await crowd_of(house, way)

    for old, new in ((first, "k2"), ("k2", "k3")):
        async for _ in rotate(vault, new):
            pass
        await retire(vault, old)
    await crowd.end()
    await purge_due(house.call())
    await seal_entries(house.now())

    assert len(crowd.rounds) == 7, "everybody had a turn, and none of them failed"
    alone = KeyRing.from_file(ring)
    assert (list(alone.keys), {key for key, _ in await uses(vault)}) == (["k3"], {"k3"})
    for person in await Member.all():
        number = alone.decrypt_text(bytes(person.id_number_sealed), context=f"member:{person.id}".encode())
        assert person.id_number_hash in alone.lookup_hashes(number)
    store = vault.store(alone)
    for image in await IdentityImage.all():
        if image.purged_at is None:
            assert await store.get(image.image_key)
        else:
            with pytest.raises(ImageMissing):
                await store.get(image.image_key)
    today = shanghai_day(house.now())
    due = await IdentityImage.filter(kept_until__lt=today)
    purges = AuditEntry.filter(verb="purgeIdentityImage", outcome="DONE")
    assert all(image.purged_at for image in due)
    assert {one.subject for one in await purges} == {str(image.id) for image in due}
    async with connected(house.database_url) as connection:
        assert [one.broken async for one in verify(connection)][-1] is None
    assert await way.patient.execute(READ)
