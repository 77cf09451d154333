"""Values that fit their types, and values that do not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import strawberry

from tests.api.plans.odd_types import Box, Cat, Colour, Dog, Ghost, Leaf, Row, Size, Tag


class Odd:
    """An object that is no strawberry type; its attributes are made when they are read."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)

    @property
    def text(self) -> Any:
        async def read() -> str:
            return "awaited"

        return read()

    @property
    def must(self) -> str:
        raise RuntimeError("property fails")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("is_ghost",):
            raise AttributeError(name)
        return None


@dataclass
class Failure(Exception):
    """An exception with the very attributes that are asked for."""

    name: str = "failure"
    text: str = "failure"
    must: str = "failure"

    __hash__ = Exception.__hash__


@dataclass
class Awaited:
    """Something to await that does not mind when nobody does."""

    value: Any

    def __await__(self) -> Generator[Any, None, Any]:
        yield from asyncio.sleep(0).__await__()
        return self.value


def awaited(value: Any) -> Any:
    return Awaited(value)


def once(*values: Any) -> Iterator[Any]:
    yield from values


async def aonce(*values: Any) -> AsyncIterator[Any]:
    for value in values:
        yield value


def leaf(**more: Any) -> Any:
    said: dict[str, Any] = {
        "text": "t",
        "must": "m",
        "number": 7,
        "ratio": 1.5,
        "flag": True,
        "key": "k",
        "tag": Tag("x"),
        "day": date(2026, 3, 16),
        "colour": Colour.BLUE,
        "sizes": [Size.SMALL, Size.LARGE],
        "words": ["a", None],
        "strict": ["a", "b"],
        "grid": [[1, None], []],
    }
    return Leaf(**(said | more))


LEAVES: Sequence[Callable[[], Any]] = (
    lambda: leaf(),
    lambda: None,
    lambda: leaf(text=None, number=None, ratio=None, flag=None, key=None, tag=None, day=None, colour=None),
    lambda: leaf(sizes=None, words=None, strict=None, grid=None),
    lambda: leaf(must=None),
    lambda: leaf(
        text=5, number="12", ratio=3, flag=0, key=9, tag=Tag("bad"), colour="r", sizes=(Size.SMALL,)
    ),
    lambda: leaf(text={"a": 1}, number=2**40, ratio=float("nan"), flag="yes", key=1.5, tag=Tag("none")),
    lambda: leaf(number=True, ratio=True, flag=2.0, colour="purple", sizes=[Size.SMALL, "huge"], day="2026"),
    lambda: leaf(words="ab", strict=["a", None, "c"], grid=[[1], None]),
    lambda: leaf(words=once("x", 5, None), strict=once("p", None), grid=[[2**40], [1.5], 3]),
    lambda: leaf(words=aonce("y", None), strict=aonce("q", None), text=ValueError("stored")),
    lambda: leaf(words=[awaited("z"), awaited(None), "w"], strict=[awaited("r"), None, awaited("s")]),
    lambda: Odd(number=4, words=["o"], tag="bad"),
    lambda: ValueError("an item that is an exception"),
    lambda: Failure(),
    lambda: {"text": "a dict"},
    lambda: "text",
    lambda: 7,
)
"""Every deviation there is, one by one; made anew each time, for some can be read only once."""


def cat(**more: Any) -> Any:
    return Cat(**{"name": "Tom", "lives": 9, "leaf": leaf(), **more})


FRIEND = Dog(name="Bo", barks=None, friends=None)

PETS: Sequence[Callable[[], Any]] = (
    lambda: cat(),
    lambda: Dog(name="Rex", barks=True, friends=[FRIEND, Dog(name="Al", barks=False, friends=[FRIEND])]),
    lambda: cat(lives="many"),
    lambda: cat(leaf=leaf(must=None)),
    lambda: Dog(name=None, barks=None, friends=[None]),  # type: ignore[arg-type, list-item]
    lambda: Odd(name="nobody"),
    lambda: strawberry.cast(Dog, Odd(name="cast", barks=True, friends=None)),
    lambda: strawberry.cast(Dog, cat(name="a cat cast as dog")),
    lambda: Odd(name="boo", is_ghost=True),
    lambda: Ghost(name="Casper"),
    lambda: Failure(),
    lambda: None,
)
COUNT = len(LEAVES)


def odd_leaf(number: int) -> Any:
    return LEAVES[number % COUNT]()


def odd_pet(number: int) -> Any:
    return PETS[number % len(PETS)]()


def row_at(number: int) -> Any:
    """A row for every leaf and every pet."""
    return Row(
        number=number,
        leaf=odd_leaf(number),
        leaves=[leaf(), odd_leaf(number), None],
        strict_leaves=[leaf(), odd_leaf(number)] if number % 3 else None,
        pet=odd_pet(number),
        pets=None if number == 4 else [cat(), odd_pet(number)],
        named=odd_pet(number + 1),
        all_named=[odd_pet(number), cat(), None],
        box=Box(item=leaf(), items=[odd_leaf(number)]),
        count=Box(item=number, items=[1, None] if number == 5 else [number]),  # type: ignore[list-item]
        held="held",
        loud="loud",
    )
