"""The database is lost under load and made anew from its backups (恢复演练), to its end or a chosen moment.

Settlements go on while every process of PostgreSQL is killed and its data are removed. Then it is restored
three times: from the streamed log, from the archived log, and to a moment between two settlements. Each time
all is looked at: sums, `yaolu audit verify`, `yaolu doctor`, and which answered settlements are missing.

python -m bench.restore [--fills 300] [--synchronous] [--programs /usr/lib/postgresql/15/bin]
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic
from uuid import UUID

from bench.restore_cluster import Cluster
from bench.upgrade_sums import USED, wrong_sums
from engines.clock import Clock
from ops.databases import connected
from ops.embedded import EngineUrls, discard_engines
from ops.issuer import DevelopmentIssuer
from ops.processes import PROJECT, Child
from ops.servers import start_valkey
from ops.tokens import token_for
from ops.world.days import DEMO_NOW
from policy.terms import Role
from tests.storm.faults import Crowd
from tests.storm.killed import Storm, environment_of, free_address, seen_past_the_api
from tests.storm.ready import PHARMACIES, Ready, ready_fills
from tests.storm.wholeness import Sums, check_sums, settled_and_whole, sums
from tests.world import prepare

CLIENTS, PAUSE = 4, 0.01
VERIFY = ["audit", "verify"]
HEAD = "SELECT sequence, hash FROM audit_link ORDER BY sequence DESC LIMIT 1"


@dataclass
class Loss:
    """What had been answered when the data were lost (丢失时刻)."""

    orders: list[Ready]
    before: Sums
    heads: Path
    chosen: str = ""
    by_then: set[UUID] = field(default_factory=set)
    answered: dict[UUID, float] = field(default_factory=dict)
    at: float = 0.0


async def until_the_loss(
    cluster: Cluster, environment: dict[str, str], home: Path, clock: Clock, given: argparse.Namespace
) -> Loss:
    """Settle half, remember the moment, and lose everything in the middle of the rest."""
    fills: int = given.fills
    database = environment["DATABASE_URL"]
    issuer = DevelopmentIssuer(home, now=clock.now)
    tokens = {code: token_for(Role.PHARMACY, code, timedelta(hours=1), makes=issuer) for code in PHARMACIES}
    storm = Storm(free_address())
    crowd = Crowd(storm.url, tokens)
    async with seen_past_the_api(database):
        orders = await ready_fills(fills, clock.now())
        loss = Loss(orders, await sums(), home / "heads.txt")
        cluster.stream()
        await asyncio.to_thread(cluster.back_up)
    if given.synchronous:
        async with connected(database) as connection:
            await connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'pg_receivewal'")
            await connection.execute("SELECT pg_reload_conf()")
    worker = Child(["worker", "--faces", "1"], environment, home / "worker.log")
    async with AsyncExitStack() as stack:
        stack.callback(worker.kill)
        await stack.enter_async_context(storm.up(environment, home / "api.log"))
        await settled(crowd, orders[: fills // 2])
        await asyncio.sleep(0.5)
        async with connected(database) as connection:
            loss.chosen = str(await connection.fetchval("SELECT clock_timestamp()"))
            sealed = await connection.fetchval(HEAD)
        loss.by_then = set(crowd.heard)
        await asyncio.sleep(0.5)
        rest = asyncio.create_task(settled(crowd, orders[fills // 2 :]))
        await crowd.settled_after(0, fills * 3 // 4, 60)
        async with connected(database) as connection:
            async with asyncio.timeout(30):
                while (row := await connection.fetchrow(HEAD))["sequence"] == sealed:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        loss.heads.write_text(f"{row['sequence']} {bytes(row['hash']).hex()}\n")
        loss.at = monotonic()
        await asyncio.to_thread(cluster.lose)
        rest.cancel()
        # an answer that came after the first process was killed was given before
        loss.answered = dict(zip(crowd.heard, crowd.answered, strict=True))
    return loss


async def settled(crowd: Crowd, orders: list[Ready]) -> None:
    """Settle these, several at once."""
    waiting = list(reversed(orders))
    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(crowd.settle(waiting, PAUSE))


async def look(name: str, environment: Mapping[str, str], loss: Loss, wanted: set[UUID]) -> None:
    """Everything about a restored database, one line each."""
    database = environment["DATABASE_URL"]
    async with seen_past_the_api(database):
        found = await settled_and_whole(loss.orders)
        await check_sums(loss.before, found.values())
    async with connected(database) as connection:
        counted = await wrong_sums(connection)
    # the demo's people had used some before; `check_sums` compares that
    wrong = [what for what, many in counted.items() if many and what != USED]
    lost = wanted - found.keys()
    first = min((loss.answered[one] for one in lost), default=loss.at)
    when = f" (answered in the last {(loss.at - first) * 1000:.0f} ms)" if lost else ""
    print(
        f"{name}: {len(found)} settlements, each whole; of {len(wanted)} that were answered {len(lost)} are "
        f"missing{when}; {len(found.keys() - wanted)} are there whose answer nobody heard"
    )
    print(f"  sums: {', '.join(wrong) or 'all agree'}")
    for command in (VERIFY, [*VERIFY, "--head", str(loss.heads)], ["doctor", "--no-faces"]):
        status, said = told(command, environment)
        print(f"  yaolu {' '.join(command[:3])}: {status}; {said}")


def told(command: list[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """How a command ended, and what of it matters."""
    done = subprocess.run(
        [sys.executable, "-m", "ops.cli", *command],
        cwd=PROJECT,
        env=dict(environment),
        capture_output=True,
        check=False,
        text=True,
    )
    lines = (done.stdout + done.stderr).strip().splitlines()
    if command[0] == "doctor":
        lines = [line for line in lines if line.startswith(("FAIL", "warn"))] or ["all ok"]
    return done.returncode, " | ".join(lines[:4])[:300]


def drill(home: Path, given: argparse.Namespace) -> None:
    """Lose it, and restore it three times."""
    cluster = Cluster.made(home, given.programs)
    (home / "valkey").mkdir()
    valkey = start_valkey(home / "valkey", fast=True)
    try:
        database = cluster.begin()
        clock = Clock.of(DEMO_NOW.isoformat())
        asyncio.run(prepare(database))
        environment = environment_of(database, EngineUrls(database, valkey.url), home, clock)
        loss = asyncio.run(until_the_loss(cluster, environment, home, clock, given))
        streamed, archived = cluster.kept["streamed"], cluster.kept["archived"]
        everything = set(loss.answered)
        for name, log, until, wanted in (
            ("streamed log", streamed, "", everything),
            ("archived log", archived, "", everything),
            ("chosen moment", streamed, loss.chosen, loss.by_then),
        ):
            restored = {**environment, "DATABASE_URL": cluster.restore(name.replace(" ", "-"), log, until)}
            asyncio.run(look(name, restored, loss, wanted))
            cluster.stop()
    finally:
        cluster.stop()
        valkey.stop()


def main() -> None:
    """Run on engines of its own, in a folder that goes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fills", type=int, default=300)
    parser.add_argument(
        "--synchronous", action="store_true", help="answers wait until the log is elsewhere too"
    )
    parser.add_argument("--programs", type=Path, help="of another PostgreSQL; else the embedded one's")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yaolu-bench-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o711)
        drill(Path(home), given)
        discard_engines(Path(home))


if __name__ == "__main__":
    main()
