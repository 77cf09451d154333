"""The whole door around the small schema, for the tests of this layer."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any, cast

import httpx
import orjson
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

import settings
from api.app import create_app
from api.documents import Documents
from api.parts import Parts
from api.server import Server
from engines.bell import Bell
from engines.clock import Clock
from engines.jwks import KeySource
from engines.persisted import PersistedTexts
from engines.rates import Rate, Rates
from engines.tokens import TokenVerifier
from ops.issuer import DevelopmentIssuer
from policy.terms import Role
from services.actor import Images, Keys, SilentBell, Tools
from services.documents import Document
from tests.api.small_schema import news, small_schema
from tests.listening import listening_socket

MEMBER = "6f0c0a3e-6a57-4a0e-9d59-0d6c2f3f9a01"


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

    def token(self, ttl: timedelta = timedelta(hours=1), subject: str = "patient-1") -> str:
        return self.issuer.token(Role.PATIENT, subject, member=MEMBER, ttl=ttl)

    @asynccontextmanager
    async def client(self, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """A client that meets the application without a network between."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://door", headers=headers) as client:
            yield client
        # an application that was never started is not stopped either
        await self.parts.rates.stop()
        await self.parts.documents.stop()

    @asynccontextmanager
    async def dial(self, **options: Any) -> AsyncIterator[ClientConnection]:
        """A socket on which nothing has been said."""
        subprotocols = options.pop("subprotocols", [Subprotocol("graphql-transport-ws")])
        address = f"ws://127.0.0.1:{self.port}/graphql"
        async with connect(address, subprotocols=subprotocols, proxy=None, **options) as client:
            yield client

    @asynccontextmanager
    async def talk(self, token: str | None = None, **options: Any) -> AsyncIterator[ClientConnection]:
        """A socket that is signed in."""
        async with self.dial(**options) as client:
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
    said = {
        "schema": small_schema(),
        "make_loaders": fresh,
        "rates": Rates(redis_url, token_hex(4)),
        "documents": documents(redis_url),
        # one caller is refused in every way here
        "refusals": Rate(100_000, 1),
        **parts,
    }
    made = Parts(clock=clock, tokens=tokens, bell=bell, tools=tools, **said)
    return Door(create_app(made), made, issuer)


def documents(redis_url: str, *registered: Document, only_for: Iterable[Role] = ()) -> Documents:
    """A register of these documents, and texts seen before that nobody else has seen."""
    known = {document.sha256: document for document in registered}

    async def find(sha256: str) -> Document | None:
        return known.get(sha256)

    return Documents(find, PersistedTexts(redis_url, token_hex(4)), frozenset(only_for))


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
    listener = listening_socket()
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


async def publish(door: Door, *texts: str) -> None:
    """Some news, and the bell."""
    news.texts += texts
    await door.parts.bell.ring(["news"])
