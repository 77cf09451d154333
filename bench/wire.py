"""Requests on bare connections (测量连接): as little client as possible beside what is measured."""

import asyncio
import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import cycle
from time import perf_counter
from typing import Any


@dataclass
class Load:
    """What a load brought (负载结果): milliseconds of each answer, and requests per second."""

    times: list[float] = field(default_factory=list)
    rate: float = 0.0

    @property
    def median(self) -> float:
        """Half of the answers came sooner."""
        return statistics.median(self.times)

    @property
    def p99(self) -> float:
        """99 of 100 answers came sooner."""
        return sorted(self.times)[min(len(self.times) - 1, len(self.times) * 99 // 100)]


def post(
    document: str, variables: Mapping[str, Any] | None = None, *, token: str = "", headers: str = ""
) -> bytes:
    """A GraphQL request as it goes over the wire; `headers` end with a line break each."""
    body = json.dumps({"query": document, "variables": dict(variables or {})}).encode()
    signed = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"POST /graphql HTTP/1.1\r\nHost: bench\r\n{signed}{headers}Content-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, bytes]:
    """One request: the status and the body of its answer."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().split(b"content-length:")[1].split(b"\r\n")[0]
    return int(head[9:12]), await reader.readexactly(int(length))


async def answer(port: int, request: bytes) -> Any:
    """The decoded answer to one request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with closing(writer):
        return json.loads((await ask(reader, writer, request))[1])


async def load(ports: Sequence[int], requests: Iterator[bytes], connections: int, seconds: float) -> Load:
    """Ask over so many connections, spread over the ports, for so long; every answer must be a 200."""
    found, end = Load(), perf_counter() + seconds

    async def one(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with closing(writer):
            while (start := perf_counter()) < end:
                status, said = await ask(reader, writer, next(requests))
                assert status == 200, said
                found.times.append((perf_counter() - start) * 1000)

    start = perf_counter()
    await asyncio.gather(*(one(port) for port, _ in zip(cycle(ports), range(connections), strict=False)))
    found.rate = len(found.times) / (perf_counter() - start)
    return found
