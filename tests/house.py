"""The whole house in one process: API, sockets, worker, on a database of its own."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx

import settings
from api.app import create_app
from api.documents import Documents
from api.graphql import Schema
from api.main import make_loaders, schema
from api.mini_program import MiniProgram
from api.parts import Parts
from api.server import Server
from engines.bell import Bell
from engines.clock import Clock
from engines.doorbell import Doorbell
from engines.http_payments import HttpPayments
from engines.images import ImageStore
from engines.jwks import KeySource
from engines.keys import KeyRing
from engines.live_keys import LiveKeyRing
from engines.payments import PaymentProvider
from engines.persisted import PersistedTexts
from engines.queue import Queue, job_broker
from engines.rates import Rate, Rates, Taken
from engines.receipt_codes import ReceiptCodes
from engines.session_tokens import EitherVerifier, SessionTokens, load_or_create
from engines.tokens import TokenVerifier
from engines.wechat import WechatCodes
from models.config import orm_config
from ops.client import Client
from ops.issuer import DevelopmentIssuer
from ops.road import Region, Road, road
from ops.tokens import token_for
from ops.world.days import DEMO_NOW
from policy.terms import Role
from services.actor import Actor, Call, Tools
from services.documents import find
from services.expiry import expire_due
from tests.listening import listening_socket
from tests.quick_http import QuickTransport
from tests.world import keys

NOBODY = "http://127.0.0.1:9"
"""An address at which nothing listens."""

RECEIPT_KEYS = ("test-receipts", "test-receipts-before")
PUBLIC_URL = "https://yaolu.invalid"
WECHAT_APP = ("wx-test-app", "test-secret-value")

NO_PROVIDER = HttpPayments("nobody", NOBODY, "M-NOBODY", "key")
"""A payment provider that never answers."""

SERVICE = Actor(role=Role.SERVICE, subject="test")


class RichRates(Rates):
    """Callers with a thousand times the points (宽裕限流): tests ask faster than people do."""

    async def take(self, caller: str, cost: float, rate: Rate) -> Taken:
        """Take the points of a bucket that hardly ends."""
        return await super().take(caller, cost, Rate(rate.points * 1000, rate.per_second * 1000))


class HouseClock(Clock):
    """A clock that may be stopped (可停的时钟): what happens then happens at that very instant."""

    stopped: datetime | None = None

    def now(self) -> datetime:
        """The instant it was stopped at, or the present."""
        return self.stopped or super().now()


@dataclass
class House:
    """A running house (整套系统): its address, its clock that tests may move, its tools."""

    url: str
    redis_url: str
    database_url: str
    images_url: str
    clock: HouseClock
    tools: Tools
    issuer: DevelopmentIssuer
    http: httpx.AsyncClient

    def now(self) -> datetime:
        """The house's present."""
        return self.clock.now()

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.clock.offset += timedelta(**span)

    def stop_at(self, moment: datetime | None) -> None:
        """Stop the clock at an instant, in the past or in the future; None lets it go on as before."""
        self.clock.stopped = moment

    def token(self, role: Role, subject: str, ttl: timedelta = timedelta(days=30)) -> str:
        """A token of the demo world."""
        return token_for(role, subject, ttl, makes=self.issuer)

    def client(self, role: Role, subject: str) -> Client:
        """A caller of the demo world."""
        return Client(self.url, self.token(role, subject), self.http)

    def call(self, actor: Actor = SERVICE, key: str | None = None) -> Call:
        """A call of a use case, past the API."""
        return Call(actor, self.now(), self.tools, key)

    async def expire(self) -> int:
        """What the worker does every second: let lapse what is due."""
        return await expire_due(self.call())

    @asynccontextmanager
    async def road(self, region: Region) -> AsyncIterator[Road]:
        """Everybody of a region, signed in and listening."""
        async with road(self.url, region, self.clock, self.issuer, self.http) as way:
            yield way


@cache
def one_schema() -> Schema:
    """The schema of the session: made once, and each document checked once (共用模式)."""
    return schema()


@asynccontextmanager
async def open_house(
    database_url: str,
    redis_url: str,
    folder: Path,
    wechat_url: str = NOBODY,
    ring: KeyRing | LiveKeyRing | None = None,
    made: Schema | None = None,
    orm: Mapping[str, Any] | None = None,
    payments: PaymentProvider | None = NO_PROVIDER,
) -> AsyncIterator[House]:
    """Open the house on a copy of the sample world, at the demo's morning.

    `made` is another schema, `orm` another configuration of the mapper.
    """
    ring = ring or keys()
    clock = HouseClock.of(DEMO_NOW.isoformat())
    issuer = DevelopmentIssuer(folder, now=clock.now)
    bell = Bell(redis_url)
    images_url = (folder / "images").as_uri()
    images = ImageStore(images_url, ring)
    queue = Queue(job_broker(redis_url))
    key = load_or_create(folder / "session-key.json")
    mini = MiniProgram(
        WechatCodes(wechat_url, *WECHAT_APP),
        SessionTokens.read(key, audience=settings.OIDC_AUDIENCE, now=clock.now),
    )
    tools = Tools(
        Doorbell(bell, queue),
        ring,
        images,
        allows_samples=True,
        sessions=mini,
        payments=payments,
        receipts=ReceiptCodes(RECEIPT_KEYS, PUBLIC_URL),
    )
    verifier = TokenVerifier(
        KeySource(str(issuer.jwks_file)),
        issuer=settings.OIDC_ISSUER,
        audience=settings.OIDC_AUDIENCE,
        now=clock.now,
    )
    parts = Parts(
        schema=made or one_schema(),
        clock=clock,
        tokens=EitherVerifier(mini.tokens, verifier),
        bell=bell,
        tools=tools,
        rates=RichRates(redis_url, token_hex(4)),
        refusals=Rate(100_000, 1),
        documents=Documents(find, PersistedTexts(redis_url, token_hex(4))),
        make_loaders=make_loaders,
        orm=orm or orm_config(database_url),
    )
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(served(parts))
        stack.push_async_callback(queue.stop)
        http = await stack.enter_async_context(httpx.AsyncClient(transport=QuickTransport(60)))
        yield House(url, redis_url, database_url, images_url, clock, tools, issuer, http)


@asynccontextmanager
async def served(parts: Parts) -> AsyncIterator[str]:
    """The application behind a real socket; gives its address."""
    listening = listening_socket()
    server = Server(create_app(parts), log_level="error")
    task = asyncio.create_task(server.serve(sockets=[listening]))
    async with asyncio.timeout(20):
        while not server.started:
            if task.done():
                task.result()
            await asyncio.sleep(0)
        await parts.bell.listening()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listening.close()
