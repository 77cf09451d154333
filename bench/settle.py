"""How many settlements a second (结算速度): 1, 2 and 4 API processes, beside the same statements run bare.

python -m bench.settle [--orders 240] [--clients 16] [--processes 1 2 4] [--share 0.3]

The statements of every settlement are written down once, through the whole API, and run again by the bare
driver over as many connections: the ratio of both rates is what Python costs. Then all want the same row.
With `--share` each API process gets no more than so much of a core: how they grow where cores are not short.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import httpx
import psutil

from bench.execution import ask
from bench.processor import processor_seconds
from bench.replay import Replayed, Trace, replay, written_down
from bench.settle_stage import ONE_MEMBER, ONE_PHARMACY, SPREAD, Orders, set_the_stage
from bench.share import held
from engines.clock import Clock
from ops.databases import database_of
from ops.embedded import (
    EngineUrls,
    clone_database,
    create_database,
    discard_engines,
    drop_database,
    embedded_engines,
)
from ops.issuer import DevelopmentIssuer
from ops.processes import Child, running, wait_until_ready
from ops.tokens import token_for
from ops.world.days import DEMO_NOW
from policy.terms import Role
from tests.house import open_house
from tests.road import words
from tests.road.walk import ELECTRONIC
from tests.storm.killed import environment_of, free_address
from tests.storm.ready import Ready
from tests.world import prepare

STAGE, COPY, LONG = "settle_stage", "settle_copy", timedelta(hours=2)


@dataclass
class Bench:
    """Where the measuring happens (测试台)."""

    engines: EngineUrls
    home: Path
    clock: Clock
    clients: int
    share: float | None = None

    def __post_init__(self) -> None:
        self.issuer = DevelopmentIssuer(self.home, now=self.clock.now)
        self.tokens: dict[str, str] = {}

    async def fresh(self) -> str:
        """A database on which nothing was settled yet."""
        await drop_database(self.engines.database_url, COPY)
        return await clone_database(self.engines.database_url, STAGE, COPY)

    def token(self, pharmacy: str) -> str:
        """The pharmacy's token."""
        if pharmacy not in self.tokens:
            self.tokens[pharmacy] = token_for(Role.PHARMACY, pharmacy, LONG, makes=self.issuer)
        return self.tokens[pharmacy]

    def request(self, order: Ready) -> bytes:
        """The settlement of an order as it goes over the wire."""
        given = {"idempotencyKey": order.key, "fillId": str(order.fill_id), "tender": ELECTRONIC}
        body = json.dumps({"query": words.SETTLE, "variables": {"input": given}}).encode()
        head = (
            f"POST /graphql HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self.token(order.pharmacy)}\r\n"
        )
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    @asynccontextmanager
    async def processes(self, database: str, many: int) -> AsyncIterator[list[int]]:
        """So many API processes on a database; gives their ports."""
        environment = environment_of(database, self.engines, self.home, self.clock)
        addresses = [free_address() for _ in range(many)]
        with running([]) as children:
            for number, address in enumerate(addresses):
                arguments = ["api", "--port", str(httpx.URL(address).port)]
                children.append(Child(arguments, environment, self.home / f"api{number}.log"))
            for address in addresses:
                await asyncio.to_thread(wait_until_ready, address, children)
            self.used = [psutil.Process(child.pid) for child in children]
            with held([child.pid for child in children], self.share) if self.share else nullcontext():
                yield [httpx.URL(address).port or 0 for address in addresses]

    async def load(self, ports: Sequence[int], orders: Sequence[Ready]) -> list[float]:
        """Settle the orders over all connections; milliseconds of each."""
        left, waits = [(order, self.request(order)) for order in reversed(orders)], []

        async def client(port: int) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            while left:
                order, request = left.pop()
                asked = perf_counter()
                answer = json.loads(await ask(reader, writer, request))
                waits.append((perf_counter() - asked) * 1000)
                assert "id" in (answer.get("data") or {}).get("settleFill", {}), (order, answer)
            writer.close()

        await asyncio.gather(*(client(ports[number % len(ports)]) for number in range(self.clients)))
        return waits

    async def through_the_api(self, orders: Orders, many: int) -> Replayed:
        """Settle the orders through so many processes."""
        database = await self.fresh()
        async with self.processes(database, many) as ports:
            await self.load(ports, orders.warm)
            name = database_of(database)
            before, began, own = processor_seconds(name)[2], perf_counter(), self.own()
            waits = await self.load(ports, orders.counted)
            spent = perf_counter() - began
            used = self.own() - own, processor_seconds(name)[2] - before
        return Replayed(len(waits) / spent, waits, *(one / spent for one in used))

    def own(self) -> float:
        """Seconds of processor that the API used so far."""
        return sum(sum(process.cpu_times()[:2]) for process in self.used)

    async def bare(self, warm: Sequence[Trace], traces: Sequence[Trace], many: int) -> Replayed:
        """The same statements without us."""
        database = await self.fresh()
        return await asyncio.to_thread(replay, database, warm, traces, many, self.clients)

    async def write_down(self, orders: Sequence[Ready]) -> list[Trace]:
        """What each settlement runs, one after another, through the whole API in this process."""
        database = await self.fresh()
        (self.home / "images").mkdir(exist_ok=True)
        found = []
        async with open_house(database, self.engines.redis_url, self.home) as house:
            self.tokens.clear()
            self.issuer = house.issuer
            port = httpx.URL(house.url).port or 0
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for order in orders:
                with written_down() as trace:
                    answer = json.loads(await ask(reader, writer, self.request(order)))
                assert "id" in answer["data"]["settleFill"], answer
                found.append(trace)
            writer.close()
        return found


