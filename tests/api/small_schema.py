"""A small schema that answers, fails and streams in every way this layer must meet."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import strawberry
from graphql import GraphQLError
from strawberry import Info, relay
from strawberry.file_uploads import Upload
from tortoise.connection import get_connection

from api.context import Context
from api.graphql import Schema, build_schema
from api.limits import Limits
from policy.terms import Role
from services.errors import Forbidden, NotFound

SECRET = "身份证 99010119900101001X"

ContextInfo = Info[Context, None]


@dataclass
class Lives:
    """Which generators are running, and what was renewed."""

    generators: int = 0
    loaders: list[object] = field(default_factory=list)


lives = Lives()


@strawberry.input
class Box:
    inner: "Box | None" = None
    numbers: list[int] | None = None


@strawberry.type
class Leaf:
    name: str = "leaf"

    @strawberry.field
    def leaf(self) -> "Leaf":
        return Leaf()


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "你好"

    @strawberry.field
    def add(self, a: int, b: int = 1) -> int:
        return a + b

    @strawberry.field
    def echo(self, text: str) -> str:
        return text

    @strawberry.field
    def box(self, box: Box) -> bool:
        return box.inner is not None

    @strawberry.field
    def leaf(self) -> Leaf:
        return Leaf()

    @strawberry.field
    def whoami(self, info: ContextInfo) -> str:
        return f"{info.context.require_actor().role} {info.context.request_id}"

    @strawberry.field
    def node(self, id: relay.GlobalID) -> str:
        return id.node_id

    @strawberry.field
    def boom(self) -> str:
        raise RuntimeError(SECRET)

    @strawberry.field
    def boom_if_wanted(self) -> str | None:
        raise RuntimeError(SECRET)

    @strawberry.field
    def careless(self) -> str | None:
        raise GraphQLError(SECRET)

    @strawberry.field
    def coded(self) -> str | None:
        raise GraphQLError("慢一点", extensions={"code": "RATE_LIMITED", "retry": "backoff"})

    @strawberry.field
    def missing(self) -> str | None:
        raise NotFound("处方", 7)

    @strawberry.field
    def forbidden(self) -> str | None:
        raise Forbidden("结算", [Role.PHARMACY])

    @strawberry.field
    def too_large(self) -> int | None:
        return 2**40

    @strawberry.field
    def odd(self) -> strawberry.scalars.JSON:
        return strawberry.scalars.JSON({"at": object()})

    @strawberry.field
    async def slow(self) -> str:
        gates.entered.set()
        await gates.released.wait()
        return "done"

    @strawberry.field
    async def database(self) -> str:
        rows = await get_connection("default").execute_query_dict("SELECT current_database() AS name")
        return str(rows[0]["name"])


@dataclass
class Gates:
    """How a test holds a request open."""

    entered: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)


gates = Gates()


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self, name: str) -> str:
        return name

    @strawberry.mutation
    async def measure(self, file: Upload) -> int:
        return len(await file.read())  # type: ignore[attr-defined]  # NewType over bytes

    @strawberry.mutation
    async def measure_all(self, files: list[Upload]) -> list[int]:
        return [len(await file.read()) for file in files]  # type: ignore[attr-defined]  # NewType over bytes


@contextmanager
def alive() -> Iterator[None]:
    lives.generators += 1
    try:
        yield
    finally:
        lives.generators -= 1


@dataclass
class News:
    """A stream of numbered texts, kept for replay; and how often its events were executed."""

    texts: list[str] = field(default_factory=list)
    executed: int = 0
    fails_at: int | None = None

    @contextmanager
    def fresh(self) -> Iterator["News"]:
        self.__init__()  # type: ignore[misc]  # as new
        yield self


news = News()


@strawberry.type
class Item:
    number: int

    @strawberry.field
    def text(self, info: ContextInfo) -> str:
        news.executed += 1
        info.context.require_actor()
        return news.texts[self.number - 1]


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def news(
        self, info: ContextInfo, after: str | None = None, topic: str = "news"
    ) -> AsyncGenerator[Item, None]:
        progress = info.context.progress
        with alive():
            async with info.context.bell.subscribe(topic) as wakeups:
                said = progress.after or after
                number = len(news.texts) if said is None else int(said)
                while True:
                    while number < len(news.texts):
                        number += 1
                        if number == news.fails_at:
                            raise Forbidden("订阅", [Role.PHARMACY])
                        progress.reach(number, str(number))
                        yield Item(number=number)
                    if progress.rest(number, str(number)):
                        return
                    await wakeups.wait()

    @strawberry.subscription
    async def count(self, info: ContextInfo, to: int = 3) -> AsyncGenerator[int, None]:
        for number in range(to):
            lives.loaders.append(info.context.loaders)
            yield number

    @strawberry.subscription
    async def rings(self, info: ContextInfo, topic: str) -> AsyncGenerator[int, None]:
        number = 0
        with alive():
            async with info.context.bell.subscribe(topic) as wakeups:
                while True:
                    yield number
                    await wakeups.wait()
                    number += 1

    @strawberry.subscription
    async def silent(self) -> AsyncGenerator[int, None]:
        with alive():
            await asyncio.Event().wait()
            yield 0

    @strawberry.subscription
    async def flood(self) -> AsyncGenerator[str, None]:
        with alive():
            while True:
                yield "x" * 1000

    @strawberry.subscription
    async def breaks(self, after: int = 1) -> AsyncGenerator[int, None]:
        for number in range(after):
            yield number
        raise RuntimeError(SECRET)

    @strawberry.subscription
    async def forbidden(self) -> AsyncGenerator[int, None]:
        raise Forbidden("订阅", [Role.PHARMACY])
        yield 0


def small_schema(limits: Limits | None = None) -> Schema:
    return build_schema([Query], [Mutation], [Subscription], limits=limits)
