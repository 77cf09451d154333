"""An upgrade under load, old and new version side by side, and the way back (带负载升级与回退).

The old version comes out of git; then all of docs/operations.md "Upgrade" is done while pharmacies go on:
migrate, new processes beside the old ones, the old ones drained, and back again. Every answer and every error
is counted by what went on meanwhile; in the end all is compared with the tables, and much is asked once more.

python -m bench.upgrade [--from REV] [--seconds 6] [--clients 4]
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from statistics import median
from subprocess import check_output
from time import perf_counter

from rich.console import Console
from rich.table import Table

from bench.upgrade_crowd import COUNTERS, Crowd, Entrance
from bench.upgrade_stage import LINE, OtherPackages, crowd_of, run, stocked, taken_out, words_of
from bench.upgrade_sums import faults_of, lost, wrong_sums
from engines.clock import Clock
from ops.audit.verify import verify
from ops.databases import connected, create_database
from ops.embedded import EngineUrls, discard_engines, embedded_engines
from ops.issuer import DevelopmentIssuer
from ops.processes import PROJECT, Child
from ops.world.days import DEMO_NOW
from tests.storm.killed import environment_of, free_address
from tests.world import keys

PEOPLE = 3000
OLD, NEW = "old", "new"
TO_BE_MET = ("broken connection", "a socket", "SERVICE_UNAVAILABLE (retry backoff)", "BUSY (retry backoff)")
"""What who asks again is spared."""

console = Console()


@dataclass
class Upgrade:
    """The house, with processes of two versions (升级)."""

    database: str
    environment: dict[str, str]
    folders: dict[str, Path]
    home: Path
    crowd: Crowd
    running: dict[str, tuple[Child, Child]] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    failed: int = 0

    def log(self, which: str, what: str) -> Path:
        """Where a process writes."""
        return self.home / f"{which}-{what}.log"

    async def start(self, which: str) -> None:
        """Worker first, then API, and wait until both work."""
        address = self.addresses[which] = free_address()
        worker, api = self.log(which, "worker"), self.log(which, "api")
        begun = worker.read_text(errors="replace").count("worker.ready") if worker.exists() else 0
        folder = self.folders[which]
        port = address.rpartition(":")[2]
        children = (
            Child(["worker", "--faces", "1"], self.environment, worker, folder),
            Child(["api", "--port", port], self.environment, api, folder),
        )
        self.running[which] = children
        async with asyncio.timeout(120):
            while worker.read_text(errors="replace").count("worker.ready") == begun:
                children[0].check()
                await asyncio.sleep(0.1)
        self.crowd.entrance.known.add(address)
        await self.crowd.entrance.until(address, True)
        children[1].check()

    async def stop(self, which: str) -> float:
        """SIGTERM to both; gives how long the API took to end."""
        worker, api = self.running.pop(which)
        began = perf_counter()
        await asyncio.to_thread(api.stop)
        took = perf_counter() - began
        await asyncio.to_thread(worker.stop)
        self.crowd.entrance.known.discard(self.addresses[which])
        return took

    def tell(self, what: str, against: Counter[str]) -> None:
        """One line for what must be so: that it is, or what speaks against it."""
        self.failed += bool(against)
        if not against:
            console.print(f"  ok   {what}")
        for text, many in against.most_common(12):
            console.print(f"  FAIL {what}: {many} × {text}", markup=False)

    def end(self) -> None:
        """Stop what still runs."""
        for children in self.running.values():
            for child in children:
                child.kill()


async def steps(house: Upgrade, seconds: float) -> None:
    """From old to new and back; each step is what goes on while the load does."""
    crowd = house.crowd

    async def step(name: str) -> None:
        crowd.phase = name
        await asyncio.sleep(seconds)

    await step("old alone")
    crowd.phase = "old, while `migrate` runs"
    began = perf_counter()
    await asyncio.to_thread(run, house.folders[NEW], house.environment, "migrate")
    console.print(f"migrate under load: {perf_counter() - began:.1f} s")
    await step("old on the new tables")
    crowd.phase = "old, while new starts"
    await house.start(NEW)
    await step("old and new")
    crowd.phase = "old drains"
    console.print(f"the old API ended {await house.stop(OLD):.1f} s after SIGTERM")
    await step("new alone")
    crowd.phase = "new, while old starts (back)"
    await house.start(OLD)
    crowd.phase = "new drains (back)"
    await house.stop(NEW)
    await step("old alone, after new")


async def under_load(house: Upgrade, seconds: float, clients: int) -> None:
    """The steps while clients walk the road and listen."""
    crowd, is_over = house.crowd, asyncio.Event()
    async with asyncio.TaskGroup() as group:
        crowd.phase = "old starts"
        tending = group.create_task(crowd.entrance.tend())
        await house.start(OLD)
        ears = [group.create_task(crowd.listen(pharmacy)) for pharmacy, _ in COUNTERS]
        walkers = [group.create_task(crowd.walk(is_over)) for _ in range(clients)]
        await steps(house, seconds)
        is_over.set()
        await asyncio.wait(walkers)
        await let_lapse(house)
        crowd.phase = "again under its key, asked of old"
        wrong = await crowd.ask_again()
        crowd.phase = "exchanged once more"
        await house.start(NEW)
        await house.stop(OLD)
        crowd.phase = "again under its key, asked of new"
        wrong += await crowd.ask_again()
        house.tell("each key has its answer", Counter(wrong))
        await look(house)
        crowd.is_over = True
        for task in (*ears, tending):
            task.cancel()


async def let_lapse(house: Upgrade) -> None:
    """Nobody fetched these: their time runs out, and a worker sees it."""
    fills = house.crowd.lapsing
    async with connected(house.database) as connection:
        await connection.execute(
            "UPDATE fill SET expires_at = $2 WHERE id = ANY($1::text[]::uuid[])",
            fills,
            house.crowd.clock.now(),
        )


async def look(house: Upgrade) -> None:
    """Everything that must be so, once the workers have caught up."""
    async with connected(house.database) as connection:
        for _ in range(100):
            wrong = await wrong_sums(connection) | await lost(connection, house.crowd)
            if not any(wrong.values()):
                break
            await asyncio.sleep(0.2)
        broken = None
        async with connection.transaction():
            async for walk in verify(connection):
                broken = walk.broken
        wrong["the audit's chain holds"] = int(broken is not None)
    for what, many in wrong.items():
        house.tell(what, Counter({"not so": many} if many else {}))
    for which, what in product((OLD, NEW), ("api", "worker")):
        said = house.log(which, what).read_text(errors="replace")
        house.tell(f"no fault in the log of the {which} {what}", Counter(faults_of(said)))
    met = sum((tally.met for tally in house.crowd.tallies.values()), Counter[str]())
    unwanted = Counter({what: many for what, many in met.items() if not what.startswith(TO_BE_MET)})
    house.tell("nothing was met but what an exchange of processes brings", unwanted)


def show(crowd: Crowd) -> None:
    """What was answered, and what was met instead, by what went on."""
    table = Table("meanwhile", "answers", "median ms", "slowest ms", "met instead of an answer")
    for phase, tally in crowd.tallies.items():
        times = sorted(tally.seconds) or [0.0]
        met = "\n".join(f"{many} × {what}" for what, many in tally.met.most_common()) or "nothing"
        figures = (f"{median(times) * 1000:.0f}", f"{times[-1] * 1000:.0f}")
        table.add_row(phase, str(len(tally.seconds)), *figures, met)
    console.print(table)
    console.print(
        f"{len(crowd.settled)} settled, {len(crowd.reversed)} taken back, {len(crowd.lapsing)} never "
        f"fetched, {sum(map(len, crowd.events.values()))} events heard"
    )


def before_the_newest_tables() -> str:
    """The last state of the main line before a migration was added (默认旧版)."""
    command = ["git", "log", "--first-parent", "--diff-filter=A", "-m", "-1", "--format=%H"]
    newest = check_output([*command, "--", "models/migrations"], cwd=PROJECT, text=True).strip()
    return check_output(["git", "rev-parse", f"{newest}^1"], cwd=PROJECT, text=True).strip()


async def play(given: argparse.Namespace, old: Path, home: Path, server: str, redis_url: str) -> int:
    """Old tables and people, then everything; gives how much was not as it must be."""
    database = await create_database(server, "upgrade")
    clock = Clock.of(DEMO_NOW.isoformat())
    environment = environment_of(database, EngineUrls(database, redis_url), home, clock)
    run(old, environment, "migrate")
    run(old, environment, "seed", "--pharmacies", "24")
    async with connected(database) as connection:
        people = await crowd_of(connection, keys(), PEOPLE)
        await stocked(connection, int(LINE.quantity) * PEOPLE)
        tables = await connection.fetchval("SELECT max(name) FROM tortoise_migrations WHERE app = 'models'")
    console.print(f"old version: {given.revision[:12]}, its newest migration {tables}")
    if unknown := words_of(PROJECT) - words_of(old):
        console.print(f"words in rows that the old version cannot read: {', '.join(sorted(unknown))}")
    crowd = Crowd(Entrance(), clock, DevelopmentIssuer(home, now=clock.now), people)
    house = Upgrade(database, environment, {OLD: old, NEW: PROJECT}, home, crowd)
    async with AsyncExitStack() as stack:
        stack.callback(show, crowd)
        stack.callback(house.end)
        await under_load(house, given.seconds, given.clients)
    return house.failed


def main() -> None:
    """Run on engines of its own, in a folder that goes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--from", dest="revision", help="the old version; else before the newest migration")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--keep", type=Path, help="where the logs are to stay")
    given = parser.parse_args()
    given.revision = given.revision or before_the_newest_tables()
    with tempfile.TemporaryDirectory(prefix="yaolu-bench-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o711)
        try:
            old = taken_out(given.revision, Path(home) / "old")
            with embedded_engines(Path(home), fast=True) as urls:
                failed = asyncio.run(play(given, old, Path(home), urls.database_url, urls.redis_url))
        except OtherPackages as error:
            sys.exit(str(error))
        finally:
            if given.keep:
                given.keep.mkdir(parents=True, exist_ok=True)
                for log in Path(home).glob("*.log"):
                    (given.keep / log.name).write_bytes(log.read_bytes())
        discard_engines(Path(home))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
