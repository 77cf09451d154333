"""How soon a change of stock reaches a subscriber of another API process (可供情况推送).

One process is subscribed to, the other changes prices, one after another; beside each change a bare Redis
message goes from publish to its listener.

python -m bench.live [--changes 1000]
"""

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import httpx

from bench.standing import standing
from engines.bell import Bell, Wakeups
from engines.clock import Clock
from ops.client import Client, Listener
from ops.embedded import EngineUrls, create_database, discard_engines, embedded_engines
from ops.issuer import DevelopmentIssuer
from ops.road import FUJIAN
from ops.tokens import token_for
from ops.world import cast
from ops.world.days import DEMO_NOW
from policy.terms import Role
from tests.services.stage import document
from tests.world import prepare

BARE = "bench:bare"

LIVE = """subscription L($codes: [String!]!, $near: LocationInput!) {
  stockChanged(drugCodes: $codes, near: $near, radius: 2000, snapshot: true) {
    pharmacyCode drugs { drugCode price }
  }
}"""
HOME = {"longitude": FUJIAN.home.longitude, "latitude": FUJIAN.home.latitude}


@dataclass
class Delays:
    """Milliseconds from the change to its message (延迟)."""

    pushed: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)


@asynccontextmanager
async def processes(urls: EngineUrls, home: Path, clock: Clock, many: int) -> AsyncIterator[Sequence[str]]:
    """So many API processes on one database; gives their addresses."""
    database = await create_database(urls.database_url, "live")
    await prepare(database)
    async with standing(database, urls, home, clock, many) as apis:
        yield [api.address for api in apis]


async def message(listener: Listener, price: Decimal) -> None:
    """Wait for the message with this price."""
    async with asyncio.timeout(20):
        while True:
            told = await listener.queue.get()
            if told.get("pharmacyCode") != FUJIAN.pharmacy:
                continue
            if any(Decimal(drug["price"]) == price for drug in told["drugs"] if drug["price"]):
                return


@dataclass(frozen=True, slots=True)
class Stand:
    """Who changes, who listens, and the bare bell beside them (测量台)."""

    counter: Client
    listener: Listener
    bell: Bell
    wakeups: Wakeups

    async def change(self, price: Decimal, delays: Delays) -> None:
        """One change through one process, heard from the other; and one bare message of Redis."""
        start = perf_counter()
        heard = asyncio.create_task(message(self.listener, price))
        prices = [{"drugCode": cast.AMLODIPINE, "price": str(price)}]
        await self.counter.do(document("setPrices"), prices=prices)
        delays.answered.append((perf_counter() - start) * 1000)
        await heard
        delays.pushed.append((perf_counter() - start) * 1000)
        start = perf_counter()
        await self.bell.ring([BARE])
        assert await self.wakeups.wait(20)
        delays.bare.append((perf_counter() - start) * 1000)


async def measure(urls: EngineUrls, home: Path, changes: int) -> Delays:
    """Change after change."""
    delays, ttl = Delays(), timedelta(hours=4)
    clock = Clock.of(DEMO_NOW.isoformat())
    issuer = DevelopmentIssuer(home, now=clock.now)
    bell = Bell(urls.redis_url)
    await bell.start()
    async with (
        processes(urls, home, clock, 2) as (near, far),
        httpx.AsyncClient(timeout=60) as http,
        bell.subscribe(BARE) as wakeups,
    ):
        await bell.listening()
        patient = Client(near, token_for(Role.PATIENT, FUJIAN.patient, ttl, makes=issuer), http)
        counter = Client(far, token_for(Role.PHARMACY, FUJIAN.pharmacy, ttl, makes=issuer), http)
        async with patient.listen(LIVE, {"codes": [cast.AMLODIPINE], "near": HOME}) as listener:
            while (await listener.queue.get()).get("pharmacyCode") != FUJIAN.pharmacy:
                pass
            stand = Stand(counter, listener, bell, wakeups)
            for number in range(changes):
                await stand.change(Decimal(100 + number % 400).scaleb(-2), delays)
    await bell.stop()
    return delays


def line(name: str, times: Sequence[float]) -> str:
    """A distribution in a line."""
    ordered = sorted(times)
    p95, p99 = (ordered[min(len(ordered) - 1, len(ordered) * part // 100)] for part in (95, 99))
    return (
        f"{name}: min {ordered[0]:.1f}, median {statistics.median(ordered):.1f}, p95 {p95:.1f}, "
        f"p99 {p99:.1f}, max {ordered[-1]:.1f} ms"
    )


def main() -> None:
    """Run on engines of its own, in a folder that goes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--changes", type=int, default=1000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yaolu-bench-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o711)
        with embedded_engines(Path(home), fast=True) as urls:
            delays = asyncio.run(measure(urls, Path(home), given.changes))
        discard_engines(Path(home))
    within = sum(one < 1000 for one in delays.pushed) / len(delays.pushed)
    print(f"{len(delays.pushed)} changes through one API process, heard from another")
    print("100 ms of each is the gathering of rings")
    print(line("change sent to message received", delays.pushed))
    print(line("of that, until the change was answered", delays.answered))
    print(line("bare Redis message", delays.bare))
    print(f"within a second: {within:.1%}")


if __name__ == "__main__":
    main()
