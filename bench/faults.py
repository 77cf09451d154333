"""Engines that go away under load (故障演练): Redis, PostgreSQL, a worker; all are real processes.

Patients' searches and settlements go on all the time; `/readyz` is asked twenty times a second. Each fault
prints how long it took until all was ready again, and what the callers met meanwhile. An assertion ends it
where an answer was lost or a sum is wrong.

python -m bench.faults [--fills 300] [--away 2]
"""

import argparse
import asyncio
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from uuid import uuid4

from engines.clock import Clock
from models import Job
from models.job import JobKind, JobState
from ops.databases import create_database
from ops.embedded import EngineUrls, discard_engines
from ops.issuer import DevelopmentIssuer
from ops.postgres import start_postgres
from ops.processes import Child
from ops.servers import Server, start_valkey
from ops.tokens import token_for
from ops.world.days import DEMO_NOW
from policy.terms import Role
from tests.storm.faults import Crowd, Watchman
from tests.storm.killed import Storm, environment_of, free_address, seen_past_the_api
from tests.storm.ready import PHARMACIES, Ready, ready_fills
from tests.storm.wholeness import check_sums, settled_and_whole, sums
from tests.world import prepare

CLIENTS, SEARCHERS, PAUSE = 4, 4, 0.05
CALM_SECONDS = 2.0
JOBS = 20


@dataclass
class Engines:
    """Servers of this bench's own, at addresses that stay (引擎)."""

    home: Path
    postgres: Server
    valkey: Server

    @classmethod
    def start(cls, home: Path) -> "Engines":
        """Start both."""
        for name in ("postgres", "valkey"):
            (home / name).mkdir()
        (home / "postgres").chmod(0o711)
        return cls(
            home, start_postgres(home / "postgres", fast=True), start_valkey(home / "valkey", fast=True)
        )

    async def restart_postgres(self, away: float) -> None:
        """Stop it as an administrator would, and start it again after a while."""
        await asyncio.to_thread(self.postgres.stop)
        await asyncio.sleep(away)
        self.postgres = await asyncio.to_thread(start_postgres, self.home / "postgres", fast=True)

    async def restart_valkey(self, away: float) -> None:
        """Kill it; it keeps nothing."""
        self.valkey.process.kill()
        await asyncio.to_thread(self.valkey.stop)
        await asyncio.sleep(away)
        self.valkey = await asyncio.to_thread(start_valkey, self.home / "valkey", fast=True)

    def stop(self) -> None:
        """Stop both."""
        self.valkey.stop()
        self.postgres.stop()


async def drill(engines: Engines, fills: int, away: float) -> None:
    """Load, one fault after another, and the books at the end."""
    database = await create_database(engines.postgres.url, "faults")
    await prepare(database)
    clock = Clock.of(DEMO_NOW.isoformat())
    issuer = DevelopmentIssuer(engines.home, now=clock.now)
    urls = EngineUrls(database, engines.valkey.url)
    environment = environment_of(database, urls, engines.home, clock) | {"FACE_PROCESSES": "1"}
    async with seen_past_the_api(database):
        orders = await ready_fills(fills, clock.now())
        before = await sums()
        storm = Storm(free_address())
        tokens = {
            code: token_for(Role.PHARMACY, code, timedelta(hours=1), makes=issuer) for code in PHARMACIES
        }
        crowd = Crowd(storm.url, tokens)
        async with storm.up(environment, engines.home / "api.log"):
            await under_load(crowd, list(orders), engines, away)
        settled = await settled_and_whole(orders)
        await check_sums(before, settled.values())
        assert crowd.heard == {key: str(row.id) for key, row in settled.items()}
        print(f"books: {len(settled)} of {fills} settled once, every answer kept, sums agree")
        await kill_a_worker(environment, engines.home, clock)


async def under_load(crowd: Crowd, waiting: list[Ready], engines: Engines, away: float) -> None:
    """Settle and search while the engines go and come."""
    async with Watchman(crowd.url).watching() as watch, asyncio.TaskGroup() as group:
        clients = [group.create_task(crowd.settle(waiting, PAUSE)) for _ in range(CLIENTS)]
        searchers = [group.create_task(crowd.search()) for _ in range(SEARCHERS)]
        await asyncio.sleep(CALM_SECONDS)
        await fault("Redis killed", "redis", crowd, watch, lambda: engines.restart_valkey(away))
        await asyncio.sleep(CALM_SECONDS)
        await fault("PostgreSQL restarted", "database", crowd, watch, lambda: engines.restart_postgres(away))
        await asyncio.wait(clients)
        crowd.is_over = True
        await asyncio.wait(searchers)


async def fault(
    name: str, part: str, crowd: Crowd, watch: Watchman, restart: Callable[[], Awaitable[None]]
) -> None:
    """One fault: what callers met, and how soon all was ready after the server answered again."""
    errors, lost, began = crowd.errors.copy(), crowd.lost, monotonic()
    task = asyncio.ensure_future(restart())
    told = await watch.until(part, False)
    await task
    up = monotonic()
    back = await watch.until(part, True, 60)
    settled = crowd.settled_between(began, up)
    said = Counter({key: many - errors[key] for key, many in crowd.errors.items() if many > errors[key]})
    met = ", ".join(f"{many} {code} (retry {retry})" for (code, retry), many in said.items()) or "no error"
    print(
        f"{name}: readyz says so after {told:.2f} s, ready {back:.2f} s after the server is up;"
        f" {settled} settled meanwhile; met {met}, {crowd.lost - lost} broken connections"
    )


async def kill_a_worker(environment: dict[str, str], home: Path, clock: Clock) -> None:
    """Of two workers one is killed: how soon the other takes what comes in then."""
    logs = [home / f"worker-{number}.log" for number in range(2)]
    killed, other = (Child(["worker", "--faces", "1"], environment, log) for log in logs)
    try:
        async with asyncio.timeout(120):
            while not all("worker.ready" in log.read_text(errors="replace") for log in logs):
                other.check()
                await asyncio.sleep(0.1)
        killed.kill()
        began, now = monotonic(), clock.now()
        # of people who are not there: each is taken, and put back
        kind = JobKind.FACE_ENROLMENT
        await Job.bulk_create(
            [Job(kind=kind, subject_id=uuid4(), due_at=now, created_at=now) for _ in range(JOBS)]
        )
        while await Job.filter(state=JobState.PENDING, attempts=0).exists():
            assert monotonic() - began < 60, "nobody takes the jobs"
            await asyncio.sleep(0.02)
        print(f"worker killed: the other has taken {JOBS} new jobs {monotonic() - began:.2f} s later")
    finally:
        other.stop()


def main() -> None:
    """Run on engines of its own, in a folder that goes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fills", type=int, default=300)
    parser.add_argument("--away", type=float, default=2.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yaolu-bench-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o711)
        engines = Engines.start(Path(home))
        try:
            asyncio.run(drill(engines, given.fills, given.away))
        finally:
            engines.stop()
        discard_engines(Path(home))


if __name__ == "__main__":
    main()
