"""What hostile documents and floods cost (恶意请求): how soon each is refused, what a normal client feels.

Each document is sent with a comment of its own, so that no cache knows it. Floods come from another process,
over a few connections that never rest; the normal client asks on, from another address's bucket. What a flood
does in its first second, while its caller still has points, and what it does once it is held, are told apart.

python -m bench.hostile [--seconds 4]
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from time import perf_counter

from bench.hostile_documents import HOSTILE, Hostile
from bench.standing import small_world, standing
from bench.wire import Load, ask, post
from engines.clock import Clock
from ops.embedded import EngineUrls, discard_engines, embedded_engines
from ops.issuer import DevelopmentIssuer
from ops.processes import PROJECT
from ops.road import FUJIAN
from ops.tokens import token_for
from ops.world.days import DEMO_NOW
from policy.terms import Role
from tests.house import NOBODY

NORMAL = "{ prescriptions(first: 5) { edges { node { id rxNo state } } } }"
TIMES, GOAL_MS, GOAL_RATIO = 9, 20, 3
PAUSE, FIRST = 0.02, 1.0
FLOODS = ("tokens", "sign-in", "cost", "sockets")
LIMITS = {
    "RATE_POINTS": "5000",
    "RATE_POINTS_PER_SECOND": "100",
    "REFUSALS": "30",
    "WECHAT_URL": NOBODY,
    "WECHAT_APP_ID": "bench",
    "WECHAT_SECRET": "bench",
}


async def time_document(port: int, hostile: Hostile, numbers: "count[int]") -> tuple[float, str]:
    """The median of some milliseconds until a document is refused, and by which code."""
    times, said = [], {}
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with closing(writer):
        for _ in range(TIMES):
            request = post(f"{hostile.document} #{next(numbers)}", hostile.variables)
            start = perf_counter()
            _, body = await ask(reader, writer, request)
            times.append((perf_counter() - start) * 1000)
            said = json.loads(body)
    return statistics.median(times), said["errors"][0]["extensions"]["code"]


async def documents(port: int) -> None:
    """All documents, one after another."""
    numbers = count()
    nothing, _ = await time_document(port, Hostile("", "{ member { name } }", ""), numbers)
    print(f"{'a small query, refused for want of a token':46}{nothing:7.1f} ms")
    for hostile in HOSTILE:
        took, code = await time_document(port, hostile, numbers)
        remark = "" if took < GOAL_MS else f"  over {GOAL_MS} ms"
        print(f"{hostile.name:46}{took:7.1f} ms {took / nothing:6.1f}×  {code}{remark}")


async def normal(port: int, token: str, seconds: float) -> Load:
    """A client that asks at an easy pace."""
    found, request, until = Load(), post(NORMAL, token=token), perf_counter() + seconds
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with closing(writer):
        while (start := perf_counter()) < until:
            status, body = await ask(reader, writer, request)
            assert status == 200, body
            found.times.append((perf_counter() - start) * 1000)
            await asyncio.sleep(PAUSE)
    return found


async def under(flood: str, port: int, hostile: str, token: str, seconds: float) -> tuple[Load, Load, str]:
    """The normal client as a flood begins and while it is held, and how the flood's requests ended."""
    command = [sys.executable, "-m", "bench.floods", flood, str(port), hostile, str(FIRST + seconds + 1)]
    child = await asyncio.create_subprocess_exec(*command, cwd=PROJECT, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    # it says so when it begins
    await child.stdout.readline()
    first = await normal(port, token, FIRST)
    held = await normal(port, token, seconds)
    said, _ = await child.communicate()
    ended = json.loads(said)
    return first, held, ", ".join(f"{many} {how}" for how, many in sorted(ended.items()))


async def measure(urls: EngineUrls, home: Path, seconds: float) -> None:
    """Documents first, then each flood beside a quiet time of its own."""
    database = await small_world(urls, "hostile")
    clock = Clock.of(DEMO_NOW.isoformat())
    issuer = DevelopmentIssuer(home, now=clock.now)
    hours = timedelta(hours=2)
    hostile = token_for(Role.PATIENT, FUJIAN.patient, hours, makes=issuer)
    async with standing(database, urls, home, clock) as (api,):
        await documents(api.port)
    print()
    async with standing(database, urls, home, clock, 1, **LIMITS) as (api,):
        for number, flood in enumerate(FLOODS):
            # everybody has a bucket of his own
            token = token_for(Role.PATIENT, f"N{number}", hours, makes=issuer)
            await normal(api.port, token, 1)
            quiet = await normal(api.port, token, seconds)
            first, held, ended = await under(flood, api.port, hostile, token, seconds)
            ratio = held.p99 / quiet.p99
            remark = "" if ratio <= GOAL_RATIO else f", over {GOAL_RATIO}×"
            print(f"{flood} flood: p99 {quiet.p99:.1f} ms quiet, {held.p99:.1f} ms, {ratio:.1f}×{remark}")
            print(f"  in its first second: median {first.median:.1f} ms, p99 {first.p99:.1f} ms")
            print(f"  {ended}")


def main() -> None:
    """Run on engines of its own, in a folder that goes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yaolu-bench-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o711)
        with embedded_engines(Path(home), fast=True) as urls:
            asyncio.run(measure(urls, Path(home), given.seconds))
        discard_engines(Path(home))


if __name__ == "__main__":
    main()
