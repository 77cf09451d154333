"""How soon one event reaches thousands of subscribers (事件扇出).

Every subscriber has a socket of its own and waits for the events of one pharmacy. The event is a committed
row; the time runs from the ring through Redis to the frame in the client's hands. Then events come steadily.
Beside it, when `npm install` was run in `bench/peers`, graphql-ws of npm sends messages of Redis to as many.

python -m bench.fanout [--subscribers 5000] [--events 7] [--rate 50] [--seconds 10]
"""

import argparse
import asyncio
import json
import shutil
import socket
import statistics
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from uuid import uuid4

import httpx
import psutil
import uvloop
from tortoise import Tortoise
from tortoise.transactions import in_transaction

from bench.fanout_crowd import Crowd
from engines.bell import Bell
from engines.clock import Clock
from engines.doorbell import Doorbell
from engines.queue import Queue, job_broker
from engines.redis_client import impatient
from models.config import orm_config
from ops.embedded import EngineUrls, create_database, discard_engines, embedded_engines
from ops.issuer import DevelopmentIssuer
from ops.migrating import migrate_database
from ops.processes import Child, running, wait_until_ready
from ops.road import FUJIAN
from ops.tokens import token_for
from ops.world.days import DEMO_NOW
from policy.terms import EventKind, Role
from services.actor import Actor, Call, Images, Tools
from services.topics import institution_topic
from services.use_case import Work
from tests.storm.killed import environment_of, free_address
from tests.world import keys

PEERS = Path(__file__).parent / "peers"
CHANNEL = "bench-fanout"
OURS: dict[str, object] = {
    "query": "subscription E($after: String) {"
    " pharmacyEvents(after: $after) { id cursor sequence kind occurredAt } }"
}
THEIRS: dict[str, object] = {
    "query": "subscription { pharmacyEvents { id cursor sequence kind occurredAt } }"
}
SETTLE_SECONDS = 2.0
PATIENCE = 240.0

Send = Callable[[], Awaitable[float]]
"""Make an event; gives the instant at which it was rung."""


@dataclass
class Figures:
    """What was measured of one contender (测量值): milliseconds, kB, messages."""

    name: str
    first: list[float] = field(default_factory=list)
    median: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    kilobytes: float = 0.0
    arrived_per_second: float = 0.0
    cpu: float = 0.0
    steady: str = ""

    @property
    def row(self) -> str:
        """A line of the table."""
        times = "".join(f"{statistics.median(one):9.0f}" for one in (self.first, self.median, self.last))
        return f"{self.name:34}{times}{self.kilobytes:9.1f}{self.cpu:9.1f}{self.arrived_per_second:9.0f}"


class Events:
    """Makes events of the pharmacy (事件来源), as a use case does: a row, then the bell."""

    def __init__(self, redis_url: str, clock: Clock) -> None:
        self.bell, self.queue = Bell(redis_url), Queue(job_broker(redis_url))
        images: Images = None  # type: ignore[assignment]  # no pictures here
        tools = Tools(Doorbell(self.bell, self.queue), keys(), images)
        self.call = Call(Actor(role=Role.SERVICE, subject="bench"), clock.now(), tools)

    async def send(self) -> float:
        """One event."""
        work = Work(self.call)
        work.tell(EventKind.FILL_READY, institution_topic(FUJIAN.pharmacy), subject_id=uuid4())
        async with in_transaction() as connection:
            await work.write(connection)
        rung = perf_counter()
        await work.ring()
        return rung

    async def stop(self) -> None:
        """Let go of Redis."""
        await self.bell.stop()
        await self.queue.stop()


