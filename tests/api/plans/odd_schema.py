"""A schema whose values are everything that a plan may meet: what fits its type, and what does not."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Any, Generic, NewType, TypeVar

import strawberry
from strawberry.extensions import FieldExtension, ParserCache, ValidationCache
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig

from api.plans import PlanCache, PlannedExecutor

Tag = NewType("Tag", str)
T = TypeVar("T")


def show_tag(value: object) -> str | None:
    if value == "bad":
        raise ValueError("no such tag")
    return None if value == "none" else f"#{value}"


@strawberry.enum
class Colour(Enum):
    RED = "r"
    BLUE = 2


@strawberry.enum
class Size(Enum):
    SMALL = "s"
    LARGE = "l"


class Never(BasePermission):
    message = "not you"

    def has_permission(self, source: Any, info: Any, **_: Any) -> bool:
        return bool(source.number != 3)


class Shouting(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: Any, **arguments: Any) -> Any:
        return str(next_(source, info, **arguments)).upper()


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Box(Generic[T]):
    item: T
    items: list[T] | None


@strawberry.type
class Leaf:
    text: str | None
    must: str
    number: int | None
    ratio: float | None
    flag: bool | None
    key: strawberry.ID | None
    tag: Tag | None
    day: date | None
    colour: Colour | None
    sizes: list[Size] | None
    words: list[str | None] | None
    strict: list[str] | None
    grid: list[list[int | None]] | None


@strawberry.type
class Cat(Named):
    name: str
    lives: int
    leaf: Leaf | None

    @strawberry.field
    def purrs(self, loud: bool = False, times: int = 1) -> str:
        if times > 50:
            raise ValueError("hoarse")
        return ("PURR" if loud else "purr") * max(times, 0)


@strawberry.type
class Dog(Named):
    name: str
    barks: bool | None
    friends: list[Annotated["Dog", strawberry.lazy("tests.api.plans.odd_schema")]] | None


@strawberry.type
class Ghost(Named):
    name: str

    @classmethod
    def is_type_of(cls, value: Any, _: Any) -> bool:
        return getattr(value, "is_ghost", False) or isinstance(value, Ghost)


Pet = Annotated[Cat | Dog, strawberry.union("Pet")]


@strawberry.type
class Row:
    number: int
    leaf: Leaf | None
    leaves: list[Leaf | None]
    strict_leaves: list[Leaf] | None
    pet: Pet | None
    pets: list[Pet] | None
    named: Named | None
    all_named: list[Named | None] | None
    box: Box[Leaf] | None
    count: Box[int] | None
    held: str | None = strawberry.field(permission_classes=[Never])
    loud: str | None = strawberry.field(extensions=[Shouting()])

    @strawberry.field
    def sync(self) -> Leaf | None:
        return self.leaf

    @strawberry.field
    async def later(self) -> Leaf | None:
        await asyncio.sleep(0)
        if self.number == 2:
            raise RuntimeError("late failure")
        return self.leaf

    @strawberry.field
    async def sure(self) -> Leaf:
        return self.leaf  # type: ignore[return-value]  # None among them

    @strawberry.field
    def fails(self) -> str | None:
        raise RuntimeError(f"row {self.number}")

    @strawberry.field
    def echo(self, text: str, size: Size = Size.SMALL, numbers: list[int] | None = None) -> str:
        return f"{text} {size.value} {numbers}"


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


@strawberry.type
class Query:
    @strawberry.field
    def rows(self, first: int = 3, skip: int = 0) -> list[Row | None]:
        skip = abs(skip) % COUNT
        return [row_at(number) for number in range(COUNT)[skip : skip + abs(first) % COUNT]]

    @strawberry.field
    async def rows_later(self, at: int = COUNT - 3) -> list[Row]:
        return await awaited([row_at(number) for number in range(abs(at) % COUNT, COUNT)])  # type: ignore[no-any-return]

    @strawberry.field
    def row(self, at: int) -> Row | None:
        return row_at(abs(at) % COUNT)  # type: ignore[no-any-return]

    @strawberry.field
    async def row_later(self, at: int) -> Row:
        return await awaited(row_at(abs(at) % COUNT))  # type: ignore[no-any-return]

    @strawberry.field
    def leaves(self) -> list[Leaf | None]:
        return [make() for make in LEAVES]

    @strawberry.field
    def strict_leaves(self) -> list[Leaf] | None:
        return [make() for make in LEAVES[:8]]

    @strawberry.field
    def awaited_leaves(self) -> list[Leaf | None]:
        return [awaited(make()) for make in LEAVES]

    @strawberry.field
    def pets(self) -> list[Pet | None]:
        return [make() for make in PETS]

    @strawberry.field
    async def named(self, at: int = 0) -> Named | None:
        return odd_pet(abs(at))  # type: ignore[no-any-return]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def note(self, text: str, log: strawberry.Info) -> Row:
        await asyncio.sleep(0)
        log.context.append(text)
        return row_at(len(log.context))  # type: ignore[no-any-return]


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def leaf(self) -> AsyncGenerator[Leaf, None]:
        for make in LEAVES:
            yield make()

    @strawberry.subscription
    async def pet(self) -> AsyncGenerator[Pet | None, None]:
        for make in PETS:
            yield make()


class Planned(PlannedExecutor):
    plans = PlanCache(64)


def odd_schema(*, planned: bool, **more: Any) -> strawberry.Schema:
    extensions = more.pop("extensions", [])
    return strawberry.Schema(
        more.pop("query", Query),
        more.pop("mutation", Mutation),
        more.pop("subscription", Subscription),
        types=[Ghost],
        extensions=[ParserCache, ValidationCache, *extensions],
        execution_context_class=Planned if planned else None,
        config=StrawberryConfig(
            scalar_map={Tag: strawberry.scalar(name="Tag", serialize=show_tag, parse_value=Tag)}
        ),
        **more,
    )
