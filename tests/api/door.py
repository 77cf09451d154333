"""A small schema, and the whole door around it, for the tests of this layer."""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import orjson
import strawberry
from graphql import GraphQLError
from starlette.applications import Starlette
from strawberry import Info, relay
from strawberry.file_uploads import Upload
from tortoise.connection import get_connection
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

import settings
from api.app import create_app
from api.clock import Clock
from api.context import Context
from api.graphql import Schema, build_schema
from api.limits import Limits
from api.parts import Parts
from api.server import Server
from engines.bell import Bell
from engines.jwks import KeySource
from engines.tokens import TokenVerifier
from ops.issuer import DevelopmentIssuer
from policy.terms import Role
from services.actor import Images, Keys, SilentBell, Tools
from services.errors import Forbidden, NotFound

MEMBER = "6f0c0a3e-6a57-4a0e-9d59-0d6c2f3f9a01"
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


@strawberry.type
class Subscription:
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


@dataclass
class Door:
    """An application, what signs its tokens, and where it listens."""

    app: Starlette
    parts: Parts
    issuer: DevelopmentIssuer
    port: int = 0
    server: Server | None = None

    @property
    def view(self) -> Any:
        return self.app.state.view

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def token(self, ttl: timedelta = timedelta(hours=1)) -> str:
        return self.issuer.token(Role.PATIENT, "patient-1", member=MEMBER, ttl=ttl)

    def client(self, **headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
        return httpx.AsyncClient(transport=transport, base_url="http://door", headers=headers)

    @asynccontextmanager
    async def dial(self, **options: Any) -> AsyncIterator[ClientConnection]:
        """A socket on which nothing has been said."""
        subprotocols = options.pop("subprotocols", [Subprotocol("graphql-transport-ws")])
        address = f"ws://127.0.0.1:{self.port}/graphql"
        async with connect(address, subprotocols=subprotocols, proxy=None, **options) as client:
            yield client

    @asynccontextmanager
    async def talk(self, token: str | None = None) -> AsyncIterator[ClientConnection]:
        """A socket that is signed in."""
        async with self.dial() as client:
            await say(client, {"type": "connection_init", "payload": {"token": token or self.token()}})
            assert await hear(client) == {"type": "connection_ack"}
            yield client


def make_door(home: Path, redis_url: str, **parts: Any) -> Door:
    clock = Clock()
    issuer = DevelopmentIssuer(home, now=clock.now)
    tokens = TokenVerifier(
        KeySource(str(issuer.jwks_file)),
        issuer=settings.OIDC_ISSUER,
        audience=settings.OIDC_AUDIENCE,
        now=clock.now,
    )
    bell = Bell(redis_url)
    # these schemas move no pictures and seal no names
    tools = Tools(SilentBell(), keys=cast(Keys, None), images=cast(Images, None))
    said = {"schema": small_schema(), "make_loaders": fresh, **parts}
    made = Parts(clock=clock, tokens=tokens, bell=bell, tools=tools, **said)
    return Door(create_app(made), made, issuer)


def fresh(context: Any) -> object:
    return object()


class QuietServer(Server):
    """A server within the tests' own loop, whose signals stay pytest's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def opened(door: Door) -> AsyncIterator[Door]:
    """The door with a real server behind a real port."""
    listener = socket.create_server(("127.0.0.1", 0))
    door.port = listener.getsockname()[1]
    door.server = QuietServer(door.app)
    task = asyncio.create_task(door.server.serve([listener]))
    server = door.server
    await until(lambda: server.started or task.done())
    try:
        yield door
    finally:
        door.server.should_exit = True
        await task


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another task does."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # it gives no sign
            await asyncio.sleep(0.01)


async def say(client: ClientConnection, message: object) -> None:
    await client.send(orjson.dumps(message).decode())


async def hear(client: ClientConnection) -> Any:
    async with asyncio.timeout(5):
        return orjson.loads(await client.recv())


async def subscribe(client: ClientConnection, query: str, id: str = "1", **more: object) -> None:
    await say(client, {"type": "subscribe", "id": id, "payload": {"query": query, **more}})


async def closed(client: ClientConnection) -> int | None:
    """The code with which the server closes, whatever it says before."""
    async with asyncio.timeout(5):
        while True:
            try:
                await client.recv()
            except ConnectionClosed:
                return client.close_code
