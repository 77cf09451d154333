"""What a task reads together goes over one connection, which nobody else uses and which is given back."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from tortoise import connections
from tortoise.transactions import in_transaction

from models.fetching import Together, fetched
from models.pool import pool_figures
from tests.house import House

WHO = "SELECT pg_backend_pid() AS number"


async def asked() -> int:
    """Which connection answers."""
    (record,) = await fetched(connections.get("default"), WHO, [])
    return int(record["number"])


def busy() -> float:
    """How many connections are out of the pool."""
    return pool_figures().get(("default", "busy"), 0)


async def side_by_side(ask: Callable[[], Awaitable[int]]) -> tuple[int, int]:
    """The connections of two tasks."""
    one, other = await asyncio.gather(ask(), ask())
    return one, other


async def test_one_connection_answers_all_that_a_task_asks_within_the_block(house: House) -> None:
    before = busy()

    async with Together():
        numbers = {await asked() for _ in range(3)}
        taken = busy() - before

    assert (len(numbers), taken, busy() - before) == (1, 1, 0)


async def test_nothing_is_taken_until_something_is_asked(house: House) -> None:
    before = busy()

    async with Together():
        taken = busy() - before

    assert taken == 0


async def test_tasks_within_the_block_have_connections_of_their_own(house: House) -> None:
    async with Together():
        mine = await asked()
        one, other = await side_by_side(asked)

    assert len({mine, one, other}) == 3


async def test_blocks_side_by_side_share_nothing(house: House) -> None:
    async def block() -> int:
        async with Together():
            first = await asked()
            await asyncio.sleep(0)
            assert await asked() == first
            return first

    one, other = await side_by_side(block)

    assert one != other


async def test_the_connection_is_given_back_whatever_happens(house: House) -> None:
    before = busy()

    with suppress(LookupError):
        async with Together():
            await asked()
            raise LookupError

    assert busy() == before
    assert await asked()


async def test_within_a_transaction_its_own_connection_answers(house: House) -> None:
    async with in_transaction(), Together():
        one = await asked()
        other = (await connections.get("default").execute_query_dict(WHO))[0]["number"]

    assert one == other


async def test_a_transaction_within_the_block_has_a_connection_of_its_own(house: House) -> None:
    async with Together():
        outside = await asked()
        async with in_transaction():
            within = await asked()
        after = await asked()

    assert within != outside
    assert after == outside
