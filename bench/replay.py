"""The statements of requests, written down once and run again by the bare driver (语句重放)."""

import asyncio
import inspect
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from time import perf_counter
from typing import Any
from unittest.mock import patch

import asyncpg

from bench.processor import processor_seconds
from ops.databases import connection_options, database_of

Statement = tuple[str, tuple[Any, ...], dict[str, Any]]
Trace = list[Statement]
"""What one request ran (一次请求的语句), in order: the driver's method and what it was given."""

METHODS = ("execute", "fetch", "fetchrow", "executemany", "copy_records_to_table")


@contextmanager
def written_down() -> Iterator[Trace]:
    """Everything that any connection of this process runs during the block (记录语句)."""
    trace: Trace = []
    with ExitStack() as stack:
        for name in METHODS:
            stack.enter_context(patch.object(asyncpg.Connection, name, writing(name, trace)))
        yield trace


def writing(name: str, trace: Trace) -> Any:
    """The driver's method, which also writes down what it is asked for."""
    genuine = getattr(asyncpg.Connection, name)

    async def method(self: asyncpg.Connection, *args: Any, **named: Any) -> Any:
        kept = {key: list(one) if inspect.isgenerator(one) else one for key, one in named.items()}
        trace.append((name, args, kept))
        return await genuine(self, *args, **kept)

    return method


@dataclass(frozen=True, slots=True)
class Replayed:
    """How it went (重放结果): requests a second, milliseconds of each, and who used the processor."""

    rate: float
    waits: list[float]
    own: float
    engine: float


def replay(url: str, warm: Sequence[Trace], traces: Sequence[Trace], processes: int, width: int) -> Replayed:
    """Run the statements over `width` connections of so many processes; the warm ones first, one by one."""
    context = get_context("spawn")
    barrier, answers = context.Barrier(processes), context.Queue()
    shares = [traces[number::processes] for number in range(processes)]
    rooms = [width // processes] * processes
    workers = [
        context.Process(target=work, args=(url, warm if not number else [], share, rooms[number], gate))
        for number, share in enumerate(shares)
        for gate in [(barrier, answers)]
    ]
    for worker in workers:
        worker.start()
    heard = [answers.get() for _ in workers]
    for worker in workers:
        worker.join()
    spent = max(one[1] for one in heard) - min(one[0] for one in heard)
    waits = [wait for one in heard for wait in one[2]]
    own = sum(one[3] for one in heard)
    return Replayed(len(traces) / spent, waits, own / spent, max(one[4] for one in heard) / spent)


def work(url: str, warm: Sequence[Trace], traces: Sequence[Trace], width: int, gate: Any) -> None:
    """One of the processes."""
    asyncio.run(play(url, warm, traces, width, *gate))


async def play(
    url: str, warm: Sequence[Trace], traces: Sequence[Trace], width: int, barrier: Any, answers: Any
) -> None:
    """Run traces over connections of our own, together with the other processes."""
    options = connection_options(url)
    connections = [await asyncpg.connect(**options) for _ in range(width)]
    for trace in warm:
        await run(connections[0], trace)
    await asyncio.to_thread(barrier.wait)
    left, waits = list(reversed(traces)), []
    before, began = processor_seconds(database_of(url)), perf_counter()

    async def drain(connection: asyncpg.Connection) -> None:
        while left:
            asked = perf_counter()
            await run(connection, left.pop())
            waits.append((perf_counter() - asked) * 1000)

    await asyncio.gather(*map(drain, connections))
    ended, after = perf_counter(), processor_seconds(database_of(url))
    # nobody's backends go before everybody has looked at their time
    await asyncio.to_thread(barrier.wait)
    answers.put((began, ended, waits, after[0] - before[0], after[2] - before[2]))
    for connection in connections:
        await connection.close()


async def run(connection: asyncpg.Connection, trace: Trace) -> None:
    """The statements of one request."""
    for name, args, named in trace:
        await getattr(connection, name)(*args, **named)
