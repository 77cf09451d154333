"""`yaolu serve`: API and worker on the demo world until Ctrl-C."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import asyncpg
from rich.console import Console

import settings
from engines.clock import Clock
from engines.images import ImageStore
from engines.keys import KeyRing
from ops.databases import clone_database, connection_options, create_database, drop_database
from ops.embedded import EngineUrls
from ops.home import environment, home_engines, keep_clock, prepare_home
from ops.processes import Child, ProcessEnded, running, wait_until_ready
from ops.tokens import token_for
from ops.world import cast
from ops.world.days import DEMO_NOW
from ops.world.seed import AnotherWorld
from ops.world.seeding import enrol_portraits, seed_world
from policy.terms import Role

NOTHING_MORE: Mapping[str, str] = MappingProxyType({})
TEMPLATE, COPY = "yaolu_demo_template", "yaolu_demo"

TOKENS = (
    ("福建参保人", Role.PATIENT, cast.FUJIAN_PATIENT),
    ("福建医院", Role.HOSPITAL, cast.FUJIAN_HOSPITAL),
    ("福建药店", Role.PHARMACY, cast.FUJIAN_PHARMACY),
    ("福建药师", Role.PHARMACIST, cast.FUJIAN_PHARMACIST),
    ("福州经办", Role.AGENCY, cast.FUJIAN_AREA),
    ("山西参保人", Role.PATIENT, cast.SHANXI_PATIENT),
    ("山西医院", Role.HOSPITAL, cast.SHANXI_HOSPITAL),
    ("山西药店", Role.PHARMACY, cast.SHANXI_PHARMACY),
    ("山西药师", Role.PHARMACIST, cast.SHANXI_PHARMACIST),
)


@dataclass(frozen=True, slots=True)
class DemoHouse:
    """The demo world with its processes running (示例系统)."""

    url: str
    urls: EngineUrls
    clock: Clock
    children: list[Child]


@contextmanager
def demo_house(
    host: str, port: int, home: Path, *, fresh: bool = False, more: Mapping[str, str] = NOTHING_MORE
) -> Iterator[DemoHouse]:
    """Engines, demo world, worker and API, running for the length of the block; `more` are settings."""
    with home_engines() as engines:
        urls = asyncio.run(fresh_world(engines, home) if fresh else kept_world(engines, home))
        clock = Clock.of(settings.YAOLU_CLOCK or asyncio.run(demo_start(urls.database_url)))
        values = {**environment(urls, clock.setting), **more}
        logs = home / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        children: list[Child] = []
        with running(children):
            children.append(Child(["worker", "--faces", "1"], values, logs / "worker.log"))
            arguments = ["api", "--host", host, "--port", str(port)]
            children.append(Child(arguments, values, logs / "api.log"))
            url = f"http://{host}:{port}"
            wait_until_ready(url, children)
            yield DemoHouse(url, urls, clock, children)


async def demo_start(database_url: str) -> str:
    """When the demo begins (示例起始时刻): a fixed working day's morning, or where its last run ended."""
    connection = await asyncpg.connect(**connection_options(database_url))
    try:
        last = await connection.fetchval("SELECT max(at) FROM audit_entry")
    finally:
        await connection.close()
    return (max(DEMO_NOW, last) if last else DEMO_NOW).isoformat()


async def kept_world(engines: EngineUrls, home: Path) -> EngineUrls:
    """The demo world in the engines' own database: what was done there before is still there."""
    await make_world(engines.database_url, home)
    return engines


async def fresh_world(engines: EngineUrls, home: Path) -> EngineUrls:
    """The demo world as on its first day: a copy of a template; on a given DATABASE_URL the kept one."""
    if os.environ.get("DATABASE_URL"):
        return await kept_world(engines, home)
    server = engines.database_url
    template = await create_database(server, TEMPLATE, if_missing=True)
    try:
        await make_world(template, home)
    except AnotherWorld:
        await drop_database(server, TEMPLATE)
        await make_world(await create_database(server, TEMPLATE), home)
    await drop_database(server, COPY)
    return EngineUrls(await clone_database(server, TEMPLATE, COPY), engines.redis_url)


async def make_world(database_url: str, home: Path) -> None:
    """Schema, rows and enrolled faces."""
    keys = KeyRing.read(settings.YAOLU_KEYS)
    await seed_world(database_url, keys)
    images = ImageStore(settings.IMAGE_STORE_URL, keys)
    await enrol_portraits(database_url, home / "portraits", images)


def serve_demo_world(host: str, port: int) -> None:
    """Run until Ctrl-C; then stop in order, leaving nothing behind."""
    console = Console()
    stop = threading.Event()
    home = prepare_home()
    try:
        with demo_house(host, port, home) as house:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stop.set())
            keep_clock(house.clock.setting)
            console.print(
                f"GraphQL {house.url}/graphql  (GraphiQL in a browser; WebSocket on the same address)"
            )
            console.print(f"Clock   {house.clock.now():%Y-%m-%d %H:%M:%S} UTC;  logs in {home / 'logs'}")
            print_tokens(console, house.clock)
            console.print("Ctrl-C stops.")
            while not stop.wait(0.5):
                for child in house.children:
                    child.check()
            console.print("Stopping.")
    except ProcessEnded as error:
        console.print(str(error), style="red", markup=False)
        sys.exit(1)


def print_tokens(console: Console, clock: Clock) -> None:
    """A token for each role of the demo world, each on a line of its own."""
    for who, role, subject in TOKENS:
        console.print(f"[cyan]{who}[/] {role} {subject}")
        print(f"  {token_for(role, subject, clock=clock)}", flush=True)
