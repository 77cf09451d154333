"""The sample world as the template of every test's database."""

from functools import cache

from engines.keys import KeyRing
from ops.world.seeding import seed_world

PHARMACIES = 24


@cache
def keys() -> KeyRing:
    """The key ring of the session: what the template seals, every test opens."""
    return KeyRing.generate()


async def prepare(database_url: str) -> None:
    """Migrate and seed the template."""
    await seed_world(database_url, keys(), PHARMACIES, bar=False)
