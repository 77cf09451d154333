"""One question to the API and to a bare handler, by turns (端到端对比).

The API answers with plans and by graphql-core alone; each with one process and with two.
"""

import asyncio
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any

import psutil

from bench.standing import Standing, standing
from bench.wire import answer, load, post
from engines.clock import Clock
from ops.embedded import EngineUrls
from ops.processes import PROJECT
from ops.world.days import DEMO_NOW
from tests.storm.killed import free_address

CONNECTIONS = 16
PROCESSES = (1, 2)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked (问题): the bare handler gets it under `path`, with the same variables."""

    path: str
    document: str
    variables: Mapping[str, Any]
    token: str
    shown: Callable[[Any], object]
    """What both answers must agree on."""

    def request(self, *, bare: bool = False, headers: str = "") -> bytes:
        """The question on the wire."""
        said = post(self.document, self.variables, token="" if bare else self.token, headers=headers)
        return said.replace(b"POST /graphql ", f"POST /{self.path} ".encode(), 1) if bare else said


@dataclass
class Contender:
    """One way to get the answer (被测方式)."""

    name: str
    servers: Sequence[Standing]
    request: bytes
    rates: list[float] = field(default_factory=list)
    p99s: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    async def measure(self, seconds: float) -> None:
        """One turn: requests per second, p99 in ms, and CPU time per request of the processes that answer."""
        processes = [psutil.Process(server.pid) for server in self.servers]
        before = sum(sum(process.cpu_times()[:2]) for process in processes)
        ports = [server.port for server in self.servers]
        found = await load(ports, repeat(self.request), CONNECTIONS, seconds)
        spent = sum(sum(process.cpu_times()[:2]) for process in processes) - before
        self.rates.append(found.rate)
        self.p99s.append(found.p99)
        self.cpu.append(spent / len(found.times) * 1e6)


@contextmanager
def bare(database: str, many: int) -> Iterator[list[Standing]]:
    """Bare handlers, each in a process of its own."""
    with ExitStack() as stack:
        servers = []
        for _ in range(many):
            address = free_address()
            port = address.rpartition(":")[2]
            command = [sys.executable, "-m", "bench.bare", database, port, DEMO_NOW.isoformat()]
            child = subprocess.Popen(command, cwd=PROJECT)
            stack.callback(child.wait)
            stack.callback(child.terminate)
            servers.append(Standing(address, child.pid))
        yield servers


async def compare(
    database: str, urls: EngineUrls, home: Path, question: Question, seconds: float, rounds: int
) -> None:
    """Ask all of them by turns, and print what came of it."""
    clock = Clock.of(DEMO_NOW.isoformat())
    async with standing(database, urls, home, clock, max(PROCESSES)) as apis:
        with bare(database, max(PROCESSES)) as handlers:
            found = contenders(question, apis, handlers)
            await agree(question, apis, handlers)
            for _ in range(rounds):
                for contender in found:
                    await contender.measure(seconds)
    print_table(found)


def contenders(question: Question, apis: Sequence[Standing], handlers: Sequence[Standing]) -> list[Contender]:
    """All ways, for each number of processes."""
    reference = question.request(headers="X-Gql-Engine: reference\r\n")
    return [
        one
        for many in PROCESSES
        for one in (
            Contender(f"bare handler, {many}", handlers[:many], question.request(bare=True)),
            Contender(f"API, graphql-core, {many}", apis[:many], reference),
            Contender(f"API, plans, {many}", apis[:many], question.request()),
        )
    ]


async def agree(question: Question, apis: Sequence[Standing], handlers: Sequence[Standing]) -> None:
    """Wait until everybody answers, and see that they answer alike; twice, so that all are warm."""
    async with asyncio.timeout(60):
        for server in handlers:
            while not await is_there(server.port):  # noqa: ASYNC110  # another process gives no sign
                await asyncio.sleep(0.1)
    for _ in range(2):
        said = [question.shown(await answer(api.port, question.request())) for api in apis]
        said += [question.shown(await answer(one.port, question.request(bare=True))) for one in handlers]
    assert all(one == said[0] for one in said), f"they do not answer alike: {said[0]} and {said[-1]}"
    assert said[0], "there is nothing to show"


async def is_there(port: int) -> bool:
    """Whether somebody listens."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def print_table(found: Sequence[Contender]) -> None:
    """Medians of the turns, and their share of the bare handler with as many processes."""
    print(f"{'':22}{'req/s':>8}{'of bare':>9}{'p99 ms':>9}{'µs CPU':>9}{'of bare':>9}")
    bare_rate = bare_cpu = 1.0
    for one in found:
        rate, p99, cpu = (statistics.median(values) for values in (one.rates, one.p99s, one.cpu))
        if one.name.startswith("bare"):
            bare_rate, bare_cpu = rate, cpu
        print(f"{one.name:22}{rate:8.0f}{rate / bare_rate:9.2f}{p99:9.1f}{cpu:9.0f}{bare_cpu / cpu:9.2f}")
