"""Types of every kind that a plan may meet."""

import asyncio
from datetime import date
from enum import Enum
from typing import Annotated, Any, Generic, NewType, TypeVar

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission

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
    friends: list[Annotated["Dog", strawberry.lazy("tests.api.plans.odd_types")]] | None


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