async def measure(
    name: str,
    crowd: Crowd,
    processes: list[psutil.Process],
    ports: list[int],
    send: Send,
    given: argparse.Namespace,
) -> Figures:
    """Subscribers come, hear events one by one, then many in a row, and go."""
    found, many = Figures(name), given.subscribers
    before = sum(process.memory_info().rss for process in processes)
    start = perf_counter()
    await asyncio.gather(*(crowd.come(port, many // len(ports)) for port in ports))
    found.arrived_per_second = many / (perf_counter() - start)
    # the last subscriptions are still being started
    await asyncio.sleep(SETTLE_SECONDS)
    found.kilobytes = (sum(process.memory_info().rss for process in processes) - before) / many / 1000
    for number in range(given.events + 2):
        crowd.expect(many)
        rung = await send()
        async with asyncio.timeout(PATIENCE):
            await crowd.done.wait()
        # the first ones find subscriptions that are not shared yet
        if number >= 2:
            times = [(arrival - rung) * 1000 for arrival in crowd.arrivals]
            found.first.append(min(times))
            found.median.append(statistics.median(times))
            found.last.append(max(times))
    print(found.row, flush=True)
    found.steady = await steady(found, crowd, processes, send, given)
    print(found.steady, flush=True)
    crowd.go()
    return found


async def steady(
    found: Figures, crowd: Crowd, processes: list[psutil.Process], send: Send, given: argparse.Namespace
) -> str:
    """Events at a rate, whether everybody gets all of them, and how long after the last of them."""
    count = given.rate * given.seconds
    crowd.expect(count * given.subscribers)
    before = sum(sum(process.cpu_times()[:2]) for process in processes)
    start = perf_counter()
    for number in range(count):
        await asyncio.sleep(max(0.0, start + number / given.rate - perf_counter()))
        await send()
    sent = perf_counter()
    # who cannot keep up is told by the figures
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await crowd.done.wait()
    took = perf_counter() - start
    found.cpu = (sum(sum(one.cpu_times()[:2]) for one in processes) - before) / crowd.received * 1e6
    return (
        f"{found.name}: {count} events in {sent - start:.1f} s, {crowd.received:,} of"
        f" {crowd.wanted:,} messages, {crowd.lost} subscribers lost, the last message"
        f" {perf_counter() - sent:.1f} s after the last event, {crowd.received / took:,.0f} messages/s"
    )


@asynccontextmanager
async def tables(database: str) -> AsyncIterator[None]:
    """The tables, from this process."""
    context = await Tortoise.init(config=orm_config(database), _enable_global_fallback=True)
    try:
        yield
    finally:
        await context.close_connections()


async def ours(urls: EngineUrls, home: Path, many: int, given: argparse.Namespace) -> Figures:
    """So many of our API processes."""
    clock = Clock.of(DEMO_NOW.isoformat())
    issuer = DevelopmentIssuer(home, now=clock.now)
    token = token_for(Role.PHARMACY, FUJIAN.pharmacy, timedelta(hours=4), makes=issuer)
    environment = environment_of(urls.database_url, urls, home, clock)
    environment["SOCKETS_MAX"] = str(given.subscribers)
    addresses = [free_address() for _ in range(many)]
    ports = [int(httpx.URL(address).port or 0) for address in addresses]
    events = Events(urls.redis_url, clock)
    try:
        async with tables(urls.database_url):
            with running([]) as children:
                for port, address in zip(ports, addresses, strict=True):
                    log = home / f"api{port}.log"
                    children.append(Child(["api", "--port", str(port)], environment, log))
                    await asyncio.to_thread(wait_until_ready, address, children)
                processes = [psutil.Process(child.pid) for child in children]
                name = "ours, one process" if many == 1 else f"ours, {many} processes"
                return await measure(name, Crowd(OURS, token), processes, ports, events.send, given)
    finally:
        await events.stop()


@contextmanager
def peer(redis_url: str) -> Iterator[tuple[int, psutil.Process]]:
    """graphql-ws in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    child = subprocess.Popen(["node", str(PEERS / "fanout.mjs"), str(port), redis_url, CHANNEL])
    try:
        yield port, psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait()


async def theirs(redis_url: str, given: argparse.Namespace) -> Figures:
    """npm graphql-ws: the message of Redis is the event."""
    redis = impatient(redis_url, 5.0)
    sequence = 0

    async def send() -> float:
        nonlocal sequence
        sequence += 1
        event = {"id": str(uuid4()), "cursor": "ZTEyMzQ1Ni4xMjM0NTY3OA==", "sequence": sequence}
        event |= {"kind": "FILL_READY", "occurredAt": "2026-03-16T09:30:00+08:00"}
        rung = perf_counter()
        await redis.publish(CHANNEL, json.dumps(event))
        return rung

    with peer(redis_url) as (port, process):
        async with asyncio.timeout(30), httpx.AsyncClient() as http:
            while True:
                try:
                    await http.get(f"http://127.0.0.1:{port}/")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        found = await measure("npm graphql-ws", Crowd(THEIRS), [process], [port], send, given)
    await redis.aclose()
    return found


async def everything(urls: EngineUrls, home: Path, given: argparse.Namespace) -> None:
    """One after another, and the table."""
    urls = EngineUrls(await create_database(urls.database_url, "fanout"), urls.redis_url)
    # tables without a world: events are all that is read here
    await migrate_database(urls.database_url)
    found = [await ours(urls, home, 1, given)]
    if shutil.which("node") and (PEERS / "node_modules" / "graphql-ws").is_dir():
        found.append(await theirs(urls.redis_url, given))
    else:
        print("no peer: node, and `npm install` in bench/peers")
    found.append(await ours(urls, home, 2, given))
    print(f"{given.subscribers} subscribers; ms from the ring to the client, medians of {given.events}")
    print(f"{'':34}{'first':>9}{'median':>9}{'last':>9}{'kB each':>9}{'µs/msg':>9}{'came/s':>9}")
    for one in found:
        print(one.row)


def main() -> None:
    """Run on engines of its own, in a folder that goes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--subscribers", type=int, default=5000)
    parser.add_argument("--events", type=int, default=7)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=10)
    given = parser.parse_args()
    with ExitStack() as stack:
        home = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="yaolu-bench-", ignore_cleanup_errors=True)
        )
        Path(home).chmod(0o711)
        with embedded_engines(Path(home), fast=True) as urls:
            uvloop.run(everything(urls, Path(home), given))
        discard_engines(Path(home))


if __name__ == "__main__":
    main()
