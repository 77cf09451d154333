"""The sample world in a real database: complete, consistent, and written once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from engines.keys import KeyRing
from models.account import AccountKind
from ops.embedded import EngineUrls, create_database, drop_database
from ops.migrating import migrate_database
from ops.world import cast
from ops.world.ids import member_id
from ops.world.seed import AnotherWorld, seed
from ops.world.world import World


@pytest.fixture(scope="module")
async def empty_database(engines: EngineUrls) -> AsyncIterator[str]:
    """A migrated database without rows."""
    url = await create_database(engines.database_url, "yaolu_test_world")
    try:
        await migrate_database(url)
        yield url
    finally:
        await drop_database(engines.database_url, "yaolu_test_world")


@pytest.fixture(scope="module")
def keys() -> KeyRing:
    return KeyRing.generate()


@pytest.fixture(scope="module")
async def connection(empty_database: str, keys: KeyRing) -> AsyncIterator[Any]:
    """A connection to the database after the world was written into it."""
    reports = await asyncio.gather(seed(empty_database, keys), seed(empty_database, keys))
    assert sorted(report.is_new for report in reports) == [False, True], "two at once make one world"
    found = await asyncpg.connect(plain(empty_database))
    yield found
    await found.close()


class LostKeys(KeyRing):
    """A key ring that fails in the middle of the work."""

    def lookup_hash(self, text: str) -> str:
        raise RuntimeError("the key ring is gone")


async def test_a_seed_that_breaks_leaves_nothing_behind(empty_database: str, keys: KeyRing) -> None:
    broken = LostKeys(keys.current, keys.keys, keys.lookup)

    with pytest.raises(RuntimeError, match="key ring is gone"):
        await seed(empty_database, broken)

    found = await asyncpg.connect(plain(empty_database))
    try:
        assert await found.fetchval("SELECT count(*) FROM drug") == 0
    finally:
        await found.close()


def plain(url: str) -> str:
    """The URL as asyncpg itself reads it."""
    return url.replace("asyncpg://", "postgresql://", 1)


async def test_the_database_holds_every_row_of_the_world(connection: Any) -> None:
    for table, made in World().tables().items():
        assert await connection.fetchval(f"SELECT count(*) FROM {table}") == sum(1 for _ in made()), table


async def test_names_and_numbers_are_sealed_and_can_be_found(connection: Any, keys: KeyRing) -> None:
    patient = World().member(cast.FUJIAN_PATIENT)
    row = await connection.fetchrow(
        "SELECT * FROM member WHERE id_number_hash = $1", keys.lookup_hash(patient.id_number)
    )

    context = f"member:{row['id']}".encode()
    assert row["id"] == member_id(cast.FUJIAN_PATIENT)
    assert keys.decrypt_text(row["name_sealed"], context=context) == patient.name
    assert keys.decrypt_text(row["id_number_sealed"], context=context) == patient.id_number


async def test_every_quantity_is_the_sum_of_its_movements(connection: Any) -> None:
    wrong = await connection.fetchval(
        "SELECT count(*) FROM stock_item i WHERE on_hand <> "
        "(SELECT coalesce(sum(quantity), 0) FROM stock_movement m WHERE m.item_id = i.id)"
    )

    assert wrong == 0


async def test_every_balance_is_the_sum_of_its_postings(connection: Any) -> None:
    wrong = await connection.fetchval(
        "SELECT count(*) FROM account a WHERE kind = $1 AND balance <> "
        "(SELECT coalesce(sum(credit - debit), 0) FROM posting p WHERE p.account_id = a.id)",
        AccountKind.MEMBER_ACCOUNT.value,
    )

    assert wrong == 0
    kinds = {row["kind"] for row in await connection.fetch("SELECT DISTINCT kind FROM account")}
    assert kinds == {AccountKind.MEMBER_ACCOUNT, AccountKind.CONTRIBUTIONS}


async def test_lists_are_stored_as_json(connection: Any) -> None:
    scope = await connection.fetchval("SELECT scope->>0 FROM doctor WHERE code = $1", cast.SHANXI_DOCTOR)

    assert scope == "*"


async def test_a_second_seed_writes_nothing_and_says_so(
    connection: Any, empty_database: str, keys: KeyRing
) -> None:
    before = await connection.fetchval("SELECT count(*) FROM stock_movement")

    report = await seed(empty_database, keys)

    assert not report.is_new
    assert "already there" in report.message
    assert await connection.fetchval("SELECT count(*) FROM stock_movement") == before


@pytest.mark.usefixtures("connection")
async def test_another_world_or_key_ring_is_refused_with_what_to_do(
    empty_database: str, keys: KeyRing
) -> None:
    with pytest.raises(AnotherWorld, match=r"lacks 10 pharmacies .* Seed an empty database"):
        await seed(empty_database, keys, pharmacies=130)
    with pytest.raises(AnotherWorld, match="another key ring"):
        await seed(empty_database, KeyRing.generate())