def line(name: str, found: Replayed, beside: Replayed | None = None) -> str:
    """One line of the table; a busy machine stretches seconds, but hardly the processor's."""
    middle, worst = statistics.median(found.waits), statistics.quantiles(found.waits, n=100)[98]
    ratio = f"{found.rate / beside.rate:7.2f}" if beside else " " * 7
    each = 1000 * (found.own + found.engine) / found.rate
    shares = f"{found.own:8.2f}{found.engine:8.2f}{each:8.1f}"
    return f"{name:34}{found.rate:7.1f}{ratio}{middle:9.0f}{worst:9.0f}{shares}"


async def measure(bench: Bench, orders: Sequence[Orders], processes: Sequence[int]) -> None:
    """All kinds of orders, through the API and bare; print."""
    print(f"{'':34}{'per s':>7}{'ratio':>7}{'p50 ms':>9}{'p99 ms':>9}{'cores':>8}{'PG':>8}{'CPU ms':>8}")
    for one in orders:
        traces = await bench.write_down([*one.warm, *one.counted])
        warm, counted = traces[: len(one.warm)], traces[len(one.warm) :]
        if one.name == SPREAD:
            print(f"statements of a settlement: {statistics.median(map(len, counted)):g}")
        rates = []
        for many in processes if one.name == SPREAD else [min(2, max(processes))]:
            bare = await bench.bare(warm, counted, many)
            print(line(f"{one.name}, bare, {many} processes", bare))
            ours = await bench.through_the_api(one, many)
            print(line(f"{one.name}, API, {many} processes", ours, bare), flush=True)
            rates.append((many, ours.rate, bare.rate))
        for many, ours_rate, bare_rate in rates[1:]:
            grown, possible = ours_rate / rates[0][1], bare_rate / rates[0][2]
            print(f"{many} processes are {grown:.2f} times {rates[0][0]}; of the bare driver {possible:.2f}")


async def main(home: Path, given: argparse.Namespace) -> None:
    """On engines of its own, which are gone afterwards."""
    with embedded_engines(home, fast=True) as urls:
        url = await create_database(urls.database_url, STAGE)
        await prepare(url)
        clock = Clock.of(DEMO_NOW.isoformat())
        orders = await set_the_stage(url, clock.now(), given.orders, 4 * given.clients)
        kept = [one for one in orders if one.name in (SPREAD, ONE_MEMBER, ONE_PHARMACY)]
        await measure(Bench(urls, home, clock, given.clients, given.share), kept, given.processes)
    discard_engines(home)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=240, help="orders of each kind")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--share", type=float, help="of a core for each API process")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yaolu-bench-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        asyncio.run(main(Path(name), said))
