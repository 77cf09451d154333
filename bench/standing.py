"""API processes that stand on a sample world (测量台), for measurements and trials from outside."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from engines.clock import Clock
from ops.embedded import EngineUrls
from ops.processes import Child, running, wait_until_ready
from tests.storm.killed import environment_of, free_address


@dataclass(frozen=True, slots=True)
class Standing:
    """A process that answers (服务进程)."""

    address: str
    pid: int

    @property
    def port(self) -> int:
        """Where it listens on this machine."""
        return httpx.URL(self.address).port or 0


@asynccontextmanager
async def standing(
    database: str, urls: EngineUrls, home: Path, clock: Clock, many: int = 1, **settings: str
) -> AsyncIterator[Sequence[Standing]]:
    """So many API processes on one database, by the tests' settings and these."""
    environment = environment_of(database, urls, home, clock) | settings
    addresses = [free_address() for _ in range(many)]
    with running([]) as children:
        for number, address in enumerate(addresses):
            arguments = ["api", "--port", str(httpx.URL(address).port)]
            children.append(Child(arguments, environment, home / f"api{number}.log"))
            await asyncio.to_thread(wait_until_ready, address, children)
        yield [Standing(address, child.pid) for address, child in zip(addresses, children, strict=True)]
