"""What is wanted in the same turn is read together, and each key once."""

import asyncio

import pytest

from schema.batching import Batched


class Shelf:
    """Something to read from; remembers what it was asked for (书架)."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.is_asked = asyncio.Event()
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.batched: Batched[int, str] = Batched(self.read)

    async def read(self, keys: list[int]) -> list[str]:
        self.asked.append(list(keys))
        self.is_asked.set()
        await self.is_open.wait()
        if 13 in keys:
            raise ValueError("13")
        return [f"book {key}" for key in keys]


async def test_all_who_ask_in_one_turn_are_answered_by_one_reading() -> None:
    shelf = Shelf()

    found = await asyncio.gather(*map(shelf.batched.load_many, ([1], [2, 1], [3])))

    assert found == [["book 1"], ["book 2", "book 1"], ["book 3"]]
    assert shelf.asked == [[1, 2, 3]]


async def test_what_was_read_is_not_read_again_also_while_it_is_on_its_way() -> None:
    shelf = Shelf()
    shelf.is_open.clear()
    first = asyncio.create_task(shelf.batched.load_many([1, 2]))
    await shelf.is_asked.wait()
    second = asyncio.create_task(shelf.batched.load_many([2, 3]))
    shelf.is_open.set()

    assert await first == ["book 1", "book 2"]
    assert await second == ["book 2", "book 3"]
    assert await shelf.batched.load(1) == "book 1"
    assert shelf.asked == [[1, 2], [3]]


async def test_who_gives_up_leaves_the_answer_to_the_others() -> None:
    shelf = Shelf()
    shelf.is_open.clear()
    hasty, patient = (asyncio.create_task(shelf.batched.load(1)) for _ in range(2))
    await shelf.is_asked.wait()

    hasty.cancel()
    await asyncio.wait([hasty])
    shelf.is_open.set()

    assert hasty.cancelled()
    assert await patient == "book 1"
    assert shelf.asked == [[1]]


async def test_an_error_reaches_everybody_who_asked() -> None:
    shelf = Shelf()

    found = await asyncio.gather(shelf.batched.load(13), shelf.batched.load(1), return_exceptions=True)

    assert [str(one) for one in found] == ["13", "13"]
    with pytest.raises(ValueError, match="13"):
        await shelf.batched.load(13)
    assert await shelf.batched.load(2) == "book 2"
