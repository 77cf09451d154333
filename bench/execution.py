"""How fast one process answers a list of objects (执行速度): with plans, and in every other way.

50 objects of 10 fields, each with 3 of 3, over HTTP: strawberry as it comes, our door by graphql-core and by
plans, a bare Starlette handler that writes the same answer, and, when `npm install` was run in `bench/peers`,
two servers of Node. The servers take turns; CPU time per request moves less than the rate on a busy machine.

python -m bench.execution [--seconds 3] [--rounds 3]
"""

import argparse
import asyncio
import json
import shutil
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import psutil

from bench.execution_apps import QUERY

PEERS = Path(__file__).parent / "peers"
CONNECTIONS = 16


@dataclass
class Contender:
    """One way to answer (被测服务)."""

    name: str
    command: list[str]
    header: str = ""
    port: int = 0
    process: psutil.Process | None = None
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def request(self) -> bytes:
        """The request, always the same."""
        body = json.dumps({"query": QUERY}).encode()
        head = f"POST / HTTP/1.1\r\nHost: bench\r\n{self.header}Content-Type: application/json\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def contenders() -> list[Contender]:
    """Everything that can be measured here."""
    ours = [sys.executable, "-m", "bench.execution_apps"]
    found = [
        Contender("strawberry as it comes", [*ours, "plain"]),
        Contender("our door, graphql-core", [*ours, "door"], "X-Gql-Engine: reference\r\n"),
        Contender("our door, plans", [*ours, "door"]),
        Contender("bare Starlette", [*ours, "starlette"]),
    ]
    if shutil.which("node") and (PEERS / "node_modules").is_dir():
        for name in ("yoga", "mercurius", "mercurius-jit"):
            found.append(Contender(name, ["node", str(PEERS / "server.js"), name]))
    return found


@contextmanager
def served(contender: Contender) -> Iterator[None]:
    """The server in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        contender.port = free.getsockname()[1]
    child = subprocess.Popen([*contender.command, str(contender.port)])
    contender.process = psutil.Process(child.pid)
    try:
        yield
    finally:
        child.terminate()
        child.wait()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    """One request, and the body of its answer."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().split(b"content-length:")[1].split(b"\r\n")[0]
    return await reader.readexactly(int(length))


async def first_answer(contender: Contender) -> object:
    """The data, as soon as the server is there."""
    async with asyncio.timeout(60):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", contender.port)
                break
            except OSError:
                assert contender.process is not None
                assert contender.process.status() != psutil.STATUS_ZOMBIE, f"{contender.name} did not start"
                await asyncio.sleep(0.1)
        answer = await ask(reader, writer, contender.request)
        writer.close()
    return json.loads(answer)["data"]


async def load(contender: Contender, seconds: float) -> None:
    """Ask over all connections for so long; keep the rate and the server's CPU time."""
    assert contender.process is not None
    end = perf_counter() + seconds

    async def one() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", contender.port)
        count = 0
        while perf_counter() < end:
            await ask(reader, writer, contender.request)
            count += 1
        writer.close()
        return count

    before, start = sum(contender.process.cpu_times()[:2]), perf_counter()
    answered = sum(await asyncio.gather(*(one() for _ in range(CONNECTIONS))))
    contender.rates.append(answered / (perf_counter() - start))
    contender.cpu.append((sum(contender.process.cpu_times()[:2]) - before) / answered * 1e6)


async def measure(seconds: float, rounds: int) -> list[Contender]:
    """All of them by turns."""
    found = contenders()
    with ExitStack() as stack:
        answers = []
        for contender in found:
            stack.enter_context(served(contender))
            answers.append(await first_answer(contender))
        assert all(answer == answers[0] for answer in answers), "they do not answer alike"
        for _ in range(rounds):
            for contender in found:
                await load(contender, seconds)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    said = parser.parse_args()
    found = asyncio.run(measure(said.seconds, said.rounds))
    base = statistics.median(found[0].rates), statistics.median(found[0].cpu)
    print(f"{'':26}{'req/s':>8}{'ratio':>8}{'µs CPU':>9}{'ratio':>8}")
    for one in found:
        rate, cpu = statistics.median(one.rates), statistics.median(one.cpu)
        print(f"{one.name:26}{rate:8.0f}{rate / base[0]:7.1f}×{cpu:9.0f}{base[1] / cpu:7.1f}×")


if __name__ == "__main__":
    main()
